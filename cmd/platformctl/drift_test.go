package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// What somebody else changes about the platform's own objects.

func denyPort(ctx context.Context, s *story, args []string) error {
	port, err := strconv.ParseInt(args[0], 10, 32)
	if err != nil {
		return err
	}
	_, acl, err := aclOf(ctx, s, "public-a")
	if err != nil {
		return err
	}
	_, err = s.ec2.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
		NetworkAclId: acl.NetworkAclId, RuleNumber: aws.Int32(90), Egress: aws.Bool(false), Protocol: aws.String("6"), RuleAction: ec2types.RuleActionDeny,
		CidrBlock: aws.String("0.0.0.0/0"), PortRange: &ec2types.PortRange{From: aws.Int32(int32(port)), To: aws.Int32(int32(port))},
	})
	return err
}

// revoke is "revoke DIRECTION NAME": the security group loses all its ingress or egress rules.
func revoke(ctx context.Context, s *story, args []string) error {
	found, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: named("security-group", args[1])})
	if err != nil || len(found.SecurityGroups) != 1 {
		return fmt.Errorf("find the security group %s: %w", args[1], err)
	}
	group := found.SecurityGroups[0]
	if args[0] == "egress" {
		_, err = s.ec2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: group.GroupId, IpPermissions: group.IpPermissionsEgress})
		return err
	}
	_, err = s.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: group.GroupId, IpPermissions: group.IpPermissions})
	return err
}

// endpointPolicy is "endpoint-policy": through the platform's endpoint S3 is only read.
func endpointPolicy(ctx context.Context, s *story, _ []string) error {
	found, err := s.ec2.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: named("vpc-endpoint", "s3")})
	if err != nil || len(found.VpcEndpoints) != 1 {
		return fmt.Errorf("find the VPC endpoint: %w", err)
	}
	_, err = s.ec2.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{
		VpcEndpointId:  found.VpcEndpoints[0].VpcEndpointId,
		PolicyDocument: aws.String(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}`),
	})
	return err
}

// otherACL is "other-acl SUBNET": nothing comes in or out of the subnet any more.
func otherACL(ctx context.Context, s *story, args []string) error {
	subnet, acl, err := aclOf(ctx, s, args[0])
	if err != nil {
		return err
	}
	made, err := s.ec2.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{
		VpcId: subnet.VpcId, TagSpecifications: strangers(ec2types.ResourceTypeNetworkAcl, "closed"),
	})
	if err != nil {
		return err
	}
	return associate(ctx, s, acl, subnet, made.NetworkAcl.NetworkAclId)
}

// deleteACLs is "delete-acls": those that somebody else has made. AWS refuses while a subnet
// has one.
func deleteACLs(ctx context.Context, s *story, _ []string) error {
	found, err := s.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: strangersOwn()})
	if err != nil {
		return err
	}
	if len(found.NetworkAcls) == 0 {
		return errors.New("nobody has made a network ACL")
	}
	for _, acl := range found.NetworkAcls {
		if _, err := s.ec2.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: acl.NetworkAclId}); err != nil {
			return err
		}
	}
	return nil
}

// balancer is the ARN of the story's only load balancer.
func balancer(ctx context.Context, s *story) (*string, error) {
	found, err := s.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	if err != nil {
		return nil, err
	}
	if len(found.LoadBalancers) != 1 {
		return nil, fmt.Errorf("there are %d load balancers", len(found.LoadBalancers))
	}
	return found.LoadBalancers[0].LoadBalancerArn, nil
}

// elsewhere is an answer that isn't the platform's page.
func elsewhere() []elbtypes.Action {
	return []elbtypes.Action{{
		Type:                elbtypes.ActionTypeEnumFixedResponse,
		FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("200"), MessageBody: aws.String("somebody else's page")},
	}}
}

func listener(ctx context.Context, s *story, args []string) error {
	arn, err := balancer(ctx, s)
	if err != nil {
		return err
	}
	port, err := strconv.ParseInt(args[0], 10, 32)
	if err != nil {
		return err
	}
	_, err = s.elb.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: arn, Port: aws.Int32(int32(port)), Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: elsewhere(),
	})
	return err
}

func listenerRule(ctx context.Context, s *story, _ []string) error {
	arn, err := balancer(ctx, s)
	if err != nil {
		return err
	}
	found, err := s.elb.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: arn})
	if err != nil {
		return err
	}
	for _, listener := range found.Listeners {
		_, err := s.elb.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: listener.ListenerArn, Priority: aws.Int32(1),
			Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"*"}}},
			Actions:    elsewhere(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func targetGroupAttribute(ctx context.Context, s *story, args []string) error {
	found, err := s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
	if err != nil {
		return err
	}
	for _, group := range found.TargetGroups {
		if _, err := s.elb.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
			TargetGroupArn: group.TargetGroupArn, Attributes: []elbtypes.TargetGroupAttribute{{Key: &args[0], Value: &args[1]}},
		}); err != nil {
			return err
		}
	}
	return nil
}

func loadBalancerAttribute(ctx context.Context, s *story, args []string) error {
	arn, err := balancer(ctx, s)
	if err != nil {
		return err
	}
	_, err = s.elb.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
		LoadBalancerArn: arn, Attributes: []elbtypes.LoadBalancerAttribute{{Key: &args[0], Value: &args[1]}},
	})
	return err
}

func otherProfile(ctx context.Context, s *story, args []string) error {
	roles, err := s.iam.ListRoles(ctx, &iam.ListRolesInput{})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(roles.Roles, func(r iamtypes.Role) bool { return strings.HasSuffix(aws.ToString(r.RoleName), "-web") })
	if i < 0 {
		return errors.New("the instances have no role")
	}
	profile, role := aws.String("somebody-elses"), roles.Roles[i].RoleName
	switch args[0] {
	case "make":
		if _, err := s.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: profile}); err != nil {
			return err
		}
		_, err = s.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: profile, RoleName: role})
	case "delete":
		if _, err := s.iam.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: profile, RoleName: role}); err != nil {
			return err
		}
		_, err = s.iam.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: profile})
	default:
		return fmt.Errorf("nobody can %s a profile", args[0])
	}
	return err
}

func rolePolicies(ctx context.Context, s *story, _ []string) error {
	found, err := s.iam.ListRoles(ctx, &iam.ListRolesInput{})
	if err != nil {
		return err
	}
	other := aws.String("arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy")
	for _, role := range found.Roles {
		_, put := s.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: role.RoleName, PolicyName: aws.String("by-hand"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
		})
		_, attach := s.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role.RoleName, PolicyArn: other})
		_, bound := s.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: role.RoleName, PermissionsBoundary: other})
		if err := errors.Join(put, attach, bound); err != nil {
			return err
		}
	}
	return nil
}

// aclOf is the subnet of a name, and its network ACL.
func aclOf(ctx context.Context, s *story, name string) (ec2types.Subnet, ec2types.NetworkAcl, error) {
	subnets, err := s.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: named("subnet", name)})
	if err != nil || len(subnets.Subnets) != 1 {
		return ec2types.Subnet{}, ec2types.NetworkAcl{}, fmt.Errorf("find the subnet %s: %w", name, err)
	}
	acls, err := s.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{
		{Name: aws.String("association.subnet-id"), Values: []string{aws.ToString(subnets.Subnets[0].SubnetId)}},
	}})
	if err != nil || len(acls.NetworkAcls) != 1 {
		return ec2types.Subnet{}, ec2types.NetworkAcl{}, fmt.Errorf("find the network ACL of %s: %w", name, err)
	}
	return subnets.Subnets[0], acls.NetworkAcls[0], nil
}

// associate gives a subnet another network ACL in the place of the one it has.
func associate(ctx context.Context, s *story, old ec2types.NetworkAcl, subnet ec2types.Subnet, acl *string) error {
	for _, association := range old.Associations {
		if aws.ToString(association.SubnetId) == aws.ToString(subnet.SubnetId) {
			_, err := s.ec2.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{
				AssociationId: association.NetworkAclAssociationId, NetworkAclId: acl,
			})
			return err
		}
	}
	return fmt.Errorf("network ACL %s is not that of %s", aws.ToString(old.NetworkAclId), aws.ToString(subnet.SubnetId))
}
