// Package api is the wire side of Amazon SNS: for each operation the request and reply as AWS shapes them, and a thin
// handler. One file an AWS object. The rules are in package model.
package api

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{
		Name:      "sns",
		Protocols: []wire.Protocol{protocol{query.Protocol{Namespace: "http://sns.amazonaws.com/doc/2010-03-31/"}}},
		Unsigned:  []string{"ConfirmSubscription", "Unsubscribe"},
	}
}

// protocol is the query protocol with SNS's refusal of calls that miss a parameter.
type protocol struct{ query.Protocol }

// Violated implements [wire.Protocol]. Source: replies of AWS that others recorded.
func (p protocol) Violated(violations []wire.Violation) *wire.Error {
	if v := violations[0]; v.Missing {
		return model.Invalid("%s Reason: no value for required parameter", v.Path)
	}
	return p.Protocol.Violated(violations)
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.topicOperations(), h.subscriptionOperations(), h.tagOperations())
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

// attributes is a map as replies have it.
type attributes struct {
	Entries []entry `xml:"entry"`
}

type entry struct {
	Name  string `xml:"key"`
	Value string `xml:"value"`
}

func renderAttributes(values model.Values) (a attributes) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		a.Entries = append(a.Entries, entry{name, values[name]})
	}
	return a
}

// pageSize is how many objects lists have on a page.
// Source: SNS API Reference, "ListTopics".
const pageSize = 100

// page cuts one page out of the objects, which are in order, and renders it.
func page[T, Item any](list []T, token string, render func(T) Item) (items wire.Members[Item], next string, err error) {
	list, next, ok := wire.Page(list, token, nil, pageSize)
	if !ok {
		return nil, "", model.Invalid("nextToken Reason: Unable to deserialize token")
	}
	for _, o := range list {
		items = append(items, render(o))
	}
	return items, next, nil
}
