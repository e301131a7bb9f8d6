package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// inventory lists all that is in the account and region and that AWS doesn't
// make by itself, as anybody could who knows nothing of platforms and tags.
func inventory(ctx context.Context, s *story) ([]string, error) {
	var left []string
	add := func(kind string, id *string) { left = append(left, kind+" "+aws.ToString(id)) }
	err := errors.Join(
		inventoryOfNetwork(ctx, s, add),
		inventoryOfTraffic(ctx, s, add),
		inventoryOfIdentity(ctx, s, add),
		inventoryOfScaling(ctx, s, add),
		inventoryOfMonitoring(ctx, s, add),
	)
	if err != nil {
		return nil, fmt.Errorf("take the inventory: %w", err)
	}
	return left, nil
}

func inventoryOfNetwork(ctx context.Context, s *story, add func(string, *string)) error {
	defaults := map[string]bool{}
	vpcs, err := s.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	if err != nil {
		return err
	}
	for _, v := range vpcs.Vpcs {
		defaults[aws.ToString(v.VpcId)] = aws.ToBool(v.IsDefault)
		if !aws.ToBool(v.IsDefault) {
			add("VPC", v.VpcId)
		}
	}
	subnets, err := s.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return err
	}
	for _, n := range subnets.Subnets {
		if !aws.ToBool(n.DefaultForAz) {
			add("subnet", n.SubnetId)
		}
	}
	gateways, err := s.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{})
	if err != nil {
		return err
	}
	for _, g := range gateways.InternetGateways {
		if len(g.Attachments) == 0 || !defaults[aws.ToString(g.Attachments[0].VpcId)] {
			add("internet gateway", g.InternetGatewayId)
		}
	}
	addresses, err := s.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return err
	}
	for _, a := range addresses.Addresses {
		add("Elastic IP", a.AllocationId)
	}
	nats, err := s.ec2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{})
	if err != nil {
		return err
	}
	for _, n := range nats.NatGateways {
		if n.State != "deleted" {
			add("NAT gateway", n.NatGatewayId)
		}
	}
	tables, err := s.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{})
	if err != nil {
		return err
	}
	for _, t := range tables.RouteTables {
		if len(t.Associations) == 0 || !aws.ToBool(t.Associations[0].Main) {
			add("route table", t.RouteTableId)
		}
	}
	groups, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	if err != nil {
		return err
	}
	for _, g := range groups.SecurityGroups {
		if aws.ToString(g.GroupName) != "default" {
			add("security group", g.GroupId)
		}
	}
	endpoints, err := s.ec2.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{})
	if err != nil {
		return err
	}
	for _, e := range endpoints.VpcEndpoints {
		if e.State != "deleted" {
			add("VPC endpoint", e.VpcEndpointId)
		}
	}
	return nil
}

func inventoryOfTraffic(ctx context.Context, s *story, add func(string, *string)) error {
	interfaces, err := s.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{})
	if err != nil {
		return err
	}
	for _, n := range interfaces.NetworkInterfaces {
		add("network interface", n.NetworkInterfaceId)
	}
	reservations, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	if err != nil {
		return err
	}
	for _, r := range reservations.Reservations {
		for _, i := range r.Instances {
			if i.State.Name != "terminated" {
				add("instance", i.InstanceId)
			}
		}
	}
	volumes, err := s.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
	if err != nil {
		return err
	}
	for _, v := range volumes.Volumes {
		add("volume", v.VolumeId)
	}
	balancers, err := s.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	if err != nil {
		return err
	}
	for _, b := range balancers.LoadBalancers {
		add("load balancer", b.LoadBalancerArn)
	}
	groups, err := s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
	if err != nil {
		return err
	}
	for _, g := range groups.TargetGroups {
		add("target group", g.TargetGroupArn)
	}
	return nil
}

func inventoryOfIdentity(ctx context.Context, s *story, add func(string, *string)) error {
	roles, err := s.iam.ListRoles(ctx, &iam.ListRolesInput{})
	if err != nil {
		return err
	}
	for _, r := range roles.Roles {
		add("role", r.RoleName)
	}
	profiles, err := s.iam.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{})
	if err != nil {
		return err
	}
	for _, p := range profiles.InstanceProfiles {
		add("instance profile", p.InstanceProfileName)
	}
	return nil
}

// inventoryOfMonitoring leaves out keys, which AWS keeps for days after they were deleted.
func inventoryOfMonitoring(ctx context.Context, s *story, add func(string, *string)) error {
	topics, err := s.sns.ListTopics(ctx, &sns.ListTopicsInput{})
	if err != nil {
		return err
	}
	for _, topic := range topics.Topics {
		add("topic", topic.TopicArn)
	}
	alarms, err := s.cloudwatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	if err != nil {
		return err
	}
	for _, alarm := range alarms.MetricAlarms {
		add("alarm", alarm.AlarmName)
	}
	dashboards, err := s.cloudwatch.ListDashboards(ctx, &cloudwatch.ListDashboardsInput{})
	if err != nil {
		return err
	}
	for _, dashboard := range dashboards.DashboardEntries {
		add("dashboard", dashboard.DashboardName)
	}
	return nil
}
