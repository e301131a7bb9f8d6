// Package iam is AWS Identity and Access Management: the objects and AWS's rules about them
// in model, the operations in api, and here what the service is to the rest of the local
// cloud.
package iam

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
)

// Service is IAM. Its request limits aren't published: it has EC2's.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "IAM",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		Asks:       api.Asks(),
		Actions:    []string{"PassRole", "CreateServiceLinkedRole"},
		Refusals:   service.QueryRefusals(),
		Deviations: deviations(),
	}
}
