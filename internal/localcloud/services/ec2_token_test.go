package services_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// tokenCase is a create operation that takes a client token, over what a site has.
type tokenCase struct {
	// create makes the object with the token and a tag, and returns its ID.
	create func(token, tag string) (string, error)
	// other makes one with other parameters.
	other  func(token string) (string, error)
	delete func(id string) error
	// state looks the object up: its state, or the code of the refusal.
	state func(id string) string
	// spent is what the token of a deleted object gives while AWS still shows the
	// object, and after: a state, or a code.
	spent, after string
}

func tokenCases(ctx context.Context, t *testing.T, c *ec2Cloud, s site) map[string]tokenCase {
	t.Helper()
	address := must(c.AllocateAddress(ctx, &sdk.AllocateAddressInput{Domain: "vpc"}))(t).AllocationId
	other := must(c.CreateVpc(ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}))(t).Vpc.VpcId
	tags := func(kind types.ResourceType, tag string) []types.TagSpecification {
		return []types.TagSpecification{{ResourceType: kind, Tags: []types.Tag{{Key: aws.String("key"), Value: &tag}}}}
	}
	return map[string]tokenCase{
		"NAT gateway": {
			create: func(token, tag string) (string, error) {
				out, err := c.CreateNatGateway(ctx, &sdk.CreateNatGatewayInput{SubnetId: &s.public, AllocationId: address, ClientToken: &token, TagSpecifications: tags("natgateway", tag)})
				if err != nil {
					return "", err
				}
				if *out.ClientToken != token {
					t.Errorf("the reply has the token %s", *out.ClientToken)
				}
				return *out.NatGateway.NatGatewayId, nil
			},
			other: func(token string) (string, error) {
				_, err := c.CreateNatGateway(ctx, &sdk.CreateNatGatewayInput{SubnetId: &s.private, AllocationId: address, ClientToken: &token, TagSpecifications: tags("natgateway", "a")})
				return "", err
			},
			delete: func(id string) error {
				_, err := c.DeleteNatGateway(ctx, &sdk.DeleteNatGatewayInput{NatGatewayId: &id})
				return err
			},
			state: func(id string) string {
				out, err := c.DescribeNatGateways(ctx, &sdk.DescribeNatGatewaysInput{NatGatewayIds: []string{id}})
				if err != nil {
					return codeOf(err)
				}
				return string(out.NatGateways[0].State)
			},
			spent: "deleted", after: "NatGatewayNotFound",
		},
		"route table": {
			create: func(token, tag string) (string, error) {
				out, err := c.CreateRouteTable(ctx, &sdk.CreateRouteTableInput{VpcId: &s.vpc, ClientToken: &token, TagSpecifications: tags("route-table", tag)})
				if err != nil {
					return "", err
				}
				return *out.RouteTable.RouteTableId, nil
			},
			other: func(token string) (string, error) {
				_, err := c.CreateRouteTable(ctx, &sdk.CreateRouteTableInput{VpcId: other, ClientToken: &token, TagSpecifications: tags("route-table", "a")})
				return "", err
			},
			delete: func(id string) error {
				_, err := c.DeleteRouteTable(ctx, &sdk.DeleteRouteTableInput{RouteTableId: &id})
				return err
			},
			state: func(id string) string {
				_, err := c.DescribeRouteTables(ctx, &sdk.DescribeRouteTablesInput{RouteTableIds: []string{id}})
				return codeOf(err)
			},
			spent: "InvalidRouteTableID.NotFound", after: "InvalidRouteTableID.NotFound",
		},
		"network ACL": {
			create: func(token, tag string) (string, error) {
				out, err := c.CreateNetworkAcl(ctx, &sdk.CreateNetworkAclInput{VpcId: &s.vpc, ClientToken: &token, TagSpecifications: tags("network-acl", tag)})
				if err != nil {
					return "", err
				}
				return *out.NetworkAcl.NetworkAclId, nil
			},
			other: func(token string) (string, error) {
				_, err := c.CreateNetworkAcl(ctx, &sdk.CreateNetworkAclInput{VpcId: other, ClientToken: &token, TagSpecifications: tags("network-acl", "a")})
				return "", err
			},
			delete: func(id string) error {
				_, err := c.DeleteNetworkAcl(ctx, &sdk.DeleteNetworkAclInput{NetworkAclId: &id})
				return err
			},
			state: func(id string) string {
				_, err := c.DescribeNetworkAcls(ctx, &sdk.DescribeNetworkAclsInput{NetworkAclIds: []string{id}})
				return codeOf(err)
			},
			spent: "InvalidNetworkAclID.NotFound", after: "InvalidNetworkAclID.NotFound",
		},
		"VPC endpoint": {
			create: func(token, tag string) (string, error) {
				out, err := c.CreateVpcEndpoint(ctx, &sdk.CreateVpcEndpointInput{VpcId: other, ServiceName: aws.String("com.amazonaws.eu-west-1.s3"), ClientToken: &token,
					TagSpecifications: tags("vpc-endpoint", tag)})
				if err != nil {
					return "", err
				}
				return *out.VpcEndpoint.VpcEndpointId, nil
			},
			other: func(token string) (string, error) {
				_, err := c.CreateVpcEndpoint(ctx, &sdk.CreateVpcEndpointInput{VpcId: &s.vpc, ServiceName: aws.String("com.amazonaws.eu-west-1.s3"), ClientToken: &token,
					TagSpecifications: tags("vpc-endpoint", "a")})
				return "", err
			},
			delete: func(id string) error {
				_, err := c.DeleteVpcEndpoints(ctx, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}})
				return err
			},
			state: func(id string) string {
				out, err := c.DescribeVpcEndpoints(ctx, &sdk.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})
				if err != nil {
					return codeOf(err)
				}
				return string(out.VpcEndpoints[0].State)
			},
			spent: "deleted", after: "InvalidVpcEndpointId.NotFound",
		},
	}
}

// A token finds what it made, whatever state that is in; with other parameters, tags
// among them, it is refused; and it never makes a second one.
func TestClientToken_MakesOneObjectEver(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	for name, test := range tokenCases(c.ctx, t, c, s) {
		t.Run(name, func(t *testing.T) {
			first := must(test.create("one", "a"))(t)
			c.clock.advance(time.Second)
			if again := must(test.create("one", "a"))(t); again != first {
				t.Errorf("the token found %s, not %s", again, first)
			}
			_, err := test.create("one", "b")
			refused(t, err, 400, "IdempotentParameterMismatch", "")
			_, err = test.other("one")
			refused(t, err, 400, "IdempotentParameterMismatch", "")
			if err := test.delete(first); err != nil {
				t.Fatal(err)
			}
			expect := func(when, want string) {
				t.Helper()
				id, err := test.create("one", "a")
				if code := codeOf(err); err != nil && code != want || err == nil && (id != first || test.state(id) != want) {
					t.Errorf("%s: %s %s %v, want %s", when, id, test.state(id), err, want)
				}
			}
			c.clock.advance(time.Second)
			expect("once it is deleted", test.spent)
			_, err = test.other("one")
			refused(t, err, 400, "IdempotentParameterMismatch", "")
			c.clock.advance(2 * time.Hour)
			expect("hours later", test.after)
		})
	}
}

func TestRunInstances_TokenWithoutZoneIsRegional(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	elsewhere := func(in *sdk.RunInstancesInput) {
		in.SubnetId, in.SecurityGroupIds = nil, nil
	}
	one := *must(c.RunInstances(c.ctx, launch(s.private, s.member, elsewhere)))(t).Instances[0].InstanceId
	if again := *must(c.RunInstances(c.ctx, launch(s.private, s.member, elsewhere)))(t).Instances[0].InstanceId; again != one {
		t.Errorf("one token launched %s and %s", one, again)
	}
	if zonal := *must(c.RunInstances(c.ctx, launch(s.private, s.member)))(t).Instances[0].InstanceId; zonal == one {
		t.Error("the token of a zone found what that of the region made")
	}
	must(c.TerminateInstances(c.ctx, &sdk.TerminateInstancesInput{InstanceIds: []string{one}}))(t)
	_, err := c.RunInstances(c.ctx, launch(s.private, s.member, elsewhere))
	refused(t, err, 400, "IdempotentInstanceTerminated", "The client token you have provided is associated with a terminated instance. Please use a different client token.")
}

// What a dry run, or a call that was refused, had for a token is still good.
func TestClientToken_UnusedAfterDryRunOrRefusal(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	token := aws.String("one")
	_, err := c.CreateRouteTable(c.ctx, &sdk.CreateRouteTableInput{VpcId: &s.vpc, ClientToken: token, DryRun: aws.Bool(true)})
	refused(t, err, 412, "DryRunOperation", "")
	_, err = c.CreateRouteTable(c.ctx, &sdk.CreateRouteTableInput{VpcId: aws.String("vpc-00000000"), ClientToken: token})
	refused(t, err, 400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-00000000' does not exist")
	must(c.CreateRouteTable(c.ctx, &sdk.CreateRouteTableInput{VpcId: &s.vpc, ClientToken: token}))(t)
}
