package network

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Steps are what takes time with a VPC and a NAT gateway, for those who compare a run with
// what it can't be faster than.
func Steps() map[string]world.Step {
	return map[string]world.Step{
		"vpc available": vpcCreate(), "nat-gateway available": natCreate(), "nat-gateway deleted": natDelete(),
	}
}
