// Package security has the operations on what lets packets through: security groups and their
// rules, network ACLs, and the network interfaces that they stand at.
package security

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Operations are those of this package.
func Operations(h *requests.Handlers) []wire.Operation {
	return slices.Concat(networkACLOperations(h), securityGroupOperations(h), securityGroupRuleOperations(h), networkInterfaceOperations(h))
}
