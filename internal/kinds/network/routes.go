package network

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// The codes with which EC2 says that a route is already as asked for.
const (
	codeRouteExists   = "RouteAlreadyExists"
	codeRouteNotFound = "InvalidRoute.NotFound"
)

// routeDifference is one route that is missing (have is ""), surplus (want is
// ""), or leads elsewhere or nowhere.
type routeDifference struct {
	destination string
	want, have  string

	gateway, nat string      // the wanted target, by its type
	live         types.Route // the surplus route
}

// compareRoutes compares the routes that are the table's own.
func compareRoutes(want []Route, have []types.Route, ids resource.IDs) []routeDifference {
	live := map[string]types.Route{}
	for _, route := range have {
		if !isForeign(route) {
			live[destination(route)] = route
		}
	}
	var differences []routeDifference
	for _, route := range want {
		d := routeDifference{
			destination: route.Destination.Masked().String(),
			gateway:     ids.Of(route.Gateway),
			nat:         ids.Of(route.NAT),
		}
		d.want = cmp.Or(d.gateway, d.nat)
		if found, ok := live[d.destination]; ok {
			d.have = target(found)
			delete(live, d.destination)
		}
		if d.want != d.have {
			differences = append(differences, d)
		}
	}
	for name, route := range live {
		differences = append(differences, routeDifference{destination: name, have: target(route), live: route})
	}
	slices.SortFunc(differences, func(a, b routeDifference) int { return cmp.Compare(a.destination, b.destination) })
	return differences
}

// isForeign reports a route that AWS or another object keeps: the one within
// the VPC, those of gateway endpoints, and those that a virtual private gateway
// propagates.
func isForeign(r types.Route) bool {
	return aws.ToString(r.GatewayId) == localRoute ||
		r.Origin == types.RouteOriginEnableVgwRoutePropagation ||
		r.DestinationPrefixListId != nil && strings.HasPrefix(aws.ToString(r.GatewayId), endpointPrefix)
}

// destination is the range of a route, in the form that netip writes.
func destination(r types.Route) string {
	text := cmp.Or(aws.ToString(r.DestinationCidrBlock), aws.ToString(r.DestinationIpv6CidrBlock), aws.ToString(r.DestinationPrefixListId))
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.String()
	}
	return text
}

// target is the ID that a route leads to. A blackhole is no target that anyone
// can want: what it led to is gone.
func target(r types.Route) string {
	id := "unknown target"
	for _, candidate := range []*string{
		r.GatewayId, r.NatGatewayId, r.InstanceId, r.NetworkInterfaceId, r.TransitGatewayId, r.VpcPeeringConnectionId,
		r.EgressOnlyInternetGatewayId, r.CarrierGatewayId, r.LocalGatewayId, r.CoreNetworkArn,
	} {
		if aws.ToString(candidate) != "" {
			id = *candidate
			break
		}
	}
	if r.State == types.RouteStateBlackhole {
		return id + " (blackhole)"
	}
	return id
}

// apply makes the route what is wanted. That it is so already is an error, too.
func (d routeDifference) apply(ctx context.Context, c *awsapi.Clients, table string) error {
	var err error
	v4, v6 := destinationParameters(d.destination)
	switch {
	case d.want == "":
		_, err = c.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{
			RouteTableId:             &table,
			DestinationCidrBlock:     d.live.DestinationCidrBlock,
			DestinationIpv6CidrBlock: d.live.DestinationIpv6CidrBlock,
			DestinationPrefixListId:  d.live.DestinationPrefixListId,
		})
	case d.have == "":
		_, err = c.EC2.CreateRoute(ctx, &ec2.CreateRouteInput{
			RouteTableId: &table, DestinationCidrBlock: v4, DestinationIpv6CidrBlock: v6,
			GatewayId: optional(d.gateway), NatGatewayId: optional(d.nat),
		})
	default:
		_, err = c.EC2.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{
			RouteTableId: &table, DestinationCidrBlock: v4, DestinationIpv6CidrBlock: v6,
			GatewayId: optional(d.gateway), NatGatewayId: optional(d.nat),
		})
	}
	return err
}

// destinationParameters puts a range where the API wants its IP version.
func destinationParameters(cidr string) (v4, v6 *string) {
	if prefix, err := netip.ParsePrefix(cidr); err == nil && prefix.Addr().Is6() {
		return nil, &cidr
	}
	return &cidr, nil
}
