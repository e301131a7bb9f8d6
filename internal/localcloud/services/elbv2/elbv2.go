// Package elbv2 is Elastic Load Balancing version 2: the objects and AWS's rules about them
// in model, the operations in api, and here what the service is to the rest of the local
// cloud.
package elbv2

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Service is Elastic Load Balancing version 2.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "Elastic Load Balancing v2",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		Throttle:   throttle,
		Asks:       api.Asks(),
		Refusals:   service.QueryRefusals(),
		Deviations: deviations(),
	}
}

// throttle has a bucket for all operations, and one for those of a category.
// Source: Elastic Load Balancing User Guide, "Request throttling for the Elastic Load
// Balancing API".
func throttle(c *wire.Call) []service.Draw {
	draws := service.Shared("all", 40, 10)
	switch c.Operation {
	case "CreateLoadBalancer", "SetSubnets":
		return append(draws, service.Shared("resource-intensive", 10, 0.2)...)
	case "RegisterTargets", "DeregisterTargets":
		return append(draws, service.Shared("registration", 20, 4)...)
	}
	if service.Reads(c.Operation) {
		return append(draws, service.Shared("non-mutating", 40, 10)...)
	}
	return append(draws, service.Shared("mutating", 20, 3)...)
}
