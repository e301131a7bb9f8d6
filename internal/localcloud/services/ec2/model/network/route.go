package network

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Route is one line of a route table. Exactly one of its targets is set.
type Route struct {
	Destination        string // a CIDR block, or a prefix list's ID
	GatewayID          string `json:",omitempty"` // internet gateway, VPC endpoint, or "local"
	NATGatewayID       string `json:",omitempty"`
	InstanceID         string `json:",omitempty"`
	NetworkInterfaceID string `json:",omitempty"`
	Origin             string // CreateRoute, CreateRouteTable
	Blackhole          bool   `json:"-"` // the target is gone; filled by Routes
}

// Routes lists all routes of a table: the local one, its own, and those of gateway
// endpoints, each with its present state.
func Routes(tx *world.Tx, t *RouteTable) []Route {
	var list []Route
	if v, ok := world.Get[VPC](tx, t.VPCID); ok {
		list = append(list, Route{Destination: v.CIDR.String(), GatewayID: "local", Origin: "CreateRouteTable"})
	}
	for _, r := range t.Routes {
		r.Blackhole = !leadsSomewhere(tx, t.VPCID, r)
		list = append(list, r)
	}
	for _, e := range world.All[VPCEndpoint](tx) {
		if e.alive() && slices.Contains(e.RouteTableIDs, t.ID) {
			list = append(list, Route{Destination: PrefixListOf(tx.Region(), e.Service).ID, GatewayID: e.ID, Origin: "CreateRoute"})
		}
	}
	return list
}

func leadsSomewhere(tx *world.Tx, vpcID string, r Route) bool {
	switch {
	case r.NATGatewayID != "":
		n, ok := world.Get[NATGateway](tx, r.NATGatewayID)
		return ok && n.State == "available"
	case r.NetworkInterfaceID != "":
		i, ok := world.Get[NetworkInterface](tx, r.NetworkInterfaceID)
		return ok && i.Status == "in-use"
	}
	g, ok := world.Get[InternetGateway](tx, r.GatewayID)
	return ok && g.VPCID == vpcID
}

// CreateRoute adds a route.
func CreateRoute(tx *world.Tx, tableID string, r Route) error {
	t, destination, err := checkRoute(tx, tableID, r)
	if err != nil {
		return err
	}
	r.Destination, r.Origin = destination, "CreateRoute"
	if indexOfRoute(Routes(tx, t), destination) >= 0 {
		return refuse.New("RouteAlreadyExists", "The route identified by %s already exists.", destination)
	}
	if len(t.Routes) >= tx.Limit(routesPerTable()) {
		return refuse.New("RouteLimitExceeded", "The maximum number of routes has been reached.")
	}
	world.Edit(tx, tableID, func(t *RouteTable) { t.Routes = append(t.Routes, r) })
	return nil
}

// ReplaceRoute gives an existing route another target.
func ReplaceRoute(tx *world.Tx, tableID string, r Route) error {
	t, destination, err := checkRoute(tx, tableID, r)
	if err != nil {
		return err
	}
	r.Destination, r.Origin = destination, "CreateRoute"
	i := indexOfRoute(t.Routes, destination)
	if i < 0 {
		return refuse.InvalidParameterValue("There is no route defined for '%s' in the route table. Use CreateRoute instead.", destination)
	}
	world.Edit(tx, tableID, func(t *RouteTable) { t.Routes[i] = r })
	return nil
}

// DeleteRoute removes a route that was created.
func DeleteRoute(tx *world.Tx, tableID, destination string) error {
	t, err := world.Find[RouteTable](tx, tableID)
	if err != nil {
		return err
	}
	block, err := parseCIDR("destinationCidrBlock", destination)
	if err != nil {
		return err
	}
	i := indexOfRoute(t.Routes, block.String())
	if i < 0 {
		if v, ok := world.Get[VPC](tx, t.VPCID); ok && v.CIDR == block {
			return refuse.InvalidParameterValue("cannot remove local route %s in route table %s", block, tableID)
		}
		return refuse.New("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", block, tableID)
	}
	world.Edit(tx, tableID, func(t *RouteTable) { t.Routes = slices.Delete(t.Routes, i, i+1) })
	return nil
}

func indexOfRoute(routes []Route, destination string) int {
	return slices.IndexFunc(routes, func(r Route) bool { return r.Destination == destination })
}

// checkRoute refuses a route whose destination or target the table's VPC can't have.
func checkRoute(tx *world.Tx, tableID string, r Route) (*RouteTable, string, error) {
	t, err := world.Find[RouteTable](tx, tableID)
	if err != nil {
		return nil, "", err
	}
	block, err := parseCIDR("destinationCidrBlock", r.Destination)
	if err != nil {
		return nil, "", err
	}
	if v, ok := world.Get[VPC](tx, t.VPCID); ok && v.CIDR.Contains(block.Addr()) && block.Bits() > v.CIDR.Bits() && !isSubnetBlock(tx, t.VPCID, block) {
		return nil, "", refuse.InvalidParameterValue("The destination CIDR block %s is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.", block)
	}
	targets := slices.DeleteFunc([]string{r.GatewayID, r.NATGatewayID, r.InstanceID, r.NetworkInterfaceID}, func(s string) bool { return s == "" })
	switch len(targets) {
	case 0:
		return nil, "", refuse.MissingParameter("gatewayId")
	case 1:
		return t, block.String(), checkTarget(tx, t, r)
	}
	return nil, "", refuse.InvalidParameterCombination("Exactly one route target must be specified, got %s", strings.Join(targets, ", "))
}

func isSubnetBlock(tx *world.Tx, vpcID string, block netip.Prefix) bool {
	return world.Exists(tx, func(s *Subnet) bool { return s.VPCID == vpcID && s.CIDR == block })
}

func checkTarget(tx *world.Tx, t *RouteTable, r Route) error {
	switch {
	case r.NATGatewayID != "":
		// A gateway that isn't available yet isn't found yet: stricter than AWS, which
		// at times accepts it.
		n, ok := world.LookUp[NATGateway](tx, r.NATGatewayID)
		if !ok || n.State != "available" {
			return refuse.NotFound("InvalidNatGatewayID.NotFound", "natGateway ID", r.NATGatewayID)
		}
		if n.VPCID != t.VPCID {
			return refuse.InvalidParameterValue("route table %s and network gateway %s belong to different networks", t.ID, n.ID)
		}
	case r.NetworkInterfaceID != "":
		i, err := world.Find[NetworkInterface](tx, r.NetworkInterfaceID)
		if err != nil {
			return err
		}
		if i.VPCID != t.VPCID {
			return refuse.InvalidParameterValue("route table %s and interface %s belong to different networks", t.ID, i.ID)
		}
	case r.InstanceID != "":
		return refuse.NotSimulated("a route to an instance is not simulated; give its network interface")
	default:
		g, ok := world.LookUp[InternetGateway](tx, r.GatewayID)
		if !ok {
			return refuse.NotFound("InvalidGatewayID.NotFound", "gateway ID", r.GatewayID)
		}
		if g.VPCID != t.VPCID {
			return refuse.InvalidParameterValue("route table %s and network gateway %s belong to different networks", t.ID, g.ID)
		}
	}
	return nil
}
