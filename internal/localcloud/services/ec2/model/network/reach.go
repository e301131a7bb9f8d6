package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Verdict says whether TCP connections get through. Those that don't are met with
// silence, as nothing in a VPC ever answers with a refusal.
type Verdict struct {
	Allowed bool
	Why     string // what drops them, for a person; empty when allowed
}

func allowed() Verdict { return Verdict{Allowed: true} }

func dropped(format string, args ...any) Verdict { return Verdict{Why: fmt.Sprintf(format, args...)} }

// ephemeralFirst and ephemeralLast are the ports that answers go to. A load balancer's
// node and a NAT gateway use all of them.
// Source: Amazon VPC User Guide, "Ephemeral ports".
const (
	ephemeralFirst = 1024
	ephemeralLast  = 65535
)

// Reach says whether a network interface can open TCP connections to another's port.
// Security groups are stateful: answers pass. Network ACLs are stateless and see only
// what crosses a subnet's border.
func Reach(tx *world.Tx, from, to *NetworkInterface, port int) Verdict {
	if from.VPCID != to.VPCID {
		return dropped("%s and %s are in different VPCs", from.ID, to.ID)
	}
	if !groupsAllow(tx, from, true, peer{ip: to.PrivateIP, groups: to.Groups}, port) {
		return dropped("no egress rule of %s's security groups lets it reach %s on port %d", from.ID, to.ID, port)
	}
	if !groupsAllow(tx, to, false, peer{ip: from.PrivateIP, groups: from.Groups}, port) {
		return dropped("no ingress rule of %s's security groups lets %s in on port %d", to.ID, from.ID, port)
	}
	return crossing(tx, from, to, port)
}

// crossing is what the network ACLs say of traffic between two interfaces.
func crossing(tx *world.Tx, from, to *NetworkInterface, port int) Verdict {
	if from.SubnetID == to.SubnetID {
		return allowed()
	}
	if v := leaving(tx, from.SubnetID, to.PrivateIP, port); !v.Allowed {
		return v
	}
	return entering(tx, to.SubnetID, from.PrivateIP, port)
}

// leaving is what a subnet's network ACL says of connections from inside to an address
// outside: requests out to the port, answers in to ephemeral ports.
func leaving(tx *world.Tx, subnetID string, to netip.Addr, port int) Verdict {
	if v := aclAllows(tx, subnetID, true, to, port, port); !v.Allowed {
		return v
	}
	return aclAllows(tx, subnetID, false, to, ephemeralFirst, ephemeralLast)
}

// entering is what a subnet's network ACL says of connections from an address outside.
func entering(tx *world.Tx, subnetID string, from netip.Addr, port int) Verdict {
	if v := aclAllows(tx, subnetID, false, from, port, port); !v.Allowed {
		return v
	}
	return aclAllows(tx, subnetID, true, from, ephemeralFirst, ephemeralLast)
}

// InternetToENI says whether clients on the internet can open TCP connections to a
// network interface's port, as they do to a load balancer's node.
func InternetToENI(tx *world.Tx, i *NetworkInterface, port int) Verdict {
	client := internetHost()
	s, ok := world.Get[Subnet](tx, i.SubnetID)
	if !ok {
		return dropped("subnet %s doesn't exist", i.SubnetID)
	}
	if i.Public == nil {
		return dropped("%s has no public address", i.ID)
	}
	if v := toInternetGateway(tx, s); !v.Allowed {
		return v
	}
	if !groupsAllow(tx, i, false, peer{ip: client}, port) {
		return dropped("no ingress rule of %s's security groups lets the internet in on port %d", i.ID, port)
	}
	return entering(tx, s.ID, client, port)
}

// toInternetGateway says whether a subnet's default route is its VPC's internet gateway.
func toInternetGateway(tx *world.Tx, s *Subnet) Verdict {
	r, ok := routeTo(tx, s, internetHost())
	if !ok {
		return dropped("the route table of %s has no route to the internet", s.ID)
	}
	if g, isGateway := world.Get[InternetGateway](tx, r.GatewayID); !isGateway || g.VPCID != s.VPCID {
		return dropped("the default route of %s doesn't lead to an attached internet gateway", s.ID)
	}
	return allowed()
}

// routeTo is the most specific route of a subnet to an address; a blackhole is none.
func routeTo(tx *world.Tx, s *Subnet, to netip.Addr) (Route, bool) {
	var best Route
	bits := -1
	for _, r := range Routes(tx, RouteTableOf(tx, s)) {
		for _, block := range destinations(tx, r) {
			if block.Contains(to) && block.Bits() > bits {
				best, bits = r, block.Bits()
			}
		}
	}
	return best, bits >= 0 && !best.Blackhole
}

func destinations(tx *world.Tx, r Route) []netip.Prefix {
	if block, err := netip.ParsePrefix(r.Destination); err == nil {
		return []netip.Prefix{block}
	}
	l, _ := findPrefixList(tx.Region(), r.Destination)
	blocks := make([]netip.Prefix, len(l.CIDRs))
	for i, cidr := range l.CIDRs {
		blocks[i] = netip.MustParsePrefix(cidr)
	}
	return blocks
}

// peer is the other side of a connection, as security groups see it.
type peer struct {
	ip     netip.Addr
	groups []string
}

// groupsAllow says whether any rule of the interface's security groups fits. One that is
// in no group, such as a NAT gateway's, lets everything through.
func groupsAllow(tx *world.Tx, i *NetworkInterface, egress bool, other peer, port int) bool {
	if len(i.Groups) == 0 {
		return true
	}
	return world.Exists(tx, func(r *SecurityGroupRule) bool {
		return r.Egress == egress && slices.Contains(i.Groups, r.GroupID) && r.Permission.fits(tx, other, port)
	})
}

// fits says whether the permission is about TCP connections of the peer to the port.
func (p Permission) fits(tx *world.Tx, other peer, port int) bool {
	switch p.Protocol {
	case "-1":
	case "tcp":
		if port < p.From || port > p.To {
			return false
		}
	default:
		return false
	}
	switch {
	case p.CIDR != "":
		block, err := netip.ParsePrefix(p.CIDR)
		return err == nil && block.Contains(other.ip)
	case p.GroupID != "":
		return slices.Contains(other.groups, p.GroupID)
	case p.PrefixListID != "":
		return slices.ContainsFunc(destinations(tx, Route{Destination: p.PrefixListID}),
			func(block netip.Prefix) bool { return block.Contains(other.ip) })
	}
	return false
}

// aclAllows says whether the subnet's network ACL lets TCP through to or from an
// address on all of the ports.
func aclAllows(tx *world.Tx, subnetID string, egress bool, other netip.Addr, first, last int) Verdict {
	s, ok := world.Get[Subnet](tx, subnetID)
	if !ok {
		return dropped("subnet %s doesn't exist", subnetID)
	}
	acl := NetworkACLOf(tx, s)
	// The decision can only change where an entry's range begins or ends.
	ports := []int{first}
	for _, e := range acl.Entries {
		if e.Egress == egress && e.Protocol == "6" {
			ports = append(ports, e.From, e.To+1)
		}
	}
	for _, port := range ports {
		if port < first || port > last {
			continue
		}
		if number, pass := acl.decide(egress, other, port); !pass {
			direction := "ingress"
			if egress {
				direction = "egress"
			}
			return dropped("%s entry %d of network ACL %s denies TCP port %d at the border of %s", direction, number, acl.ID, port, subnetID)
		}
	}
	return allowed()
}

// decide finds the entry with the lowest number that fits.
func (a *NetworkACL) decide(egress bool, other netip.Addr, port int) (number int, allow bool) {
	number = LastEntry
	for _, e := range a.Entries {
		fits := e.Egress == egress && e.CIDR.Contains(other) &&
			(e.Protocol == "-1" || e.Protocol == "6" && e.From <= port && port <= e.To)
		if fits && e.Number < number {
			number, allow = e.Number, e.Allow
		}
	}
	return number, allow
}

// internetHost stands for any host on the internet, out of a range for documentation
// (RFC 5737).
func internetHost() netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, 10}) }
