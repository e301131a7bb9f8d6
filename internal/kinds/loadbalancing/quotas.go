package loadbalancing

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// countLoadBalancers counts the Application Load Balancers of the region,
// whichever platform they belong to.
func countLoadBalancers(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	all, err := loadBalancers().all(ctx, c)
	used := 0
	for _, balancer := range all {
		if balancer.Type == types.LoadBalancerTypeEnumApplication {
			used++
		}
	}
	return map[string]int{"": used}, err
}

// countTargetGroups counts the target groups of the region, whichever platform they
// belong to.
func countTargetGroups(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	all, err := targetGroups().all(ctx, c)
	return map[string]int{"": len(all)}, err
}
