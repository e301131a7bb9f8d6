package network

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// RouteTable says where the traffic of its subnets goes. Its routes and
// associations are exactly these, besides the route within the VPC and those
// that gateway endpoints add.
type RouteTable struct {
	// VPC is whose subnets may use it.
	VPC resource.Ref
	// Routes lead out of the VPC.
	Routes []Route
	// Subnets are associated with it. A subnet is with one table at a time.
	Subnets []resource.Ref
}

// Route leads to either an internet gateway or a NAT gateway.
type Route struct {
	// Destination is the range whose traffic takes the route.
	Destination netip.Prefix
	// Gateway is an internet gateway; zero where NAT is set.
	Gateway resource.Ref
	// NAT is a NAT gateway; zero where Gateway is set.
	NAT resource.Ref
}

// Refs names the VPC, the routes' targets and the subnets.
func (s RouteTable) Refs() []resource.Ref {
	refs := []resource.Ref{s.VPC}
	for _, route := range s.Routes {
		refs = append(refs, route.Gateway, route.NAT)
	}
	return append(refs, s.Subnets...)
}

// RouteTableKind is the kind of route tables, with their routes (routes.go) and
// associations (associations.go).
func RouteTableKind() resource.Kind[RouteTable, types.RouteTable] {
	return resource.Kind[RouteTable, types.RouteTable]{
		Traits: resource.Traits{
			Name:       "route-table",
			TagCommand: awsapi.TagCommandEC2,
			Console:    resource.Console{Object: "vpcconsole#RouteTableDetails:RouteTableId=", List: "vpcconsole#RouteTables:"},
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeRouteTables"},
				Make:   []string{"ec2:CreateRouteTable", "ec2:CreateRoute", "ec2:AssociateRouteTable", "ec2:CreateTags"},
				Change: []string{"ec2:DeleteRoute", "ec2:ReplaceRoute", "ec2:ReplaceRouteTableAssociation", "ec2:DisassociateRouteTable"},
				Delete: []string{"ec2:DisassociateRouteTable", "ec2:DeleteRouteTable"},
			},
			Compared: routeTableFields(),
			Quotas: []resource.Quota{
				{Service: "vpc", Code: "L-589F43AA", Name: "Route tables per VPC", Refusals: []string{"RouteTableLimitExceeded"}},
				{Service: "vpc", Code: "L-93826ACB", Name: "Routes per route table", Refusals: []string{"RouteLimitExceeded"}},
			},
			// The internet gateway's attachment.
			Propagating: []awsapi.Refusal{{Code: "InvalidParameterValue", Message: "belong to different networks"}},
			Removal:     resource.Removal{Delete: deleteRouteTable, Foreign: inside(routeTablesIn), Protected: mainRouteTables, DryRun: dryRun("ec2:DeleteRouteTable", dryRunRouteTable)},
		},
		Reading: resource.Reading[types.RouteTable]{
			List:   owned(routeTables),
			ID:     func(l types.RouteTable) string { return aws.ToString(l.RouteTableId) },
			Tags:   func(l types.RouteTable) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: routeTableStatus,
		},
		Writing: resource.Writing[RouteTable, types.RouteTable]{
			Diff: diffRouteTable,
			Kept: func(_ RouteTable, l types.RouteTable) []resource.Change {
				var gateways []string
				for _, propagating := range l.PropagatingVgws {
					gateways = append(gateways, aws.ToString(propagating.GatewayId))
				}
				return resource.CompareSets("route propagation", nil, gateways)
			},
			Create: createRouteTable,
			AsCreated: func(call resource.Call[RouteTable], id string) types.RouteTable {
				return types.RouteTable{RouteTableId: &id, VpcId: aws.String(call.IDs.Of(call.Spec.VPC))}
			},
			Update:         updateRouteTable,
			Retag:          awsapi.RetagEC2,
			DeleteObserved: deleteObservedRouteTable,
		},
	}
}

func routeTables(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.RouteTable, error) {
	return awsapi.Collect(ctx, ec2.NewDescribeRouteTablesPaginator(c.EC2, &ec2.DescribeRouteTablesInput{Filters: filters}),
		func(page *ec2.DescribeRouteTablesOutput) []types.RouteTable { return page.RouteTables })
}

// routeTableStatus is pending while an association takes effect: until then the
// subnet still follows the routes that it had before.
func routeTableStatus(l types.RouteTable) resource.Status {
	for _, association := range l.Associations {
		if associationState(association) == types.RouteTableAssociationStateCodeAssociating {
			return resource.Status{Phase: resource.Pending, Reason: "associating " + associated(association)}
		}
	}
	return resource.Status{Phase: resource.Ready}
}

func diffRouteTable(s RouteTable, l types.RouteTable, ids resource.IDs) []resource.Change {
	changes := resource.Fixed("VPC", ids.Of(s.VPC), aws.ToString(l.VpcId))
	for _, d := range compareRoutes(s.Routes, l.Routes, ids) {
		changes = append(changes, resource.Change{Field: "route " + d.destination, Want: d.want, Have: d.have})
	}
	missing, surplus := compareAssociations(s, l, ids)
	for _, subnet := range missing {
		changes = append(changes, resource.Change{Field: "association", Want: subnet})
	}
	for _, association := range surplus {
		changes = append(changes, resource.Change{Field: "association", Have: associated(association)})
	}
	return changes
}

func createRouteTable(ctx context.Context, call resource.Call[RouteTable]) (string, error) {
	out, err := call.Clients.EC2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{
		VpcId:             aws.String(call.IDs.Of(call.Spec.VPC)),
		ClientToken:       optional(call.Token),
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeRouteTable, call.Tags),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.RouteTable.RouteTableId), nil
}

// updateRouteTable sets the routes before the associations, so that a subnet
// that moves here finds its way out.
func updateRouteTable(ctx context.Context, call resource.Call[RouteTable], l types.RouteTable, _ []resource.Change) error {
	table := aws.ToString(l.RouteTableId)
	missing, surplus := compareAssociations(call.Spec, l, call.IDs)
	routed, associations := true, make([]association, len(missing))
	// A subnet without a table of its own loses nothing by having this one before its
	// routes are there.
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		routed, err = route(together, call, l)
		return err
	})
	for i, subnet := range missing {
		group.Go(func() (err error) {
			associations[i], err = associate(together, call.Clients, table, subnet)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, subnet := range missing {
		if associations[i] == associationElsewhere {
			if err := moveAssociation(ctx, call.Clients, table, subnet); err != nil {
				return err
			}
		}
	}
	if !routed || slices.ContainsFunc(associations, func(a association) bool { return a != associationDone }) {
		call.Unconfirmed()
	}
	return disassociate(ctx, call.Clients, surplus)
}

// route makes the table's routes what they should be, and says whether AWS did all of it.
func route(ctx context.Context, call resource.Call[RouteTable], l types.RouteTable) (done bool, err error) {
	done = true
	for _, d := range compareRoutes(call.Spec.Routes, l.Routes, call.IDs) {
		err := d.apply(ctx, call.Clients, aws.ToString(l.RouteTableId))
		if awsapi.HasCode(err, codeRouteExists, codeRouteNotFound) {
			done = false
			continue
		}
		if err != nil {
			return false, err
		}
	}
	return done, nil
}

func deleteRouteTable(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	out, err := c.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{record.ID}})
	if err != nil {
		return err
	}
	if len(out.RouteTables) != 1 {
		return fmt.Errorf("AWS described %d tables for %s, not one: try again", len(out.RouteTables), record.ID)
	}
	return deleteObservedRouteTable(ctx, c, record, out.RouteTables[0])
}

// deleteObservedRouteTable takes the table from its subnets first: AWS refuses to
// delete an associated one.
func deleteObservedRouteTable(ctx context.Context, c *awsapi.Clients, record resource.Record, l types.RouteTable) error {
	if err := disassociate(ctx, c, slices.DeleteFunc(slices.Clone(l.Associations), isMain)); err != nil {
		return err
	}
	_, err := c.EC2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &record.ID})
	return err
}

func routeTablesIn(c *awsapi.Clients, vpcs []string) blockers {
	return func(ctx context.Context) ([]resource.Blocker, error) {
		tables, err := routeTables(ctx, c, awsapi.Filter(awsapi.FilterVPC, vpcs...))
		var all []resource.Blocker
		for _, l := range tables {
			if !slices.ContainsFunc(l.Associations, isMain) {
				all = append(all, blocker("route table", l.RouteTableId, l.OwnerId, l.Tags))
			}
			all = append(all, otherGateways(l)...)
		}
		slices.SortStableFunc(all, func(a, b resource.Blocker) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) })
		return slices.CompactFunc(all, func(a, b resource.Blocker) bool { return a.ID == b.ID }), err
	}
}

// mainRouteTables names those that somebody made the main one of their VPC, which AWS never deletes.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRouteTable.html
func mainRouteTables(ctx context.Context, c *awsapi.Clients, objects []resource.Object) ([]resource.Blocker, error) {
	var blockers []resource.Blocker
	for _, object := range objects {
		live, ok := object.Live.(types.RouteTable)
		if !ok {
			return nil, fmt.Errorf("the route table %s was listed as a %T", object.ID, object.Live)
		}
		for _, association := range live.Associations {
			if !isMain(association) {
				continue
			}
			b := blocker("route table", live.RouteTableId, live.OwnerId, live.Tags)
			b.Protection = "it is the main one of its VPC"
			other, err := otherTable(ctx, c, aws.ToString(live.VpcId))
			if err != nil {
				return nil, err
			}
			b.Lift = c.Command("ec2 replace-route-table-association --association-id " + aws.ToString(association.RouteTableAssociationId) + " --route-table-id " + other)
			blockers = append(blockers, b)
		}
	}
	return blockers, nil
}

// otherTable is a route table of a VPC that isn't the platform's, such as the one that AWS made with the VPC.
func otherTable(ctx context.Context, c *awsapi.Clients, vpc string) (string, error) {
	tables, err := routeTables(ctx, c, awsapi.Filter(awsapi.FilterVPC, vpc))
	for _, l := range tables {
		if awsapi.FromEC2(l.Tags)[awsapi.TagPlatform] == "" {
			return aws.ToString(l.RouteTableId), nil
		}
	}
	return "rtb-…", err // one that is to be made first
}

// otherGateways are the VPC's gateways that a route table tells of and that are of no kind
// that we make. A VPC with one can't be deleted; one that nothing is routed to isn't seen.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
func otherGateways(l types.RouteTable) []resource.Blocker {
	found := map[string]string{}
	for _, gateway := range l.PropagatingVgws {
		found[aws.ToString(gateway.GatewayId)] = "virtual private gateway"
	}
	for _, route := range l.Routes {
		if id := aws.ToString(route.GatewayId); strings.HasPrefix(id, "vgw-") {
			found[id] = "virtual private gateway"
		}
		if id := aws.ToString(route.EgressOnlyInternetGatewayId); id != "" {
			found[id] = "egress-only internet gateway"
		}
		if id := aws.ToString(route.CarrierGatewayId); id != "" {
			found[id] = "carrier gateway"
		}
	}
	var all []resource.Blocker
	for _, id := range slices.Sorted(maps.Keys(found)) {
		all = append(all, resource.Blocker{Type: found[id], ID: id, Account: aws.ToString(l.OwnerId), Notes: []string{"routed to by " + aws.ToString(l.RouteTableId)}})
	}
	return all
}

// routeTableFields declares what is compared of a route table.
func routeTableFields() []resource.Field {
	return []resource.Field{
		resource.Identity("RouteTableId", "OwnerId", "Tags"),
		{Name: "VPC", Of: []string{"VpcId"}, How: resource.Repaired, Why: "AWS can't change it: another table takes its place"},
		{Name: "route *", Of: []string{"Routes"}, How: resource.Repaired, Why: "they decide who is reached; others are removed, but for those of gateway endpoints"},
		{Name: "association", Of: []string{"Associations"}, How: resource.Repaired, Why: "a subnet without it follows the VPC's main table"},
		{Name: "route propagation", Of: []string{"PropagatingVgws"}, How: resource.Kept, Why: "a way to networks of the operator's own"},
	}
}
