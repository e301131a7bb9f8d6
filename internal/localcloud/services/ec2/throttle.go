package ec2

import (
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// throttle has a bucket for each operation, and another for what those cost that act on
// many instances.
// Source: Amazon EC2 Developer Guide, "Request throttling for the Amazon EC2 API".
func throttle(c *wire.Call) []service.Draw {
	draws := []service.Draw{{Bucket: c.Operation, Rate: rateOf(c), Tokens: 1}}
	switch c.Operation {
	case "DescribeInstances", "DescribeInstanceStatus", "DescribeNetworkInterfaces", "DescribeSecurityGroups",
		"DescribeSnapshots", "DescribeSpotInstanceRequests", "DescribeVolumes":
		if !c.Has("Filter") && !c.Has("MaxResults") {
			draws = service.Shared(c.Operation+", unfiltered", 50, 10)
		}
	case "RunInstances":
		draws = append(draws, service.Draw{Bucket: "instances of RunInstances", Rate: service.Rate{Capacity: 1000, Refill: 2}, Tokens: instances(c.Value("MaxCount"))})
	case "StartInstances":
		draws = append(draws, service.Draw{Bucket: "instances of StartInstances", Rate: service.Rate{Capacity: 1000, Refill: 2}, Tokens: float64(c.Length("InstanceId"))})
	case "StopInstances", "TerminateInstances":
		draws = append(draws, service.Draw{Bucket: "instances of " + c.Operation, Rate: service.Rate{Capacity: 1000, Refill: 20}, Tokens: float64(c.Length("InstanceId"))})
	}
	return draws
}

// instances is how many instances a call asks for. What isn't a number is refused
// later.
func instances(maxCount string) float64 {
	n, err := strconv.Atoi(maxCount)
	if err != nil {
		return 1
	}
	return float64(max(n, 1))
}

func rateOf(c *wire.Call) service.Rate {
	switch c.Operation {
	case "RunInstances", "StartInstances":
		return service.Rate{Capacity: 5, Refill: 2}
	case "TerminateInstances", "AssociateIamInstanceProfile", "DisassociateIamInstanceProfile", "ModifyInstanceMetadataOptions",
		"CreateNetworkInterface", "DeleteNetworkInterface", "ModifyNetworkInterfaceAttribute", "AssignPrivateIpAddresses",
		"UnassignPrivateIpAddresses", "CreateVolume", "DeleteVolume", "DeregisterImage", "ModifyImageAttribute":
		return service.Rate{Capacity: 100, Refill: 5}
	case "CreateTags", "DeleteTags":
		return service.Rate{Capacity: 100, Refill: 10}
	case "CreateNatGateway", "DeleteNatGateway", "AssociateNatGatewayAddress", "DisassociateNatGatewayAddress",
		"AssignPrivateNatGatewayAddress", "UnassignPrivateNatGatewayAddress":
		return service.Rate{Capacity: 10, Refill: 1}
	case "CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints":
		return service.Rate{Capacity: 4, Refill: 0.3}
	case "DescribeStaleSecurityGroups", "DescribeSecurityGroupReferences":
		return service.Rate{Capacity: 20, Refill: 5}
	case "CreateDefaultVpc", "CreateDefaultSubnet":
		return service.Rate{Capacity: 1, Refill: 1}
	}
	// Among these are the "resource-intensive" ones, which have the usual numbers.
	return service.PerOperation(c)[0].Rate
}
