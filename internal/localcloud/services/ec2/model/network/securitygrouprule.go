package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// SecurityGroupRule lets one kind of traffic through in one direction.
type SecurityGroupRule struct {
	world.Object
	GroupID     string
	Egress      bool
	Permission  Permission
	Description string
}

// Permission is what a rule is about: two rules of a group and direction never have
// the same. Exactly one of CIDR, CIDR6, GroupID and PrefixListID is set.
type Permission struct {
	Protocol     string // tcp, udp, icmp, icmpv6, another's number, or -1 for all traffic
	From, To     int    // ports; ICMP's type and code; -1 for all
	CIDR         string `json:",omitempty"` // IPv4
	CIDR6        string `json:",omitempty"`
	GroupID      string `json:",omitempty"`
	PrefixListID string `json:",omitempty"`
}

func allTraffic(cidr string) Permission {
	return Permission{Protocol: "-1", From: -1, To: -1, CIDR: cidr}
}

// Peer is the other side of the permission.
func (p Permission) Peer() string { return p.CIDR + p.CIDR6 + p.GroupID + p.PrefixListID }

// String is how EC2's messages name a rule.
func (p Permission) String() string {
	protocol := strings.ToUpper(p.Protocol)
	if p.Protocol == "-1" {
		return fmt.Sprintf("peer: %s, ALL, ALLOW", p.Peer())
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", p.Peer(), protocol, p.From, p.To)
}

func ruleNotFound(ids ...string) error {
	return refuse.NotFound("InvalidSecurityGroupRuleId.NotFound", "security group rule ID", ids...)
}

// rulesPerGroup is how many rules a security group may have in each direction.
func rulesPerGroup() world.Quota {
	return quota("rules_per_group", "L-0EA8095F", "Inbound or outbound rules per security group", 60)
}

func securityGroupRuleKind() world.AnyKind {
	return world.Kind[SecurityGroupRule, *SecurityGroupRule]{
		Traits: world.Traits{Noun: "security group rule", Quotas: []world.Quota{rulesPerGroup()}},
		Counts: func(tx *world.Tx, r *SecurityGroupRule) bool {
			g, ok := world.Get[SecurityGroup](tx, r.GroupID)
			return ok && !inDefaultVPC(tx, g.VPCID)
		},
		Name: "security-group-rule", Prefix: "sgr", NotFound: ruleNotFound,
		Parent:    func(r *SecurityGroupRule) string { return r.GroupID },
		Malformed: func(id string) error { return refuse.Malformed("InvalidSecurityGroupRuleId.Malformed", id, "sgr") },
	}
}

func addRule(tx *world.Tx, r SecurityGroupRule, tags world.Tags) *SecurityGroupRule {
	r.Object = tx.NewObject("sgr", tags)
	world.Add(tx, &r)
	return &r
}

// Authorize adds rules to a group, all or none.
func Authorize(tx *world.Tx, groupID string, egress bool, rules []SecurityGroupRule, tags world.Tags) ([]*SecurityGroupRule, error) {
	g, err := world.Find[SecurityGroup](tx, groupID)
	if err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return nil, refuse.MissingParameter("ipPermissions")
	}
	for i := range rules {
		if rules[i].Permission, err = checkPermission(tx, g, rules[i].Permission); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(rules[:i], func(r SecurityGroupRule) bool { return r.Permission == rules[i].Permission }) {
			return nil, refuse.InvalidParameterValue("The same permission must not appear multiple times")
		}
	}
	var made []*SecurityGroupRule
	for _, r := range rules {
		if findRule(tx, groupID, egress, r.Permission) != nil {
			return nil, refuse.New("InvalidPermission.Duplicate", "the specified rule %q already exists", r.Permission)
		}
		if len(world.Where(tx, func(o *SecurityGroupRule) bool { return o.GroupID == groupID && o.Egress == egress })) >= tx.Limit(rulesPerGroup()) {
			return nil, refuse.New("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
		}
		r.GroupID, r.Egress = groupID, egress
		made = append(made, addRule(tx, r, tags))
	}
	return made, nil
}

func findRule(tx *world.Tx, groupID string, egress bool, p Permission) *SecurityGroupRule {
	for _, r := range RulesOf(tx, groupID) {
		if r.Egress == egress && r.Permission == p {
			return r
		}
	}
	return nil
}

// Revoke removes rules from a group, by what they are about or by their IDs, all or
// none. It returns those that a default VPC's group doesn't have, which is no error.
func Revoke(tx *world.Tx, groupID string, egress bool, permissions []Permission, ids []string) (unknown []Permission, err error) {
	g, err := world.Find[SecurityGroup](tx, groupID)
	if err != nil {
		return nil, err
	}
	if len(permissions) == 0 && len(ids) == 0 {
		return nil, refuse.MissingParameter("ipPermissions")
	}
	for _, id := range ids {
		r, err := world.Find[SecurityGroupRule](tx, id)
		if err != nil {
			return nil, err
		}
		if r.GroupID != groupID || r.Egress != egress {
			return nil, ruleNotFound(id)
		}
		world.Delete[SecurityGroupRule](tx, id)
	}
	for _, p := range permissions {
		if p, err = checkPermission(tx, g, p); err != nil {
			return nil, err
		}
		r := findRule(tx, groupID, egress, p)
		if r == nil {
			// Source: API reference of RevokeSecurityGroupIngress.
			if v, ok := world.Get[VPC](tx, g.VPCID); ok && v.Default {
				unknown = append(unknown, p)
				continue
			}
			return nil, refuse.New("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		world.Delete[SecurityGroupRule](tx, r.ID)
	}
	return unknown, nil
}

// ModifyRule changes what a rule is about, and its description.
func ModifyRule(tx *world.Tx, groupID, id string, p Permission, description string) error {
	g, err := world.Find[SecurityGroup](tx, groupID)
	if err != nil {
		return err
	}
	r, err := world.Find[SecurityGroupRule](tx, id)
	if err != nil {
		return err
	}
	if r.GroupID != groupID {
		return ruleNotFound(id)
	}
	if p, err = checkPermission(tx, g, p); err != nil {
		return err
	}
	if other := findRule(tx, groupID, r.Egress, p); other != nil && other.ID != id {
		return refuse.New("InvalidPermission.Duplicate", "the specified rule %q already exists", p)
	}
	world.Edit(tx, id, func(r *SecurityGroupRule) { r.Permission, r.Description = p, description })
	return nil
}

// DescribeRule changes a rule's description.
func DescribeRule(tx *world.Tx, groupID string, egress bool, p Permission, description string) error {
	g, err := world.Find[SecurityGroup](tx, groupID)
	if err != nil {
		return err
	}
	if p, err = checkPermission(tx, g, p); err != nil {
		return err
	}
	r := findRule(tx, groupID, egress, p)
	if r == nil {
		return refuse.New("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
	}
	world.Edit(tx, r.ID, func(r *SecurityGroupRule) { r.Description = description })
	return nil
}

// checkPermission refuses what no rule can be about, and brings the rest into one form.
func checkPermission(tx *world.Tx, g *SecurityGroup, p Permission) (Permission, error) {
	if err := checkPorts(&p); err != nil {
		return p, err
	}
	switch {
	case p.CIDR != "":
		block, err := netip.ParsePrefix(p.CIDR)
		if err != nil || !block.Addr().Is4() {
			return p, refuse.InvalidParameterValue("CIDR block %s is malformed", p.CIDR)
		}
		p.CIDR = block.Masked().String()
	case p.CIDR6 != "":
		block, err := netip.ParsePrefix(p.CIDR6)
		if err != nil || !block.Addr().Is6() {
			return p, refuse.InvalidParameterValue("CIDR block %s is malformed", p.CIDR6)
		}
		p.CIDR6 = block.Masked().String()
	case p.GroupID != "":
		other, err := world.Find[SecurityGroup](tx, p.GroupID)
		if err != nil {
			return p, err
		}
		if other.VPCID != g.VPCID {
			return p, refuse.New("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
		}
	case p.PrefixListID != "":
		if _, ok := findPrefixList(tx.Region(), p.PrefixListID); !ok {
			return p, UnknownPrefixList(p.PrefixListID, "InvalidPrefixListID.NotFound")
		}
	default:
		return p, refuse.New("InvalidPermission.Malformed", "Must specify a source or destination: a CIDR block, a security group or a prefix list")
	}
	return p, nil
}

// checkPorts brings protocol and ports into one form.
func checkPorts(p *Permission) error {
	switch strings.ToLower(p.Protocol) {
	case "":
		return refuse.InvalidParameterValue("Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
	case "-1", "all":
		// Source: API reference of IpPermission: with -1, traffic on all ports is
		// allowed whatever range is given.
		p.Protocol, p.From, p.To = "-1", -1, -1
		return nil
	case "tcp", "6":
		p.Protocol = "tcp"
	case "udp", "17":
		p.Protocol = "udp"
	case "icmp", "1":
		p.Protocol = "icmp"
		return nil
	case "icmpv6", "58":
		p.Protocol = "icmpv6"
		return nil
	default:
		if n, err := strconv.Atoi(p.Protocol); err != nil || n < 0 || n > 255 {
			return refuse.New("InvalidPermission.Malformed", "Unsupported IP protocol %q - supported: [tcp, udp, icmp, icmpv6, -1 or a protocol number]", p.Protocol)
		}
		p.From, p.To = -1, -1
		return nil
	}
	if p.From == -1 && p.To == -1 {
		return refuse.InvalidParameterValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	}
	if p.From < 0 || p.To > 65535 || p.From > p.To {
		return refuse.InvalidParameterValue("Invalid TCP/UDP port range (%d:%d)", p.From, p.To)
	}
	return nil
}
