package server_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/policy"
)

// policies makes one of each statement.
func policies(t *testing.T, statements ...string) (all []policy.Policy) {
	t.Helper()
	for _, s := range statements {
		d, err := policy.Identity(`{"Version": "2012-10-17", "Statement": {` + s + `}}`)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, policy.Policy{Name: "test", Document: d})
	}
	return all
}

// lackingOf is the permission that a refusal names, with its resource, shortened.
func lackingOf(err error) string {
	if err == nil {
		return "ok"
	}
	_, rest, found := strings.Cut(err.Error(), "is not authorized to perform: ")
	if !found {
		return outcome(err)
	}
	action, rest, _ := strings.Cut(rest, " on resource: ")
	resource, _, _ := strings.Cut(rest, " ")
	return action + " " + resource[strings.LastIndex(resource, ":")+1:]
}

// Each call asks for its actions on each of its resources, with the tags that those have or get.
func TestPolicies_DecideByResourceAndTag(t *testing.T) {
	const tagged = `"Condition": {"Null": {"aws:RequestTag/own": "false"}}`
	const own = `"Condition": {"Null": {"aws:ResourceTag/own": "false"}}`
	c := newTroubled(t, faults.Config{}, policies(t,
		`"Effect": "Allow", "Action": ["ec2:Describe*", "sts:*", "elasticloadbalancing:*"], "Resource": "*"`,
		`"Effect": "Allow", "Action": ["ec2:CreateVpc", "ec2:CreateSubnet", "ec2:CreateSecurityGroup", "ec2:RunInstances"], "Resource": "*", `+tagged,
		`"Effect": "Allow", "Action": ["ec2:CreateSubnet", "ec2:DeleteVpc", "ec2:CreateSecurityGroup", "ec2:RunInstances", "ec2:CreateTags"], "Resource": "*", `+own,
		`"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"StringEquals": {"ec2:CreateAction": ["CreateVpc", "CreateSubnet", "RunInstances"]}}`,
		`"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": ["arn:aws:ec2:*::image/*", "arn:aws:ec2:*:*:network-interface/*"]`,
		`"Effect": "Allow", "Action": ["iam:CreateRole", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:PassRole"], "Resource": ["arn:aws:iam::*:role/ours/*", "arn:aws:iam::*:instance-profile/*"]`,
		`"Effect": "Deny", "Action": "ec2:DescribeVolumes", "Resource": "*"`,
	)...)
	ctx := t.Context()
	tags := func(kind types.ResourceType) []types.TagSpecification {
		return []types.TagSpecification{{ResourceType: kind, Tags: []types.Tag{{Key: aws.String("own"), Value: aws.String("1")}}}}
	}
	_, err := c.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	c.expect("a VPC without tags", []string{lackingOf(err)}, "ec2:CreateVpc vpc/*")
	vpc, err := c.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: tags("vpc")})
	c.expect("a VPC with tags", []string{lackingOf(err)}, "ok")
	ours := aws.ToString(vpc.Vpc.VpcId)
	all, err := c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("is-default"), Values: []string{"true"}}}})
	if err != nil || len(all.Vpcs) != 1 {
		t.Fatal(all, err)
	}
	foreign := aws.ToString(all.Vpcs[0].VpcId)
	subnet := func(vpc string, specs []types.TagSpecification, dry bool) string {
		_, err := c.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: aws.String("10.0.1.0/24"), TagSpecifications: specs, DryRun: &dry})
		return lackingOf(err)
	}
	c.expect("subnets", []string{
		subnet(ours, nil, false), subnet(foreign, tags("subnet"), false), subnet(ours, tags("subnet"), true), subnet(foreign, tags("subnet"), true),
	}, "ec2:CreateSubnet subnet/*", "ec2:CreateSubnet vpc/"+foreign, "DryRunOperation", "ec2:CreateSubnet vpc/"+foreign)
	made, err := c.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &ours, CidrBlock: aws.String("10.0.1.0/24"), TagSpecifications: tags("subnet")})
	c.expect("a subnet of the own VPC", []string{lackingOf(err)}, "ok")

	// No statement has the creation of a security group among those that may tag.
	_, err = c.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &ours, GroupName: aws.String("g"), Description: aws.String("g"), TagSpecifications: tags("security-group")})
	c.expect("a security group", []string{lackingOf(err)}, "ec2:CreateTags security-group/*")

	tag := func(id string) string {
		_, err := c.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: aws.String("own"), Value: aws.String("1")}}})
		return lackingOf(err)
	}
	c.expect("tags", []string{tag(ours), tag(foreign), tag("vpc-00000000")}, "ok", "ec2:CreateTags vpc/"+foreign, "ec2:CreateTags vpc/vpc-00000000")
	remove := func(id string, dry bool) string {
		_, err := c.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &id, DryRun: &dry})
		return lackingOf(err)
	}
	c.expect("deleting", []string{remove(foreign, false), remove(foreign, true)}, "ec2:DeleteVpc vpc/"+foreign, "ec2:DeleteVpc vpc/"+foreign)
	_, err = c.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
	if !strings.Contains(err.Error(), "explicit deny") {
		t.Error(err)
	}

	// All resources of a launch must be allowed, and the role that it hands on.
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	name := aws.String("web")
	_, err = c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)})
	c.expect("a role without the path", []string{lackingOf(err)}, "iam:CreateRole role/web")
	_, err1 := c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, Path: aws.String("/ours/"), AssumeRolePolicyDocument: aws.String(trust)})
	_, err2 := c.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name})
	_, err3 := c.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name})
	c.expect("a role with the path", []string{lackingOf(err1), lackingOf(err2), lackingOf(err3)}, "ok", "ok", "ok")
	run := func(change func(*ec2.RunInstancesInput)) string {
		in := &ec2.RunInstancesInput{ImageId: aws.String("ami-00000000"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: made.Subnet.SubnetId,
			IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: name}, TagSpecifications: append(tags("instance"), tags("volume")...)}
		change(in)
		_, err := c.ec2.RunInstances(ctx, in)
		return lackingOf(err)
	}
	groups, err := c.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{ours}}}})
	if err != nil || len(groups.SecurityGroups) != 1 {
		t.Fatal(groups, err)
	}
	group := aws.ToString(groups.SecurityGroups[0].GroupId)
	c.expect("launches", []string{
		run(func(*ec2.RunInstancesInput) {}),
		run(func(in *ec2.RunInstancesInput) { in.TagSpecifications = nil }),
		run(func(in *ec2.RunInstancesInput) { in.TagSpecifications = tags("instance") }),
	}, "ec2:RunInstances security-group/"+group, "ec2:RunInstances instance/*", "ec2:RunInstances volume/*")

	// The other services' own words.
	_, err = c.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: aws.String("tg")})
	c.expect("the service's own role", []string{outcome(err), lackingOf(err)}, "AccessDenied", "iam:CreateServiceLinkedRole role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing")
	_, err = c.iam.ListRoles(ctx, &iam.ListRolesInput{})
	c.expect("IAM", []string{outcome(err)}, "AccessDenied")

	// What was encoded can be read, and names the tags.
	_, err = c.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &foreign})
	_, encoded, _ := strings.Cut(err.Error(), "Encoded authorization failure message: ")
	decoded, err := c.sts.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: &encoded})
	if err != nil || !strings.Contains(*decoded.DecodedMessage, `"action":"ec2:DeleteVpc"`) || !strings.Contains(*decoded.DecodedMessage, `"key":"ec2:Region"`) {
		t.Error(err, decoded)
	}
	if err := c.SetFaults(faults.Config{Deny: []string{"ec2:DescribeVpcs"}}); err != nil {
		t.Fatal(err)
	}
	_, err = c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	c.expect("a fault over an allowed call", []string{outcome(err)}, "UnauthorizedOperation")
}
