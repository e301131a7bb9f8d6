package faults

import (
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// rate is the size of a token bucket and how many tokens a second come back.
type rate struct{ capacity, refill float64 }

// draw is what a call takes out of a bucket.
type draw struct {
	bucket string // its name within the region
	rate   rate
	tokens float64
}

// drawsOf says what a call takes out of which buckets. All of them must have enough.
func drawsOf(c *wire.Call) []draw {
	reads := reads(c.Operation)
	switch c.Service {
	case "ec2":
		return ec2Draws(c, reads)
	case "elasticloadbalancing":
		name, r := elbCategory(c.Operation, reads)
		return []draw{{"elb", rate{40, 10}, 1}, {"elb " + name, r, 1}}
	case "ssm":
		// Source: AWS General Reference, "AWS Systems Manager endpoints and quotas":
		// 40 reads of parameters a second by default, shared by all of them.
		return []draw{{"ssm", rate{40, 40}, 1}}
	case "servicequotas":
		// Source: Service Quotas User Guide, "Service quotas for Service Quotas": so many
		// requests a second, and as many more in one burst.
		if c.Operation == "GetServiceQuota" {
			return []draw{{"servicequotas " + c.Operation, rate{10, 5}, 1}}
		}
		return []draw{{"servicequotas " + c.Operation, rate{20, 10}, 1}}
	case "sts":
		// Source: IAM User Guide, "IAM and AWS STS quotas": 600 a second.
		return []draw{{"sts", rate{600, 600}, 1}}
	}
	// IAM's limits aren't published. These are EC2's, for each operation.
	if reads {
		return []draw{{c.Service + " " + c.Operation, rate{100, 20}, 1}}
	}
	return []draw{{c.Service + " " + c.Operation, rate{50, 5}, 1}}
}

func reads(operation string) bool {
	for _, verb := range []string{"Describe", "List", "Search", "Get"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

// ec2Draws has a bucket for each operation, and another for what those cost that act on
// many instances.
// Source: Amazon EC2 Developer Guide, "Request throttling for the Amazon EC2 API".
func ec2Draws(c *wire.Call, reads bool) []draw {
	draws := []draw{{c.Operation, ec2Rate(c.Operation, reads), 1}}
	switch c.Operation {
	case "DescribeInstances", "DescribeInstanceStatus", "DescribeNetworkInterfaces", "DescribeSecurityGroups",
		"DescribeSnapshots", "DescribeSpotInstanceRequests", "DescribeVolumes":
		if !c.Has("Filter") && !c.Has("MaxResults") {
			draws[0] = draw{c.Operation + ", unfiltered", rate{50, 10}, 1}
		}
	case "RunInstances":
		draws = append(draws, draw{"instances of RunInstances", rate{1000, 2}, instances(c.Value("MaxCount"))})
	case "StartInstances":
		draws = append(draws, draw{"instances of StartInstances", rate{1000, 2}, float64(c.Length("InstanceId"))})
	case "StopInstances", "TerminateInstances":
		draws = append(draws, draw{"instances of " + c.Operation, rate{1000, 20}, float64(c.Length("InstanceId"))})
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

func ec2Rate(operation string, reads bool) rate {
	switch operation {
	case "RunInstances", "StartInstances":
		return rate{5, 2}
	case "TerminateInstances", "AssociateIamInstanceProfile", "DisassociateIamInstanceProfile", "ModifyInstanceMetadataOptions",
		"CreateNetworkInterface", "DeleteNetworkInterface", "ModifyNetworkInterfaceAttribute", "AssignPrivateIpAddresses",
		"UnassignPrivateIpAddresses", "CreateVolume", "DeleteVolume", "DeregisterImage", "ModifyImageAttribute":
		return rate{100, 5}
	case "CreateTags", "DeleteTags":
		return rate{100, 10}
	case "CreateNatGateway", "DeleteNatGateway", "AssociateNatGatewayAddress", "DisassociateNatGatewayAddress",
		"AssignPrivateNatGatewayAddress", "UnassignPrivateNatGatewayAddress":
		return rate{10, 1}
	case "CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints":
		return rate{4, 0.3}
	case "DescribeStaleSecurityGroups", "DescribeSecurityGroupReferences":
		return rate{20, 5}
	case "CreateDefaultVpc", "CreateDefaultSubnet":
		return rate{1, 1}
	}
	if reads {
		return rate{100, 20}
	}
	// Among these are the "resource-intensive" ones, which have the same numbers.
	return rate{50, 5}
}

// elbCategory names the bucket that operations of a category share.
// Source: Elastic Load Balancing User Guide, "Request throttling for the Elastic Load
// Balancing API".
func elbCategory(operation string, reads bool) (name string, r rate) {
	switch {
	case operation == "CreateLoadBalancer", operation == "SetSubnets":
		return "resource-intensive", rate{10, 0.2}
	case operation == "RegisterTargets", operation == "DeregisterTargets":
		return "registration", rate{20, 4}
	case reads:
		return "non-mutating", rate{40, 10}
	}
	return "mutating", rate{20, 3}
}

// buckets are the token buckets that have been drawn from, by region and name.
type buckets map[string]*bucket

type bucket struct {
	tokens float64
	at     time.Time
}

// take takes all draws or none.
func (b buckets) take(now time.Time, region string, draws []draw) bool {
	for _, d := range draws {
		if b.filled(now, region, d).tokens < d.tokens {
			return false
		}
	}
	for _, d := range draws {
		b[region+"/"+d.bucket].tokens -= d.tokens
	}
	return true
}

// filled is the bucket of a draw with what has come back since it was last looked at.
func (b buckets) filled(now time.Time, region string, d draw) *bucket {
	key := region + "/" + d.bucket
	have := b[key]
	if have == nil {
		have = &bucket{tokens: d.rate.capacity, at: now}
		b[key] = have
	}
	have.tokens = min(d.rate.capacity, have.tokens+max(0, now.Sub(have.at).Seconds())*d.rate.refill)
	have.at = now
	return have
}
