// Package servicequotas is Service Quotas: the operations in api, and here what the service
// is to the rest of the local cloud. The quotas are those of all services' kinds.
package servicequotas

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/servicequotas/api"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Service is Service Quotas.
func Service() service.Service {
	refusals := service.JSONRefusals()
	refusals.Throttled = func() *wire.Error { return refuse.New("TooManyRequestsException", "Rate exceeded") }
	return service.Service{
		Service: api.Wire(), Title: "Service Quotas",
		Operations: api.Operations,
		Asks:       api.Asks(),
		Throttle:   throttle,
		Refusals:   refusals,
	}
}

// throttle has so many requests of an operation a second, and as many more in one burst.
// Source: Service Quotas User Guide, "Service quotas for Service Quotas".
func throttle(c *wire.Call) []service.Draw {
	if c.Operation == "GetServiceQuota" {
		return service.Shared(c.Operation, 10, 5)
	}
	return service.Shared(c.Operation, 20, 10)
}
