package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	elbv2 "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// What else somebody changes about a platform, so that up makes each call that repairs something.

// vpcOf is the ID of the platform's VPC.
func vpcOf(o *operator) string {
	o.Helper()
	found, err := o.anybody.ec2.DescribeVpcs(o.Context(), &ec2.DescribeVpcsInput{Filters: named("vpc", "main")})
	if err != nil || len(found.Vpcs) != 1 {
		o.Fatal("find the VPC: ", err)
	}
	return aws.ToString(found.Vpcs[0].VpcId)
}

// drifts are such changes.
func drifts() []func(context.Context, *story) error {
	return []func(context.Context, *story) error{changeEntries, changeRoutes, moveSubnets, changeGroups, changeInstances, changeNetwork, changeIdentity, changeTraffic}
}

// changeEntries changes the entry of the default network ACL that lets everything in, and takes out the other one.
func changeEntries(ctx context.Context, s *story) error {
	_, acl, err := aclOf(ctx, s, "private-b")
	if err != nil {
		return err
	}
	_, changed := s.ec2.ReplaceNetworkAclEntry(ctx, &ec2.ReplaceNetworkAclEntryInput{
		NetworkAclId: acl.NetworkAclId, RuleNumber: aws.Int32(100), Egress: aws.Bool(false), Protocol: aws.String("-1"), RuleAction: ec2types.RuleActionDeny, CidrBlock: aws.String("0.0.0.0/0"),
	})
	_, deleted := s.ec2.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: acl.NetworkAclId, RuleNumber: aws.Int32(100), Egress: aws.Bool(true)})
	return errors.Join(changed, deleted)
}

func routeTable(ctx context.Context, s *story, name string) (ec2types.RouteTable, error) {
	found, err := s.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: named("route-table", name)})
	if err != nil || len(found.RouteTables) != 1 {
		return ec2types.RouteTable{}, fmt.Errorf("find the route table %s: %w", name, err)
	}
	return found.RouteTables[0], nil
}

// changeRoutes leads a zone out through the other zone's NAT gateway, and adds a route.
func changeRoutes(ctx context.Context, s *story) error {
	a, err := routeTable(ctx, s, "private-a")
	if err != nil {
		return err
	}
	gateways, err := s.ec2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{Filter: named("nat-gateway", "b")})
	if err != nil || len(gateways.NatGateways) != 1 {
		return fmt.Errorf("find the NAT gateway: %w", err)
	}
	other := gateways.NatGateways[0].NatGatewayId
	_, replaced := s.ec2.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: a.RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: other})
	_, made := s.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: a.RouteTableId, DestinationCidrBlock: aws.String("192.0.2.0/24"), NatGatewayId: other})
	return errors.Join(replaced, made)
}

// moveSubnets gives a subnet a route table of somebody else's, and another one that of a further zone.
func moveSubnets(ctx context.Context, s *story) error {
	a, err := routeTable(ctx, s, "public-a")
	if err != nil {
		return err
	}
	b, err := routeTable(ctx, s, "private-b")
	if err != nil {
		return err
	}
	private, err := routeTable(ctx, s, "private-a")
	if err != nil {
		return err
	}
	other, err := s.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: a.VpcId, TagSpecifications: strangers(ec2types.ResourceTypeRouteTable, "other")})
	if err != nil {
		return err
	}
	_, moved := s.ec2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: a.Associations[0].RouteTableAssociationId, RouteTableId: other.RouteTable.RouteTableId})
	_, also := s.ec2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: b.Associations[0].RouteTableAssociationId, RouteTableId: private.RouteTableId})
	return errors.Join(moved, also)
}

// deleteOthersTables deletes the route tables of somebody else's.
func deleteOthersTables(ctx context.Context, s *story) error {
	found, err := s.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: strangersOwn()})
	if err != nil || len(found.RouteTables) != 1 {
		return fmt.Errorf("find the route table: %w", err)
	}
	_, err = s.ec2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: found.RouteTables[0].RouteTableId})
	return err
}

// changeGroups describes rules otherwise, and lets the VPC's default security group out again.
func changeGroups(ctx context.Context, s *story) error {
	for _, name := range []string{"web", "alb"} {
		found, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: named("security-group", name)})
		if err != nil || len(found.SecurityGroups) != 1 {
			return fmt.Errorf("find the security group: %w", err)
		}
		group := found.SecurityGroups[0]
		for _, rules := range [][]ec2types.IpPermission{group.IpPermissions, group.IpPermissionsEgress} {
			for i := range rules {
				for j := range rules[i].IpRanges {
					rules[i].IpRanges[j].Description = aws.String("by hand")
				}
				for j := range rules[i].UserIdGroupPairs {
					rules[i].UserIdGroupPairs[j].Description = aws.String("by hand")
				}
			}
		}
		_, in := s.ec2.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: group.GroupId, IpPermissions: group.IpPermissions})
		_, out := s.ec2.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: group.GroupId, IpPermissions: group.IpPermissionsEgress})
		if err := errors.Join(in, out); err != nil {
			return err
		}
	}
	return with(revoke, "egress", "web")(ctx, s)
}

// changeInstances stops one, and changes options of the other.
func changeInstances(ctx context.Context, s *story) error {
	ids := map[string]string{}
	for _, name := range []string{"web-a-1", "web-b-1"} {
		found, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: named("instance", name)})
		if err != nil || len(found.Reservations) != 1 {
			return fmt.Errorf("find the instance: %w", err)
		}
		ids[name] = aws.ToString(found.Reservations[0].Instances[0].InstanceId)
	}
	_, stopped := s.ec2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{ids["web-a-1"]}})
	b := ids["web-b-1"]
	_, source := s.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &b, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: aws.Bool(false)}})
	_, options := s.ec2.ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &b, HttpTokens: ec2types.HttpTokensStateOptional})
	return errors.Join(stopped, source, options)
}

// changeNetwork changes attributes of the VPC and a subnet.
func changeNetwork(ctx context.Context, s *story) error {
	subnet, _, err := aclOf(ctx, s, "private-b")
	if err != nil {
		return err
	}
	off, on := &ec2types.AttributeBooleanValue{Value: aws.Bool(false)}, &ec2types.AttributeBooleanValue{Value: aws.Bool(true)}
	_, vpc := s.ec2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: subnet.VpcId, EnableDnsHostnames: off})
	_, public := s.ec2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: subnet.SubnetId, MapPublicIpOnLaunch: on})
	return errors.Join(vpc, public)
}

// changeIdentity lets another service assume the role, and puts another role into the profile.
func changeIdentity(ctx context.Context, s *story) error {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	role, other := aws.String("shop-us-east-1-web"), aws.String("somebody-elses")
	_, updated := s.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(trust)})
	_, made := s.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: other, AssumeRolePolicyDocument: aws.String(trust)})
	_, out := s.iam.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: role, RoleName: role})
	_, in := s.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: role, RoleName: other})
	return errors.Join(updated, made, out, in)
}

// changeTraffic changes the listener, the target group and the load balancer.
func changeTraffic(ctx context.Context, s *story) error {
	arn, err := balancer(ctx, s)
	if err != nil {
		return err
	}
	groups, err := s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
	if err != nil {
		return err
	}
	_, checked := s.elb.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: groups.TargetGroups[0].TargetGroupArn, HealthCheckPath: aws.String("/other")})
	listeners, err := s.elb.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: arn})
	if err != nil {
		return err
	}
	var changed error
	for _, l := range listeners.Listeners {
		if aws.ToInt32(l.Port) == 80 {
			_, changed = s.elb.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: l.ListenerArn, DefaultActions: elsewhere()})
		}
	}
	web, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: named("security-group", "web")})
	if err != nil || len(web.SecurityGroups) != 1 {
		return fmt.Errorf("find the security group: %w", err)
	}
	_, grouped := s.elb.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: arn, SecurityGroups: []string{aws.ToString(web.SecurityGroups[0].GroupId)}})
	return errors.Join(checked, changed, grouped)
}

// openToOthers lets pages of other sites read the answers: an attribute that the local cloud has, and nobody can set there.
func openToOthers(o *operator) {
	o.Helper()
	err := o.cloud.World.Update("us-east-1", func(tx *world.Tx) error {
		for _, l := range world.All[elbv2.Listener](tx) {
			world.Edit(tx, l.ID, func(l *elbv2.Listener) {
				l.Attributes = map[string]string{"routing.http.response.access_control_allow_origin.header_value": "*"}
			})
		}
		return nil
	})
	if err != nil {
		o.Fatal(err)
	}
}
