// Package api is the wire side of Amazon EC2 and Amazon VPC: for each operation the request
// and reply as AWS shapes them, and a thin handler. One file an AWS object, in network,
// security or compute; here is what no object has. The rules are in package model.
package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/network"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/security"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &requests.Handlers{Env: e}
	return slices.Concat(regionOperations(h), tagOperations(h), emptyListOperations(h), network.Operations(h), security.Operations(h), compute.Operations(h))
}
