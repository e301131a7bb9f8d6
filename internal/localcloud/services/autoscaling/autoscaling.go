// Package autoscaling is EC2 Auto Scaling: the objects and AWS's rules about them in model, the operations in api, and here
// what the service is to the rest of the local cloud.
package autoscaling

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
)

// Service is EC2 Auto Scaling.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "EC2 Auto Scaling",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		Asks:       api.Asks(),
		Refusals:   service.QueryRefusals(),
		Deviations: deviations(),
	}
}
