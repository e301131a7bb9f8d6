package services_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func tagged(kind types.ResourceType, pairs ...string) []types.TagSpecification {
	s := types.TagSpecification{ResourceType: kind}
	for i := 0; i < len(pairs); i += 2 {
		s.Tags = append(s.Tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return []types.TagSpecification{s}
}

func byTag(key, value string) []types.Filter {
	return []types.Filter{{Name: aws.String("tag:" + key), Values: []string{value}}}
}

func TestVPC_CreateModifyDelete(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	made := must(c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.9/16"),
		TagSpecifications: tagged("vpc", "platform", "shop", "key", "vpc/main")}))(t).Vpc
	if made.State != types.VpcStatePending || aws.ToString(made.CidrBlock) != "10.0.0.0/16" || len(made.Tags) != 2 {
		t.Fatalf("made %+v", made)
	}
	c.clock.advance(time.Second)
	found := must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{Filters: byTag("platform", "sh?p*")}))(t).Vpcs
	if len(found) != 1 || found[0].State != types.VpcStateAvailable || aws.ToString(found[0].VpcId) != *made.VpcId {
		t.Fatalf("found %+v", found)
	}
	for _, set := range []*sdk.ModifyVpcAttributeInput{
		{VpcId: made.VpcId, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}},
		{VpcId: made.VpcId, EnableDnsSupport: &types.AttributeBooleanValue{Value: aws.Bool(true)}},
	} {
		must(c.ModifyVpcAttribute(c.ctx, set))(t)
	}
	attribute := must(c.DescribeVpcAttribute(c.ctx, &sdk.DescribeVpcAttributeInput{VpcId: made.VpcId, Attribute: types.VpcAttributeNameEnableDnsHostnames}))(t)
	if !aws.ToBool(attribute.EnableDnsHostnames.Value) || attribute.EnableDnsSupport != nil {
		t.Fatalf("attribute %+v", attribute)
	}
	must(c.DeleteVpc(c.ctx, &sdk.DeleteVpcInput{VpcId: made.VpcId}))(t)
	_, err := c.DeleteVpc(c.ctx, &sdk.DeleteVpcInput{VpcId: made.VpcId})
	refused(t, err, 400, "InvalidVpcID.NotFound", "The vpc ID '"+*made.VpcId+"' does not exist")
	if left := must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{Filters: byTag("platform", "shop")}))(t).Vpcs; len(left) != 0 {
		t.Fatalf("left %+v", left)
	}
}

func TestVPC_RefusesInvalidCalls(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	create := func(cidr string) func() error {
		return func() error {
			_, err := c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: &cidr})
			return err
		}
	}
	describe := func(in sdk.DescribeVpcsInput) func() error {
		return func() error {
			_, err := c.DescribeVpcs(c.ctx, &in)
			return err
		}
	}
	for name, test := range map[string]struct {
		call          func() error
		status        int
		code, message string
	}{
		"too large": {create("10.0.0.0/15"), 400, "InvalidVpc.Range", "The CIDR '10.0.0.0/15' is invalid."},
		"too small": {create("10.0.0.0/29"), 400, "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."},
		"no CIDR":   {create("10.0.0.0"), 400, "InvalidParameterValue", "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block."},
		"dry run": {func() error {
			_, err := c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), DryRun: aws.Bool(true)})
			return err
		}, 412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."},
		"unknown operation": {func() error {
			_, err := c.CreateTransitGateway(c.ctx, &sdk.CreateTransitGatewayInput{})
			return err
		}, 501, "NotSimulated", "platformctl local cloud: operation CreateTransitGateway is not simulated"},
		"unknown parameter": {func() error {
			_, err := c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), Ipv6Pool: aws.String("x")})
			return err
		}, 501, "NotSimulated", "platformctl local cloud: parameter Ipv6Pool of CreateVpc is not simulated"},
		"unknown value": {func() error {
			_, err := c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), InstanceTenancy: "dedicated"})
			return err
		}, 501, "NotSimulated", `platformctl local cloud: value "dedicated" of parameter InstanceTenancy of CreateVpc is not simulated`},
		"unknown filter": {describe(sdk.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("colour"), Values: []string{"x"}}}}),
			400, "InvalidParameterValue", "The filter 'colour' is invalid"},
		"page too small": {describe(sdk.DescribeVpcsInput{MaxResults: aws.Int32(2)}),
			400, "InvalidParameterValue", "Value ( 2 ) for parameter maxResults is invalid. Expecting a value greater than 5."},
		"malformed ID": {describe(sdk.DescribeVpcsInput{VpcIds: []string{"vpc-xyz"}}),
			400, "InvalidVpcID.Malformed", `Invalid id: "vpc-xyz" (expecting "vpc-...")`},
		"two unknown IDs": {describe(sdk.DescribeVpcsInput{VpcIds: []string{"vpc-00000000", "vpc-11111111"}}),
			400, "InvalidVpcID.NotFound", "The vpc IDs 'vpc-00000000, vpc-11111111' do not exist"},
		"reserved tag": {func() error {
			_, err := c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: tagged("vpc", "aws:x", "y")})
			return err
		}, 400, "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, test.call(), test.status, test.code, test.message) })
	}
	// None of the refusals left anything behind.
	if left := must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{Filters: byTag("aws:x", "*")}))(t).Vpcs; len(left) != 0 {
		t.Fatalf("left %+v", left)
	}
}

func TestVPC_PagesAndQuota(t *testing.T) {
	c := newEC2Cloud(t, world.Options{Quotas: world.Quotas{"vpcs": 13}})
	var err error
	for made := 0; err == nil; made++ {
		_, err = c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	}
	refused(t, err, 400, "VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	pages, seen := 0, map[string]bool{}
	for p := sdk.NewDescribeVpcsPaginator(c, &sdk.DescribeVpcsInput{MaxResults: aws.Int32(5)}); p.HasMorePages(); pages++ {
		for _, v := range must(p.NextPage(c.ctx))(t).Vpcs {
			seen[*v.VpcId] = true
		}
	}
	if pages != 3 || len(seen) != 13 {
		t.Fatalf("%d VPCs on %d pages", len(seen), pages)
	}
}

func TestDescribeVpcs_HidesNewDuringDelay(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	c.world.SetSwitches(world.Switches{Staleness: world.Staleness{Describe: 3 * time.Second}})
	id := must(c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc.VpcId
	_, err := c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{VpcIds: []string{*id}})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "InvalidVpcID.NotFound" {
		t.Fatalf("got %v", err)
	}
	c.clock.advance(3 * time.Second)
	must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{VpcIds: []string{*id}}))(t)
}
