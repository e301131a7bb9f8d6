// Package network has the operations on Amazon VPC's network: VPCs, subnets, gateways, addresses,
// route tables, endpoints and prefix lists.
package network

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Operations are those of this package.
func Operations(h *requests.Handlers) []wire.Operation {
	return slices.Concat(vpcOperations(h), subnetOperations(h), internetGatewayOperations(h), addressOperations(h), natGatewayOperations(h), routeTableOperations(h), vpcEndpointOperations(h), prefixListOperations(h), dhcpOptionsOperations(h))
}
