package awsapi

import (
	"context"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// LoadBalancers are all of the region, whichever platform they belong to. Within a snapshot they are read once, because both the
// load balancers themselves and the DNS records that lead to them need them.
func LoadBalancers(ctx context.Context, c *Clients) ([]elbtypes.LoadBalancer, error) {
	return Once(ctx, c, "load balancers", func(ctx context.Context, c *Clients) ([]elbtypes.LoadBalancer, error) {
		return DescribeLoadBalancers(ctx, c, &elb.DescribeLoadBalancersInput{})
	})
}

// DescribeLoadBalancers are those that a call asks for.
func DescribeLoadBalancers(ctx context.Context, c *Clients, which *elb.DescribeLoadBalancersInput) ([]elbtypes.LoadBalancer, error) {
	return Collect(ctx, elb.NewDescribeLoadBalancersPaginator(c.ELB, which),
		func(page *elb.DescribeLoadBalancersOutput) []elbtypes.LoadBalancer { return page.LoadBalancers })
}
