package loadbalancing

import (
	"context"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// countLoadBalancers counts the Application Load Balancers of the region,
// whoever they belong to.
func countLoadBalancers(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	all, err := awsapi.Collect(ctx, elb.NewDescribeLoadBalancersPaginator(c.ELB, &elb.DescribeLoadBalancersInput{}),
		func(page *elb.DescribeLoadBalancersOutput) []types.LoadBalancer { return page.LoadBalancers })
	used := 0
	for _, balancer := range all {
		if balancer.Type == types.LoadBalancerTypeEnumApplication {
			used++
		}
	}
	return map[string]int{"": used}, err
}

// countTargetGroups counts the target groups of the region, whoever they belong
// to.
func countTargetGroups(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	all, err := awsapi.Collect(ctx, elb.NewDescribeTargetGroupsPaginator(c.ELB, &elb.DescribeTargetGroupsInput{}),
		func(page *elb.DescribeTargetGroupsOutput) []types.TargetGroup { return page.TargetGroups })
	return map[string]int{"": len(all)}, err
}
