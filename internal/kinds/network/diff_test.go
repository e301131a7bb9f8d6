package network

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// replaced is an expected change that can't be made in place.
func replaced(s string) string { return s + " (replace)" }

// changesOf is what Diff says of a live object under the network's spec of key.
func changesOf(t *testing.T, key string, live any) []string {
	t.Helper()
	r := request(t, nil, key)
	var said []string
	for _, change := range r.Node.Handler.Diff(r.Node, resource.Object{Live: live}, r.IDs, nil) {
		if change.Replace {
			said = append(said, replaced(change.String()))
		} else {
			said = append(said, change.String())
		}
	}
	return said
}

type diffTest struct {
	key  string
	live any
	want []string
}

func run(t *testing.T, tests map[string]diffTest) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := testenv.Diff(test.want, changesOf(t, test.key, test.live)); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiffVPC(t *testing.T) {
	all := types.IpPermission{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}
	run(t, map[string]diffTest{
		"as it should be": {"vpc/main", LiveVPC{Vpc: types.Vpc{CidrBlock: aws.String("10.0.0.0/16")}, DNSSupport: true, DNSHostnames: true}, nil},
		"as AWS makes it": {"vpc/main", LiveVPC{
			Vpc: types.Vpc{CidrBlock: aws.String("10.0.0.0/16")}, DNSSupport: true,
			DefaultGroup: types.SecurityGroup{
				IpPermissions: []types.IpPermission{{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{
					GroupId: aws.String("sg-default"), UserId: aws.String("123456789012"),
				}}}},
				IpPermissionsEgress: []types.IpPermission{all},
			},
		}, []string{
			"DNS hostnames: false → true",
			"default security group rules: ingress all, sg-default; egress all, 0.0.0.0/0 → none",
		}},
		"other range": {"vpc/main", LiveVPC{Vpc: types.Vpc{CidrBlock: aws.String("10.1.0.0/16")}, DNSHostnames: true}, []string{
			replaced("CIDR: 10.1.0.0/16 → 10.0.0.0/16"), "DNS support: false → true",
		}},
	})
}

func TestDiffInternetGateway(t *testing.T) {
	attached := func(vpc string, state types.AttachmentStatus) types.InternetGateway {
		return types.InternetGateway{Attachments: []types.InternetGatewayAttachment{{VpcId: aws.String(vpc), State: state}}}
	}
	run(t, map[string]diffTest{
		// AWS calls the state of an attached internet gateway "available".
		"attached":     {"internet-gateway/main", attached(idOf("vpc", "main"), "available"), nil},
		"attaching":    {"internet-gateway/main", attached(idOf("vpc", "main"), types.AttachmentStatusAttaching), nil},
		"not attached": {"internet-gateway/main", types.InternetGateway{}, []string{"attached VPC: none → vpc-main"}},
		"detaching":    {"internet-gateway/main", attached(idOf("vpc", "main"), types.AttachmentStatusDetaching), []string{"attached VPC: none → vpc-main"}},
		"elsewhere":    {"internet-gateway/main", attached("vpc-other", "available"), []string{replaced("attached VPC: vpc-other → vpc-main")}},
	})
}

func TestDiffSubnet(t *testing.T) {
	live := func(change func(*LiveSubnet)) LiveSubnet {
		l := LiveSubnet{Subnet: types.Subnet{
			VpcId: aws.String("vpc-main"), CidrBlock: aws.String("10.0.0.0/24"), AvailabilityZone: aws.String("us-east-1a"),
			MapPublicIpOnLaunch: aws.Bool(false),
		}, acl: subnetACL{id: "acl-default", association: "aclassoc-1", normal: "acl-default"}}
		change(&l)
		return l
	}
	run(t, map[string]diffTest{
		"as it should be": {"subnet/public-a", live(func(*LiveSubnet) {}), nil},
		"all else": {"subnet/public-a", live(func(l *LiveSubnet) {
			l.VpcId, l.CidrBlock, l.AvailabilityZone = aws.String("vpc-x"), aws.String("10.0.9.0/24"), aws.String("us-east-1c")
			l.MapPublicIpOnLaunch = aws.Bool(true)
		}), []string{
			replaced("VPC: vpc-x → vpc-main"), replaced("CIDR: 10.0.9.0/24 → 10.0.0.0/24"),
			replaced("zone: us-east-1c → us-east-1a"), "public addresses on launch: true → false",
		}},
		"another network ACL":   {"subnet/public-a", live(func(l *LiveSubnet) { l.acl.id = "acl-other" }), []string{"network ACL: acl-other → acl-default"}},
		"no network ACL listed": {"subnet/public-a", live(func(l *LiveSubnet) { l.acl = subnetACL{} }), nil},
		"no default one listed": {"subnet/public-a", live(func(l *LiveSubnet) { l.acl.id, l.acl.normal = "acl-other", "" }), nil},
		"that of a drill, marked": {"subnet/public-a", live(func(l *LiveSubnet) {
			l.acl.id, l.Tags = "acl-drill", []types.Tag{{Key: aws.String(awsapi.TagDrill), Value: aws.String("zone x")}}
		}), nil},
	})
}

func TestDiffVPC_NamesEntriesOfDefaultNetworkACL(t *testing.T) {
	const id = "acl-1"
	entry := func(egress bool, number int32, action types.RuleAction, change ...func(*types.NetworkAclEntry)) types.NetworkAclEntry {
		e := types.NetworkAclEntry{Egress: &egress, RuleNumber: &number, RuleAction: action, Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0")}
		for _, c := range change {
			c(&e)
		}
		return e
	}
	asAWSMakesIt := func(more ...types.NetworkAclEntry) []types.NetworkAclEntry {
		return append([]types.NetworkAclEntry{
			entry(true, 100, "allow"), entry(true, 32767, "deny"), entry(false, 100, "allow"), entry(false, 32767, "deny"),
		}, more...)
	}
	ipv6 := func(e *types.NetworkAclEntry) { e.CidrBlock, e.Ipv6CidrBlock = nil, aws.String("::/0") }
	tests := map[string]diffTest{}
	for name, test := range map[string]struct {
		entries []types.NetworkAclEntry
		want    []string
	}{
		"as AWS makes it":           {asAWSMakesIt(), nil},
		"as AWS makes it with IPv6": {asAWSMakesIt(entry(false, 101, "allow", ipv6), entry(false, 32768, "deny", ipv6)), nil},
		"IPv6 refused":              {asAWSMakesIt(entry(false, 101, "deny", ipv6)), []string{"network ACL acl-1, ingress entry 101: deny all, ::/0 → none"}},
		"a port refused": {asAWSMakesIt(entry(false, 90, "deny", func(e *types.NetworkAclEntry) {
			e.Protocol, e.PortRange = aws.String("6"), &types.PortRange{From: aws.Int32(80), To: aws.Int32(80)}
		})), []string{"network ACL acl-1, ingress entry 90: deny tcp 80, 0.0.0.0/0 → none"}},
		"ports let through after 100": {asAWSMakesIt(entry(true, 200, "allow", func(e *types.NetworkAclEntry) {
			e.Protocol, e.PortRange = aws.String("17"), &types.PortRange{From: aws.Int32(1), To: aws.Int32(99)}
		})), []string{"network ACL acl-1, egress entry 200: allow udp 1-99, 0.0.0.0/0 → none"}},
		"the allowing one made to deny": {append(asAWSMakesIt()[:2:2], entry(false, 100, "deny"), entry(false, 32767, "deny")), []string{"network ACL acl-1, ingress entry 100: deny all, 0.0.0.0/0 → allow all, 0.0.0.0/0"}},
		"the allowing one narrowed":     {append(asAWSMakesIt()[:2:2], entry(false, 100, "allow", func(e *types.NetworkAclEntry) { e.CidrBlock = aws.String("10.0.0.0/8") }), entry(false, 32767, "deny")), []string{"network ACL acl-1, ingress entry 100: allow all, 10.0.0.0/8 → allow all, 0.0.0.0/0"}},
		"the allowing ones deleted":     {[]types.NetworkAclEntry{entry(true, 32767, "deny"), entry(false, 32767, "deny")}, []string{"network ACL acl-1, egress entry 100: none → allow all, 0.0.0.0/0", "network ACL acl-1, ingress entry 100: none → allow all, 0.0.0.0/0"}},
	} {
		tests[name] = diffTest{"vpc/main", LiveVPC{
			Vpc: types.Vpc{CidrBlock: aws.String("10.0.0.0/16")}, DNSSupport: true, DNSHostnames: true,
			DefaultACL: types.NetworkAcl{NetworkAclId: aws.String(id), Entries: test.entries},
		}, test.want}
	}
	run(t, tests)
}

func TestDiffNATGateway(t *testing.T) {
	live := func(subnet string, addresses ...types.NatGatewayAddress) types.NatGateway {
		return types.NatGateway{SubnetId: &subnet, ConnectivityType: types.ConnectivityTypePublic, NatGatewayAddresses: addresses}
	}
	ours := types.NatGatewayAddress{AllocationId: aws.String("elastic-ip-nat-a"), IsPrimary: aws.Bool(true)}
	run(t, map[string]diffTest{
		"as it should be":   {"nat-gateway/a", live("subnet-public-a", ours), nil},
		"no address yet":    {"nat-gateway/a", live("subnet-public-a"), nil},
		"secondary address": {"nat-gateway/a", live("subnet-public-a", ours, types.NatGatewayAddress{AllocationId: aws.String("eipalloc-2"), IsPrimary: aws.Bool(false)}), nil},
		"other address": {"nat-gateway/a", live("subnet-public-a", types.NatGatewayAddress{AllocationId: aws.String("eipalloc-2")}), []string{
			replaced("address: eipalloc-2 → elastic-ip-nat-a"),
		}},
		"other subnet": {"nat-gateway/a", live("subnet-x", ours), []string{replaced("subnet: subnet-x → subnet-public-a")}},
		"private": {"nat-gateway/a", types.NatGateway{SubnetId: aws.String("subnet-public-a"), ConnectivityType: types.ConnectivityTypePrivate}, []string{
			replaced("connectivity: private → public"),
		}},
	})
}

func TestDiffRouteTable(t *testing.T) {
	local := types.Route{DestinationCidrBlock: aws.String("10.0.0.0/16"), GatewayId: aws.String("local"), Origin: types.RouteOriginCreateRouteTable}
	toNAT := types.Route{DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: aws.String("nat-gateway-a"), State: types.RouteStateActive}
	blackhole := toNAT
	blackhole.State = types.RouteStateBlackhole
	association := func(subnet string, state types.RouteTableAssociationStateCode) types.RouteTableAssociation {
		return types.RouteTableAssociation{SubnetId: &subnet, AssociationState: &types.RouteTableAssociationState{State: state}}
	}
	a := association("subnet-private-a", types.RouteTableAssociationStateCodeAssociated)
	b := association("subnet-private-b", types.RouteTableAssociationStateCodeAssociating)
	live := func(routes []types.Route, associations ...types.RouteTableAssociation) types.RouteTable {
		return types.RouteTable{VpcId: aws.String("vpc-main"), Routes: routes, Associations: associations}
	}
	run(t, map[string]diffTest{
		"as it should be": {"route-table/private", live([]types.Route{local, toNAT}, a, b), nil},
		"as AWS makes it": {"route-table/private", live([]types.Route{local}), []string{
			"route 0.0.0.0/0: none → nat-gateway-a", "association: none → subnet-private-a", "association: none → subnet-private-b",
		}},
		"routes that others keep": {"route-table/private", live([]types.Route{
			local, toNAT,
			{DestinationPrefixListId: aws.String("pl-s3"), GatewayId: aws.String("vpce-1"), Origin: types.RouteOriginCreateRoute},
			{DestinationCidrBlock: aws.String("172.16.0.0/12"), GatewayId: aws.String("vgw-1"), Origin: types.RouteOriginEnableVgwRoutePropagation},
		}, a, b), nil},
		"surplus routes": {"route-table/private", live([]types.Route{
			local, toNAT,
			{DestinationPrefixListId: aws.String("pl-x"), TransitGatewayId: aws.String("tgw-1")},
			{DestinationCidrBlock: aws.String("172.16.0.0/12"), VpcPeeringConnectionId: aws.String("pcx-1")},
			{DestinationIpv6CidrBlock: aws.String("::/0"), EgressOnlyInternetGatewayId: aws.String("eigw-1")},
		}, a, b), []string{
			"route 172.16.0.0/12: pcx-1 → none", "route ::/0: eigw-1 → none", "route pl-x: tgw-1 → none",
		}},
		"wrong target": {"route-table/private", live([]types.Route{{DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: aws.String("igw-1")}}, a, b), []string{
			"route 0.0.0.0/0: igw-1 → nat-gateway-a",
		}},
		"blackhole": {"route-table/private", live([]types.Route{local, blackhole}, a, b), []string{
			"route 0.0.0.0/0: nat-gateway-a (blackhole) → nat-gateway-a",
		}},
		"associations": {"route-table/private", live([]types.Route{toNAT},
			a,
			association("subnet-private-b", types.RouteTableAssociationStateCodeDisassociating),
			association("subnet-x", types.RouteTableAssociationStateCodeAssociated),
			types.RouteTableAssociation{GatewayId: aws.String("igw-edge")},
			types.RouteTableAssociation{Main: aws.Bool(true)},
		), []string{"association: none → subnet-private-b", "association: subnet-x → none", "association: igw-edge → none"}},
		"other VPC": {"route-table/private", types.RouteTable{VpcId: aws.String("vpc-x"), Routes: []types.Route{toNAT}, Associations: []types.RouteTableAssociation{a, b}}, []string{
			replaced("VPC: vpc-x → vpc-main"),
		}},
	})
}

func TestDiffSecurityGroup(t *testing.T) {
	run(t, map[string]diffTest{
		"as it should be": {"security-group/alb", types.SecurityGroup{VpcId: aws.String("vpc-main"), Description: aws.String("load balancer")}, nil},
		"all else": {"security-group/alb", types.SecurityGroup{VpcId: aws.String("vpc-x"), Description: aws.String("old")}, []string{
			replaced("VPC: vpc-x → vpc-main"), replaced("description: old → load balancer"),
		}},
	})
}

func TestDiffSecurityGroupRules(t *testing.T) {
	group := func(id, user string) []types.UserIdGroupPair {
		return []types.UserIdGroupPair{{GroupId: &id, UserId: &user}}
	}
	http := types.IpPermission{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
		IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0"), Description: aws.String("HTTP from anywhere")}},
	}
	toWeb := types.IpPermission{
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80), UserIdGroupPairs: group("security-group-web", "123456789012"),
	}
	renamed := http
	renamed.IpRanges = []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}
	wide := http
	wide.IpRanges = append([]types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}, http.IpRanges...)
	wide.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
	wide.PrefixListIds = []types.PrefixListId{{PrefixListId: aws.String("pl-1")}}
	wide.UserIdGroupPairs = group("sg-x", "210987654321")
	live := func(ingress, egress []types.IpPermission) types.SecurityGroup {
		return types.SecurityGroup{GroupId: aws.String("security-group-alb"), IpPermissions: ingress, IpPermissionsEgress: egress}
	}
	run(t, map[string]diffTest{
		"as it should be": {"security-group-rules/alb", live([]types.IpPermission{http}, []types.IpPermission{toWeb}), nil},
		"as AWS makes it": {"security-group-rules/alb", live(nil, []types.IpPermission{{
			IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}}), []string{
			"ingress rule: none → tcp 80, 0.0.0.0/0", "egress rule: none → tcp 80, security-group-web", "egress rule: all, 0.0.0.0/0 → none",
		}},
		"more peers of the same ports": {"security-group-rules/alb", live([]types.IpPermission{wide}, []types.IpPermission{toWeb}), []string{
			"ingress rule: tcp 80, 10.0.0.0/8 → none", "ingress rule: tcp 80, ::/0 → none",
			"ingress rule: tcp 80, pl-1 → none", "ingress rule: tcp 80, sg-x → none",
		}},
		"other ports and protocols": {"security-group-rules/alb", live([]types.IpPermission{
			http,
			{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(81), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}},
			{IpProtocol: aws.String("50"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}},
		}, []types.IpPermission{toWeb}), []string{
			"ingress rule: tcp 80–81, 0.0.0.0/0 → none", "ingress rule: protocol 50, 0.0.0.0/0 → none",
		}},
		"description": {"security-group-rules/alb", live([]types.IpPermission{renamed}, []types.IpPermission{toWeb}), []string{
			"description of ingress rule tcp 80, 0.0.0.0/0: none → HTTP from anywhere",
		}},
		"older group": {"security-group-rules/alb", types.SecurityGroup{
			GroupId: aws.String("sg-old"), IpPermissions: []types.IpPermission{http}, IpPermissionsEgress: []types.IpPermission{toWeb},
		}, []string{replaced("group: sg-old → security-group-alb")}},
	})
}

func TestDiffVPCEndpoint(t *testing.T) {
	live := func(tables ...string) types.VpcEndpoint {
		return types.VpcEndpoint{
			VpcId: aws.String("vpc-main"), ServiceName: aws.String("com.amazonaws.us-east-1.s3"),
			VpcEndpointType: types.VpcEndpointTypeGateway, RouteTableIds: tables,
		}
	}
	elsewhere := live("route-table-private")
	elsewhere.VpcId, elsewhere.ServiceName, elsewhere.VpcEndpointType = aws.String("vpc-x"), aws.String("com.amazonaws.us-east-1.dynamodb"), types.VpcEndpointTypeInterface
	run(t, map[string]diffTest{
		"as it should be": {"vpc-endpoint/s3", live("route-table-private"), nil},
		"no table":        {"vpc-endpoint/s3", live(), []string{"route table: none → route-table-private"}},
		"other table":     {"vpc-endpoint/s3", live("rtb-x", "route-table-private"), []string{"route table: rtb-x → none"}},
		"all else": {"vpc-endpoint/s3", elsewhere, []string{
			replaced("VPC: vpc-x → vpc-main"), replaced("service: com.amazonaws.us-east-1.dynamodb → com.amazonaws.us-east-1.s3"),
			replaced("type: Interface → Gateway"),
		}},
	})
}

// Before anything is made, a plan still can be.
func TestDiff_UnknownIDs(t *testing.T) {
	r := request(t, nil, "internet-gateway/main")
	changes := r.Node.Handler.Diff(r.Node, resource.Object{Live: types.InternetGateway{}}, nil, nil)
	if len(changes) != 1 || changes[0].Want != resource.Unknown {
		t.Errorf("got %v", changes)
	}
}

func TestKeptOfVPCEndpoint(t *testing.T) {
	for policy, want := range map[string]bool{
		"": false,
		`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`:  false,
		`{ "Statement": [ { "Resource": "*", "Action": "*", "Principal": "*", "Effect": "Allow" } ] }`:           false,
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}`:              true,
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":"*"}]}`:            true,
		`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`:                          true,
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{}}}]}`: true,
		`{"Statement":[]}`: true,
		`no JSON`:          true,
	} {
		if kept := VPCEndpointKind().Kept(Endpoint{}, types.VpcEndpoint{PolicyDocument: &policy}); (len(kept) > 0) != want {
			t.Errorf("%s: kept is %v", policy, kept)
		}
	}
}

func TestKeptOfRouteTable_NamesPropagatingGateways(t *testing.T) {
	live := types.RouteTable{PropagatingVgws: []types.PropagatingVgw{{GatewayId: aws.String("vgw-2")}, {GatewayId: aws.String("vgw-1")}}}
	kept := RouteTableKind().Kept(RouteTable{}, live)
	if len(kept) != 1 || kept[0].Field != "route propagation" || kept[0].Have != "vgw-1, vgw-2" {
		t.Errorf("kept is %v", kept)
	}
	if kept := RouteTableKind().Kept(RouteTable{}, types.RouteTable{}); kept != nil {
		t.Errorf("without a gateway, kept is %v", kept)
	}
}
