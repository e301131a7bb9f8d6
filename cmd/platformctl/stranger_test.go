package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// What somebody else puts into the platform's network, and takes out again.

// strangersTag is on all that this file makes.
const strangersTag = "somebody"

func strangers(kind ec2types.ResourceType, name string) []ec2types.TagSpecification {
	return []ec2types.TagSpecification{{ResourceType: kind, Tags: []ec2types.Tag{
		{Key: aws.String("Name"), Value: &name}, {Key: aws.String(strangersTag), Value: aws.String("else")},
	}}}
}

func strangersOwn() []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String("tag-key"), Values: []string{strangersTag}}}
}

// moveIn is "move-in SUBNET GROUP": an instance in the subnet, an interface in
// it, and a security group whose rule names the group.
func moveIn(ctx context.Context, s *story, args []string) error {
	subnets, err := s.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: named("subnet", args[0])})
	if err != nil {
		return err
	}
	groups, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: named("security-group", args[1])})
	if err != nil {
		return err
	}
	instances, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag-key"), Values: []string{"platformctl:platform"}},
	}})
	if err != nil {
		return err
	}
	if len(subnets.Subnets) != 1 || len(groups.SecurityGroups) != 1 || len(instances.Reservations) == 0 {
		return fmt.Errorf("the platform has no subnet %s, no group %s, or no instance", args[0], args[1])
	}
	subnet, group := subnets.Subnets[0], groups.SecurityGroups[0]
	if _, err := s.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: instances.Reservations[0].Instances[0].ImageId, InstanceType: ec2types.InstanceTypeT3Micro,
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: subnet.SubnetId,
		TagSpecifications: strangers(ec2types.ResourceTypeInstance, "database"),
	}); err != nil {
		return err
	}
	if _, err := s.ec2.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.SubnetId, Description: aws.String("spare"),
		TagSpecifications: strangers(ec2types.ResourceTypeNetworkInterface, "spare"),
	}); err != nil {
		return err
	}
	own, err := s.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("database"), Description: aws.String("database"), VpcId: subnet.VpcId,
		TagSpecifications: strangers(ec2types.ResourceTypeSecurityGroup, "database"),
	})
	if err != nil {
		return err
	}
	_, err = s.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: own.GroupId,
		IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: group.GroupId}},
		}},
	})
	return err
}

// moveOut is "move-out": all that moved in is gone.
func moveOut(ctx context.Context, s *story, _ []string) error {
	found, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: strangersOwn()})
	if err != nil {
		return err
	}
	var ids []string
	for _, reservation := range found.Reservations {
		for _, instance := range reservation.Instances {
			ids = append(ids, aws.ToString(instance.InstanceId))
		}
	}
	if _, err := s.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids}); err != nil {
		return err
	}
	waiter := ec2.NewInstanceTerminatedWaiter(s.ec2, func(o *ec2.InstanceTerminatedWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, 100*time.Millisecond
	})
	if err := waiter.Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: ids}, 20*time.Second); err != nil {
		return err
	}
	interfaces, err := s.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: strangersOwn()})
	if err != nil {
		return err
	}
	for _, i := range interfaces.NetworkInterfaces {
		if _, err := s.ec2.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: i.NetworkInterfaceId}); err != nil {
			return err
		}
	}
	groups, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: strangersOwn()})
	if err != nil {
		return err
	}
	for _, group := range groups.SecurityGroups {
		if _, err := s.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: group.GroupId}); err != nil {
			return err
		}
	}
	return nil
}

// untag is "untag ID KEY": take a tag from one of the platform's objects, by its ID or ARN.
func untag(ctx context.Context, s *story, args []string) error {
	if strings.HasPrefix(args[0], "arn:") {
		_, err := s.elb.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: args[:1], TagKeys: args[1:]})
		return err
	}
	_, err := s.ec2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: args[:1], Tags: []ec2types.Tag{{Key: &args[1]}}})
	return err
}

// retag is "retag ID PLATFORM": give it back.
func retag(ctx context.Context, s *story, args []string) error {
	if strings.HasPrefix(args[0], "arn:") {
		_, err := s.elb.AddTags(ctx, &elb.AddTagsInput{ResourceArns: args[:1], Tags: []elbtypes.Tag{{Key: aws.String("platformctl:platform"), Value: &args[1]}}})
		return err
	}
	_, err := s.ec2.CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: args[:1], Tags: []ec2types.Tag{{Key: aws.String("platformctl:platform"), Value: &args[1]}},
	})
	return err
}

// setTag is "tag ID KEY VALUE": give an object a tag that can hold anything.
func setTag(ctx context.Context, s *story, args []string) error {
	value, err := strconv.Unquote(`"` + args[2] + `"`)
	if err != nil {
		return err
	}
	_, err = s.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: args[:1], Tags: []ec2types.Tag{{Key: &args[1], Value: &value}}})
	return err
}
