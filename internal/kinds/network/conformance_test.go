package network

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

const region = "us-east-1"

func connect(t *testing.T, endpoint string) *awsapi.Clients {
	t.Helper()
	c, err := awsapi.Connect(t.Context(), awsapi.Options{Region: region, Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// network is the graph of a whole network: two zones, one NAT gateway.
func network() *resource.Graph {
	g := &resource.Graph{}
	vpc := resource.Add(g, VPCKind(), "main", VPC{CIDR: netip.MustParsePrefix("10.0.0.0/16")})
	gateway := resource.Add(g, InternetGatewayKind(), "main", InternetGateway{VPC: vpc})
	subnet := func(name, cidr, zone string, public bool) resource.Ref {
		return resource.Add(g, SubnetKind(), name, Subnet{VPC: vpc, CIDR: netip.MustParsePrefix(cidr), Zone: zone, Public: public})
	}
	publicA := subnet("public-a", "10.0.0.0/24", region+"a", true)
	publicB := subnet("public-b", "10.0.1.0/24", region+"b", true)
	privateA := subnet("private-a", "10.0.10.0/24", region+"a", false)
	privateB := subnet("private-b", "10.0.11.0/24", region+"b", false)
	address := resource.Add(g, ElasticIPKind(), "nat-a", ElasticIP{})
	nat := resource.Add(g, NATGatewayKind(), "a", NATGateway{Subnet: publicA, Address: address}, gateway)
	anywhere := netip.MustParsePrefix("0.0.0.0/0")
	resource.Add(g, RouteTableKind(), "public", RouteTable{
		VPC: vpc, Routes: []Route{{Destination: anywhere, Gateway: gateway}}, Subnets: []resource.Ref{publicA, publicB},
	})
	private := resource.Add(g, RouteTableKind(), "private", RouteTable{
		VPC: vpc, Routes: []Route{{Destination: anywhere, NAT: nat}}, Subnets: []resource.Ref{privateA, privateB},
	})
	alb := resource.Add(g, SecurityGroupKind(), "alb", SecurityGroup{VPC: vpc, Description: "load balancer"})
	web := resource.Add(g, SecurityGroupKind(), "web", SecurityGroup{VPC: vpc, Description: "instances"})
	http := Rule{Protocol: "tcp", FromPort: 80, ToPort: 80}
	fromAnywhere, toWeb, fromALB := http, http, http
	fromAnywhere.CIDR, fromAnywhere.Description = anywhere, "HTTP from anywhere"
	toWeb.Group, fromALB.Group = web, alb
	resource.Add(g, SecurityGroupRulesKind(), "alb", Rules{Group: alb, Ingress: []Rule{fromAnywhere}, Egress: []Rule{toWeb}})
	resource.Add(g, SecurityGroupRulesKind(), "web", Rules{
		Group: web, Ingress: []Rule{fromALB}, Egress: []Rule{{Protocol: "-1", CIDR: anywhere, Description: "to anywhere"}},
	})
	resource.Add(g, VPCEndpointKind(), "s3", Endpoint{
		VPC: vpc, Service: "com.amazonaws." + region + ".s3", RouteTables: []resource.Ref{private},
	})
	return g
}

// platform is the whole network under test.
type platform struct {
	*kindtest.Platform
	graph *resource.Graph
}

func (p platform) id(kind, name string) string { return p.IDs[resource.Key{Kind: kind, Name: name}] }

// drift is what status would say, by key.
func (p platform) drift(t *testing.T) map[string][]string {
	t.Helper()
	said := map[string][]string{}
	for _, node := range p.graph.Nodes() {
		for _, change := range p.Diff(t, node) {
			said[node.Key.String()] = append(said[node.Key.String()], change.String())
		}
	}
	return said
}

// drifts are ways to break the network behind the tool's back, and what is said
// of each. The gateway stays attached: AWS doesn't detach it from a NAT gateway.
func drifts() []drift {
	anywhere := aws.String("0.0.0.0/0")
	off := &types.AttributeBooleanValue{Value: aws.Bool(false)}
	return []drift{
		{"DNS hostnames switched off", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{
				VpcId: aws.String(p.id("vpc", "main")), EnableDnsHostnames: off,
			})
			return err
		}, "vpc/main", "DNS hostnames: false → true"},
		{"subnet gives out public addresses", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
				SubnetId:            aws.String(p.id("subnet", "public-a")),
				MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(true)},
			})
			return err
		}, "subnet/public-a", "public addresses on launch: true → false"},
		{"default route deleted", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{
				RouteTableId: aws.String(p.id("route-table", "private")), DestinationCidrBlock: anywhere,
			})
			return err
		}, "route-table/private", "route 0.0.0.0/0: none → {nat-gateway/a}"},
		{"default route elsewhere", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{
				RouteTableId: aws.String(p.id("route-table", "private")), DestinationCidrBlock: anywhere,
				GatewayId: aws.String(p.id("internet-gateway", "main")),
			})
			return err
		}, "route-table/private", "route 0.0.0.0/0: {internet-gateway/main} → {nat-gateway/a}"},
		{"route added", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.CreateRoute(ctx, &ec2.CreateRouteInput{
				RouteTableId: aws.String(p.id("route-table", "private")), DestinationCidrBlock: aws.String("192.0.2.0/24"),
				GatewayId: aws.String(p.id("internet-gateway", "main")),
			})
			return err
		}, "route-table/private", "route 192.0.2.0/24: {internet-gateway/main} → none"},
		{"subnet taken from its table", func(ctx context.Context, p platform) error {
			tables, err := routeTables(ctx, p.Clients, awsapi.Filter(awsapi.FilterAssociatedSubnet, p.id("subnet", "private-b")))
			if err != nil {
				return err
			}
			return disassociate(ctx, p.Clients, slices.DeleteFunc(tables[0].Associations, func(a types.RouteTableAssociation) bool {
				return associated(a) != p.id("subnet", "private-b")
			}))
		}, "route-table/private", "association: none → {subnet/private-b}"},
		{"SSH opened", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: aws.String(p.id("security-group", "web")),
				IpPermissions: []types.IpPermission{{
					IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
					IpRanges: []types.IpRange{{CidrIp: anywhere, Description: aws.String("only for a minute")}},
				}},
			})
			return err
		}, "security-group-rules/web", "ingress rule: tcp 22, 0.0.0.0/0 → none"},
		{"rule described otherwise", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{
				GroupId: aws.String(p.id("security-group", "alb")),
				IpPermissions: []types.IpPermission{{
					IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
					IpRanges: []types.IpRange{{CidrIp: anywhere, Description: aws.String("don't touch")}},
				}},
			})
			return err
		}, "security-group-rules/alb", "description of ingress rule tcp 80, 0.0.0.0/0: don't touch → HTTP from anywhere"},
		{"egress rule described", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{
				GroupId: aws.String(p.id("security-group", "web")),
				IpPermissions: []types.IpPermission{{
					IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: anywhere, Description: aws.String("don't touch")}},
				}},
			})
			return err
		}, "security-group-rules/web", "description of egress rule all, 0.0.0.0/0: don't touch → to anywhere"},
		{"egress rule revoked", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
				GroupId: aws.String(p.id("security-group", "alb")),
				IpPermissions: []types.IpPermission{{
					IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
					UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String(p.id("security-group", "web"))}},
				}},
			})
			return err
		}, "security-group-rules/alb", "egress rule: none → tcp 80, {security-group/web}"},
		{"endpoint taken from its table", func(ctx context.Context, p platform) error {
			_, err := p.Clients.EC2.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{
				VpcEndpointId:       aws.String(p.id("vpc-endpoint", "s3")),
				RemoveRouteTableIds: []string{p.id("route-table", "private")},
			})
			return err
		}, "vpc-endpoint/s3", "route table: none → {route-table/private}"},
		{"port refused by the default network ACL", func(ctx context.Context, p platform) error {
			acl, _, err := p.networkACL(ctx, "public-a")
			if err != nil {
				return err
			}
			_, err = p.Clients.EC2.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
				NetworkAclId: &acl, RuleNumber: aws.Int32(90), Egress: aws.Bool(false), Protocol: aws.String("6"), RuleAction: types.RuleActionDeny,
				CidrBlock: anywhere, PortRange: &types.PortRange{From: aws.Int32(80), To: aws.Int32(80)},
			})
			return err
		}, "vpc/main", "network ACL {acl}, ingress entry 90: deny tcp 80, 0.0.0.0/0 → none"},
		{"all refused by the default network ACL", func(ctx context.Context, p platform) error {
			acl, _, err := p.networkACL(ctx, "public-a")
			if err != nil {
				return err
			}
			_, err = p.Clients.EC2.ReplaceNetworkAclEntry(ctx, &ec2.ReplaceNetworkAclEntryInput{
				NetworkAclId: &acl, RuleNumber: aws.Int32(100), Egress: aws.Bool(true), Protocol: aws.String("-1"), RuleAction: types.RuleActionDeny, CidrBlock: anywhere,
			})
			return err
		}, "vpc/main", "network ACL {acl}, egress entry 100: deny all, 0.0.0.0/0 → allow all, 0.0.0.0/0"},
		{"allowing entry deleted from the default network ACL", func(ctx context.Context, p platform) error {
			acl, _, err := p.networkACL(ctx, "public-a")
			if err != nil {
				return err
			}
			_, err = p.Clients.EC2.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: &acl, RuleNumber: aws.Int32(100), Egress: aws.Bool(false)})
			return err
		}, "vpc/main", "network ACL {acl}, ingress entry 100: none → allow all, 0.0.0.0/0"},
		{"tag overwritten", func(ctx context.Context, p platform) error {
			return awsapi.RetagEC2(ctx, p.Clients, p.id("nat-gateway", "a"), map[string]string{awsapi.TagName: "mine"})
		}, "nat-gateway/a", "tags: mine → Name=shop-a"},
	}
}

// movedSubnet is a drift that moto refuses to repair: it accepts the
// association with a second table, and leaves the first in place.
func movedSubnet() drift {
	return drift{"subnet given to the VPC's own table", func(ctx context.Context, p platform) error {
		own, err := routeTables(ctx, p.Clients, awsapi.Filter("vpc-id", p.id("vpc", "main")), awsapi.Filter("association.main", "true"))
		if err != nil {
			return err
		}
		tables, err := routeTables(ctx, p.Clients, awsapi.Filter(awsapi.FilterAssociatedSubnet, p.id("subnet", "private-b")))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(tables[0].Associations, func(a types.RouteTableAssociation) bool { return associated(a) == p.id("subnet", "private-b") })
		_, err = p.Clients.EC2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
			AssociationId: tables[0].Associations[i].RouteTableAssociationId, RouteTableId: own[0].RouteTableId,
		})
		return err
	}, "route-table/private", "association: none → {subnet/private-b}"}
}

// otherACL is a drift that ends with a network ACL which stays, since it isn't ours.
func otherACL() drift {
	return drift{"subnet given another network ACL", func(ctx context.Context, p platform) error {
		_, association, err := p.networkACL(ctx, "private-a")
		if err != nil {
			return err
		}
		made, err := p.Clients.EC2.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: aws.String(p.id("vpc", "main"))})
		if err != nil {
			return err
		}
		p.IDs[resource.Key{Kind: "other", Name: "acl"}] = aws.ToString(made.NetworkAcl.NetworkAclId)
		_, err = p.Clients.EC2.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: &association, NetworkAclId: made.NetworkAcl.NetworkAclId})
		return err
	}, "subnet/private-a", "network ACL: {other/acl} → {acl}"}
}

// networkACL is a subnet's network ACL, and the association of the two.
func (p platform) networkACL(ctx context.Context, subnet string) (acl, association string, err error) {
	acls, err := networkACLs(ctx, p.Clients, awsapi.Filter(awsapi.FilterVPC, p.id("vpc", "main")))
	found := aclOf(acls, p.id("vpc", "main"), p.id("subnet", subnet))
	return found.id, found.association, err
}

type drift struct {
	name   string
	damage func(context.Context, platform) error
	key    string
	said   string
}

// conformance is the story of a whole network on any endpoint that speaks EC2;
// ignoring are the kinds whose client tokens it ignores.
func conformance(t *testing.T, endpoint string, ignoring ...string) {
	p := platform{kindtest.New(t, endpoint, "shop"), network()}
	p.IgnoresTokens = ignoring
	foreign, err := p.Clients.EC2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	p.make(t)
	all := drifts()
	if len(ignoring) == 0 { // not on moto
		all = append(all, movedSubnet(), otherACL())
	}
	for _, d := range all {
		t.Run(d.name, func(t *testing.T) { p.repair(t, d) })
	}
	observeCost(t, endpoint, p)
	other := resource.Key{Kind: "other", Name: "acl"}
	if id := p.IDs[other]; id != "" {
		if _, err := p.Clients.EC2.DeleteNetworkAcl(t.Context(), &ec2.DeleteNetworkAclInput{NetworkAclId: &id}); err != nil {
			t.Errorf("the other network ACL is of a subnet of ours still: %v", err)
		}
		delete(p.IDs, other)
	}
	for _, node := range slices.Backward(p.graph.Nodes()) {
		p.Delete(t, node)
	}
	for _, kind := range Kinds() {
		objects, err := kind.Observe(t.Context(), p.Clients, p.Owner)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if object.Status.Phase != resource.Gone {
				t.Errorf("%s (%s) is left", object.Key, object.ID)
			}
		}
	}
	left, err := vpcs(t.Context(), p.Clients, awsapi.Filter("cidr", "10.0.0.0/16"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || aws.ToString(left[0].VpcId) != aws.ToString(foreign.Vpc.VpcId) {
		t.Errorf("the foreign VPC of the same range didn't stay alone: %v", left)
	}
}

// make makes all, and repeats each create call, as a run does that was killed
// before the reply. It is Conform but for the rules, which are there as soon as
// their group is, because AWS gives it one.
func (p platform) make(t *testing.T) {
	t.Helper()
	for _, node := range p.graph.Nodes() {
		p.Make(t, node)
		p.Repeat(t, node)
		p.BasicList(t, node)
	}
	if drift := p.drift(t); len(drift) > 0 {
		t.Errorf("when all was made, this differs: %v", drift)
	}
}

// repair does the damage, and expects it to be named, alone, and made good.
func (p platform) repair(t *testing.T, d drift) {
	normal, _, err := p.networkACL(t.Context(), "public-a")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.damage(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	said := strings.ReplaceAll(d.said, "{acl}", normal)
	for key, id := range p.IDs {
		said = strings.ReplaceAll(said, "{"+key.String()+"}", id)
	}
	if diff := testenv.Diff(map[string][]string{d.key: {said}}, p.drift(t)); diff != "" {
		t.Errorf("the drift (-want +got):\n%s", diff)
	}
	for _, node := range p.graph.Nodes() {
		p.Settle(t, node)
	}
	if left := p.drift(t); len(left) > 0 {
		t.Errorf("left after the repair: %v", left)
	}
}

func TestConformance_LocalCloud(t *testing.T) {
	conformance(t, localcloudtest.Start(t).Endpoint)
}

// Moto ignores client tokens, and gives a default security group no rule for itself.
func TestConformance_OnMoto(t *testing.T) {
	conformance(t, kindtest.Moto(t), "nat-gateway", "route-table", "vpc", "vpc-endpoint")
}

// observeCost holds what one look at a network costs: a call a kind, the rules
// for free with their groups, and four more for what DescribeVpcs and DescribeSubnets
// don't say: two attributes, the default security group, and all network ACLs.
func observeCost(t *testing.T, endpoint string, p platform) {
	t.Helper()
	c := connect(t, endpoint).Snapshot()
	for _, kind := range Kinds() {
		if _, err := kind.Observe(t.Context(), c, p.Owner); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{
		"EC2.DescribeVpcs": 1, "EC2.DescribeVpcAttribute": 2, "EC2.DescribeSecurityGroups": 2,
		"EC2.DescribeInternetGateways": 1, "EC2.DescribeSubnets": 1, "EC2.DescribeAddresses": 1,
		"EC2.DescribeNetworkAcls": 1, "EC2.DescribeNatGateways": 1, "EC2.DescribeRouteTables": 1, "EC2.DescribeVpcEndpoints": 1,
	}
	if got := c.Ledger.ByOperation(); !maps.Equal(got, want) {
		t.Errorf("calls of one observation (-want +got):\n%s", testenv.Diff(want, got))
	}
}
