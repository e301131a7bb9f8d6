// Package api is the wire side of Elastic Load Balancing version 2: for each
// operation the request and reply as AWS shapes them, and a thin handler. One file an
// AWS object. The rules are in package model.
//
// It has more than 1,500 lines because the requests and replies of one protocol share their
// pages, tags and actions, and what each asks permission for stands beside them.
package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "elasticloadbalancing", Protocols: []wire.Protocol{query.Protocol{Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"}}}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.loadBalancerOperations(), h.targetGroupOperations(), h.targetOperations(),
		h.listenerOperations(), h.certificateOperations(), h.ruleOperations(), h.attributeOperations(), h.tagOperations(), h.accountOperations())
}

type handlers struct{ service.Env }

// change makes an operation whose handler changes the world.
func change[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.Change(h.World, Wire(), name, handle)
}

// view makes an operation whose handler reads the world.
func view[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.View(h.World, Wire(), name, handle)
}

// does makes an operation that changes the world and says nothing: an empty result.
func does[In any](h *handlers, name string, do func(*world.Tx, *In) error) wire.Operation {
	return change(h, name, service.Does(struct{}{}, do))
}

func invalid(format string, args ...any) error { return refuse.New("ValidationError", format, args...) }

type tag struct {
	Key   string `query:"Key,required" min:"1" max:"128" pattern:"^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$" xml:"Key"`
	Value string `query:"Value" max:"256" pattern:"^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$" xml:"Value"`
}

func readTags(tags []tag) []model.Tag {
	list := make([]model.Tag, len(tags))
	for i, t := range tags {
		list[i] = model.Tag(t)
	}
	return list
}

// paging is what the describe operations share.
type paging struct {
	PageSize *int   `query:"PageSize" min:"1" max:"400"`
	Marker   string `query:"Marker"`
}

// maxPage is the size of a page where the caller doesn't say.
const maxPage = 400

// page cuts one page out of the objects, which are in order, and renders it.
func page[T, Item any](list []T, in paging, render func(T) Item) (items wire.Members[Item], next string, err error) {
	list, next, ok := wire.Page(list, in.Marker, in.PageSize, maxPage)
	if !ok {
		return nil, "", invalid("The marker '%s' is not valid", in.Marker)
	}
	for _, o := range list {
		items = append(items, render(o))
	}
	return items, next, nil
}

// object is a pointer to a struct that embeds world.Object.
type object[T any] interface {
	*T
	Base() *world.Object
}

// described returns the objects that a describe call sees: those of the ARNs, or all
// when there are none. Each ARN must have its kind's shape and be there.
func described[T any, P object[T]](tx *world.Tx, arns []string, find func(*world.Tx, string) (P, error)) ([]P, error) {
	if len(arns) == 0 {
		return world.Described[T, P](tx), nil
	}
	var found []P
	for _, arn := range arns {
		o, err := find(tx, arn)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(found, o) {
			found = append(found, o)
		}
	}
	return found, nil
}
