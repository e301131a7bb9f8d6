package soak

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// others is what somebody else has in the account: a VPC with an instance and a group, the latter of another platform,
// and an address.
type others struct {
	vpc, before string
}

// settle places it, and returns when the instance runs.
func settle(ctx context.Context, c *awsapi.Clients) (o others, err error) {
	image, err := c.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")})
	if err != nil {
		return o, err
	}
	vpc, err := c.EC2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		return o, err
	}
	o.vpc = *vpc.Vpc.VpcId
	subnet, err := c.EC2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &o.vpc, CidrBlock: aws.String("10.0.0.0/20"), AvailabilityZone: aws.String("us-east-1a")})
	if err != nil {
		return o, err
	}
	if _, err := c.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &o.vpc, GroupName: aws.String("shop-web"), Description: aws.String("of another platform"),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSecurityGroup, Tags: []ec2types.Tag{
			{Key: aws.String(awsapi.TagPlatform), Value: aws.String("other")}, {Key: aws.String(awsapi.TagKey), Value: aws.String("security-group/web")},
		}}}}); err != nil {
		return o, err
	}
	if _, err := c.EC2.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: ec2types.DomainTypeVpc}); err != nil {
		return o, err
	}
	run, err := c.EC2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: image.Parameter.Value, InstanceType: ec2types.InstanceTypeT3Micro,
		SubnetId: subnet.Subnet.SubnetId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
	if err != nil {
		return o, err
	}
	running := ec2.NewInstanceRunningWaiter(c.EC2, func(o *ec2.InstanceRunningWaiterOptions) { o.MinDelay, o.MaxDelay = 200*time.Millisecond, time.Second })
	if err := running.Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{*run.Instances[0].InstanceId}}, time.Minute); err != nil {
		return o, err
	}
	o.before, err = o.look(ctx, c)
	return o, err
}

// look describes it.
func (o others) look(ctx context.Context, c *awsapi.Clients) (string, error) {
	here := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{o.vpc}}}
	vpcs, err := c.EC2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: here})
	if err != nil {
		return "", err
	}
	subnets, err := c.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: here})
	if err != nil {
		return "", err
	}
	groups, err := c.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: here})
	if err != nil {
		return "", err
	}
	instances, err := c.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: here})
	if err != nil {
		return "", err
	}
	addresses, err := c.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return "", err
	}
	slices.SortFunc(groups.SecurityGroups, func(a, b ec2types.SecurityGroup) int { return strings.Compare(*a.GroupId, *b.GroupId) })
	text, err := json.Marshal([]any{vpcs.Vpcs, subnets.Subnets, groups.SecurityGroups, instances.Reservations, addresses.Addresses})
	return string(text), err
}
