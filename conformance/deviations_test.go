//go:build judges

package conformance_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

// probe asks an endpoint for one thing and says what came of it: an error code, or a word for what was done.
type probe struct {
	name string
	// aws is what AWS answers and so must the local cloud. moto is what moto_server answers; the same, unless why says in a
	// sentence how it deviates.
	aws, moto, why string
	act            func(s *scene) (string, error)
}

// TestMoto_DeviatesOnlyAsNamed asks moto_server and the local cloud the same questions. Where they differ, the local cloud has to be
// the one that does as AWS, and the difference must be named. One that moto no longer has fails, so that it's struck off.
func TestMoto_DeviatesOnlyAsNamed(t *testing.T) {
	moto, local := newScene(t, kindtest.Moto(t)), newScene(t, localcloudtest.Start(t).Endpoint)
	for _, p := range probes() {
		t.Run(p.name, func(t *testing.T) {
			if (p.aws != p.moto) != (p.why != "") {
				t.Fatalf("a difference needs a reason, and a reason a difference: %+v", p)
			}
			for _, side := range []struct {
				name, want string
				scene      *scene
			}{{"the local cloud", p.aws, local}, {"moto_server", p.moto, moto}} {
				got, err := p.act(side.scene)
				var refusal smithy.APIError
				if errors.As(err, &refusal) {
					got, err = refusal.ErrorCode(), nil
				}
				if err != nil {
					t.Fatalf("%s: %v", side.name, err)
				}
				if got != side.want {
					t.Errorf("%s answers %q, want %q", side.name, got, side.want)
				}
			}
		})
	}
}

// done is the answer of what succeeds.
const done = "done"

// scene is a network on an endpoint with one of everything that refusals are about.
type scene struct {
	*awsapi.Clients
	t       *testing.T
	network kindtest.Network

	gateway, address, nat, instance, group, balancer string
}

func newScene(t *testing.T, endpoint string) *scene {
	t.Helper()
	ctx := t.Context()
	p := kindtest.New(t, endpoint, "probe")
	s := &scene{Clients: p.Clients, t: t, network: p.MakeNetwork(t)}
	s.instance = p.RunInstance(t, s.network, map[string]string{"Name": "probe"})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	gateways, err := s.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{
		Filters: []types.Filter{awsapi.Filter("attachment.vpc-id", s.network.VPC)},
	})
	must(err)
	s.gateway = aws.ToString(gateways.InternetGateways[0].InternetGatewayId)
	address, err := s.EC2.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc})
	must(err)
	s.address = aws.ToString(address.AllocationId)
	nat, err := s.EC2.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &s.network.Subnets[1], AllocationId: &s.address})
	must(err)
	s.nat = aws.ToString(nat.NatGateway.NatGatewayId)
	must(ec2.NewNatGatewayAvailableWaiter(s.EC2, func(o *ec2.NatGatewayAvailableWaiterOptions) { o.MinDelay, o.MaxDelay = tick, tick }).
		Wait(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{s.nat}}, patience))
	balancer, err := s.ELB.CreateLoadBalancer(ctx, s.balancerInput())
	must(err)
	s.balancer = aws.ToString(balancer.LoadBalancers[0].LoadBalancerArn)
	group, err := s.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String("probe"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &s.network.VPC,
	})
	must(err)
	s.group = aws.ToString(group.TargetGroups[0].TargetGroupArn)
	_, err = s.ELB.CreateListener(ctx, s.listenerInput())
	must(err)
	return s
}

func (s *scene) balancerInput() *elb.CreateLoadBalancerInput {
	return &elb.CreateLoadBalancerInput{Name: aws.String("probe"), Subnets: s.network.Subnets[:], SecurityGroups: []string{s.network.Group}}
}

func (s *scene) listenerInput() *elb.CreateListenerInput {
	return &elb.CreateListenerInput{
		LoadBalancerArn: &s.balancer, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.group}},
	}
}

// answer is what comes of a call of which only that it succeeds is of interest.
func answer[T any](_ T, err error) (string, error) { return done, err }

func probes() []probe {
	return []probe{
		{"delete a VPC in use", "DependencyViolation", "DependencyViolation", "", func(s *scene) (string, error) {
			return answer(s.EC2.DeleteVpc(s.t.Context(), &ec2.DeleteVpcInput{VpcId: &s.network.VPC}))
		}},
		{"delete an attached internet gateway", "DependencyViolation", "DependencyViolation", "", func(s *scene) (string, error) {
			return answer(s.EC2.DeleteInternetGateway(s.t.Context(), &ec2.DeleteInternetGatewayInput{InternetGatewayId: &s.gateway}))
		}},
		{"delete a target group in use", "ResourceInUse", "ResourceInUse", "", func(s *scene) (string, error) {
			return answer(s.ELB.DeleteTargetGroup(s.t.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &s.group}))
		}},
		{"a subnet that overlaps", "InvalidSubnet.Conflict", "InvalidSubnet.Conflict", "", func(s *scene) (string, error) {
			return answer(s.EC2.CreateSubnet(s.t.Context(), &ec2.CreateSubnetInput{VpcId: &s.network.VPC, CidrBlock: aws.String("10.0.0.0/25")}))
		}},
		{"a security group's name again", "InvalidGroup.Duplicate", "InvalidGroup.Duplicate", "", func(s *scene) (string, error) {
			return answer(s.EC2.CreateSecurityGroup(s.t.Context(), &ec2.CreateSecurityGroupInput{
				VpcId: &s.network.VPC, GroupName: aws.String("kindtest-one"), Description: aws.String("again"),
			}))
		}},
		{"a security group's name again, in capitals", "InvalidGroup.Duplicate", done,
			"moto compares the names of security groups by case", func(s *scene) (string, error) {
				return answer(s.EC2.CreateSecurityGroup(s.t.Context(), &ec2.CreateSecurityGroupInput{
					VpcId: &s.network.VPC, GroupName: aws.String("KINDTEST-ONE"), Description: aws.String("again"),
				}))
			}},
		{"a dry run", "DryRunOperation", done, "moto ignores DryRun on CreateVpc and makes the VPC", func(s *scene) (string, error) {
			return answer(s.EC2.CreateVpc(s.t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16"), DryRun: aws.Bool(true)}))
		}},
		{"a client token again", "the same", "another", "moto ignores client tokens, so a repeated call makes a second object",
			func(s *scene) (string, error) {
				ids := make([]string, 2)
				for i := range ids {
					out, err := s.EC2.CreateRouteTable(s.t.Context(), &ec2.CreateRouteTableInput{
						VpcId: &s.network.VPC, ClientToken: aws.String("probe-1"),
					})
					if err != nil {
						return "", err
					}
					ids[i] = aws.ToString(out.RouteTable.RouteTableId)
				}
				if ids[0] == ids[1] {
					return "the same", nil
				}
				return "another", nil
			}},
		{"a listener's port again", "DuplicateListener", done, "moto makes a second listener on the same port", func(s *scene) (string, error) {
			input := s.listenerInput()
			input.DefaultActions = []elbtypes.Action{{
				Type:                elbtypes.ActionTypeEnumFixedResponse,
				FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("404")},
			}}
			return answer(s.ELB.CreateListener(s.t.Context(), input))
		}},
		{"a load balancer's name again", "the same", "another", "moto makes a second load balancer of the same name and settings",
			func(s *scene) (string, error) {
				out, err := s.ELB.CreateLoadBalancer(s.t.Context(), s.balancerInput())
				if err != nil {
					return "", err
				}
				if aws.ToString(out.LoadBalancers[0].LoadBalancerArn) == s.balancer {
					return "the same", nil
				}
				return "another", nil
			}},
		{"an unknown image", "InvalidAMIID.NotFound", done, "moto runs instances of images that don't exist", func(s *scene) (string, error) {
			return answer(s.EC2.RunInstances(s.t.Context(), &ec2.RunInstancesInput{
				ImageId: aws.String("ami-01234567"), InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1),
				MaxCount: aws.Int32(1), SubnetId: &s.network.Subnets[1],
			}))
		}},
		{"a target that doesn't exist", "InvalidTarget", done, "moto registers instances that don't exist", func(s *scene) (string, error) {
			return answer(s.ELB.RegisterTargets(s.t.Context(), &elb.RegisterTargetsInput{
				TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{{Id: aws.String("i-0123456789abcdef0")}},
			}))
		}},
		{"health right after registration", "initial", "healthy", "moto has no health checks: every target is healthy at once",
			func(s *scene) (string, error) {
				ctx := s.t.Context()
				if _, err := s.ELB.RegisterTargets(ctx, &elb.RegisterTargetsInput{
					TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{{Id: &s.instance}},
				}); err != nil {
					return "", err
				}
				out, err := s.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &s.group})
				if err != nil {
					return "", err
				}
				return string(out.TargetHealthDescriptions[0].TargetHealth.State), nil
			}},
		{"health right after deregistration", "draining", "unused", "moto knows no draining", func(s *scene) (string, error) {
			ctx := s.t.Context()
			if _, err := s.ELB.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{
				TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{{Id: &s.instance}},
			}); err != nil {
				return "", err
			}
			out, err := s.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{
				TargetGroupArn: &s.group, Targets: []elbtypes.TargetDescription{{Id: &s.instance}},
			})
			if err != nil {
				return "", err
			}
			return string(out.TargetHealthDescriptions[0].TargetHealth.State), nil
		}},
		// From here on moto loses what AWS keeps, so nothing may follow that needs it.
		{"release an address of a NAT gateway", "AuthFailure", done, "moto releases addresses that are in use", func(s *scene) (string, error) {
			return answer(s.EC2.ReleaseAddress(s.t.Context(), &ec2.ReleaseAddressInput{AllocationId: &s.address}))
		}},
		{"detach a gateway from under addresses", "DependencyViolation", done,
			"moto detaches an internet gateway though public addresses of its VPC are mapped", func(s *scene) (string, error) {
				return answer(s.EC2.DetachInternetGateway(s.t.Context(), &ec2.DetachInternetGatewayInput{
					InternetGatewayId: &s.gateway, VpcId: &s.network.VPC,
				}))
			}},
		{"delete a group in use", "DependencyViolation", done, "moto deletes security groups that interfaces have",
			func(s *scene) (string, error) {
				return answer(s.EC2.DeleteSecurityGroup(s.t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: &s.network.Group}))
			}},
		{"delete a subnet in use", "DependencyViolation", done, "moto deletes subnets with instances and NAT gateways in them",
			func(s *scene) (string, error) {
				return answer(s.EC2.DeleteSubnet(s.t.Context(), &ec2.DeleteSubnetInput{SubnetId: &s.network.Subnets[0]}))
			}},
		{"delete a NAT gateway", "deleting", "deleted", "moto deletes NAT gateways at once", func(s *scene) (string, error) {
			ctx := s.t.Context()
			if _, err := s.EC2.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &s.nat}); err != nil {
				return "", err
			}
			out, err := s.EC2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{s.nat}})
			if err != nil || len(out.NatGateways) == 0 {
				return "", err
			}
			return string(out.NatGateways[0].State), nil
		}},
	}
}
