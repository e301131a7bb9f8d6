package network

import (
	"net/netip"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Subnet is a range of a VPC's addresses in one Availability Zone.
type Subnet struct {
	world.Object
	VPCID               string
	CIDR                netip.Prefix
	Zone                Zone
	State               string // available
	MapPublicIPOnLaunch bool
	Default             bool // the default subnet of its zone
}

// reservedAddresses is how many addresses AWS keeps of each subnet: the first four and
// the last. Source: Amazon VPC User Guide, "Subnet CIDR blocks".
const reservedAddresses = 5

// subnetsPerVPC is how many subnets a VPC may have.
func subnetsPerVPC() world.Quota {
	return quota("subnets_per_vpc", "L-407747CB", "Subnets per VPC", 200)
}

func subnetKind() world.AnyKind {
	return world.Kind[Subnet, *Subnet]{
		Traits: world.Traits{Noun: "subnet", Quotas: []world.Quota{subnetsPerVPC()}},
		Counts: func(_ *world.Tx, s *Subnet) bool { return !s.Default },
		Name:   "subnet", Prefix: "subnet",
		NotFound:  func(ids ...string) error { return refuse.NotFound("InvalidSubnetID.NotFound", "subnet ID", ids...) },
		Malformed: func(id string) error { return refuse.Malformed("InvalidSubnetID.Malformed", id, "subnet") },
	}
}

// CreateSubnet makes a subnet. The zone is given by name, by ID, or not at all.
func CreateSubnet(tx *world.Tx, vpcID, cidr, zoneName, zoneID string, tags world.Tags) (*Subnet, error) {
	v, err := world.Find[VPC](tx, vpcID)
	if err != nil {
		return nil, err
	}
	block, err := parseCIDR("cidrBlock", cidr)
	if err != nil {
		return nil, err
	}
	zone, err := findZone(tx.Region(), zoneName, zoneID)
	if err != nil {
		return nil, err
	}
	if block.Bits() < 16 || block.Bits() > 28 || block.Bits() < v.CIDR.Bits() || !v.CIDR.Contains(block.Addr()) {
		return nil, refuse.New("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	siblings := world.Where(tx, func(s *Subnet) bool { return s.VPCID == vpcID })
	for _, s := range siblings {
		if s.CIDR.Overlaps(block) {
			return nil, refuse.New("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	if len(siblings) >= tx.Limit(subnetsPerVPC()) {
		return nil, refuse.New("SubnetLimitExceeded", "The maximum number of subnets has been reached.")
	}
	return newSubnet(tx, v, zone, block, tags), nil
}

func newSubnet(tx *world.Tx, v *VPC, zone Zone, block netip.Prefix, tags world.Tags) *Subnet {
	s := &Subnet{Object: tx.NewObject("subnet", tags), VPCID: v.ID, CIDR: block, Zone: zone, State: "available"}
	world.Add(tx, s)
	world.Edit(tx, defaultNetworkACL(tx, v.ID).ID, func(a *NetworkACL) {
		a.Associations = append(a.Associations, Association{ID: tx.NewID("aclassoc"), SubnetID: s.ID})
	})
	return s
}

func findZone(region, name, id string) (Zone, error) {
	zones := Zones(region)
	if name == "" && id == "" {
		return zones[0], nil
	}
	var names, ids []string
	for _, z := range zones {
		if (name == "" || z.Name == name) && (id == "" || z.ID == id) {
			return z, nil
		}
		names, ids = append(names, z.Name), append(ids, z.ID)
	}
	if name == "" {
		return Zone{}, refuse.InvalidParameterValue("Value (%s) for parameter availabilityZoneId is invalid. Subnets can currently only be created in the following availability zones: %s.", id, strings.Join(ids, ", "))
	}
	return Zone{}, refuse.InvalidParameterValue("Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.", name, strings.Join(names, ", "))
}

// DeleteSubnet deletes a subnet that holds no network interface. Its associations with
// a route table and a network ACL go with it.
func DeleteSubnet(tx *world.Tx, id string) error {
	s, err := world.Find[Subnet](tx, id)
	if err != nil {
		return err
	}
	if world.Exists(tx, func(i *NetworkInterface) bool { return i.SubnetID == id }) {
		return inUse("subnet", id)
	}
	if t := ExplicitRouteTable(tx, id); t != nil {
		world.Edit(tx, t.ID, func(t *RouteTable) { t.Associations = withoutSubnet(t.Associations, id) })
	}
	world.Edit(tx, NetworkACLOf(tx, s).ID, func(a *NetworkACL) { a.Associations = withoutSubnet(a.Associations, id) })
	world.Delete[Subnet](tx, id)
	return nil
}

// SetMapPublicIPOnLaunch says whether instances get a public address by default.
func SetMapPublicIPOnLaunch(tx *world.Tx, id string, on bool) error {
	if _, err := world.Find[Subnet](tx, id); err != nil {
		return err
	}
	world.Edit(tx, id, func(s *Subnet) { s.MapPublicIPOnLaunch = on })
	return nil
}

// FreeAddresses is how many addresses the subnet can still give.
func FreeAddresses(tx *world.Tx, s *Subnet) int {
	free := 1<<(32-s.CIDR.Bits()) - reservedAddresses
	for _, i := range world.All[NetworkInterface](tx) {
		if i.SubnetID == s.ID {
			free--
		}
	}
	return free
}

// takeAddress picks the lowest free address of a subnet, or takes the wanted one.
func takeAddress(tx *world.Tx, s *Subnet, wanted string) (netip.Addr, error) {
	taken := map[netip.Addr]bool{}
	for _, i := range world.All[NetworkInterface](tx) {
		if i.SubnetID == s.ID {
			taken[i.PrivateIP] = true
		}
	}
	first := s.CIDR.Addr()
	for range reservedAddresses - 1 {
		first = first.Next()
	}
	if wanted != "" {
		address, err := netip.ParseAddr(wanted)
		switch {
		case err != nil:
			return netip.Addr{}, refuse.InvalidParameterValue("invalid value for parameter address: %s", wanted)
		case !s.CIDR.Contains(address):
			return netip.Addr{}, refuse.InvalidParameterValue("Address does not fall within the subnet's address range")
		case address.Less(first) || !s.CIDR.Contains(address.Next()):
			return netip.Addr{}, refuse.InvalidParameterValue("Address is in subnet's reserved address range")
		case taken[address]:
			return netip.Addr{}, refuse.New("InvalidIPAddress.InUse", "Address %s is in use.", wanted)
		}
		return address, nil
	}
	for address := first; s.CIDR.Contains(address.Next()); address = address.Next() {
		if !taken[address] {
			return address, nil
		}
	}
	return netip.Addr{}, refuse.New("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.")
}
