// Package ssm is AWS Systems Manager: the objects and AWS's rules about them in model, the
// operations in api, and here what the service is to the rest of the local cloud.
package ssm

import (
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ssm/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/ssm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Service is Systems Manager.
func Service() service.Service {
	refusals := service.JSONRefusals()
	refusals.Internal = func() *wire.Error {
		return refuse.WithStatus(http.StatusInternalServerError, "InternalServerError", "An error occurred on the server side.")
	}
	return service.Service{
		Service: api.Wire(), Title: "Systems Manager",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		Asks:       api.Asks(),
		// Source: AWS General Reference, "AWS Systems Manager endpoints and quotas": 40 reads
		// of parameters a second by default, shared by all of them.
		Throttle:   func(*wire.Call) []service.Draw { return service.Shared("all", 40, 40) },
		Refusals:   refusals,
		Deviations: deviations(),
	}
}
