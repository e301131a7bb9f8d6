// Package api is the wire side of Amazon EC2 and Amazon VPC: for each operation the
// request and reply as AWS shapes them, and a thin handler. One file an AWS object.
// The rules are in model/network and model/compute.
package api

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

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{Env: e}
	var all []wire.Operation
	for _, group := range [][]wire.Operation{
		h.regionOperations(), h.tagOperations(), h.vpcOperations(), h.subnetOperations(), h.internetGatewayOperations(),
		h.addressOperations(), h.natGatewayOperations(), h.routeTableOperations(), h.networkACLOperations(),
		h.securityGroupOperations(), h.securityGroupRuleOperations(), h.networkInterfaceOperations(),
		h.vpcEndpointOperations(), h.prefixListOperations(),
		h.instanceOperations(), h.volumeOperations(), h.imageOperations(), h.instanceTypeOperations(),
	} {
		all = append(all, group...)
	}
	return all
}

type handlers struct {
	service.Env
	prepared sync.Map // regions that have their default objects
}

// change makes an operation whose handler changes the world.
func change[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.Change(h.World, Wire(), name, checked(name, handle), h.prepare)
}

// view makes an operation whose handler reads the world.
func view[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.View(h.World, Wire(), name, checked(name, handle), h.prepare)
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
func (h *handlers) prepare(region string) error {
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
