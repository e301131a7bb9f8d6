package network

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// NetworkACL is a stateless firewall at the border of subnets.
type NetworkACL struct {
	world.Object
	VPCID        string
	Default      bool
	Entries      []NetworkACLEntry `json:",omitempty"` // without the final refusals
	Associations []Association     `json:",omitempty"`
}

// NetworkACLEntry is one rule of a network ACL; the lowest number that fits decides.
type NetworkACLEntry struct {
	Number   int
	Egress   bool
	Allow    bool
	Protocol string       // number, "-1" for all
	CIDR     netip.Prefix // IPv4 or IPv6
	From, To int          // ports, with protocols 6 and 17
	ICMPType int          // with protocols 1 and 58; -1 for all
	ICMPCode int
}

// LastEntry is the number of the entry that refuses what no other decided about.
const LastEntry = 32767

// networkACLsPerVPC is how many network ACLs a VPC may have.
func networkACLsPerVPC() world.Quota {
	return quota("network_acls_per_vpc", "L-B4A6D682", "Network ACLs per VPC", 200)
}

// entriesPerNetworkACL is how many entries a network ACL may have in each direction.
func entriesPerNetworkACL() world.Quota {
	return quota("entries_per_network_acl", "L-2AEEBF1A", "Rules per network ACL", 20)
}

func networkACLKind() world.AnyKind {
	return world.Kind[NetworkACL, *NetworkACL]{
		Traits: world.Traits{Noun: "network ACL", Quotas: []world.Quota{networkACLsPerVPC(), entriesPerNetworkACL()}},
		Counts: func(_ *world.Tx, a *NetworkACL) bool { return !a.Default },
		Name:   "network-acl", Prefix: "acl",
		NotFound: func(ids ...string) error {
			return refuse.NotFound("InvalidNetworkAclID.NotFound", "networkAcl ID", ids...)
		},
		Malformed: func(id string) error { return refuse.Malformed("InvalidNetworkAclID.Malformed", id, "acl") },
	}
}

func addDefaultNetworkACL(tx *world.Tx, v *VPC) {
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	world.Add(tx, &NetworkACL{Object: tx.NewObject("acl", nil), VPCID: v.ID, Default: true, Entries: []NetworkACLEntry{
		{Number: 100, Egress: true, Allow: true, Protocol: "-1", CIDR: everywhere},
		{Number: 100, Allow: true, Protocol: "-1", CIDR: everywhere},
	}})
}

func defaultNetworkACL(tx *world.Tx, vpcID string) *NetworkACL {
	for _, a := range world.All[NetworkACL](tx) {
		if a.VPCID == vpcID && a.Default {
			return a
		}
	}
	panic("world: VPC " + vpcID + " has no default network ACL") // a programming error
}

// NetworkACLOf is the network ACL at a subnet's border.
func NetworkACLOf(tx *world.Tx, s *Subnet) *NetworkACL {
	for _, a := range world.All[NetworkACL](tx) {
		if slices.ContainsFunc(a.Associations, func(x Association) bool { return x.SubnetID == s.ID }) {
			return a
		}
	}
	panic("world: subnet " + s.ID + " has no network ACL") // a programming error
}

// CreateNetworkACL makes a network ACL that lets nothing through. The token of one that
// was deleted is spent: it makes no other.
func CreateNetworkACL(tx *world.Tx, vpcID, token string, tags world.Tags) (*NetworkACL, error) {
	parameters := []any{vpcID, tags}
	switch id, state := world.LookUpToken(tx, "CreateNetworkAcl", token, parameters); state {
	case world.TokenMismatch:
		return nil, tokenMismatch()
	case world.TokenSame:
		return world.Made[NetworkACL](tx, id)
	case world.TokenNew:
	}
	if _, err := world.Find[VPC](tx, vpcID); err != nil {
		return nil, err
	}
	if len(world.Where(tx, func(a *NetworkACL) bool { return a.VPCID == vpcID })) >= tx.Limit(networkACLsPerVPC()) {
		return nil, refuse.New("NetworkAclLimitExceeded", "The maximum number of network acls has been reached.")
	}
	a := &NetworkACL{Object: tx.NewObject("acl", tags), VPCID: vpcID}
	world.Add(tx, a)
	world.KeepToken(tx, "CreateNetworkAcl", token, parameters, a.ID)
	return a, nil
}

// DeleteNetworkACL deletes a network ACL that isn't default and has no subnet.
func DeleteNetworkACL(tx *world.Tx, id string) error {
	a, err := world.Find[NetworkACL](tx, id)
	if err != nil {
		return err
	}
	if a.Default {
		return refuse.InvalidParameterValue("cannot delete default network ACL %s", id)
	}
	if len(a.Associations) > 0 {
		return inUse("networkAcl", id)
	}
	world.Delete[NetworkACL](tx, id)
	return nil
}

// PutNetworkACLEntry adds an entry, or with replace puts another in its place.
func PutNetworkACLEntry(tx *world.Tx, id string, e NetworkACLEntry, replace bool) error {
	a, err := world.Find[NetworkACL](tx, id)
	if err != nil {
		return err
	}
	if e.Number < 1 || e.Number >= LastEntry {
		return refuse.InvalidParameterValue("Value (%d) for parameter ruleNumber is invalid. The rule number must be between 1 and 32766.", e.Number)
	}
	if e.Protocol, err = protocolNumber(e.Protocol); err != nil {
		return err
	}
	if hasPorts(e.Protocol) && (e.From < 0 || e.To > 65535 || e.From > e.To) {
		return refuse.InvalidParameterValue("Invalid TCP/UDP port range (%d:%d)", e.From, e.To)
	}
	i := a.indexOf(e.Number, e.Egress)
	switch {
	case replace && i < 0:
		return refuse.New("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by %d does not exist.", e.Number)
	case !replace && i >= 0:
		return refuse.New("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", e.Number)
	case !replace && len(slices.DeleteFunc(slices.Clone(a.Entries), func(x NetworkACLEntry) bool { return x.Egress != e.Egress })) >= tx.Limit(entriesPerNetworkACL()):
		return refuse.New("NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached.")
	}
	world.Edit(tx, id, func(a *NetworkACL) {
		if i >= 0 {
			a.Entries[i] = e
			return
		}
		a.Entries = append(a.Entries, e)
		slices.SortFunc(a.Entries, func(x, y NetworkACLEntry) int { return x.Number - y.Number })
	})
	return nil
}

// DeleteNetworkACLEntry removes an entry.
func DeleteNetworkACLEntry(tx *world.Tx, id string, number int, egress bool) error {
	a, err := world.Find[NetworkACL](tx, id)
	if err != nil {
		return err
	}
	i := a.indexOf(number, egress)
	if i < 0 {
		return refuse.New("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by %d does not exist.", number)
	}
	world.Edit(tx, id, func(a *NetworkACL) { a.Entries = slices.Delete(a.Entries, i, i+1) })
	return nil
}

func (a *NetworkACL) indexOf(number int, egress bool) int {
	return slices.IndexFunc(a.Entries, func(e NetworkACLEntry) bool { return e.Number == number && e.Egress == egress })
}

// ReplaceNetworkACLAssociation gives a subnet another network ACL and returns the
// association's new ID.
func ReplaceNetworkACLAssociation(tx *world.Tx, association, id string) (string, error) {
	to, err := world.Find[NetworkACL](tx, id)
	if err != nil {
		return "", err
	}
	for _, from := range world.All[NetworkACL](tx) {
		i := slices.IndexFunc(from.Associations, func(a Association) bool { return a.ID == association })
		if i < 0 {
			continue
		}
		if from.VPCID != to.VPCID {
			return "", refuse.InvalidParameterValue("Network ACL %s and subnet %s belong to different networks", id, from.Associations[i].SubnetID)
		}
		moved := Association{ID: tx.NewID("aclassoc"), SubnetID: from.Associations[i].SubnetID}
		world.Edit(tx, from.ID, func(a *NetworkACL) { a.Associations = slices.Delete(a.Associations, i, i+1) })
		world.Edit(tx, id, func(a *NetworkACL) { a.Associations = append(a.Associations, moved) })
		return moved.ID, nil
	}
	return "", refuse.NotFound("InvalidAssociationID.NotFound", "association ID", association)
}

// protocolNumber makes a network ACL's protocol a number.
func protocolNumber(protocol string) (string, error) {
	switch strings.ToLower(protocol) {
	case "all", "-1":
		return "-1", nil
	case "icmp":
		return "1", nil
	case "tcp":
		return "6", nil
	case "udp":
		return "17", nil
	}
	if n, err := strconv.Atoi(protocol); err != nil || n < 0 || n > 255 {
		return "", refuse.InvalidParameterValue("Invalid value '%s' for protocol. VPC security group rules must specify protocols explicitly.", protocol)
	}
	return protocol, nil
}

func hasPorts(protocol string) bool { return protocol == "6" || protocol == "17" }
