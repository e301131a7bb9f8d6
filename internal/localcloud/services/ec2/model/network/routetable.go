package network

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// RouteTable says where a subnet's traffic goes.
type RouteTable struct {
	world.Object
	VPCID        string
	Routes       []Route       `json:",omitempty"` // without the local route and those of endpoints
	Associations []Association `json:",omitempty"`
}

// Association ties a route table or a network ACL to a subnet. A route table's
// association without a subnet makes it its VPC's main one.
type Association struct {
	ID       string
	SubnetID string
}

// Main reports whether it is its VPC's main route table.
func (t *RouteTable) Main() bool {
	return slices.ContainsFunc(t.Associations, func(a Association) bool { return a.SubnetID == "" })
}

// routeTablesPerVPC is how many route tables a VPC may have.
func routeTablesPerVPC() world.Quota {
	return quota("route_tables_per_vpc", "L-589F43AA", "Route tables per VPC", 200)
}

// routesPerTable is how many routes a route table may have.
func routesPerTable() world.Quota {
	return quota("routes_per_table", "L-93826ACB", "Routes per route table", 50)
}

func routeTableKind() world.AnyKind {
	return world.Kind[RouteTable, *RouteTable]{
		Traits: world.Traits{Noun: "route table", Quotas: []world.Quota{routeTablesPerVPC(), routesPerTable()}},
		Counts: func(_ *world.Tx, t *RouteTable) bool { return !t.Main() },
		Name:   "route-table", Prefix: "rtb",
		NotFound: func(ids ...string) error {
			return refuse.NotFound("InvalidRouteTableID.NotFound", "routeTable ID", ids...)
		},
		Malformed: func(id string) error { return refuse.Malformed("InvalidRouteTableId.Malformed", id, "rtb") },
	}
}

func addMainRouteTable(tx *world.Tx, v *VPC) {
	world.Add(tx, &RouteTable{Object: tx.NewObject("rtb", nil), VPCID: v.ID, Associations: []Association{{ID: tx.NewID("rtbassoc")}}})
}

// CreateRouteTable makes a route table that no subnet uses. The token of one that was
// deleted is spent: it makes no other.
func CreateRouteTable(tx *world.Tx, vpcID, token string, tags world.Tags) (*RouteTable, error) {
	parameters := []any{vpcID, tags}
	switch id, state := world.LookUpToken(tx, "CreateRouteTable", token, parameters); state {
	case world.TokenMismatch:
		return nil, tokenMismatch()
	case world.TokenSame:
		return world.Made[RouteTable](tx, id)
	case world.TokenNew:
	}
	if _, err := world.Find[VPC](tx, vpcID); err != nil {
		return nil, err
	}
	if len(world.Where(tx, func(t *RouteTable) bool { return t.VPCID == vpcID })) >= tx.Limit(routeTablesPerVPC()) {
		return nil, refuse.New("RouteTableLimitExceeded", "The maximum number of route tables has been reached.")
	}
	t := &RouteTable{Object: tx.NewObject("rtb", tags), VPCID: vpcID}
	world.Add(tx, t)
	world.KeepToken(tx, "CreateRouteTable", token, parameters, t.ID)
	return t, nil
}

// DeleteRouteTable deletes a route table that is neither main nor associated.
func DeleteRouteTable(tx *world.Tx, id string) error {
	t, err := world.Find[RouteTable](tx, id)
	if err != nil {
		return err
	}
	if len(t.Associations) > 0 {
		return inUse("routeTable", id)
	}
	for _, e := range world.Where(tx, func(e *VPCEndpoint) bool { return slices.Contains(e.RouteTableIDs, id) }) {
		world.Edit(tx, e.ID, func(e *VPCEndpoint) { e.RouteTableIDs = without(e.RouteTableIDs, id) })
	}
	world.Delete[RouteTable](tx, id)
	return nil
}

// AssociateRouteTable gives a subnet a route table of its own and returns the
// association's ID.
func AssociateRouteTable(tx *world.Tx, id, subnetID string) (string, error) {
	t, err := world.Find[RouteTable](tx, id)
	if err != nil {
		return "", err
	}
	s, err := world.Find[Subnet](tx, subnetID)
	if err != nil {
		return "", err
	}
	if t.VPCID != s.VPCID {
		return "", refuse.InvalidParameterValue("Route table %s and subnet %s belong to different networks", id, subnetID)
	}
	if ExplicitRouteTable(tx, subnetID) != nil {
		return "", refuse.New("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", id)
	}
	return associate(tx, id, subnetID), nil
}

func associate(tx *world.Tx, id, subnetID string) string {
	association := Association{ID: tx.NewID("rtbassoc"), SubnetID: subnetID}
	world.Edit(tx, id, func(t *RouteTable) { t.Associations = append(t.Associations, association) })
	return association.ID
}

// DisassociateRouteTable ends a subnet's association; it uses the main table again.
func DisassociateRouteTable(tx *world.Tx, association string) error {
	t, a, err := findRouteTableAssociation(tx, association)
	if err != nil {
		return err
	}
	if a.SubnetID == "" {
		return refuse.InvalidParameterValue("cannot disassociate the main route table association %s", association)
	}
	world.Edit(tx, t.ID, func(t *RouteTable) { t.Associations = withoutAssociation(t.Associations, association) })
	return nil
}

// ReplaceRouteTableAssociation moves an association, also the main one, to another
// route table of the VPC and returns its new ID.
func ReplaceRouteTableAssociation(tx *world.Tx, association, id string) (string, error) {
	from, a, err := findRouteTableAssociation(tx, association)
	if err != nil {
		return "", err
	}
	to, err := world.Find[RouteTable](tx, id)
	if err != nil {
		return "", err
	}
	if from.VPCID != to.VPCID {
		return "", refuse.InvalidParameterValue("Route table %s and route table %s belong to different networks", from.ID, id)
	}
	world.Edit(tx, from.ID, func(t *RouteTable) { t.Associations = withoutAssociation(t.Associations, association) })
	return associate(tx, id, a.SubnetID), nil
}

func findRouteTableAssociation(tx *world.Tx, id string) (*RouteTable, Association, error) {
	for _, t := range world.All[RouteTable](tx) {
		for _, a := range t.Associations {
			if a.ID == id {
				return t, a, nil
			}
		}
	}
	return nil, Association{}, refuse.NotFound("InvalidAssociationID.NotFound", "association ID", id)
}

// ExplicitRouteTable is the route table that a subnet is associated with, or nil where
// it uses the main one.
func ExplicitRouteTable(tx *world.Tx, subnetID string) *RouteTable {
	for _, t := range world.All[RouteTable](tx) {
		for _, a := range t.Associations {
			if a.SubnetID == subnetID {
				return t
			}
		}
	}
	return nil
}

// MainRouteTable is a VPC's main route table.
func MainRouteTable(tx *world.Tx, vpcID string) *RouteTable {
	for _, t := range world.All[RouteTable](tx) {
		if t.VPCID == vpcID && t.Main() {
			return t
		}
	}
	panic("world: VPC " + vpcID + " has no main route table") // a programming error
}

// RouteTableOf is the route table that decides about a subnet's traffic.
func RouteTableOf(tx *world.Tx, s *Subnet) *RouteTable {
	if t := ExplicitRouteTable(tx, s.ID); t != nil {
		return t
	}
	return MainRouteTable(tx, s.VPCID)
}

func withoutSubnet(list []Association, subnetID string) []Association {
	return slices.DeleteFunc(list, func(a Association) bool { return a.SubnetID == subnetID })
}

func withoutAssociation(list []Association, id string) []Association {
	return slices.DeleteFunc(list, func(a Association) bool { return a.ID == id })
}

func without(list []string, gone string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == gone })
}
