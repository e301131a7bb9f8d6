// Package api is the wire side of Route 53: for each operation the request and reply as AWS shapes them, and a thin
// handler. One file an object. The rules are in package model.
package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/wire/restxml"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "route53", Protocols: []wire.Protocol{restxml.Protocol{Namespace: "https://route53.amazonaws.com/doc/2013-04-01/"}}}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.zoneOperations(), h.recordSetOperations(), h.changeOperations(), h.tagOperations(), h.limitOperations(), h.answerOperations())
}

type handlers struct{ service.Env }

// change makes an operation whose handler changes the world.
func change[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.Change(h.World, Wire(), name, global(handle))
}

// view makes an operation whose handler reads the world.
func view[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.View(h.World, Wire(), name, global(handle))
}

// global lets a handler see Route 53's objects from whatever region: theirs is "".
func global[In, Out any](handle service.Handler[In, Out]) service.Handler[In, Out] {
	return func(tx *world.Tx, c *wire.Call, in *In) (*Out, error) { return handle(tx.In(""), c, in) }
}

// page cuts one page out of a list that begins where the caller wants it. The sizes are AWS's: a page's, and the most
// that a caller gets.
func page[T any](list []T, asked *int, most int) (part []T, size int, next *T) {
	size = most
	if asked != nil {
		size = min(*asked, most)
	}
	if len(list) <= size {
		return list, size, nil
	}
	return list[:size], size, &list[size]
}

// invalidInput is Route 53's refusal of parameters that its model doesn't refuse.
func invalidInput(text string) error { return refuse.New("InvalidInput", "%s", text) }
