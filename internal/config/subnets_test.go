package config

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestSubnetPlan(t *testing.T) {
	for _, test := range []struct {
		cidr            string
		slot            int
		private, public string
	}{
		{"10.0.0.0/16", 0, "10.0.0.0/20", "10.0.16.0/20"},
		{"10.0.0.0/16", 1, "10.0.32.0/20", "10.0.48.0/20"},
		{"10.0.0.0/16", 5, "10.0.160.0/20", "10.0.176.0/20"},
		{"172.31.240.0/20", 0, "172.31.240.0/24", "172.31.241.0/24"},
		{"172.31.240.0/20", 2, "172.31.244.0/24", "172.31.245.0/24"},
		{"192.168.254.0/23", 0, "192.168.254.0/27", "192.168.254.32/27"},
		{"192.168.254.0/23", 5, "192.168.255.64/27", "192.168.255.96/27"},
	} {
		network := Network{CIDR: netip.MustParsePrefix(test.cidr)}
		if got := network.PrivateSubnet(test.slot).String(); got != test.private {
			t.Errorf("%s, slot %d: private subnet %s, want %s", test.cidr, test.slot, got, test.private)
		}
		if got := network.PublicSubnet(test.slot).String(); got != test.public {
			t.Errorf("%s, slot %d: public subnet %s, want %s", test.cidr, test.slot, got, test.public)
		}
	}
}

func TestSubnetPlan_SubnetsAreDisjointAndInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var address [4]byte
		binary.BigEndian.PutUint32(address[:], rapid.Uint32().Draw(t, "address"))
		cidr := netip.PrefixFrom(netip.AddrFrom4(address), rapid.IntRange(minCIDRBits, maxCIDRBits).Draw(t, "bits")).Masked()
		var all []netip.Prefix
		for _, subnets := range SubnetPlan(cidr) {
			all = append(all, subnets.Private, subnets.Public)
		}
		for i, subnet := range all {
			if subnet != subnet.Masked() || subnet.Bits() < minCIDRBits || subnet.Bits() > 27 {
				t.Errorf("%s: %s is no subnet that AWS takes for a load balancer", cidr, subnet)
			}
			if !cidr.Contains(subnet.Addr()) || subnet.Bits() < cidr.Bits() {
				t.Errorf("%s is not inside %s", subnet, cidr)
			}
			for _, other := range all[:i] {
				if subnet.Overlaps(other) {
					t.Errorf("%s: %s overlaps %s", cidr, subnet, other)
				}
			}
		}
	})
}

func TestZoneSlot(t *testing.T) {
	for zone, want := range map[string]int{"us-east-1a": 0, "eu-west-1c": 2, "us-east-1f": 5, "us-east-1g": -1, "us-east-1": -1, "": -1, "US-EAST-1A": -1} {
		slot, ok := ZoneSlot(zone)
		if ok != (want >= 0) || ok && slot != want {
			t.Errorf("ZoneSlot(%q) = %d, %t; want %d", zone, slot, ok, want)
		}
	}
}
