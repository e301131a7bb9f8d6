package network

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/resource"
)

// allProtocols is EC2's name for any protocol.
const allProtocols = "-1"

// permission is one rule with one peer. AWS takes two rules for the same when
// their tuples are.
type permission struct {
	tuple
	description string
	// was is the description that a renamed rule has now.
	was string
	// api is the rule as the API takes it, without its description.
	api types.IpPermission
}

type tuple struct {
	protocol string
	from, to int32
	peer     string
}

// String is such as "tcp 80–81, 10.0.0.0/16" or "all, sg-…".
func (t tuple) String() string {
	switch {
	case t.protocol == allProtocols:
		return "all, " + t.peer
	case !hasPorts(t.protocol):
		return fmt.Sprintf("protocol %s, %s", t.protocol, t.peer)
	case t.from == t.to:
		return fmt.Sprintf("%s %d, %s", t.protocol, t.from, t.peer)
	default:
		return fmt.Sprintf("%s %d–%d, %s", t.protocol, t.from, t.to, t.peer)
	}
}

// hasPorts reports the protocols whose ports (ICMP: type and code) count. EC2
// knows them by name, and allows all ports of any other.
func hasPorts(protocol string) bool {
	return slices.Contains([]string{"tcp", "udp", "icmp", "icmpv6"}, protocol)
}

// protocolName is the form in which AWS reports a protocol.
func protocolName(protocol string) string {
	names := map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": allProtocols}
	return cmp.Or(names[protocol], protocol)
}

// newPermission is a rule without its peer.
func newPermission(protocol string, from, to *int32, description *string) permission {
	p := permission{tuple: tuple{protocol: protocolName(protocol)}, description: aws.ToString(description)}
	p.api.IpProtocol = aws.String(p.protocol)
	if hasPorts(p.protocol) {
		p.from, p.to = aws.ToInt32(from), aws.ToInt32(to)
		p.api.FromPort, p.api.ToPort = aws.Int32(p.from), aws.Int32(p.to)
	}
	return p
}

func (p permission) withCIDR(cidr string) permission {
	prefix, err := netip.ParsePrefix(cidr)
	if err == nil {
		cidr = prefix.Masked().String()
	}
	p.peer = cidr
	if err == nil && prefix.Addr().Is6() {
		p.api.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: &cidr}}
	} else {
		p.api.IpRanges = []types.IpRange{{CidrIp: &cidr}}
	}
	return p
}

func (p permission) withPrefixList(id string) permission {
	p.peer = id
	p.api.PrefixListIds = []types.PrefixListId{{PrefixListId: &id}}
	return p
}

// withGroup takes what else AWS needs to know of a group in another account.
func (p permission) withGroup(pair types.UserIdGroupPair) permission {
	p.peer = cmp.Or(aws.ToString(pair.GroupId), aws.ToString(pair.GroupName))
	p.api.UserIdGroupPairs = []types.UserIdGroupPair{{
		GroupId: pair.GroupId, UserId: pair.UserId, VpcPeeringConnectionId: pair.VpcPeeringConnectionId,
	}}
	return p
}

// described is the rule as the API takes it, with its description.
func (p permission) described() types.IpPermission {
	api, text := p.api, optional(p.description)
	for _, peer := range api.IpRanges {
		api.IpRanges = []types.IpRange{{CidrIp: peer.CidrIp, Description: text}}
	}
	for _, peer := range api.Ipv6Ranges {
		api.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: peer.CidrIpv6, Description: text}}
	}
	for _, peer := range api.PrefixListIds {
		api.PrefixListIds = []types.PrefixListId{{PrefixListId: peer.PrefixListId, Description: text}}
	}
	for _, peer := range api.UserIdGroupPairs {
		peer.Description = text
		api.UserIdGroupPairs = []types.UserIdGroupPair{peer}
	}
	return api
}

// flatten takes apart what AWS reports by protocol and ports: one permission
// for each peer.
func flatten(reported []types.IpPermission) []permission {
	var all []permission
	for _, r := range reported {
		rule := func(description *string) permission {
			return newPermission(aws.ToString(r.IpProtocol), r.FromPort, r.ToPort, description)
		}
		for _, peer := range r.IpRanges {
			all = append(all, rule(peer.Description).withCIDR(aws.ToString(peer.CidrIp)))
		}
		for _, peer := range r.Ipv6Ranges {
			all = append(all, rule(peer.Description).withCIDR(aws.ToString(peer.CidrIpv6)))
		}
		for _, peer := range r.PrefixListIds {
			all = append(all, rule(peer.Description).withPrefixList(aws.ToString(peer.PrefixListId)))
		}
		for _, peer := range r.UserIdGroupPairs {
			all = append(all, rule(peer.Description).withGroup(peer))
		}
	}
	return all
}

func wantedPermissions(rules []Rule, ids resource.IDs) []permission {
	var all []permission
	for _, rule := range rules {
		p := newPermission(rule.Protocol, &rule.FromPort, &rule.ToPort, &rule.Description)
		switch {
		case !rule.Group.IsZero():
			p = p.withGroup(types.UserIdGroupPair{GroupId: aws.String(ids.Of(rule.Group))})
		case rule.PrefixList != "":
			p = p.withPrefixList(rule.PrefixList)
		default:
			p = p.withCIDR(rule.CIDR.String())
		}
		all = append(all, p)
	}
	return all
}

// comparePermissions returns what is to be authorised, revoked, and described
// again.
func comparePermissions(want, have []permission) (missing, surplus, renamed []permission) {
	live := map[tuple]permission{}
	for _, p := range have {
		live[p.tuple] = p
	}
	seen := map[tuple]bool{}
	for _, p := range want {
		if seen[p.tuple] {
			continue // AWS refuses a call that names a rule twice
		}
		seen[p.tuple] = true
		switch found, ok := live[p.tuple]; {
		case !ok:
			missing = append(missing, p)
		case found.description != p.description:
			p.was = found.description
			renamed = append(renamed, p)
		}
	}
	surplus = slices.DeleteFunc(slices.Clone(have), func(p permission) bool { return seen[p.tuple] })
	return missing, surplus, renamed
}
