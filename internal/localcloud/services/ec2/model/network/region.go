package network

import (
	"net/netip"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Region is what a region has before its user makes anything.
type Region struct {
	world.Object  // ID: the region's name
	DHCPOptionsID string
}

func regionKind() world.AnyKind {
	return world.Kind[Region, *Region]{Name: "region", Untaggable: true,
		NotFound: func(ids ...string) error {
			return refuse.InvalidParameterValue("Invalid region provided: %s", strings.Join(ids, ", "))
		}}
}

// Zone is an Availability Zone.
type Zone = region.Zone

// Zones lists the Availability Zones of a region.
func Zones(name string) []Zone {
	r, _ := region.Find(name) // none where there is no such region
	return r.Zones()
}

// ZoneID is the ID of the zone of that name; "" where the region has no such zone.
func ZoneID(region, name string) string {
	for _, z := range Zones(region) {
		if z.Name == name {
			return z.ID
		}
	}
	return ""
}

// Prepare makes a region's default VPC and what else AWS puts into each region, once.
func Prepare(tx *world.Tx) {
	if _, done := world.Get[Region](tx, tx.Region()); done {
		return
	}
	world.Add(tx, &Region{Object: tx.NamedObject(tx.Region(), nil), DHCPOptionsID: tx.NewID("dopt")})
	v := newVPC(tx, netip.MustParsePrefix("172.31.0.0/16"), true, nil)
	world.Edit(tx, v.ID, func(v *VPC) {
		v.State = "available"
		v.Stay()
	})
	for i, zone := range Zones(tx.Region()) {
		block := netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 31, byte(16 * i), 0}), 20)
		s := newSubnet(tx, v, zone, block, nil)
		world.Edit(tx, s.ID, func(s *Subnet) { s.Default, s.MapPublicIPOnLaunch = true, true })
	}
	gateway := &InternetGateway{Object: tx.NewObject("igw", nil), VPCID: v.ID}
	world.Add(tx, gateway)
	world.Edit(tx, MainRouteTable(tx, v.ID).ID, func(t *RouteTable) {
		t.Routes = append(t.Routes, Route{Destination: "0.0.0.0/0", GatewayID: gateway.ID, Origin: "CreateRoute"})
	})
}

// DefaultVPC is the region's default VPC, if its user hasn't deleted it.
func DefaultVPC(tx *world.Tx) (*VPC, bool) {
	for _, v := range world.All[VPC](tx) {
		if v.Default {
			return v, true
		}
	}
	return nil, false
}
