// Package api is the wire side of KMS: for each operation the request and reply as AWS shapes them, and a thin handler.
// One file an AWS object. The rules are in package model.
package api

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/awsjson"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "kms", Protocols: []wire.Protocol{awsjson.Protocol{Version: "1.1"}}}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.keyOperations(), h.stateOperations(), h.policyOperations(), h.aliasOperations(), h.tagOperations())
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

// keyIn is the parameter that most operations have.
type keyIn struct {
	KeyID string `query:"KeyId,required" min:"1" max:"2048"`
}

func (in keyIn) id() string { return in.KeyID }

// onKey makes an operation that changes one key and has no result; the key's policy must allow it.
func onKey[In interface{ id() string }](h *handlers, name string, do func(*world.Tx, *model.Key, In) error) wire.Operation {
	return change(h, name, func(tx *world.Tx, c *wire.Call, in *In) (*wire.Empty, error) {
		k, err := allowed(tx, c, (*in).id(), model.FindKey)
		if err != nil {
			return nil, err
		}
		return &wire.Empty{}, do(tx, k, *in)
	})
}

// allowed is the key that a call names, if its policy allows the call's action.
func allowed(tx *world.Tx, c *wire.Call, given string, find func(*world.Tx, string) (*model.Key, error)) (*model.Key, error) {
	k, err := find(tx, given)
	if err != nil {
		return nil, err
	}
	return k, k.MayCaller(tx, "kms:"+c.Operation)
}

// listing are the parameters of lists.
type listing struct {
	Limit  *int   `query:"Limit" min:"1" max:"1000"`
	Marker string `query:"Marker" min:"1" max:"1024" pattern:"[\\u0020-\\u00FF]*"`
}

// listed is the part of a reply that says whether there is more.
type listed struct {
	Truncated  bool
	NextMarker string `json:",omitempty"`
}

// page cuts one page out of a list, with as many elements as AWS has on one where nobody says.
func page[T any](all []T, in listing, usual int) ([]T, listed, error) {
	list, next, ok := wire.Page(all, in.Marker, in.Limit, usual)
	if !ok {
		return nil, listed{}, refuse.New("InvalidMarkerException", "Could not deserialize marker '%s'", in.Marker)
	}
	return append([]T{}, list...), listed{next != "", next}, nil
}

// at is a time in a reply, left out where there is none.
func at(t time.Time) *wire.Time {
	if t.IsZero() {
		return nil
	}
	return new(wire.Time(t))
}
