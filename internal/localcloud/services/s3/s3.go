// Package s3 is Amazon Simple Storage Service: the objects and AWS's rules about them in model, the operations in api, and here
// what the service is to the rest of the local cloud. The contents are in package blobs.
package s3

import (
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/s3/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Service is S3.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "Amazon S3",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		// Source: Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance": 3,500 requests a second
		// that write and 5,500 that read, for a prefix of keys.
		Throttle:   func(c *wire.Call) []service.Draw { return service.Shared(c.Value("Bucket"), 3500, 3500) },
		Asks:       api.Asks(),
		Actions:    api.Actions(),
		Refusals:   refusals(),
		Deviations: deviations(),
	}
}

// refusals are those of S3's front. Source: Amazon S3 API Reference, "Error responses".
func refusals() service.Refusals {
	r := service.QueryRefusals()
	r.Throttled = func() *wire.Error {
		return refuse.WithStatus(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}
	r.Internal = func() *wire.Error {
		return refuse.WithStatus(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	}
	r.Unknown = func() *wire.Error {
		return refuse.WithStatus(refuse.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	}
	return r
}
