package services_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// site is a VPC with a public and a private subnet, a NAT gateway and an endpoint.
type site struct {
	vpc, gateway, public, private, address, nat, publicTable, privateTable, endpoint, group, member string
	mainAssociation                                                                                 string
}

func buildSite(t *testing.T, c *ec2Cloud) site {
	t.Helper()
	var s site
	s.vpc = *must(c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc.VpcId
	s.gateway = *must(c.CreateInternetGateway(c.ctx, &sdk.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	must(c.AttachInternetGateway(c.ctx, &sdk.AttachInternetGatewayInput{InternetGatewayId: &s.gateway, VpcId: &s.vpc}))(t)
	s.public = *must(c.CreateSubnet(c.ctx, &sdk.CreateSubnetInput{VpcId: &s.vpc, CidrBlock: aws.String("10.0.0.0/24"), AvailabilityZone: aws.String("eu-west-1b")}))(t).Subnet.SubnetId
	s.private = *must(c.CreateSubnet(c.ctx, &sdk.CreateSubnetInput{VpcId: &s.vpc, CidrBlock: aws.String("10.0.1.0/24"), AvailabilityZone: aws.String("eu-west-1b")}))(t).Subnet.SubnetId
	s.address = *must(c.AllocateAddress(c.ctx, &sdk.AllocateAddressInput{Domain: "vpc"}))(t).AllocationId
	s.nat = *must(c.CreateNatGateway(c.ctx, &sdk.CreateNatGatewayInput{SubnetId: &s.public, AllocationId: &s.address}))(t).NatGateway.NatGatewayId
	for _, table := range []*string{&s.publicTable, &s.privateTable} {
		*table = *must(c.CreateRouteTable(c.ctx, &sdk.CreateRouteTableInput{VpcId: &s.vpc}))(t).RouteTable.RouteTableId
	}
	must(c.AssociateRouteTable(c.ctx, &sdk.AssociateRouteTableInput{RouteTableId: &s.publicTable, SubnetId: &s.public}))(t)
	must(c.AssociateRouteTable(c.ctx, &sdk.AssociateRouteTableInput{RouteTableId: &s.privateTable, SubnetId: &s.private}))(t)
	must(c.CreateRoute(c.ctx, &sdk.CreateRouteInput{RouteTableId: &s.publicTable, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &s.gateway}))(t)
	c.clock.advance(time.Second)
	must(c.CreateRoute(c.ctx, &sdk.CreateRouteInput{RouteTableId: &s.privateTable, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: &s.nat}))(t)
	s.endpoint = *must(c.CreateVpcEndpoint(c.ctx, &sdk.CreateVpcEndpointInput{VpcId: &s.vpc, ServiceName: aws.String("com.amazonaws.eu-west-1.s3"),
		VpcEndpointType: "Gateway", RouteTableIds: []string{s.privateTable}}))(t).VpcEndpoint.VpcEndpointId
	s.group = *must(c.CreateSecurityGroup(c.ctx, &sdk.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: aws.String("alb"), Description: aws.String("d")}))(t).GroupId
	s.member = *must(c.CreateSecurityGroup(c.ctx, &sdk.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: aws.String("web"), Description: aws.String("d")}))(t).GroupId
	must(c.AuthorizeSecurityGroupIngress(c.ctx, &sdk.AuthorizeSecurityGroupIngressInput{GroupId: &s.member, IpPermissions: []types.IpPermission{
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &s.group}}}}}))(t)
	for _, table := range must(c.DescribeRouteTables(c.ctx, &sdk.DescribeRouteTablesInput{Filters: []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{s.vpc}}, {Name: aws.String("association.main"), Values: []string{"true"}}}}))(t).RouteTables {
		s.mainAssociation = *table.Associations[0].RouteTableAssociationId
	}
	return s
}

func TestDescribe_NetworkIsAsOnAWS(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	nat := must(c.DescribeNatGateways(c.ctx, &sdk.DescribeNatGatewaysInput{Filter: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{s.vpc}}}}))(t).NatGateways[0]
	if nat.State != "available" || aws.ToString(nat.NatGatewayAddresses[0].AllocationId) != s.address {
		t.Fatalf("NAT gateway %+v", nat)
	}
	routes := must(c.DescribeRouteTables(c.ctx, &sdk.DescribeRouteTablesInput{RouteTableIds: []string{s.privateTable}}))(t).RouteTables[0].Routes
	if len(routes) != 3 || aws.ToString(routes[0].GatewayId) != "local" || aws.ToString(routes[1].NatGatewayId) != s.nat || aws.ToString(routes[2].GatewayId) != s.endpoint {
		t.Fatalf("routes %+v", routes)
	}
	subnet := must(c.DescribeSubnets(c.ctx, &sdk.DescribeSubnetsInput{SubnetIds: []string{s.public}}))(t).Subnets[0]
	if *subnet.AvailableIpAddressCount != 250 { // 256 less five reserved less the NAT gateway's
		t.Fatalf("free addresses: %d", *subnet.AvailableIpAddressCount)
	}
	member := must(c.DescribeSecurityGroups(c.ctx, &sdk.DescribeSecurityGroupsInput{GroupIds: []string{s.member}}))(t).SecurityGroups[0]
	if len(member.IpPermissions) != 1 || *member.IpPermissions[0].UserIdGroupPairs[0].GroupId != s.group || len(member.IpPermissionsEgress) != 1 {
		t.Fatalf("group %+v", member)
	}
	interfaces := must(c.DescribeNetworkInterfaces(c.ctx, &sdk.DescribeNetworkInterfacesInput{Filters: []types.Filter{{Name: aws.String("description"), Values: []string{"Interface for NAT Gateway *"}}}}))(t).NetworkInterfaces
	if len(interfaces) != 1 || interfaces[0].Association == nil || !*interfaces[0].RequesterManaged {
		t.Fatalf("interfaces %+v", interfaces)
	}
	// A NAT gateway's attachment has an ID of its own kind and no time.
	if a := interfaces[0].Attachment; !strings.HasPrefix(*a.AttachmentId, "ela-attach-") || a.AttachTime != nil || *a.InstanceOwnerId != "amazon-aws" {
		t.Fatalf("attachment %+v", a)
	}
	vpcs := must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{}))(t).Vpcs
	if len(vpcs) != 2 || !*vpcs[0].IsDefault {
		t.Fatalf("VPCs %+v", vpcs)
	}
}

func TestDelete_RefusesWrongOrder(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	blocked := func(wants string, call func() error) {
		t.Helper()
		refused(t, call(), 400, "DependencyViolation", wants)
	}
	detach := func() error {
		_, err := c.DetachInternetGateway(c.ctx, &sdk.DetachInternetGatewayInput{InternetGatewayId: &s.gateway, VpcId: &s.vpc})
		return err
	}
	release := func() error {
		_, err := c.ReleaseAddress(c.ctx, &sdk.ReleaseAddressInput{AllocationId: &s.address})
		return err
	}
	subnet := func(id string) func() error {
		return func() error {
			_, err := c.DeleteSubnet(c.ctx, &sdk.DeleteSubnetInput{SubnetId: &id})
			return err
		}
	}
	group := func(id string) func() error {
		return func() error {
			_, err := c.DeleteSecurityGroup(c.ctx, &sdk.DeleteSecurityGroupInput{GroupId: &id})
			return err
		}
	}
	table := func(id string) func() error {
		return func() error {
			_, err := c.DeleteRouteTable(c.ctx, &sdk.DeleteRouteTableInput{RouteTableId: &id})
			return err
		}
	}
	vpc := func() error {
		_, err := c.DeleteVpc(c.ctx, &sdk.DeleteVpcInput{VpcId: &s.vpc})
		return err
	}
	mapped := "Network " + s.vpc + " has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
	blocked("The vpc '"+s.vpc+"' has dependencies and cannot be deleted.", vpc)
	blocked(mapped, detach)
	blocked("The subnet '"+s.public+"' has dependencies and cannot be deleted.", subnet(s.public))
	blocked("resource "+s.group+" has a dependent object", group(s.group))
	blocked("The routeTable '"+s.publicTable+"' has dependencies and cannot be deleted.", table(s.publicTable))
	refused(t, release(), 400, "AuthFailure", "You do not have permission to access the specified resource.")
	_, err := c.DeleteInternetGateway(c.ctx, &sdk.DeleteInternetGatewayInput{InternetGatewayId: &s.gateway})
	refused(t, err, 400, "DependencyViolation", "The internetGateway '"+s.gateway+"' has dependencies and cannot be deleted.")
	_, err = c.DisassociateRouteTable(c.ctx, &sdk.DisassociateRouteTableInput{AssociationId: &s.mainAssociation})
	refused(t, err, 400, "InvalidParameterValue", "cannot disassociate the main route table association "+s.mainAssociation)

	// The right order: while the NAT gateway is being deleted its address stays mapped.
	deleteNAT := func() error {
		_, err := c.DeleteNatGateway(c.ctx, &sdk.DeleteNatGatewayInput{NatGatewayId: &s.nat})
		return err
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(deleteNAT())
	ok(deleteNAT())
	blocked(mapped, detach)
	c.clock.advance(time.Second)
	nat := must(c.DescribeNatGateways(c.ctx, &sdk.DescribeNatGatewaysInput{NatGatewayIds: []string{s.nat}}))(t).NatGateways
	if len(nat) != 1 || nat[0].State != "deleted" {
		t.Fatalf("NAT gateway %+v", nat)
	}
	refused(t, deleteNAT(), 400, "NatGatewayNotFound", "The Nat Gateway "+s.nat+" was not found")
	routes := must(c.DescribeRouteTables(c.ctx, &sdk.DescribeRouteTablesInput{Filters: []types.Filter{{Name: aws.String("route.state"), Values: []string{"blackhole"}}}}))(t).RouteTables
	if len(routes) != 1 || *routes[0].RouteTableId != s.privateTable {
		t.Fatalf("route tables with blackholes: %+v", routes)
	}
	ok(release())
	ok(detach())
	must(c.DeleteInternetGateway(c.ctx, &sdk.DeleteInternetGatewayInput{InternetGatewayId: &s.gateway}))(t)
	ok(subnet(s.public)())
	ok(subnet(s.private)())
	ok(table(s.publicTable)())
	ok(table(s.privateTable)())
	ok(group(s.member)())
	ok(group(s.group)())
	blocked("The vpc '"+s.vpc+"' has dependencies and cannot be deleted.", vpc)
	if out := must(c.DeleteVpcEndpoints(c.ctx, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: []string{s.endpoint}}))(t); len(out.Unsuccessful) != 0 {
		t.Fatalf("%+v", out.Unsuccessful)
	}
	c.clock.advance(time.Second)
	ok(vpc())
	for name, left := range map[string]int{
		"route tables":    len(must(c.DescribeRouteTables(c.ctx, &sdk.DescribeRouteTablesInput{}))(t).RouteTables),
		"network ACLs":    len(must(c.DescribeNetworkAcls(c.ctx, &sdk.DescribeNetworkAclsInput{}))(t).NetworkAcls),
		"security groups": len(must(c.DescribeSecurityGroups(c.ctx, &sdk.DescribeSecurityGroupsInput{}))(t).SecurityGroups),
		"VPCs":            len(must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{}))(t).Vpcs),
	} {
		if left != 1 { // the default VPC's
			t.Errorf("%d %s left", left, name)
		}
	}
	c.clock.advance(time.Hour)
	_, err = c.DescribeNatGateways(c.ctx, &sdk.DescribeNatGatewaysInput{NatGatewayIds: []string{s.nat}})
	refused(t, err, 400, "NatGatewayNotFound", "")
}

func TestCreateNatGateway_BecomesFailed(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	other := *must(c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}))(t).Vpc.VpcId
	lonely := *must(c.CreateSubnet(c.ctx, &sdk.CreateSubnetInput{VpcId: &other, CidrBlock: aws.String("10.9.0.0/28")}))(t).Subnet.SubnetId
	free := *must(c.AllocateAddress(c.ctx, &sdk.AllocateAddressInput{}))(t).AllocationId
	for code, in := range map[string]*sdk.CreateNatGatewayInput{
		"Resource.AlreadyAssociated":   {SubnetId: &s.private, AllocationId: &s.address},
		"InvalidAllocationID.NotFound": {SubnetId: &s.private, AllocationId: aws.String("eipalloc-00000000")},
		"Gateway.NotAttached":          {SubnetId: &lonely, AllocationId: &free},
	} {
		made := must(c.CreateNatGateway(c.ctx, in))(t).NatGateway
		if made.State != "pending" || made.FailureCode != nil {
			t.Fatalf("%s: made %+v", code, made)
		}
		c.clock.advance(time.Second)
		found := must(c.DescribeNatGateways(c.ctx, &sdk.DescribeNatGatewaysInput{NatGatewayIds: []string{*made.NatGatewayId}}))(t).NatGateways[0]
		if found.State != "failed" || aws.ToString(found.FailureCode) != code {
			t.Errorf("got %s %s, want failed %s", found.State, aws.ToString(found.FailureCode), code)
		}
	}
}

func TestClientToken_OfRouteTableAndNATGateway(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	token := aws.String("token")
	one := must(c.CreateRouteTable(c.ctx, &sdk.CreateRouteTableInput{VpcId: &s.vpc, ClientToken: token}))(t).RouteTable.RouteTableId
	two := must(c.CreateRouteTable(c.ctx, &sdk.CreateRouteTableInput{VpcId: &s.vpc, ClientToken: token}))(t).RouteTable.RouteTableId
	if *one != *two {
		t.Fatalf("one token made %s and %s", *one, *two)
	}
	other := must(c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}))(t).Vpc.VpcId
	_, err := c.CreateRouteTable(c.ctx, &sdk.CreateRouteTableInput{VpcId: other, ClientToken: token})
	refused(t, err, 400, "IdempotentParameterMismatch", "")
	_, err = c.CreateNatGateway(c.ctx, &sdk.CreateNatGatewayInput{SubnetId: aws.String("subnet-00000000"), AllocationId: &s.address, ClientToken: token})
	refused(t, err, 400, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-00000000' does not exist")
}

// What has no tags has no tag set in the replies about some objects, and an empty one in those
// about others.
func TestDescribe_TagSetOfUntagged(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	for name, tags := range map[string][]types.Tag{
		"VPC":            must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{VpcIds: []string{s.vpc}}))(t).Vpcs[0].Tags,
		"subnet":         must(c.DescribeSubnets(c.ctx, &sdk.DescribeSubnetsInput{SubnetIds: []string{s.public}}))(t).Subnets[0].Tags,
		"security group": must(c.DescribeSecurityGroups(c.ctx, &sdk.DescribeSecurityGroupsInput{GroupIds: []string{s.group}}))(t).SecurityGroups[0].Tags,
		"address":        must(c.DescribeAddresses(c.ctx, &sdk.DescribeAddressesInput{AllocationIds: []string{s.address}}))(t).Addresses[0].Tags,
	} {
		if tags != nil {
			t.Errorf("%s: a tag set %v, want none", name, tags)
		}
	}
	for name, tags := range map[string][]types.Tag{
		"internet gateway": must(c.DescribeInternetGateways(c.ctx, &sdk.DescribeInternetGatewaysInput{InternetGatewayIds: []string{s.gateway}}))(t).InternetGateways[0].Tags,
		"route table":      must(c.DescribeRouteTables(c.ctx, &sdk.DescribeRouteTablesInput{RouteTableIds: []string{s.publicTable}}))(t).RouteTables[0].Tags,
		"VPC endpoint":     must(c.DescribeVpcEndpoints(c.ctx, &sdk.DescribeVpcEndpointsInput{VpcEndpointIds: []string{s.endpoint}}))(t).VpcEndpoints[0].Tags,
	} {
		if tags == nil {
			t.Errorf("%s: no tag set, want an empty one", name)
		}
	}
}

func TestCreateVpc_ShowsIPv6BlocksOnlyInItsReply(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	made := must(c.CreateVpc(c.ctx, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc
	listed := must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{VpcIds: []string{*made.VpcId}}))(t).Vpcs[0]
	if made.Ipv6CidrBlockAssociationSet == nil || listed.Ipv6CidrBlockAssociationSet != nil {
		t.Errorf("made with %v, listed with %v", made.Ipv6CidrBlockAssociationSet, listed.Ipv6CidrBlockAssociationSet)
	}
}

// An address that AWS lends has no association, and interfaces have names only where the VPC
// gives some.
func TestDescribeNetworkInterfaces_NamesAndLentAddresses(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	launched := must(c.RunInstances(c.ctx, &sdk.RunInstancesInput{ImageId: image("x86_64"), InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: &s.public, AssociatePublicIpAddress: aws.Bool(true)}}}))(t).Instances[0]
	look := func() types.NetworkInterface {
		return must(c.DescribeNetworkInterfaces(c.ctx, &sdk.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{*launched.NetworkInterfaces[0].NetworkInterfaceId}}))(t).NetworkInterfaces[0]
	}
	i := look()
	if i.PrivateDnsName != nil || i.PrivateIpAddresses[0].PrivateDnsName != nil || *i.Association.PublicDnsName != "" || i.Association.AssociationId != nil || i.RequesterId != nil {
		t.Errorf("without DNS hostnames: %+v, association %+v", i, i.Association)
	}
	must(c.ModifyVpcAttribute(c.ctx, &sdk.ModifyVpcAttributeInput{VpcId: &s.vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}}))(t)
	name := "ip-" + strings.ReplaceAll(*i.PrivateIpAddress, ".", "-") + ".eu-west-1.compute.internal"
	if i := look(); aws.ToString(i.PrivateDnsName) != name || aws.ToString(i.PrivateIpAddresses[0].PrivateDnsName) != name || *i.Association.PublicDnsName == "" {
		t.Errorf("with DNS hostnames: %+v", i)
	}
	own := must(c.CreateNetworkInterface(c.ctx, &sdk.CreateNetworkInterfaceInput{SubnetId: &s.public}))(t).NetworkInterface
	if aws.ToString(own.RequesterId) != world.UserID {
		t.Errorf("requested by %s, want the caller", aws.ToString(own.RequesterId))
	}
}

func TestCreateNetworkAclEntry_KeepsIPv6(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	acl := *must(c.CreateNetworkAcl(c.ctx, &sdk.CreateNetworkAclInput{VpcId: &s.vpc}))(t).NetworkAcl.NetworkAclId
	put := func(number int32, protocol string, change func(*sdk.CreateNetworkAclEntryInput)) error {
		in := &sdk.CreateNetworkAclEntryInput{NetworkAclId: &acl, RuleNumber: &number, Protocol: &protocol, RuleAction: "allow", Egress: aws.Bool(false)}
		change(in)
		_, err := c.CreateNetworkAclEntry(c.ctx, in)
		return err
	}
	everywhere := func(in *sdk.CreateNetworkAclEntryInput) { in.Ipv6CidrBlock = aws.String("::/0") }
	if err := put(101, "-1", everywhere); err != nil {
		t.Fatal(err)
	}
	if err := put(102, "58", func(in *sdk.CreateNetworkAclEntryInput) {
		everywhere(in)
		in.IcmpTypeCode = &types.IcmpTypeCode{Type: aws.Int32(128), Code: aws.Int32(-1)}
	}); err != nil {
		t.Fatal(err)
	}
	refused(t, put(103, "58", everywhere), 400, "MissingParameter", "")
	refused(t, put(104, "-1", func(*sdk.CreateNetworkAclEntryInput) {}), 400, "MissingParameter", "The request must contain the parameter cidrBlock")
	refused(t, put(105, "-1", func(in *sdk.CreateNetworkAclEntryInput) { in.Ipv6CidrBlock = aws.String("10.0.0.0/8") }), 400, "InvalidParameterValue", "")
	refused(t, put(106, "-1", func(in *sdk.CreateNetworkAclEntryInput) { everywhere(in); in.CidrBlock = aws.String("0.0.0.0/0") }), 400, "InvalidParameterCombination", "")
	found := must(c.DescribeNetworkAcls(c.ctx, &sdk.DescribeNetworkAclsInput{Filters: []types.Filter{{Name: aws.String("entry.ipv6-cidr"), Values: []string{"::/0"}}}}))(t).NetworkAcls
	if len(found) != 1 || *found[0].NetworkAclId != acl {
		t.Fatalf("found %+v", found)
	}
	var kept []string
	for _, e := range found[0].Entries {
		if e.Ipv6CidrBlock != nil {
			kept = append(kept, *e.Ipv6CidrBlock)
			if e.CidrBlock != nil || (*e.Protocol == "58") != (e.IcmpTypeCode != nil) {
				t.Errorf("entry %+v", e)
			}
		}
	}
	if len(kept) != 2 {
		t.Errorf("kept %v", kept)
	}
}

func TestCreateTags_NamesWhatIsMissing(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	for body, message := range map[string]string{
		"Action=CreateTags&Tag.1.Key=a&Tag.1.Value=b": "The request must contain the parameter resourceIdSet",
		"Action=CreateTags&ResourceId.1=vpc-00000000": "The request must contain the parameter tagSet",
		"Action=DeleteTags&Tag.1.Key=a":               "The request must contain the parameter resourceIdSet",
	} {
		if status, got := c.post(t, body); status != 400 || !strings.Contains(got, "<Code>MissingParameter</Code><Message>"+message+"</Message>") {
			t.Errorf("%s: %d %s", body, status, got)
		}
	}
}

func TestModifySecurityGroupRules_RefusesIncompleteRules(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	rule := must(c.DescribeSecurityGroupRules(c.ctx, &sdk.DescribeSecurityGroupRulesInput{Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{s.member}}}}))(t).SecurityGroupRules[0].SecurityGroupRuleId
	for name, test := range map[string]struct {
		request       types.SecurityGroupRuleRequest
		code, message string
	}{
		"no protocol": {types.SecurityGroupRuleRequest{FromPort: aws.Int32(1), ToPort: aws.Int32(2), CidrIpv4: aws.String("2.3.4.5/32")},
			"InvalidParameterValue", "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly."},
		"no port": {types.SecurityGroupRuleRequest{IpProtocol: aws.String("udp"), ToPort: aws.Int32(2), CidrIpv4: aws.String("2.3.4.5/32")},
			"InvalidParameterValue", "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."},
		"no peer": {types.SecurityGroupRuleRequest{IpProtocol: aws.String("udp"), FromPort: aws.Int32(1), ToPort: aws.Int32(2)},
			"MissingParameter", "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId"},
		"two peers": {types.SecurityGroupRuleRequest{IpProtocol: aws.String("udp"), FromPort: aws.Int32(1), ToPort: aws.Int32(2), CidrIpv4: aws.String("2.3.4.5/32"), CidrIpv6: aws.String("2001:db8::/32")},
			"InvalidParameterCombination", "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified"},
	} {
		_, err := c.ModifySecurityGroupRules(c.ctx, &sdk.ModifySecurityGroupRulesInput{GroupId: &s.member, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: rule, SecurityGroupRule: &test.request}}})
		t.Run(name, func(t *testing.T) { refused(t, err, 400, test.code, test.message) })
	}
	_, err := c.DescribeSecurityGroupRules(c.ctx, &sdk.DescribeSecurityGroupRulesInput{Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{"foobar"}}}})
	refused(t, err, 400, "InvalidGroupId.Malformed", "The security group ID 'foobar' is malformed")
	_, err = c.DescribeImages(c.ctx, &sdk.DescribeImagesInput{ImageIds: []string{"ami-abcd1234", "ami-1234abcd"}})
	refused(t, err, 400, "InvalidAMIID.NotFound", "The image ids '[ami-abcd1234, ami-1234abcd]' do not exist")
}
