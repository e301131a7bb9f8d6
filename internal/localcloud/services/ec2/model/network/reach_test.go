package network_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// place is a VPC with a load balancer's node in a public subnet, an instance in a
// private one and a NAT gateway, through which the instance reaches the internet.
type place struct {
	vpc, gateway, public, private, nat, publicTable, privateTable, front, back string
	node, instance                                                             string // network interfaces
	outside                                                                    string // ACL without entries
}

const instanceID = "i-00000000000000001"

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// in runs f in a transaction of a world that holds a place.
func in(t *testing.T, f func(tx *world.Tx, p place)) {
	t.Helper()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	w, err := world.Open("", world.Options{Now: func() time.Time { return now }}, network.Kinds()...)
	ok(t, err)
	var p place
	ok(t, w.Update("eu-west-1", func(tx *world.Tx) error { p = build(t, tx); return nil }))
	now = now.Add(time.Second)
	ok(t, w.Update("eu-west-1", func(tx *world.Tx) error {
		ok(t, network.CreateRoute(tx, p.privateTable, network.Route{Destination: "0.0.0.0/0", NATGatewayID: p.nat}))
		f(tx, p)
		return nil
	}))
}

func build(t *testing.T, tx *world.Tx) place {
	t.Helper()
	var p place
	v, err := network.CreateVPC(tx, "10.0.0.0/16", nil)
	ok(t, err)
	p.vpc = v.ID
	g, err := network.CreateInternetGateway(tx, nil)
	ok(t, err)
	p.gateway = g.ID
	ok(t, network.AttachInternetGateway(tx, g.ID, v.ID))
	for i, id := range []*string{&p.public, &p.private} {
		s, err := network.CreateSubnet(tx, v.ID, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i), 0}), 24).String(), "", "", nil)
		ok(t, err)
		*id = s.ID
	}
	for table, subnet := range map[*string]string{&p.publicTable: p.public, &p.privateTable: p.private} {
		rt, err := network.CreateRouteTable(tx, v.ID, "", nil)
		ok(t, err)
		*table = rt.ID
		_, err = network.AssociateRouteTable(tx, rt.ID, subnet)
		ok(t, err)
	}
	ok(t, network.CreateRoute(tx, p.publicTable, network.Route{Destination: "0.0.0.0/0", GatewayID: g.ID}))
	a, err := network.AllocateAddress(tx, nil)
	ok(t, err)
	n, err := network.CreateNATGateway(tx, p.public, a.ID, "", nil)
	ok(t, err)
	p.nat = n.ID
	for name, id := range map[string]*string{"front": &p.front, "back": &p.back} {
		group, err := network.CreateSecurityGroup(tx, name, name, v.ID, nil)
		ok(t, err)
		*id = group.ID
	}
	allow(t, tx, p.front, network.Permission{Protocol: "tcp", From: 80, To: 80, CIDR: "0.0.0.0/0"})
	allow(t, tx, p.back, network.Permission{Protocol: "tcp", From: 80, To: 80, GroupID: p.front})
	node, err := network.AddManagedInterface(tx, p.public, "ELB app/x/y", "amazon-elb", []string{p.front}, true)
	ok(t, err)
	p.node = node.ID
	i, err := network.CreateInterface(tx, network.NewInterface{SubnetID: p.private, Groups: []string{p.back}})
	ok(t, err)
	_, err = network.AttachToInstance(tx, i.ID, instanceID, 0, true)
	ok(t, err)
	p.instance = i.ID
	acl, err := network.CreateNetworkACL(tx, v.ID, "", nil)
	ok(t, err)
	p.outside = acl.ID
	return p
}

func allow(t *testing.T, tx *world.Tx, group string, p network.Permission) {
	t.Helper()
	_, err := network.Authorize(tx, group, false, []network.SecurityGroupRule{{Permission: p}}, nil)
	ok(t, err)
}

func revoke(t *testing.T, tx *world.Tx, group string, egress bool) {
	t.Helper()
	for _, r := range network.RulesOf(tx, group) {
		if r.Egress == egress {
			_, err := network.Revoke(tx, group, egress, nil, []string{r.ID})
			ok(t, err)
		}
	}
}

// fence puts a subnet behind the place's own network ACL with these entries.
func fence(t *testing.T, tx *world.Tx, p place, subnet string, entries ...network.NetworkACLEntry) {
	t.Helper()
	s, _ := world.Get[network.Subnet](tx, subnet)
	for _, a := range network.NetworkACLOf(tx, s).Associations {
		if a.SubnetID == subnet {
			_, err := network.ReplaceNetworkACLAssociation(tx, a.ID, p.outside)
			ok(t, err)
		}
	}
	for _, e := range entries {
		if !e.CIDR.IsValid() {
			e.CIDR = netip.MustParsePrefix("0.0.0.0/0")
		}
		ok(t, network.PutNetworkACLEntry(tx, p.outside, e, false))
	}
}

func entry(number int, egress, allow bool, from, to int) network.NetworkACLEntry {
	return network.NetworkACLEntry{Number: number, Egress: egress, Allow: allow, Protocol: "6", From: from, To: to}
}

func TestReach(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, tx *world.Tx, p place)
		port   int
		why    string // empty: allowed
	}{
		"as built":             {nil, 80, ""},
		"other port":           {nil, 81, "no ingress rule"},
		"no rule in":           {func(t *testing.T, tx *world.Tx, p place) { revoke(t, tx, p.back, false) }, 80, "no ingress rule"},
		"no rule out":          {func(t *testing.T, tx *world.Tx, p place) { revoke(t, tx, p.front, true) }, 80, "no egress rule"},
		"answers need no rule": {func(t *testing.T, tx *world.Tx, p place) { revoke(t, tx, p.back, true) }, 80, ""},
		"by address": {func(t *testing.T, tx *world.Tx, p place) {
			revoke(t, tx, p.back, false)
			allow(t, tx, p.back, network.Permission{Protocol: "-1", CIDR: "10.0.0.0/24"})
		}, 80, ""},
		"by another address": {func(t *testing.T, tx *world.Tx, p place) {
			revoke(t, tx, p.back, false)
			allow(t, tx, p.back, network.Permission{Protocol: "-1", CIDR: "10.0.7.0/24"})
		}, 80, "no ingress rule"},
		"empty ACL": {func(t *testing.T, tx *world.Tx, p place) { fence(t, tx, p, p.private) }, 80, "ingress entry 32767"},
		"ACL without answers": {func(t *testing.T, tx *world.Tx, p place) {
			fence(t, tx, p, p.private, entry(100, false, true, 80, 80))
		}, 80, "egress entry 32767"},
		"ACL with half of the answers": {func(t *testing.T, tx *world.Tx, p place) {
			fence(t, tx, p, p.private, entry(100, false, true, 80, 80), entry(100, true, true, 1024, 32767))
		}, 80, "denies TCP port 32768"},
		"ACL with all answers": {func(t *testing.T, tx *world.Tx, p place) {
			fence(t, tx, p, p.private, entry(100, false, true, 80, 80), entry(100, true, true, 1024, 65535))
		}, 80, ""},
		"lowest number wins": {func(t *testing.T, tx *world.Tx, p place) {
			fence(t, tx, p, p.private, entry(100, false, true, 0, 65535), entry(50, false, false, 80, 80), entry(100, true, true, 0, 65535))
		}, 80, "ingress entry 50"},
		"ACL of the sender": {func(t *testing.T, tx *world.Tx, p place) {
			fence(t, tx, p, p.public, entry(100, true, true, 80, 80))
		}, 80, "ingress entry 32767"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(tx *world.Tx, p place) {
				if test.change != nil {
					test.change(t, tx, p)
				}
				from, _ := world.Get[network.NetworkInterface](tx, p.node)
				to, _ := world.Get[network.NetworkInterface](tx, p.instance)
				checkVerdict(t, network.Reach(tx, from, to, test.port), test.why)
			})
		})
	}
}

func checkVerdict(t *testing.T, v network.Verdict, why string) {
	t.Helper()
	if v.Allowed != (why == "") || !strings.Contains(v.Why, why) {
		t.Fatalf("got %+v, want %q", v, why)
	}
}

func TestReach_IgnoresACLsInsideSubnet(t *testing.T) {
	in(t, func(tx *world.Tx, p place) {
		i, err := network.CreateInterface(tx, network.NewInterface{SubnetID: p.private, Groups: []string{p.front}})
		ok(t, err)
		fence(t, tx, p, p.private)
		to, _ := world.Get[network.NetworkInterface](tx, p.instance)
		checkVerdict(t, network.Reach(tx, i, to, 80), "")
	})
}

func TestInternetToENI(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, tx *world.Tx, p place)
		why    string
	}{
		"as built": {nil, ""},
		"no route": {func(t *testing.T, tx *world.Tx, p place) {
			ok(t, network.DeleteRoute(tx, p.publicTable, "0.0.0.0/0"))
		}, "no route to the internet"},
		"no ingress rule": {func(t *testing.T, tx *world.Tx, p place) { revoke(t, tx, p.front, false) }, "no ingress rule"},
		"empty ACL":       {func(t *testing.T, tx *world.Tx, p place) { fence(t, tx, p, p.public) }, "ingress entry 32767"},
		"no public address": {func(_ *testing.T, tx *world.Tx, p place) {
			world.Edit(tx, p.node, func(i *network.NetworkInterface) { i.Public = nil })
		}, "no public address"},
		"gateway gone": {func(_ *testing.T, tx *world.Tx, p place) {
			world.Edit(tx, p.gateway, func(g *network.InternetGateway) { g.VPCID = "" })
		}, "no route to the internet"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(tx *world.Tx, p place) {
				if test.change != nil {
					test.change(t, tx, p)
				}
				node, _ := world.Get[network.NetworkInterface](tx, p.node)
				checkVerdict(t, network.InternetToENI(tx, node, 80), test.why)
			})
		})
	}
}

func TestEgress(t *testing.T) {
	endpoint := func(t *testing.T, tx *world.Tx, p place) {
		t.Helper()
		ok(t, network.DeleteRoute(tx, p.privateTable, "0.0.0.0/0"))
		e, err := network.CreateVPCEndpoint(tx, network.NewEndpoint{VPCID: p.vpc, Service: "com.amazonaws.eu-west-1.s3", RouteTableIDs: []string{p.privateTable}}, "", nil)
		ok(t, err)
		world.Edit(tx, e.ID, func(e *network.VPCEndpoint) { e.State = "available" })
	}
	for name, test := range map[string]struct {
		change       func(t *testing.T, tx *world.Tx, p place)
		internet, s3 string // what closes it; empty: open
		via          string // prefix of the ID of the way to S3
	}{
		"through the NAT gateway": {nil, "", "", "nat-"},
		"NAT gateway deleted": {func(t *testing.T, tx *world.Tx, p place) {
			ok(t, network.DeleteNATGateway(tx, p.nat))
		}, "no working route", "no working route", ""},
		"NAT gateway's subnet cut off": {func(t *testing.T, tx *world.Tx, p place) {
			ok(t, network.DeleteRoute(tx, p.publicTable, "0.0.0.0/0"))
		}, "no route to the internet", "no route to the internet", ""},
		"no egress rule": {func(t *testing.T, tx *world.Tx, p place) { revoke(t, tx, p.back, true) }, "no egress rule", "no egress rule", ""},
		"endpoint only":  {endpoint, "no working route", "", "vpce-"},
		"endpoint and a rule to its prefix list": {func(t *testing.T, tx *world.Tx, p place) {
			endpoint(t, tx, p)
			revoke(t, tx, p.back, true)
			_, err := network.Authorize(tx, p.back, true, []network.SecurityGroupRule{{Permission: network.Permission{Protocol: "tcp", From: 443, To: 443,
				PrefixListID: network.PrefixListOf("eu-west-1", "com.amazonaws.eu-west-1.s3").ID}}}, nil)
			ok(t, err)
		}, "no egress rule", "", "vpce-"},
		"ACL without answers": {func(t *testing.T, tx *world.Tx, p place) {
			fence(t, tx, p, p.private, entry(100, true, true, 443, 443))
		}, "ingress entry 32767", "ingress entry 32767", ""},
		"ACL of the NAT gateway's subnet": {func(t *testing.T, tx *world.Tx, p place) { fence(t, tx, p, p.public) }, "entry 32767", "entry 32767", ""},
		"internet gateway without a public address": {func(t *testing.T, tx *world.Tx, p place) {
			ok(t, network.ReplaceRoute(tx, p.privateTable, network.Route{Destination: "0.0.0.0/0", GatewayID: p.gateway}))
		}, "has no public address", "has no public address", ""},
		"internet gateway with one": {func(t *testing.T, tx *world.Tx, p place) {
			ok(t, network.ReplaceRoute(tx, p.privateTable, network.Route{Destination: "0.0.0.0/0", GatewayID: p.gateway}))
			network.LendPublicIP(tx, p.instance)
		}, "", "", "igw-"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(tx *world.Tx, p place) {
				if test.change != nil {
					test.change(t, tx, p)
				}
				internet, s3 := network.Egress(tx, instanceID, 443), network.EgressToS3(tx, instanceID, 443)
				if internet.Open != (test.internet == "") || !strings.Contains(internet.Why, test.internet) {
					t.Errorf("internet: got %+v, want %q", internet, test.internet)
				}
				if s3.Open != (test.s3 == "") || !strings.Contains(s3.Why, test.s3) || !strings.HasPrefix(s3.Via, test.via) {
					t.Errorf("S3: got %+v, want %q via %q", s3, test.s3, test.via)
				}
			})
		})
	}
}
