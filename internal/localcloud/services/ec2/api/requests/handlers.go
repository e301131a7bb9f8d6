// Package requests has what the requests and replies of all of EC2's operations share: filters,
// pages, tags, items that many replies hold, and how a handler becomes an operation.
package requests

import (
	"errors"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "ec2", Protocols: []wire.Protocol{query.EC2{Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/"}}}
}

// Handlers are what EC2's operations share: what is around them, and which regions have their default VPC.
type Handlers struct {
	service.Env
	prepared sync.Map // regions that have their default objects
}

// Change makes an operation whose handler changes the world.
func Change[In, Out any](h *Handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.Change(h.World, Wire(), name, checked(name, handle), h.prepare)
}

// View makes an operation whose handler reads the world.
func View[In, Out any](h *Handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.View(h.World, Wire(), name, checked(name, handle), h.prepare)
}

// Do makes an operation that changes the world and says only true.
func Do[In any](h *Handlers, name string, do func(*world.Tx, *In) error) wire.Operation {
	return Change(h, name, service.Does(wire.Return{Return: true}, do))
}

// checked words the refusal of an unknown filter, and lets a dry run do all checks and
// change nothing.
func checked[In, Out any](name string, handle service.Handler[In, Out]) service.Handler[In, Out] {
	return func(tx *world.Tx, c *wire.Call, in *In) (*Out, error) {
		out, err := handle(tx, c, in)
		if unknown, ok := errors.AsType[unknownFilterError](err); ok {
			err = unknown.refusal(name)
		}
		if err == nil && c.DryRun {
			err = refuse.DryRun()
		}
		return out, err
	}
}

// prepare gives a region that is used for the first time what AWS puts into each.
func (h *Handlers) prepare(region string) error {
	if _, done := h.prepared.Load(region); done {
		return nil
	}
	err := h.World.Update(region, func(tx *world.Tx) error {
		network.Prepare(tx)
		return nil
	})
	if err == nil {
		h.prepared.Store(region, true)
	}
	return err
}
