// Package sts is AWS Security Token Service: the operations in api, and here what the
// service is to the rest of the local cloud. It has no objects.
package sts

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/sts/api"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Service is STS.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "STS",
		Operations: api.Operations,
		Asks:       api.Asks(),
		// Source: IAM User Guide, "IAM and AWS STS quotas": 600 a second.
		Throttle: func(*wire.Call) []service.Draw { return service.Shared("all", 600, 600) },
		Refusals: service.QueryRefusals(),
	}
}
