package services_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// refusal is a call that must be refused, with what must come back. In message, the
// words NETWORK, IGW and TABLE stand for the
// site's IDs.
type refusal struct {
	call          func() error
	code, message string
}

func sub[T any](_ T, err error) error { return err }

func tcp(port int32, cidr string) []types.IpPermission {
	return []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []types.IpRange{{CidrIp: &cidr}}}}
}

func TestNetwork_RefusesInvalidCalls(t *testing.T) {
	c := newEC2Cloud(t, world.Options{Quotas: world.Quotas{"elastic_ips": 1, "internet_gateways": 3, "rules_per_group": 3}})
	s := buildSite(t, c)
	ctx := c.ctx
	other := *must(c.CreateVpc(ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}))(t).Vpc.VpcId
	otherTable := *must(c.CreateRouteTable(ctx, &sdk.CreateRouteTableInput{VpcId: &other}))(t).RouteTable.RouteTableId
	otherGroup := *must(c.CreateSecurityGroup(ctx, &sdk.CreateSecurityGroupInput{VpcId: &other, GroupName: aws.String("web"), Description: aws.String("d")}))(t).GroupId
	spare := *must(c.CreateInternetGateway(ctx, &sdk.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	must(c.AuthorizeSecurityGroupIngress(ctx, &sdk.AuthorizeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: tcp(80, "0.0.0.0/0")}))(t)
	defaultGroup := *must(c.DescribeSecurityGroups(ctx, &sdk.DescribeSecurityGroupsInput{Filters: []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{s.vpc}}, {Name: aws.String("group-name"), Values: []string{"default"}}}}))(t).SecurityGroups[0].GroupId
	defaultACL := *must(c.DescribeNetworkAcls(ctx, &sdk.DescribeNetworkAclsInput{Filters: []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{s.vpc}}}}))(t).NetworkAcls[0].NetworkAclId
	natInterface := *must(c.DescribeNetworkInterfaces(ctx, &sdk.DescribeNetworkInterfacesInput{}))(t).NetworkInterfaces[0].NetworkInterfaceId
	natAssociation := *must(c.DescribeAddresses(ctx, &sdk.DescribeAddressesInput{}))(t).Addresses[0].AssociationId

	subnet := func(cidr, zone string) func() error {
		return func() error {
			return sub(c.CreateSubnet(ctx, &sdk.CreateSubnetInput{VpcId: &s.vpc, CidrBlock: &cidr, AvailabilityZone: &zone}))
		}
	}
	route := func(table, destination string, change func(*sdk.CreateRouteInput)) func() error {
		return func() error {
			in := &sdk.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: &destination}
			change(in)
			return sub(c.CreateRoute(ctx, in))
		}
	}
	toGateway := func(id string) func(*sdk.CreateRouteInput) {
		return func(in *sdk.CreateRouteInput) { in.GatewayId = &id }
	}
	group := func(name, description string) func() error {
		return func() error {
			return sub(c.CreateSecurityGroup(ctx, &sdk.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: &name, Description: &description}))
		}
	}
	ingress := func(id string, p ...types.IpPermission) func() error {
		return func() error {
			return sub(c.AuthorizeSecurityGroupIngress(ctx, &sdk.AuthorizeSecurityGroupIngressInput{GroupId: &id, IpPermissions: p}))
		}
	}
	aclEntry := func(number int32, protocol string) func() error {
		return func() error {
			return sub(c.CreateNetworkAclEntry(ctx, &sdk.CreateNetworkAclEntryInput{NetworkAclId: &defaultACL, RuleNumber: &number, Protocol: &protocol,
				RuleAction: "allow", Egress: aws.Bool(false), CidrBlock: aws.String("0.0.0.0/0")}))
		}
	}
	none := "subnet-00000000"
	long := strings.Repeat("x", 256)
	for name, r := range map[string]refusal{
		"subnet outside":  {subnet("10.1.0.0/24", "eu-west-1a"), "InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."},
		"subnet larger":   {subnet("10.0.0.0/15", "eu-west-1a"), "InvalidSubnet.Range", "The CIDR '10.0.0.0/15' is invalid."},
		"subnet tiny":     {subnet("10.0.9.0/29", "eu-west-1a"), "InvalidSubnet.Range", "The CIDR '10.0.9.0/29' is invalid."},
		"subnet conflict": {subnet("10.0.0.128/25", "eu-west-1a"), "InvalidSubnet.Conflict", "The CIDR '10.0.0.128/25' conflicts with another subnet"},
		"subnet zone": {subnet("10.0.9.0/24", "us-east-1a"), "InvalidParameterValue",
			"Value (us-east-1a) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: eu-west-1a, eu-west-1b, eu-west-1c."},
		"second gateway of a VPC": {func() error {
			return sub(c.AttachInternetGateway(ctx, &sdk.AttachInternetGatewayInput{InternetGatewayId: &spare, VpcId: &s.vpc}))
		}, "InvalidParameterValue", "Network NETWORK already has an internet gateway attached"},
		"second VPC of a gateway": {func() error {
			return sub(c.AttachInternetGateway(ctx, &sdk.AttachInternetGatewayInput{InternetGatewayId: &s.gateway, VpcId: &other}))
		}, "Resource.AlreadyAssociated", "resource IGW is already attached to network NETWORK"},
		"detach what isn't attached": {func() error {
			return sub(c.DetachInternetGateway(ctx, &sdk.DetachInternetGatewayInput{InternetGatewayId: &spare, VpcId: &other}))
		}, "Gateway.NotAttached", "resource " + spare + " is not attached to network " + other},
		"gateways' quota": {func() error {
			return sub(c.CreateInternetGateway(ctx, &sdk.CreateInternetGatewayInput{}))
		}, "InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached."},
		"addresses' quota": {func() error { return sub(c.AllocateAddress(ctx, &sdk.AllocateAddressInput{})) },
			"AddressLimitExceeded", "The maximum number of addresses has been reached."},
		"disassociate a NAT gateway's address": {func() error {
			return sub(c.DisassociateAddress(ctx, &sdk.DisassociateAddressInput{AssociationId: &natAssociation}))
		}, "AuthFailure", "You do not have permission to access the specified resource."},
		"route twice":     {route(s.publicTable, "0.0.0.0/0", toGateway(s.gateway)), "RouteAlreadyExists", "The route identified by 0.0.0.0/0 already exists."},
		"route as local":  {route(s.publicTable, "10.0.0.0/16", toGateway(s.gateway)), "RouteAlreadyExists", "The route identified by 10.0.0.0/16 already exists."},
		"route nowhere":   {route(s.publicTable, "1.0.0.0/8", func(*sdk.CreateRouteInput) {}), "MissingParameter", "The request must contain the parameter gatewayId"},
		"unknown gateway": {route(s.publicTable, "1.0.0.0/8", toGateway("igw-00000000")), "InvalidGatewayID.NotFound", "The gateway ID 'igw-00000000' does not exist"},
		"unattached gateway": {route(s.publicTable, "1.0.0.0/8", toGateway(spare)), "InvalidParameterValue",
			"route table TABLE and network gateway " + spare + " belong to different networks"},
		"gateway of another VPC": {route(otherTable, "0.0.0.0/0", toGateway(s.gateway)), "InvalidParameterValue",
			"route table " + otherTable + " and network gateway IGW belong to different networks"},
		"unknown NAT gateway": {route(s.publicTable, "1.0.0.0/8", func(in *sdk.CreateRouteInput) { in.NatGatewayId = aws.String("nat-00000000") }),
			"InvalidNatGatewayID.NotFound", "The natGateway ID 'nat-00000000' does not exist"},
		"replace no route": {func() error {
			return sub(c.ReplaceRoute(ctx, &sdk.ReplaceRouteInput{RouteTableId: &s.publicTable, DestinationCidrBlock: aws.String("1.0.0.0/8"), GatewayId: &s.gateway}))
		}, "InvalidParameterValue", "There is no route defined for '1.0.0.0/8' in the route table. Use CreateRoute instead."},
		"delete no route": {func() error {
			return sub(c.DeleteRoute(ctx, &sdk.DeleteRouteInput{RouteTableId: &s.publicTable, DestinationCidrBlock: aws.String("1.0.0.0/8")}))
		}, "InvalidRoute.NotFound", "no route with destination-cidr-block 1.0.0.0/8 in route table TABLE"},
		"delete the local route": {func() error {
			return sub(c.DeleteRoute(ctx, &sdk.DeleteRouteInput{RouteTableId: &s.publicTable, DestinationCidrBlock: aws.String("10.0.0.0/16")}))
		}, "InvalidParameterValue", "cannot remove local route 10.0.0.0/16 in route table TABLE"},
		"associate twice": {func() error {
			return sub(c.AssociateRouteTable(ctx, &sdk.AssociateRouteTableInput{RouteTableId: &s.publicTable, SubnetId: &s.private}))
		}, "Resource.AlreadyAssociated", "the specified association for route table TABLE conflicts with an existing association"},
		"associate across VPCs": {func() error {
			return sub(c.AssociateRouteTable(ctx, &sdk.AssociateRouteTableInput{RouteTableId: &otherTable, SubnetId: &s.private}))
		}, "InvalidParameterValue", "Route table " + otherTable + " and subnet " + s.private + " belong to different networks"},
		"no such association": {func() error {
			return sub(c.DisassociateRouteTable(ctx, &sdk.DisassociateRouteTableInput{AssociationId: aws.String("rtbassoc-00000000")}))
		}, "InvalidAssociationID.NotFound", "The association ID 'rtbassoc-00000000' does not exist"},
		"group twice":         {group("ALB", "d"), "InvalidGroup.Duplicate", "The security group 'ALB' already exists for VPC 'NETWORK'"},
		"group like an ID":    {group("sg-web", "d"), "InvalidParameterValue", "Value (sg-web) for parameter GroupName is invalid. Group names may not be in the format sg-*"},
		"group default":       {group("default", "d"), "InvalidParameterValue", "Cannot use reserved security group name: default"},
		"group's long name":   {group(long, "d"), "InvalidParameterValue", "Value (" + long + ") for parameter GroupName is invalid. Character sets beyond ASCII are not supported."},
		"group's description": {group("x", "naïve"), "InvalidParameterValue", "Value (naïve) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported."},
		"delete default group": {func() error {
			return sub(c.DeleteSecurityGroup(ctx, &sdk.DeleteSecurityGroupInput{GroupId: &defaultGroup}))
		}, "CannotDelete", `the specified group: "` + defaultGroup + `" name: "default" cannot be deleted by a user`},
		"rule twice":             {ingress(s.group, tcp(80, "0.0.0.0/0")...), "InvalidPermission.Duplicate", `the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists`},
		"rule twice in one call": {ingress(s.group, append(tcp(81, "0.0.0.0/0"), tcp(81, "0.0.0.0/0")...)...), "InvalidParameterValue", "The same permission must not appear multiple times"},
		"rule without a peer":    {ingress(s.group, types.IpPermission{IpProtocol: aws.String("-1")}), "InvalidPermission.Malformed", ""},
		"rule without ports":     {ingress(s.group, types.IpPermission{IpProtocol: aws.String("tcp"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}), "InvalidParameterValue", ""},
		"rule's block":           {ingress(s.group, tcp(80, "all")...), "InvalidParameterValue", "CIDR block all is malformed"},
		"rules' quota":           {ingress(s.group, append(append(tcp(1, "0.0.0.0/0"), tcp(2, "0.0.0.0/0")...), tcp(3, "0.0.0.0/0")...)...), "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."},
		"rule about another VPC's group": {ingress(s.group, types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &otherGroup}}}),
			"InvalidGroup.NotFound", "You have specified two resources that belong to different networks."},
		"revoke no rule": {func() error {
			return sub(c.RevokeSecurityGroupIngress(ctx, &sdk.RevokeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: tcp(99, "0.0.0.0/0")}))
		}, "InvalidPermission.NotFound", "The specified rule does not exist in this security group."},
		"revoke unknown ID": {func() error {
			return sub(c.RevokeSecurityGroupIngress(ctx, &sdk.RevokeSecurityGroupIngressInput{GroupId: &s.group, SecurityGroupRuleIds: []string{"sgr-00000000"}}))
		}, "InvalidSecurityGroupRuleId.NotFound", "The security group rule ID 'sgr-00000000' does not exist"},
		"delete default ACL": {func() error {
			return sub(c.DeleteNetworkAcl(ctx, &sdk.DeleteNetworkAclInput{NetworkAclId: &defaultACL}))
		}, "InvalidParameterValue", "cannot delete default network ACL " + defaultACL},
		"ACL entry twice":    {aclEntry(100, "-1"), "NetworkAclEntryAlreadyExists", "The network acl entry identified by 100 already exists."},
		"ACL entry's number": {aclEntry(32767, "-1"), "InvalidParameterValue", ""},
		"ACL entry's ports":  {aclEntry(50, "tcp"), "MissingParameter", "The request must contain the parameter portRange"},
		"no ACL entry": {func() error {
			return sub(c.DeleteNetworkAclEntry(ctx, &sdk.DeleteNetworkAclEntryInput{NetworkAclId: &defaultACL, RuleNumber: aws.Int32(7), Egress: aws.Bool(true)}))
		}, "InvalidNetworkAclEntry.NotFound", "The network acl entry identified by 7 does not exist."},
		"delete a service's interface": {func() error {
			return sub(c.DeleteNetworkInterface(ctx, &sdk.DeleteNetworkInterfaceInput{NetworkInterfaceId: &natInterface}))
		}, "AuthFailure", "You do not have permission to access the specified resource."},
		"interface nowhere": {func() error {
			return sub(c.CreateNetworkInterface(ctx, &sdk.CreateNetworkInterfaceInput{SubnetId: &none}))
		}, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-00000000' does not exist"},
		"second endpoint of a table": {func() error {
			return sub(c.CreateVpcEndpoint(ctx, &sdk.CreateVpcEndpointInput{VpcId: &s.vpc, VpcEndpointType: "Gateway", ServiceName: aws.String("com.amazonaws.eu-west-1.s3"), RouteTableIds: []string{s.privateTable}}))
		}, "RouteAlreadyExists", ""},
		"endpoint to nothing": {func() error {
			return sub(c.CreateVpcEndpoint(ctx, &sdk.CreateVpcEndpointInput{VpcId: &s.vpc, ServiceName: aws.String("com.amazonaws.us-east-1.s3")}))
		}, "InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.us-east-1.s3' does not exist"},
		"tag nothing": {func() error {
			return sub(c.CreateTags(ctx, &sdk.CreateTagsInput{Resources: []string{none}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}))
		}, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-00000000' does not exist"},
		"tag the unknown": {func() error {
			return sub(c.CreateTags(ctx, &sdk.CreateTagsInput{Resources: []string{"thing-1"}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}))
		}, "InvalidID", "The ID 'thing-1' is not valid"},
		"two attributes at once": {func() error {
			on := &types.AttributeBooleanValue{Value: aws.Bool(true)}
			return sub(c.ModifyVpcAttribute(ctx, &sdk.ModifyVpcAttributeInput{VpcId: &s.vpc, EnableDnsHostnames: on, EnableDnsSupport: on}))
		}, "InvalidParameterCombination", "Fields for multiple attribute types specified: enableDnsHostnames, enableDnsSupport"},
		"tags of another type": {func() error {
			return sub(c.AllocateAddress(ctx, &sdk.AllocateAddressInput{TagSpecifications: tagged("vpc", "a", "b")}))
		}, "InvalidParameterValue", "'vpc' is not a valid taggable resource type for this operation."},
	} {
		t.Run(name, func(t *testing.T) {
			before := dump(t, c.world)
			message := strings.NewReplacer("NETWORK", s.vpc, "IGW", s.gateway, "TABLE", s.publicTable).Replace(r.message)
			refused(t, r.call(), 400, r.code, message)
			unchanged(t, before, dump(t, c.world))
		})
	}
}

func TestSecurityGroupRules_ByIDTagAndDescription(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	made := must(c.AuthorizeSecurityGroupIngress(c.ctx, &sdk.AuthorizeSecurityGroupIngressInput{GroupId: &s.group,
		IpPermissions: append(tcp(80, "0.0.0.0/0"), tcp(443, "0.0.0.0/0")...), TagSpecifications: tagged("security-group-rule", "key", "rule")}))(t).SecurityGroupRules
	if len(made) != 2 || !strings.HasPrefix(*made[0].SecurityGroupRuleId, "sgr-") {
		t.Fatalf("made %+v", made)
	}
	must(c.ModifySecurityGroupRules(c.ctx, &sdk.ModifySecurityGroupRulesInput{GroupId: &s.group, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
		SecurityGroupRuleId: made[0].SecurityGroupRuleId, SecurityGroupRule: &types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"),
			FromPort: aws.Int32(8080), ToPort: aws.Int32(8080), CidrIpv4: aws.String("10.0.0.0/8"), Description: aws.String("inside")}}}}))(t)
	must(c.RevokeSecurityGroupIngress(c.ctx, &sdk.RevokeSecurityGroupIngressInput{GroupId: &s.group, SecurityGroupRuleIds: []string{*made[1].SecurityGroupRuleId}}))(t)
	found := must(c.DescribeSecurityGroupRules(c.ctx, &sdk.DescribeSecurityGroupRulesInput{Filters: byTag("key", "rule")}))(t).SecurityGroupRules
	if len(found) != 1 || *found[0].FromPort != 8080 || *found[0].CidrIpv4 != "10.0.0.0/8" || *found[0].Description != "inside" {
		t.Fatalf("found %+v", found)
	}
}

func TestTags_CreateDeleteDescribe(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	must(c.CreateTags(c.ctx, &sdk.CreateTagsInput{Resources: []string{s.vpc, s.nat}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(c.DeleteTags(c.ctx, &sdk.DeleteTagsInput{Resources: []string{s.vpc}, Tags: []types.Tag{{Key: aws.String("a")}, {Key: aws.String("b"), Value: aws.String("other")}}}))(t)
	var got []string
	for _, tag := range must(c.DescribeTags(c.ctx, &sdk.DescribeTagsInput{}))(t).Tags {
		got = append(got, string(tag.ResourceType)+" "+*tag.Key+"="+*tag.Value)
	}
	if strings.Join(got, ", ") != "vpc b=2, natgateway a=1, natgateway b=2" {
		t.Fatalf("tags: %v", got)
	}
	many := &sdk.CreateTagsInput{Resources: []string{s.vpc}}
	for i := range 50 {
		many.Tags = append(many.Tags, types.Tag{Key: aws.String("k" + strings.Repeat("x", i)), Value: aws.String("")})
	}
	refused(t, sub(c.CreateTags(c.ctx, many)), 400, "TagLimitExceeded", "The maximum number of tags for a resource has been reached.")
}
