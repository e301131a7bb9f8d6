package api

import "github.com/platformctl/platformctl/internal/localcloud/world"

// quota is one of AWS's quotas.
type quota struct {
	service, code, name string
	limit               func(world.Quotas) int
	fixed               bool // nobody can have it increased
}

// quotas lists those that the local cloud enforces.
// Source: the quota pages of Amazon VPC, EC2 and Application Load Balancers, which link to
// each quota's code.
func quotas() []quota {
	return []quota{
		{service: "ec2", code: "L-0263D0A3", name: "EC2-VPC Elastic IPs", limit: func(q world.Quotas) int { return q.Addresses }},
		{service: "ec2", code: "L-1216C47A", name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", limit: func(q world.Quotas) int { return q.VCPUs }},
		{service: "vpc", code: "L-F678F1CE", name: "VPCs per Region", limit: func(q world.Quotas) int { return q.VPCs }},
		{service: "vpc", code: "L-407747CB", name: "Subnets per VPC", limit: func(q world.Quotas) int { return q.SubnetsPerVPC }},
		{service: "vpc", code: "L-A4707A72", name: "Internet gateways per Region", limit: func(q world.Quotas) int { return q.InternetGateways }},
		{service: "vpc", code: "L-FE5A380F", name: "NAT gateways per Availability Zone", limit: func(q world.Quotas) int { return q.NATGatewaysPerZone }},
		{service: "vpc", code: "L-589F43AA", name: "Route tables per VPC", limit: func(q world.Quotas) int { return q.RouteTablesPerVPC }},
		{service: "vpc", code: "L-93826ACB", name: "Routes per route table", limit: func(q world.Quotas) int { return q.RoutesPerTable }},
		{service: "vpc", code: "L-E79EC296", name: "VPC security groups per Region", limit: func(q world.Quotas) int { return q.SecurityGroups }},
		{service: "vpc", code: "L-0EA8095F", name: "Inbound or outbound rules per security group", limit: func(q world.Quotas) int { return q.RulesPerGroup }},
		{service: "vpc", code: "L-2AFB9258", name: "Security groups per network interface", limit: func(q world.Quotas) int { return q.GroupsPerInterface }},
		{service: "vpc", code: "L-B4A6D682", name: "Network ACLs per VPC", limit: func(q world.Quotas) int { return q.NetworkACLsPerVPC }},
		{service: "vpc", code: "L-2AEEBF1A", name: "Rules per network ACL", limit: func(q world.Quotas) int { return q.EntriesPerNetworkACL }},
		{service: "vpc", code: "L-1B52E74A", name: "Gateway VPC endpoints per Region", limit: func(q world.Quotas) int { return q.GatewayEndpoints }},
		{service: "elasticloadbalancing", code: "L-53DA6B97", name: "Application Load Balancers per Region", limit: func(q world.Quotas) int { return q.LoadBalancers }},
		{service: "elasticloadbalancing", code: "L-B22855CB", name: "Target Groups per Region", limit: func(q world.Quotas) int { return q.TargetGroups }},
		{service: "elasticloadbalancing", code: "L-A0D0B863", name: "Targets per Target Group per Region", limit: func(q world.Quotas) int { return q.TargetsPerTargetGroup }},
		{service: "elasticloadbalancing", code: "L-B6DF7632", name: "Listeners per Application Load Balancer", limit: func(q world.Quotas) int { return q.ListenersPerBalancer }},
		{service: "elasticloadbalancing", code: "L-7EED9B64", name: "Rules per Application Load Balancer", limit: func(q world.Quotas) int { return q.RulesPerBalancer }},
		{service: "elasticloadbalancing", code: "L-822D1B1B", name: "Target Groups per Application Load Balancer", limit: func(q world.Quotas) int { return q.TargetGroupsPerBalancer }, fixed: true},
	}
}

func serviceName(code string) string {
	switch code {
	case "ec2":
		return "Amazon Elastic Compute Cloud (Amazon EC2)"
	case "vpc":
		return "Amazon Virtual Private Cloud (Amazon VPC)"
	}
	return "Elastic Load Balancing (ELB)"
}
