package server_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// TestDelete_RefusesWrongOrder takes a platform down, trying at each turn what is too
// early. The clock stands still but where the story says that time goes by, so that what
// is under way stays so for as long as it is looked at.
func TestDelete_RefusesWrongOrder(t *testing.T) {
	time0 := clock.NewFake(time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC))
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Clock = time0 })
	s := buildDoomed(t, cloud.Endpoint, time0)
	ctx := t.Context()
	const ok = ""

	deleteVPC := func() error { return sub(s.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &s.vpc})) }
	deleteSubnet := func(id *string) func() error {
		return func() error { return sub(s.ec2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: id})) }
	}
	deleteGroup := func(id *string) func() error {
		return func() error {
			return sub(s.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: id}))
		}
	}
	deleteTable := func(id *string) func() error {
		return func() error {
			return sub(s.ec2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: id}))
		}
	}
	deleteACL := func(id *string) func() error {
		return func() error {
			return sub(s.ec2.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: id}))
		}
	}
	release := func(id *string) func() error {
		return func() error {
			return sub(s.ec2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: id}))
		}
	}
	detach := func() error {
		return sub(s.ec2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &s.gateway, VpcId: &s.vpc}))
	}
	deleteGateway := func() error {
		return sub(s.ec2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &s.gateway}))
	}
	deleteNAT := func() error {
		return sub(s.ec2.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &s.nat}))
	}
	register := func() error {
		return sub(s.elb.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &s.targetGroup, Targets: []elbtypes.TargetDescription{{Id: &s.instance}}}))
	}
	deleteTargetGroup := func() error {
		return sub(s.elb.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &s.targetGroup}))
	}
	deleteInterface := func(id *string) func() error {
		return func() error {
			return sub(s.ec2.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: id}))
		}
	}
	deleteRole := func() error { return sub(s.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &s.role})) }
	deleteProfile := func() error {
		return sub(s.iam.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &s.role}))
	}
	// goBy lets everything end that is under way.
	goBy := func() error { time0.Advance(2 * time.Second); return nil }

	for _, step := range []struct {
		name string
		call func() error
		code string // AWS's; ok where it goes
	}{
		{"register a pending instance", register, "InvalidTarget"},
		{"the instance runs", goBy, ok},
		{"register the running instance", register, ok},

		{"IAM: delete a profile with a role", deleteProfile, "DeleteConflict"},
		{"IAM: delete a role in a profile", deleteRole, "DeleteConflict"},
		{"IAM: remove the role", func() error {
			return sub(s.iam.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &s.role, RoleName: &s.role}))
		}, ok},
		{"IAM: delete a role with a managed policy", deleteRole, "DeleteConflict"},
		{"IAM: detach the policy", func() error {
			return sub(s.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &s.role, PolicyArn: aws.String(managedPolicy)}))
		}, ok},
		{"IAM: delete a role with a policy of its own", deleteRole, "DeleteConflict"},
		{"IAM: delete the policy", func() error {
			return sub(s.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &s.role, PolicyName: aws.String("own")}))
		}, ok},
		{"IAM: delete the role", deleteRole, ok},
		{"IAM: delete it again", deleteRole, "NoSuchEntity"},
		{"IAM: delete the profile", deleteProfile, ok},
		{"IAM: delete the profile again", deleteProfile, "NoSuchEntity"},

		{"delete the VPC with everything in it", deleteVPC, "DependencyViolation"},
		{"delete an attached internet gateway", deleteGateway, "DependencyViolation"},
		{"detach it under mapped addresses", detach, "DependencyViolation"},
		{"release the NAT gateway's address", release(&s.natAddress), "AuthFailure"},
		{"release an instance's address", release(&s.webAddress), "InvalidIPAddress.InUse"},
		{"delete a NAT gateway's interface", deleteInterface(&s.natInterface), "AuthFailure"},
		{"delete a load balancer's interface", deleteInterface(&s.balancerInterface), "AuthFailure"},
		{"delete an instance's interface", deleteInterface(&s.webInterface), "InvalidNetworkInterface.InUse"},
		{"delete a subnet with a load balancer and a NAT gateway", deleteSubnet(&s.public), "DependencyViolation"},
		{"delete a subnet with an instance", deleteSubnet(&s.private), "DependencyViolation"},
		{"delete the main route table", deleteTable(&s.mainTable), "DependencyViolation"},
		{"delete an associated route table", deleteTable(&s.table), "DependencyViolation"},
		{"delete the default network ACL", deleteACL(&s.defaultACL), "InvalidParameterValue"},
		{"delete a network ACL in use", deleteACL(&s.acl), "DependencyViolation"},
		{"delete the default security group", deleteGroup(&s.defaultGroup), "CannotDelete"},
		{"delete an instance's security group", deleteGroup(&s.web), "DependencyViolation"},
		{"delete a load balancer's security group", deleteGroup(&s.front), "DependencyViolation"},
		{"delete a target group in use", deleteTargetGroup, "ResourceInUse"},

		{"deregister the target", func() error {
			return sub(s.elb.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &s.targetGroup, Targets: []elbtypes.TargetDescription{{Id: &s.instance}}}))
		}, ok},
		{"delete a target group without targets, in use", deleteTargetGroup, "ResourceInUse"},
		{"delete the load balancer", func() error {
			return sub(s.elb.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &s.balancer}))
		}, ok},
		{"its listener is gone", func() error {
			return sub(s.elb.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &s.listener}))
		}, "ListenerNotFound"},
		{"delete the target group", deleteTargetGroup, ok},
		{"register with a target group that is gone", register, "TargetGroupNotFound"},
		{"delete a security group of lingering interfaces, named by a rule", deleteGroup(&s.front), "DependencyViolation"},
		{"revoke the rule that names it", func() error {
			return sub(s.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &s.web, IpPermissions: from(s.front)}))
		}, ok},
		{"delete a security group of lingering interfaces", deleteGroup(&s.front), "DependencyViolation"},
		{"delete a subnet of lingering interfaces", deleteSubnet(&s.other), "DependencyViolation"},
		{"detach the gateway from lingering interfaces", detach, "DependencyViolation"},
		{"the interfaces go", goBy, ok},
		{"name the group in a rule again", func() error {
			return sub(s.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &s.web, IpPermissions: from(s.front)}))
		}, ok},
		{"delete a security group that only a rule names", deleteGroup(&s.front), "DependencyViolation"},
		{"revoke the rule again", func() error {
			return sub(s.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &s.web, IpPermissions: from(s.front)}))
		}, ok},
		{"delete the group", deleteGroup(&s.front), ok},

		{"delete the NAT gateway", deleteNAT, ok},
		{"release the address while it is deleted", release(&s.natAddress), "AuthFailure"},
		{"delete the subnet while it is deleted", deleteSubnet(&s.public), "DependencyViolation"},
		{"the NAT gateway goes", goBy, ok},
		{"delete the NAT gateway again", deleteNAT, "NatGatewayNotFound"},
		{"release its address", release(&s.natAddress), ok},
		{"release it again", release(&s.natAddress), "InvalidAllocationID.NotFound"},
		{"detach the gateway under an instance's address", detach, "DependencyViolation"},

		{"terminate the instance", func() error {
			return sub(s.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{s.instance}}))
		}, ok},
		{"delete its subnet while it shuts down", deleteSubnet(&s.private), "DependencyViolation"},
		{"delete its group while it shuts down", deleteGroup(&s.web), "DependencyViolation"},
		{"the instance goes", goBy, ok},
		{"start a terminated instance", func() error {
			return sub(s.ec2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{s.instance}}))
		}, "IncorrectInstanceState"},
		{"release its address", release(&s.webAddress), ok},
		{"delete its group", deleteGroup(&s.web), ok},

		{"delete the gateway, still attached", deleteGateway, "DependencyViolation"},
		{"delete the VPC with a gateway", deleteVPC, "DependencyViolation"},
		{"detach the gateway", detach, ok},
		{"detach it again", detach, "Gateway.NotAttached"},
		{"delete the gateway", deleteGateway, ok},
		{"delete the gateway again", deleteGateway, "InvalidInternetGatewayID.NotFound"},
		{"delete the associated route table", deleteTable(&s.table), "DependencyViolation"},
		{"delete the network ACL in use", deleteACL(&s.acl), "DependencyViolation"},
		{"delete the public subnet", deleteSubnet(&s.public), ok},
		{"delete the route table, free of its subnet", deleteTable(&s.table), ok},
		{"delete the VPC with subnets and an ACL", deleteVPC, "DependencyViolation"},
		{"delete the private subnet", deleteSubnet(&s.private), ok},
		{"delete the network ACL, free of its subnet", deleteACL(&s.acl), ok},
		{"delete the VPC with one subnet", deleteVPC, "DependencyViolation"},
		{"delete the other subnet", deleteSubnet(&s.other), ok},
		{"delete the VPC", deleteVPC, ok},
		{"delete the VPC again", deleteVPC, "InvalidVpcID.NotFound"},
		{"the VPC's own group went with it", deleteGroup(&s.defaultGroup), "InvalidGroup.NotFound"},
	} {
		var refusal smithy.APIError
		switch err := step.call(); {
		case step.code == ok && err != nil:
			t.Fatalf("%s: %v", step.name, err) // all that follows would be about another world
		case step.code != ok && !errors.As(err, &refusal):
			t.Fatalf("%s: %v, want %s", step.name, err, step.code)
		case step.code != ok && refusal.ErrorCode() != step.code:
			t.Errorf("%s: %v, want %s", step.name, err, step.code)
		}
	}
}

const managedPolicy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"

// doomed is a platform with one of everything that can be deleted too early. Its
// instance is pending.
type doomed struct {
	sdk
	iam *iam.Client

	vpc, gateway, public, private, other string
	table, mainTable, acl, defaultACL    string
	front, web, defaultGroup             string // security groups of the load balancer, the instance, the VPC
	nat, natAddress, natInterface        string
	instance, webAddress, webInterface   string
	role                                 string // and its profile
	targetGroup, balancer, listener      string // ARNs
	balancerInterface                    string
}

func buildDoomed(t *testing.T, endpoint string, time0 *clock.Fake) doomed {
	t.Helper()
	ctx := t.Context()
	s := doomed{sdk: clients(endpoint), role: "doomed"}
	s.iam = iam.NewFromConfig(aws.Config{Region: region, BaseEndpoint: &endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), HTTPClient: oneShot()})

	must(s.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &s.role, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))(t)
	must(s.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &s.role, PolicyArn: aws.String(managedPolicy)}))(t)
	must(s.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &s.role, PolicyName: aws.String("own"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)}))(t)
	must(s.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &s.role}))(t)
	must(s.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &s.role, RoleName: &s.role}))(t)

	s.vpc = *must(s.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc.VpcId
	ofVPC := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{s.vpc}}}
	s.mainTable = *must(s.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: ofVPC}))(t).RouteTables[0].RouteTableId
	s.defaultACL = *must(s.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: ofVPC}))(t).NetworkAcls[0].NetworkAclId
	s.defaultGroup = *must(s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: ofVPC}))(t).SecurityGroups[0].GroupId
	s.gateway = *must(s.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	must(s.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &s.gateway, VpcId: &s.vpc}))(t)
	subnet := func(zone, block string) string {
		return *must(s.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &s.vpc, AvailabilityZone: aws.String(region + zone), CidrBlock: &block}))(t).Subnet.SubnetId
	}
	s.public, s.other, s.private = subnet("a", "10.0.0.0/24"), subnet("b", "10.0.1.0/24"), subnet("a", "10.0.2.0/24")
	s.table = *must(s.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &s.vpc}))(t).RouteTable.RouteTableId
	must(s.ec2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &s.table, SubnetId: &s.public}))(t)
	s.acl = *must(s.ec2.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &s.vpc}))(t).NetworkAcl.NetworkAclId
	for _, a := range must(s.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{s.defaultACL}}))(t).NetworkAcls[0].Associations {
		if *a.SubnetId == s.private {
			must(s.ec2.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: a.NetworkAclAssociationId, NetworkAclId: &s.acl}))(t)
		}
	}
	group := func(name string) string {
		return *must(s.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: &name, Description: &name}))(t).GroupId
	}
	s.front, s.web = group("front"), group("web")
	must(s.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &s.web, IpPermissions: from(s.front)}))(t)

	s.natAddress = *must(s.ec2.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t).AllocationId
	s.nat = *must(s.ec2.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &s.public, AllocationId: &s.natAddress}))(t).NatGateway.NatGatewayId
	time0.Advance(2 * time.Second) // the NAT gateway is available
	nat := must(s.ec2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{s.nat}}))(t).NatGateways[0]
	if nat.State != ec2types.NatGatewayStateAvailable {
		t.Fatalf("the NAT gateway is %s", nat.State)
	}
	s.natInterface = *nat.NatGatewayAddresses[0].NetworkInterfaceId

	s.targetGroup = *must(s.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: &s.role, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &s.vpc}))(t).TargetGroups[0].TargetGroupArn
	s.balancer = *must(s.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: &s.role, Subnets: []string{s.public, s.other}, SecurityGroups: []string{s.front}}))(t).LoadBalancers[0].LoadBalancerArn
	s.listener = *must(s.elb.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: &s.balancer, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.targetGroup}}}))(t).Listeners[0].ListenerArn
	s.balancerInterface = *must(s.ec2.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: []string{s.front}}}}))(t).NetworkInterfaces[0].NetworkInterfaceId

	instance := must(s.ec2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: s.image(t), InstanceType: ec2types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		SubnetId: &s.private, SecurityGroupIds: []string{s.web}}))(t).Instances[0]
	s.instance, s.webInterface = *instance.InstanceId, *instance.NetworkInterfaces[0].NetworkInterfaceId
	s.webAddress = *must(s.ec2.AllocateAddress(ctx, &ec2.AllocateAddressInput{}))(t).AllocationId
	must(s.ec2.AssociateAddress(ctx, &ec2.AssociateAddressInput{AllocationId: &s.webAddress, NetworkInterfaceId: &s.webInterface}))(t)
	return s
}

// from lets a security group's members in on port 80.
func from(group string) []ec2types.IpPermission {
	return []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &group}}}}
}

// sub is what a call is refused with.
func sub[T any](_ T, err error) error { return err }
