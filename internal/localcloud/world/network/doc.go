// Package network holds the objects of Amazon VPC and AWS's rules about them: one file
// an object, with its struct, its create, modify and delete, and what it refuses. The
// functions take a transaction and plain values; how calls look on the wire is package
// ec2's business, and instances are package compute's.
package network

import (
	"net/netip"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{
		vpcKind(),
	}
}

// parseCIDR reads an IPv4 block. As AWS does, it clears the host bits.
func parseCIDR(parameter, text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, refuse.InvalidParameterValue("Value (%s) for parameter %s is invalid. This is not a valid CIDR block.", text, parameter)
	}
	return p.Masked(), nil
}
