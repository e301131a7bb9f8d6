// Package network holds the objects of Amazon VPC and AWS's rules about them: one file
// an object, with its struct, its create, modify and delete, and what it refuses. The
// functions take a transaction and plain values; how calls look on the wire is package
// api's business, and instances are package compute's. Who reaches whom through these
// objects is in reach.go and egress.go.
//
// It has more than 1,500 lines because the objects know each other both ways: a VPC makes its
// main route table, default group and network ACL, and can't be deleted before what is in it.
package network

import (
	"net/netip"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{
		regionKind(), vpcKind(), subnetKind(), internetGatewayKind(), addressKind(), natGatewayKind(),
		routeTableKind(), securityGroupKind(), securityGroupRuleKind(), networkInterfaceKind(), networkACLKind(),
		vpcEndpointKind(),
	}
}

// quota is one of Amazon VPC's quotas.
// Source: Amazon VPC User Guide, "Amazon VPC quotas", which links to each quota's code.
func quota(key, code, name string, limit int) world.Quota {
	return world.Quota{Key: key, Service: "vpc", ServiceName: "Amazon Virtual Private Cloud (Amazon VPC)", Code: code, Name: name, Default: limit}
}

// parseCIDR reads an IPv4 block. As AWS does, it clears the host bits.
func parseCIDR(parameter, text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, refuse.InvalidParameterValue("Value (%s) for parameter %s is invalid. This is not a valid CIDR block.", text, parameter)
	}
	return p.Masked(), nil
}

// inUse is EC2's refusal to delete an object that others depend on.
func inUse(noun, id string) error {
	return refuse.DependencyViolation("The %s '%s' has dependencies and cannot be deleted.", noun, id)
}

// tokenMismatch is the refusal of a client token that was used with other parameters.
func tokenMismatch() error {
	return refuse.New("IdempotentParameterMismatch", "The client token you have provided is associated with a resource that was created with different parameters.")
}
