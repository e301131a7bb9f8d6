// Package api is the wire side of Amazon EC2 and Amazon VPC: for each operation the
// request and reply as AWS shapes them, and a thin handler. One file an AWS object.
// The rules are in model/network and model/compute.
package api

import (
	"errors"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Option says where EC2 gets what it doesn't have itself.
type Option func(*service)

// WithConsole lets GetConsoleOutput answer with what the function says of an instance.
// It is called while the world is locked for reading, so it must not change the world.
func WithConsole(console func(instanceID string) string) Option {
	return func(s *service) { s.console = console }
}

// wireService is the service as the wire knows it.
func wireService() wire.Service {
	return wire.Service{Name: "ec2", Protocols: []wire.Protocol{query.EC2{Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/"}}}
}

// Operations is the table of EC2's operations over a world.
func Operations(w *world.World, options ...Option) []wire.Operation {
	s := &service{world: w}
	for _, set := range options {
		set(s)
	}
	var all []wire.Operation
	for _, group := range [][]wire.Operation{
		s.regionOperations(), s.tagOperations(), s.vpcOperations(), s.subnetOperations(), s.internetGatewayOperations(),
		s.addressOperations(), s.natGatewayOperations(), s.routeTableOperations(), s.networkACLOperations(),
		s.securityGroupOperations(), s.securityGroupRuleOperations(), s.networkInterfaceOperations(),
		s.vpcEndpointOperations(), s.prefixListOperations(),
		s.instanceOperations(), s.volumeOperations(), s.imageOperations(), s.instanceTypeOperations(),
	} {
		all = append(all, group...)
	}
	return all
}

type service struct {
	world    *world.World
	console  func(instanceID string) string
	prepared sync.Map // regions that have their default objects
}

// op makes an operation whose handler changes the world. A dry run does all checks and
// changes nothing.
func change[In, Out any](s *service, name string, handle func(tx *world.Tx, c *wire.Call, in *In) (*Out, error)) wire.Operation {
	return wire.Op(wireService(), name, func(c *wire.Call, in *In) (out *Out, err error) {
		if err := s.prepare(c.Region); err != nil {
			return nil, err
		}
		err = s.world.Front("ec2:"+name).Update(c.Region, func(tx *world.Tx) error {
			out, err = handle(tx, c, in)
			if err == nil && c.DryRun {
				err = refuse.DryRun()
			}
			return err
		})
		return out, err
	})
}

// view makes an operation whose handler reads the world.
func view[In, Out any](s *service, name string, handle func(tx *world.Tx, c *wire.Call, in *In) (*Out, error)) wire.Operation {
	return wire.Op(wireService(), name, func(c *wire.Call, in *In) (out *Out, err error) {
		if err := s.prepare(c.Region); err != nil {
			return nil, err
		}
		err = s.world.Front("ec2:"+name).View(c.Region, func(tx *world.Tx) error {
			out, err = handle(tx, c, in)
			if err == nil && c.DryRun {
				err = refuse.DryRun()
			}
			return err
		})
		if unknown, ok := errors.AsType[unknownFilterError](err); ok {
			err = unknown.refusal(name)
		}
		return out, err
	})
}

// prepare gives a region that is used for the first time what AWS puts into each.
func (s *service) prepare(region string) error {
	if _, done := s.prepared.Load(region); done {
		return nil
	}
	err := s.world.Update(region, func(tx *world.Tx) error {
		network.Prepare(tx)
		return nil
	})
	if err == nil {
		s.prepared.Store(region, true)
	}
	return err
}
