// Package api is the wire side of AWS Systems Manager as far as it has Run Command with
// shell scripts, the instances that it manages, and public parameters: which image is the
// newest. Nobody can store parameters here. The rules are in package model; carrying
// scripts out is the local cloud's.
package api

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/awsjson"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "ssm", Protocols: []wire.Protocol{awsjson.Protocol{Version: "1.1"}}}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(parameterOperations(), h.commandOperations(), h.invocationOperations(), h.instanceInformationOperations())
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

// seconds is a time as awsjson writes it: seconds since 1970.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// pageOf cuts a page out of a list and returns the token of the next.
func pageOf[T any](list []T, token string, size *int, usual int) ([]T, string, error) {
	page, next, ok := wire.Page(list, token, size, usual)
	if !ok {
		return nil, "", refuse.New("InvalidNextToken", "The specified token isn't valid.")
	}
	return page, next, nil
}
