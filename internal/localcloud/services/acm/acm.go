// Package acm is AWS Certificate Manager: the objects and AWS's rules about them in model, the operations in api, and
// here what the service is to the rest of the local cloud.
package acm

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/acm/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Service is Certificate Manager.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "Certificate Manager",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		Throttle:   throttle,
		Asks:       api.Asks(),
		Refusals:   service.JSONRefusals(),
		Deviations: deviations(),
	}
}

// throttle is by the calls a second that each operation has.
// Source: ACM User Guide, "Quotas", "API rate quotas".
func throttle(c *wire.Call) []service.Draw {
	rate := map[string]float64{"DeleteCertificate": 10, "DescribeCertificate": 10, "GetCertificate": 10, "ListTagsForCertificate": 10, "ListCertificates": 8, "ImportCertificate": 1}[c.Operation]
	if rate == 0 {
		rate = 5
	}
	return service.Shared(c.Operation, rate, rate)
}
