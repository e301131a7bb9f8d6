// Package network holds the kinds of the platform's network: VPC, internet
// gateway, subnets, elastic IPs, NAT gateways, route tables, security groups
// and their rules, and VPC endpoints. One file an AWS object.
//
// What belongs here: what these objects should be, how they are compared with
// what AWS reports, and the EC2 calls that make, change and delete them. What
// doesn't: when those calls run (the engine), which objects a platform has (the
// blueprint), and anything that runs in the network (compute, loadbalancing).
//
// It has more than 1,500 lines because the objects of one VPC are read together: each
// may prevent the deletion of another, and the default security group belongs to the VPC.
package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/resource"
)

// What AWS itself calls its own things.
const (
	defaultGroup   = "default" // the security group that comes with a VPC
	localRoute     = "local"   // the target of the route within the VPC
	endpointPrefix = "vpce-"   // how the ID of a VPC endpoint starts
)

// Kinds are all kinds of this package, each after those that its specs refer to.
func Kinds() []resource.Handler {
	return []resource.Handler{
		VPCKind().Handler(),
		InternetGatewayKind().Handler(),
		SubnetKind().Handler(),
		ElasticIPKind().Handler(),
		NATGatewayKind().Handler(),
		RouteTableKind().Handler(),
		SecurityGroupKind().Handler(),
		SecurityGroupRulesKind().Handler(),
		VPCEndpointKind().Handler(),
	}
}

// owned makes a kind's List of a read that takes filters.
func owned[L any](read func(context.Context, *awsapi.Clients, ...types.Filter) ([]L, error)) func(
	context.Context, *awsapi.Clients, awsapi.Owner) ([]L, error) {
	return func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]L, error) {
		return read(ctx, c, awsapi.OwnedBy(owner))
	}
}

// counted makes a quota's Used of a read: all in the region count.
func counted[L any](read func(context.Context, *awsapi.Clients, ...types.Filter) ([]L, error)) func(
	context.Context, *awsapi.Clients) (map[string]int, error) {
	return func(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
		all, err := read(ctx, c)
		return map[string]int{"": len(all)}, err
	}
}

// ready is the status of an object that is usable as soon as it is listed.
func ready[L any](L) resource.Status { return resource.Status{Phase: resource.Ready} }

// optional is nil for "", because the API takes an empty parameter for a value.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}

// madeBy reports whether an object whose name or range is taken is the one
// that an earlier run of this very call made, and lost the reply of.
func madeBy[S resource.Spec](call resource.Call[S], tags []types.Tag) bool {
	have := awsapi.FromEC2(tags)
	return call.Owner.Owns(have) && have[awsapi.TagKey] == call.Key.String() &&
		awsapi.Generation(have) == call.Generation
}

// oneOf is one of what has a price.
func oneOf(name prices.Name) []prices.Item { return []prices.Item{{Name: name, Count: 1}} }
