package network

import (
	"net/netip"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// VPC is a virtual private cloud.
type VPC struct {
	world.Object
	CIDR          netip.Prefix
	State         string // pending, available
	DNSSupport    bool
	DNSHostnames  bool
	Default       bool
	DHCPOptionsID string
	AssociationID string // of its CIDR block
}

func vpcCreate() world.Step {
	return world.Step{Name: "vpc available", Fast: 30 * time.Millisecond, AWS: time.Second}
}

// vpcs is how many VPCs a region may have.
func vpcs() world.Quota {
	return quota("vpcs", "L-F678F1CE", "VPCs per Region", 5)
}

func vpcKind() world.AnyKind {
	return world.Kind[VPC, *VPC]{
		Traits: world.Traits{Noun: "vpc", Steps: []world.Step{vpcCreate()}, Quotas: []world.Quota{vpcs()}},
		Counts: func(_ *world.Tx, v *VPC) bool { return !v.Default },
		Name:   "vpc", Prefix: "vpc",
		NotFound:  func(ids ...string) error { return refuse.NotFound("InvalidVpcID.NotFound", "vpc ID", ids...) },
		Malformed: func(id string) error { return refuse.Malformed("InvalidVpcID.Malformed", id, "vpc") },
		Settle: func(tx *world.Tx, v *VPC, to string) {
			world.Edit(tx, v.ID, func(v *VPC) { v.State = to })
		},
	}
}

// CreateVPC makes a VPC with all that AWS puts into a new one.
func CreateVPC(tx *world.Tx, cidr string, tags world.Tags) (*VPC, error) {
	block, err := parseCIDR("cidrBlock", cidr)
	if err != nil {
		return nil, err
	}
	// Source: Amazon VPC User Guide, "VPC CIDR blocks".
	if block.Bits() < 16 || block.Bits() > 28 {
		return nil, refuse.New("InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	}
	if len(world.All[VPC](tx)) >= tx.Limit(vpcs()) {
		return nil, refuse.New("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	return newVPC(tx, block, false, tags), nil
}

func newVPC(tx *world.Tx, block netip.Prefix, isDefault bool, tags world.Tags) *VPC {
	v := &VPC{Object: tx.NewObject("vpc", tags), CIDR: block, State: "pending", DNSSupport: true, DNSHostnames: isDefault,
		Default: isDefault, AssociationID: tx.NewID("vpc-cidr-assoc")}
	if region, ok := world.Get[Region](tx, tx.Region()); ok {
		v.DHCPOptionsID = region.DHCPOptionsID
	}
	v.Become(tx, "available", vpcCreate())
	world.Add(tx, v)
	addMainRouteTable(tx, v)
	addDefaultNetworkACL(tx, v)
	addDefaultSecurityGroup(tx, v)
	return v
}

// DeleteVPC deletes a VPC that nothing of its user's is left in.
func DeleteVPC(tx *world.Tx, id string) error {
	if _, err := world.Find[VPC](tx, id); err != nil {
		return err
	}
	if world.Exists(tx, func(s *Subnet) bool { return s.VPCID == id }) ||
		world.Exists(tx, func(g *InternetGateway) bool { return g.VPCID == id }) ||
		world.Exists(tx, func(i *NetworkInterface) bool { return i.VPCID == id }) ||
		world.Exists(tx, func(t *RouteTable) bool { return t.VPCID == id && !t.Main() }) ||
		world.Exists(tx, func(a *NetworkACL) bool { return a.VPCID == id && !a.Default }) ||
		world.Exists(tx, func(g *SecurityGroup) bool { return g.VPCID == id && !g.Default }) ||
		world.Exists(tx, func(e *VPCEndpoint) bool { return e.VPCID == id && e.State != "deleted" }) {
		return inUse("vpc", id)
	}
	for _, t := range world.Where(tx, func(t *RouteTable) bool { return t.VPCID == id }) {
		world.Delete[RouteTable](tx, t.ID)
	}
	for _, a := range world.Where(tx, func(a *NetworkACL) bool { return a.VPCID == id }) {
		world.Delete[NetworkACL](tx, a.ID)
	}
	for _, g := range world.Where(tx, func(g *SecurityGroup) bool { return g.VPCID == id }) {
		removeGroup(tx, g.ID)
	}
	world.Delete[VPC](tx, id)
	return nil
}

// SetVPCAttribute changes one of a VPC's two DNS attributes; exactly one is given.
func SetVPCAttribute(tx *world.Tx, id string, dnsSupport, dnsHostnames *bool) error {
	v, err := world.Find[VPC](tx, id)
	if err != nil {
		return err
	}
	switch {
	case dnsSupport != nil && dnsHostnames != nil:
		return refuse.InvalidParameterCombination("Fields for multiple attribute types specified: enableDnsHostnames, enableDnsSupport")
	case dnsSupport == nil && dnsHostnames == nil:
		return refuse.InvalidParameterCombination("No attributes specified.")
	case dnsHostnames != nil && *dnsHostnames && !v.DNSSupport:
		// Source: API reference of ModifyVpcAttribute; the words are ours.
		return refuse.InvalidParameterCombination("DNS hostnames can only be enabled where DNS support is enabled")
	}
	world.Edit(tx, id, func(v *VPC) {
		if dnsSupport != nil {
			v.DNSSupport = *dnsSupport
		} else {
			v.DNSHostnames = *dnsHostnames
		}
	})
	return nil
}

func inDefaultVPC(tx *world.Tx, id string) bool {
	v, ok := DefaultVPC(tx)
	return ok && v.ID == id
}
