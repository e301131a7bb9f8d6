package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// What lets a new version fail: the repositories can't be reached, so that a new
// instance comes up without Nginx, while the old ones, which have it, serve on.

// noPackages is "no-packages SUBNET": a network ACL of somebody else's lets the
// subnet reach nobody by HTTPS any more.
func noPackages(ctx context.Context, s *story, args []string) error {
	subnet, acl, err := aclOf(ctx, s, args[0])
	if err != nil {
		return err
	}
	made, err := s.ec2.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{
		VpcId: subnet.VpcId, TagSpecifications: strangers(ec2types.ResourceTypeNetworkAcl, "no HTTPS"),
	})
	if err != nil {
		return err
	}
	for _, entry := range []ec2.CreateNetworkAclEntryInput{
		{RuleNumber: aws.Int32(100), Egress: aws.Bool(false), Protocol: aws.String("-1"), RuleAction: ec2types.RuleActionAllow},
		{
			RuleNumber: aws.Int32(90), Egress: aws.Bool(true), Protocol: aws.String("6"), RuleAction: ec2types.RuleActionDeny,
			PortRange: &ec2types.PortRange{From: aws.Int32(443), To: aws.Int32(443)},
		},
		{RuleNumber: aws.Int32(100), Egress: aws.Bool(true), Protocol: aws.String("-1"), RuleAction: ec2types.RuleActionAllow},
	} {
		entry.NetworkAclId, entry.CidrBlock = made.NetworkAcl.NetworkAclId, aws.String("0.0.0.0/0")
		if _, err := s.ec2.CreateNetworkAclEntry(ctx, &entry); err != nil {
			return err
		}
	}
	return associate(ctx, s, acl, subnet, made.NetworkAcl.NetworkAclId)
}

// packages is "packages SUBNET": it undoes that.
func packages(ctx context.Context, s *story, args []string) error {
	subnet, acl, err := aclOf(ctx, s, args[0])
	if err != nil {
		return err
	}
	found, err := s.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{aws.ToString(subnet.VpcId)}}, {Name: aws.String("default"), Values: []string{"true"}},
	}})
	if err != nil {
		return err
	}
	if len(found.NetworkAcls) != 1 {
		return fmt.Errorf("the VPC has %d default network ACLs", len(found.NetworkAcls))
	}
	if err := associate(ctx, s, acl, subnet, found.NetworkAcls[0].NetworkAclId); err != nil {
		return err
	}
	_, err = s.ec2.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: acl.NetworkAclId})
	return err
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
