package awsapi

// Quota is a limit of an account in a region, by its names in Service Quotas.
type Quota struct {
	Service string // such as "vpc"
	Code    string // such as "L-F678F1CE"
	Name    string // such as "VPCs per Region"
}

// AmongFew says that the service has so few quotas that one call of ListServiceQuotas,
// with 100 on a page, tells of all. EC2 has more.
func (q Quota) AmongFew() bool { return q.Service != "ec2" }

// QuotaBehind is the quota that a refusal with this code speaks of; false where
// the code tells of none that is known.
//
// Source: the AWS General Reference's pages of endpoints and quotas of Amazon
// VPC, EC2 and Elastic Load Balancing.
func QuotaBehind(code string) (Quota, bool) {
	const vpc, ec2, elb = "vpc", "ec2", "elasticloadbalancing"
	switch code {
	case VPCLimit:
		return Quota{vpc, "L-F678F1CE", "VPCs per Region"}, true
	case InternetGatewayLimit:
		return Quota{vpc, "L-A4707A72", "Internet gateways per Region"}, true
	case "SubnetLimitExceeded":
		return Quota{vpc, "L-407747CB", "Subnets per VPC"}, true
	case "RouteTableLimitExceeded":
		return Quota{vpc, "L-589F43AA", "Route tables per VPC"}, true
	case "RouteLimitExceeded":
		return Quota{vpc, "L-93826ACB", "Routes per route table"}, true
	case "SecurityGroupLimitExceeded":
		return Quota{vpc, "L-E79EC296", "VPC security groups per Region"}, true
	case "RulesPerSecurityGroupLimitExceeded":
		return Quota{vpc, "L-0EA8095F", "Inbound or outbound rules per security group"}, true
	case "NetworkInterfaceLimitExceeded":
		return Quota{vpc, "L-DF5E4CA3", "Network interfaces per Region"}, true
	case NATGatewayLimit:
		return Quota{vpc, "L-FE5A380F", "NAT gateways per Availability Zone"}, true
	case "VpcEndpointLimitExceeded":
		return Quota{vpc, "L-1B52E74A", "Gateway VPC endpoints per Region"}, true
	case AddressLimit:
		return Quota{ec2, "L-0263D0A3", "EC2-VPC Elastic IPs"}, true
	case VCPULimit, "InstanceLimitExceeded":
		return Quota{ec2, "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"}, true
	case LoadBalancerLimit:
		return Quota{elb, "L-53DA6B97", "Application Load Balancers per Region"}, true
	case TargetGroupLimit:
		return Quota{elb, "L-B22855CB", "Target Groups per Region"}, true
	case "TooManyListeners":
		return Quota{elb, "L-B6DF7632", "Listeners per Application Load Balancer"}, true
	}
	return Quota{}, false
}

// The codes with which AWS refuses what a quota leaves no room for, as far as
// quotas are asked for beforehand.
const (
	VPCLimit             = "VpcLimitExceeded"
	InternetGatewayLimit = "InternetGatewayLimitExceeded"
	NATGatewayLimit      = "NatGatewayLimitExceeded"
	AddressLimit         = "AddressLimitExceeded"
	VCPULimit            = "VcpuLimitExceeded"
	LoadBalancerLimit    = "TooManyLoadBalancers"
	TargetGroupLimit     = "TooManyTargetGroups"
)
