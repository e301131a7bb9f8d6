package network

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
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

// Regions lists the names of the regions that an account has without opting in.
// Source: AWS General Reference, "Regions".
func Regions() []string {
	return []string{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
		"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
		"sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
}

// Zone is an Availability Zone.
type Zone struct {
	Name string // us-east-1a
	ID   string // use1-az2
}

// Zones lists the Availability Zones of a region: six in us-east-1, three elsewhere.
// As in any real account, a zone's letter says nothing about its ID.
func Zones(region string) []Zone {
	count := 3
	if region == "us-east-1" {
		count = 6
	}
	zones := make([]Zone, count)
	for i := range zones {
		zones[i] = Zone{Name: region + string(rune('a'+i)), ID: fmt.Sprintf("%s-az%d", shortRegion(region), (i+1)%count+1)}
	}
	return zones
}

// shortRegion makes use1 of us-east-1 and apse2 of ap-southeast-2, as in zone IDs.
func shortRegion(region string) string {
	parts := strings.Split(region, "-")
	short := parts[0]
	for _, part := range parts[1:] {
		for _, word := range []string{"north", "south", "central"} {
			if rest, ok := strings.CutPrefix(part, word); ok {
				short, part = short+word[:1], rest
			}
		}
		if part != "" {
			short += part[:1]
		}
	}
	return short
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
