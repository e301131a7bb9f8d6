// Package ec2 is Amazon EC2 and Amazon VPC: the objects and AWS's rules about them in
// model, the operations in api, and here what the service is to the rest of the local
// cloud.
package ec2

import (
	"net/http"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Service is Amazon EC2.
func Service() service.Service {
	return service.Service{
		Service: requests.Wire(), Title: "EC2",
		Kinds:              slices.Concat(network.Kinds(), compute.Kinds()),
		Operations:         api.Operations,
		UnsimulatedFilters: requests.FiltersNotSimulated,
		Throttle:           throttle,
		Asks:               api.Asks(),
		Refusals:           refusals(),
		Places:             &service.Places{Zones: zones, InstanceTypes: instanceTypes},
		Deviations:         deviations(),
	}
}

// refusals are EC2's own.
// Source: Amazon EC2 Developer Guide, "Error codes for the Amazon EC2 API"; IAM User Guide,
// "Troubleshoot access denied error messages".
func refusals() service.Refusals {
	return service.Refusals{
		Throttled: func() *wire.Error {
			return refuse.WithStatus(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
		},
		Internal: func() *wire.Error {
			return refuse.WithStatus(http.StatusInternalServerError, "InternalError", "An internal error has occurred")
		},
		Unavailable: func() *wire.Error {
			return refuse.WithStatus(http.StatusServiceUnavailable, "Unavailable", "The server is overloaded and can't handle the request.")
		},
		Scope: func() *wire.Error {
			return refuse.WithStatus(http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials")
		},
		Denied: func(text, encoded string) *wire.Error {
			return refuse.WithStatus(http.StatusForbidden, "UnauthorizedOperation",
				"You are not authorized to perform this operation. %s. Encoded authorization failure message: %s", text, encoded)
		},
		Unknown: func() *wire.Error {
			return refuse.WithStatus(http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials")
		},
	}
}

func zones(region string) (names []string) {
	for _, z := range network.Zones(region) {
		names = append(names, z.Name)
	}
	return names
}

func instanceTypes() (names []string) {
	for _, t := range compute.InstanceTypes() {
		names = append(names, t.Name)
	}
	return names
}
