package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// counted makes a quota's Used of a read: all in the region count.
func counted[L any](read func(context.Context, *awsapi.Clients, ...types.Filter) ([]L, error)) func(
	context.Context, *awsapi.Clients) (map[string]int, error) {
	return func(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
		all, err := read(ctx, c)
		return map[string]int{"": len(all)}, err
	}
}

// natGatewaysByZone counts those that AWS counts against its quota.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways
func natGatewaysByZone(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	var gateways []types.NatGateway
	var all []types.Subnet
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		gateways, err = natGateways(together, c, awsapi.Filter("state", string(types.NatGatewayStatePending),
			string(types.NatGatewayStateAvailable), string(types.NatGatewayStateDeleting)))
		return err
	})
	group.Go(func() (err error) {
		all, err = subnets(together, c)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	zones := map[string]string{}
	for _, subnet := range all {
		zones[aws.ToString(subnet.SubnetId)] = aws.ToString(subnet.AvailabilityZone)
	}
	used := map[string]int{}
	for _, gateway := range gateways {
		used[zones[aws.ToString(gateway.SubnetId)]]++
	}
	return used, nil
}

func newNATGatewaysByZone(_ context.Context, _ *awsapi.Clients, graph *resource.Graph, nodes []*resource.Node) (map[string]int, error) {
	need := map[string]int{}
	for _, node := range nodes {
		gateway, ok := node.Spec.(NATGateway)
		if !ok {
			continue
		}
		if subnet, ok := graph.Node(gateway.Subnet.Key()).Spec.(Subnet); ok {
			need[subnet.Zone]++
		}
	}
	return need, nil
}
