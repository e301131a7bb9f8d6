// Package api is the wire side of EC2 Auto Scaling: for each operation the request and reply as AWS shapes them, and a thin
// handler. One file an AWS object. The rules are in package model.
//
// It has more than 1,500 lines because Auto Scaling's groups, refreshes and policies are one service with one list of operations.
package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "autoscaling", Protocols: []wire.Protocol{query.Protocol{Namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/"}}}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.groupOperations(), h.instanceOperations(), h.activityOperations(), h.hookOperations(), h.trafficOperations(),
		h.tagOperations(), h.processOperations(), h.refreshOperations(), h.policyOperations())
}

type handlers struct{ service.Env }

func change[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.Change(h.World, Wire(), name, handle)
}

func view[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.View(h.World, Wire(), name, handle)
}

// does makes an operation that changes the world and has no result.
func does[In any](h *handlers, name string, do func(*world.Tx, *In) error) wire.Operation {
	return change(h, name, service.Does(wire.Empty{}, do))
}

// says makes an operation that changes the world and has an empty result.
func says[In any](h *handlers, name string, do func(*world.Tx, *In) error) wire.Operation {
	return change(h, name, service.Does(struct{}{}, do))
}

// paging is what the describe operations share.
type paging struct {
	MaxRecords *int   `query:"MaxRecords"`
	NextToken  string `query:"NextToken"`
}

// page cuts one page out of the objects, which are in order, and renders it.
func page[T, Item any](list []T, in paging, most int, render func(T) Item) (items wire.Members[Item], next string, err error) {
	if in.MaxRecords != nil && (*in.MaxRecords < 1 || *in.MaxRecords > most) {
		return nil, "", model.Invalid("1 validation error detected: Value '%d' at 'maxRecords' failed to satisfy constraint: Member must have value between 1 and %d", *in.MaxRecords, most)
	}
	list, next, ok := wire.Page(list, in.NextToken, in.MaxRecords, most)
	if !ok {
		return nil, "", refuse.New("InvalidNextToken", "The token '%s' is invalid", in.NextToken)
	}
	for _, o := range list {
		items = append(items, render(o))
	}
	return items, next, nil
}

type templateSpec struct {
	ID      string `query:"LaunchTemplateId" max:"255" xml:"LaunchTemplateId,omitempty"`
	Name    string `query:"LaunchTemplateName" max:"128" xml:"LaunchTemplateName,omitempty"`
	Version string `query:"Version" max:"255" xml:"Version,omitempty"`
}

type filter struct {
	Name   string   `query:"Name"`
	Values []string `query:"Values"`
}

func set[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}
