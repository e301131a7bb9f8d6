package network

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func routeTableOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateRouteTable", createRouteTable),
		requests.Do(h, "DeleteRouteTable", func(tx *world.Tx, in *deleteRouteTableInput) error { return network.DeleteRouteTable(tx, in.ID) }),
		requests.Change(h, "AssociateRouteTable", associateRouteTable),
		requests.Do(h, "DisassociateRouteTable", func(tx *world.Tx, in *disassociateRouteTableInput) error {
			return network.DisassociateRouteTable(tx, in.AssociationID)
		}),
		requests.Change(h, "ReplaceRouteTableAssociation", replaceRouteTableAssociation),
		requests.Do(h, "CreateRoute", withRoute(network.CreateRoute)),
		requests.Do(h, "ReplaceRoute", withRoute(network.ReplaceRoute)),
		requests.Do(h, "DeleteRoute", func(tx *world.Tx, in *deleteRouteInput) error { return network.DeleteRoute(tx, in.ID, in.Destination) }),
		requests.View(h, "DescribeRouteTables", describeRouteTables),
	}
}

type routeTableItem struct {
	ID           string                                `xml:"routeTableId"`
	VpcID        string                                `xml:"vpcId"`
	OwnerID      string                                `xml:"ownerId"`
	Routes       wire.Items[routeItem]                 `xml:"routeSet"`
	Associations wire.Items[routeTableAssociationItem] `xml:"associationSet"`
	Propagating  wire.Items[requests.None]             `xml:"propagatingVgwSet"`
	Tags         wire.Items[requests.Tag]              `xml:"tagSet"`
}

type routeItem struct {
	DestinationCidr       string `xml:"destinationCidrBlock,omitempty"`
	DestinationPrefixList string `xml:"destinationPrefixListId,omitempty"`
	GatewayID             string `xml:"gatewayId,omitempty"`
	NatGatewayID          string `xml:"natGatewayId,omitempty"`
	NetworkInterfaceID    string `xml:"networkInterfaceId,omitempty"`
	InstanceID            string `xml:"instanceId,omitempty"`
	InstanceOwnerID       string `xml:"instanceOwnerId,omitempty"`
	State                 string `xml:"state"`
	Origin                string `xml:"origin"`
}

type routeTableAssociationItem struct {
	ID           string           `xml:"routeTableAssociationId"`
	RouteTableID string           `xml:"routeTableId"`
	SubnetID     string           `xml:"subnetId,omitempty"`
	Main         bool             `xml:"main"`
	State        associationState `xml:"associationState"`
}

type associationState struct {
	State string `xml:"state"`
}

func renderRouteTable(tx *world.Tx, t *network.RouteTable) routeTableItem {
	item := routeTableItem{ID: t.ID, VpcID: t.VPCID, OwnerID: world.AccountID, Tags: requests.TagSet(t.Tags)}
	for _, r := range network.Routes(tx, t) {
		item.Routes = append(item.Routes, renderRoute(tx, r))
	}
	for _, a := range t.Associations {
		item.Associations = append(item.Associations, routeTableAssociationItem{a.ID, t.ID, a.SubnetID, a.SubnetID == "", associationState{"associated"}})
	}
	return item
}

func renderRoute(tx *world.Tx, r network.Route) routeItem {
	item := routeItem{GatewayID: r.GatewayID, NatGatewayID: r.NATGatewayID, NetworkInterfaceID: r.NetworkInterfaceID, State: "active", Origin: r.Origin}
	if strings.HasPrefix(r.Destination, "pl-") {
		item.DestinationPrefixList = r.Destination
	} else {
		item.DestinationCidr = r.Destination
	}
	if i, ok := world.Get[network.NetworkInterface](tx, r.NetworkInterfaceID); ok && i.Attachment != nil {
		item.InstanceID, item.InstanceOwnerID = i.Attachment.InstanceID, i.Attachment.OwnerID
	}
	if r.Blackhole {
		item.State = "blackhole"
	}
	return item
}

type createRouteTableInput struct {
	VpcID       string                      `query:"VpcId,required"`
	ClientToken string                      `query:"ClientToken" max:"64"`
	Tags        []requests.TagSpecification `query:"TagSpecification"`
}

type createRouteTableOutput struct {
	RouteTable  routeTableItem `xml:"routeTable"`
	ClientToken string         `xml:"clientToken,omitempty"`
}

func createRouteTable(tx *world.Tx, c *wire.Call, in *createRouteTableInput) (*createRouteTableOutput, error) {
	t, err := requests.Create(c, in.Tags, "route-table", func(tags world.Tags) (*network.RouteTable, error) {
		return network.CreateRouteTable(tx, in.VpcID, in.ClientToken, tags)
	})
	if err != nil {
		return nil, err
	}
	return &createRouteTableOutput{renderRouteTable(tx, t), in.ClientToken}, nil
}

type deleteRouteTableInput struct {
	ID string `query:"RouteTableId,required"`
}

type associateRouteTableInput struct {
	ID       string `query:"RouteTableId,required"`
	SubnetID string `query:"SubnetId,required"`
}

type associateRouteTableOutput struct {
	ID    string           `xml:"associationId"`
	State associationState `xml:"associationState"`
}

func associateRouteTable(tx *world.Tx, _ *wire.Call, in *associateRouteTableInput) (*associateRouteTableOutput, error) {
	id, err := network.AssociateRouteTable(tx, in.ID, in.SubnetID)
	return &associateRouteTableOutput{id, associationState{"associated"}}, err
}

type disassociateRouteTableInput struct {
	AssociationID string `query:"AssociationId,required"`
}

type replaceRouteTableAssociationInput struct {
	AssociationID string `query:"AssociationId,required"`
	ID            string `query:"RouteTableId,required"`
}

type replaceRouteTableAssociationOutput struct {
	NewID string           `xml:"newAssociationId"`
	State associationState `xml:"associationState"`
}

func replaceRouteTableAssociation(tx *world.Tx, _ *wire.Call, in *replaceRouteTableAssociationInput) (*replaceRouteTableAssociationOutput, error) {
	id, err := network.ReplaceRouteTableAssociation(tx, in.AssociationID, in.ID)
	return &replaceRouteTableAssociationOutput{id, associationState{"associated"}}, err
}

type routeInput struct {
	ID                 string `query:"RouteTableId,required"`
	Destination        string `query:"DestinationCidrBlock,required"`
	GatewayID          string `query:"GatewayId"`
	NatGatewayID       string `query:"NatGatewayId"`
	NetworkInterfaceID string `query:"NetworkInterfaceId"`
	InstanceID         string `query:"InstanceId"`
}

func (in *routeInput) route(tx *world.Tx) (network.Route, error) {
	r := network.Route{Destination: in.Destination, GatewayID: in.GatewayID, NATGatewayID: in.NatGatewayID, NetworkInterfaceID: in.NetworkInterfaceID}
	if in.InstanceID != "" {
		interfaces := network.InterfacesOf(tx, in.InstanceID)
		if len(interfaces) == 0 {
			return r, refuse.NotFound("InvalidInstanceID.NotFound", "instance ID", in.InstanceID)
		}
		r.NetworkInterfaceID = interfaces[0].ID
	}
	return r, nil
}

// withRoute makes a handler of what is done with a route that a call describes.
func withRoute(do func(tx *world.Tx, tableID string, r network.Route) error) func(*world.Tx, *routeInput) error {
	return func(tx *world.Tx, in *routeInput) error {
		r, err := in.route(tx)
		if err != nil {
			return err
		}
		return do(tx, in.ID, r)
	}
}

type deleteRouteInput struct {
	ID          string `query:"RouteTableId,required"`
	Destination string `query:"DestinationCidrBlock,required"`
}

type describeRouteTablesInput struct {
	IDs        []string          `query:"RouteTableId"`
	Filters    []requests.Filter `query:"Filter"`
	MaxResults *int              `query:"MaxResults" min:"5" max:"100"`
	NextToken  string            `query:"NextToken"`
}

type describeRouteTablesOutput struct {
	RouteTables wire.Items[routeTableItem] `xml:"routeTableSet"`
	NextToken   string                     `xml:"nextToken,omitempty"`
}

func routeTableFields(tx *world.Tx) requests.Fields[*network.RouteTable] {
	associations := func(value func(routeTableAssociationItem) []string) func(*network.RouteTable) []string {
		return func(t *network.RouteTable) (values []string) {
			for _, a := range renderRouteTable(tx, t).Associations {
				values = append(values, value(a)...)
			}
			return values
		}
	}
	routes := func(value func(routeItem) string) func(*network.RouteTable) []string {
		return func(t *network.RouteTable) (values []string) {
			for _, r := range network.Routes(tx, t) {
				values = append(values, requests.Some(value(renderRoute(tx, r)))...)
			}
			return values
		}
	}
	return requests.Fields[*network.RouteTable]{
		"route-table-id":                         func(t *network.RouteTable) []string { return requests.One(t.ID) },
		"vpc-id":                                 func(t *network.RouteTable) []string { return requests.One(t.VPCID) },
		"owner-id":                               func(*network.RouteTable) []string { return requests.One(world.AccountID) },
		"association.main":                       associations(func(a routeTableAssociationItem) []string { return requests.YesNo(a.Main) }),
		"association.subnet-id":                  associations(func(a routeTableAssociationItem) []string { return requests.Some(a.SubnetID) }),
		"association.route-table-id":             associations(func(a routeTableAssociationItem) []string { return requests.One(a.RouteTableID) }),
		"association.route-table-association-id": associations(func(a routeTableAssociationItem) []string { return requests.One(a.ID) }),
		"association.gateway-id":                 requests.Never[*network.RouteTable],
		"route.destination-ipv6-cidr-block":      requests.Never[*network.RouteTable],
		"route.egress-only-internet-gateway-id":  requests.Never[*network.RouteTable],
		"route.transit-gateway-id":               requests.Never[*network.RouteTable],
		"route.vpc-peering-connection-id":        requests.Never[*network.RouteTable],
		"route.destination-cidr-block":           routes(func(r routeItem) string { return r.DestinationCidr }),
		"route.destination-prefix-list-id":       routes(func(r routeItem) string { return r.DestinationPrefixList }),
		"route.gateway-id":                       routes(func(r routeItem) string { return r.GatewayID }),
		"route.nat-gateway-id":                   routes(func(r routeItem) string { return r.NatGatewayID }),
		"route.instance-id":                      routes(func(r routeItem) string { return r.InstanceID }),
		"route.origin":                           routes(func(r routeItem) string { return r.Origin }),
		"route.state":                            routes(func(r routeItem) string { return r.State }),
	}
}

func describeRouteTables(tx *world.Tx, _ *wire.Call, in *describeRouteTablesInput) (*describeRouteTablesOutput, error) {
	items, next, err := requests.List(tx, in.IDs, requests.Paging{Filters: in.Filters, MaxResults: in.MaxResults, NextToken: in.NextToken}, routeTableFields(tx), func(t *network.RouteTable) routeTableItem { return renderRouteTable(tx, t) })
	return &describeRouteTablesOutput{items, next}, err
}
