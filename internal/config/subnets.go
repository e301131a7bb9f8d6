package config

import (
	"encoding/binary"
	"net/netip"
)

// MaxZones is how many Availability Zones a platform can span, and so how many slots an address range is cut for.
const MaxZones = 6

// The prefix lengths that a platform's address range may have. AWS allows a VPC /16 to /28; below /23 the public subnets of
// six zones would be smaller than /27, the least that a load balancer takes
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer).
const (
	minCIDRBits = 16
	maxCIDRBits = 23
)

// Subnets is the pair of subnets that one Availability Zone gets.
type Subnets struct {
	Private netip.Prefix // instances
	Public  netip.Prefix // load balancer node and NAT gateway
}

// SubnetPlan cuts a VPC's address range into the subnets of six zone slots.
//
// The range is cut into eighths. Slot i gets the i-th: its lower half is the private subnet, its upper half the public one.
// The last two eighths stay free. A slot's subnets depend on the range and the slot alone, so that adding a zone
// moves nothing: for 10.0.0.0/16, slot 0 is 10.0.0.0/20 and 10.0.16.0/20, slot 1 is 10.0.32.0/20 and 10.0.48.0/20.
//
// The range must be one that Load accepts: IPv4, canonical, /16 to /23.
func SubnetPlan(cidr netip.Prefix) [MaxZones]Subnets {
	var plan [MaxZones]Subnets
	bits := cidr.Bits() + 4
	size := uint32(1) << (32 - bits)
	base := cidr.Addr().As4()
	next := binary.BigEndian.Uint32(base[:])
	subnet := func() netip.Prefix {
		var address [4]byte
		binary.BigEndian.PutUint32(address[:], next)
		next += size
		return netip.PrefixFrom(netip.AddrFrom4(address), bits)
	}
	for slot := range plan {
		plan[slot] = Subnets{Private: subnet(), Public: subnet()}
	}
	return plan
}

// PrivateSubnet returns the private subnet of a zone slot from 0 to MaxZones-1.
func (n Network) PrivateSubnet(slot int) netip.Prefix { return SubnetPlan(n.CIDR)[slot].Private }

// PublicSubnet returns the public subnet of a zone slot from 0 to MaxZones-1.
func (n Network) PublicSubnet(slot int) netip.Prefix { return SubnetPlan(n.CIDR)[slot].Public }

// reservedAddresses is how many addresses of a subnet AWS keeps for itself
// (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
const reservedAddresses = 5

// instancesPerZone is how many instances a zone's private subnet has room for, and for as many again that replace them.
func (n Network) instancesPerZone() int {
	private := n.PrivateSubnet(0)
	return (1<<(private.Addr().BitLen()-private.Bits()) - reservedAddresses) / 2
}

// ZoneSlot returns the slot of an Availability Zone from its letter: us-east-1a is slot 0, us-east-1f slot 5.
// It goes by the letter and not by the zone's place in a list, so that a platform can leave out or reorder zones and move
// no subnet. ok is false for a name that ends in no letter from a to f.
func ZoneSlot(zone string) (slot int, ok bool) {
	if zone == "" {
		return 0, false
	}
	slot = int(zone[len(zone)-1]) - 'a'
	return slot, slot >= 0 && slot < MaxZones
}
