// Package route53 is Amazon Route 53: the objects and AWS's rules about them in model, the operations in api, and here
// what the service is to the rest of the local cloud. Who speaks DNS is package dns of the local cloud.
package route53

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Service is Route 53.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "Route 53",
		Kinds:      model.Kinds(),
		Prepare:    model.Prepare,
		Operations: api.Operations,
		Asks:       api.Asks(),
		// Source: Amazon Route 53 Developer Guide, "Quotas": five requests a second for an account.
		Throttle:   func(*wire.Call) []service.Draw { return service.Shared("all", 5, 5) },
		Refusals:   service.QueryRefusals(),
		Deviations: deviations(),
	}
}
