// Package sns is Amazon Simple Notification Service: the objects and AWS's rules about them in model, the operations in api,
// and here what the service is to the rest of the local cloud. What carries messages to their endpoints is the server.
package sns

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Service is SNS.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "Amazon SNS",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		Throttle:   throttle,
		Asks:       api.Asks(),
		Refusals:   service.QueryRefusals(),
		Deviations: deviations(),
	}
}

// throttle is by the calls a second that each operation has.
// Source: AWS General Reference, "Amazon SNS endpoints and quotas".
func throttle(c *wire.Call) []service.Draw {
	rate := map[string]float64{"Subscribe": 100, "Unsubscribe": 100, "ConfirmSubscription": 100, "Publish": 300, "TagResource": 10, "UntagResource": 10, "ListTagsForResource": 10}[c.Operation]
	if rate == 0 {
		rate = 30
	}
	return service.Shared(c.Operation, rate, rate)
}
