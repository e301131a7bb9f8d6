package loadbalancing

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// attributeProtection keeps AWS from deleting a load balancer.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
const attributeProtection = "deletion_protection.enabled"

// protectedLoadBalancers names those with deletion protection. The attributes are asked for
// where the list left them out.
func protectedLoadBalancers(ctx context.Context, c *awsapi.Clients, objects []resource.Object) ([]resource.Blocker, error) {
	var unread []string
	attributes := map[string]map[string]string{}
	for _, object := range objects {
		if live, ok := object.Live.(LiveLoadBalancer); ok && live.Attributes != nil {
			attributes[object.ID] = live.Attributes
		} else {
			unread = append(unread, object.ID)
		}
	}
	read, err := each(ctx, unread, func(ctx context.Context, arn string) (map[string]string, error) {
		return loadBalancers().attributes(ctx, c, arn)
	})
	var blockers []resource.Blocker
	for _, object := range objects {
		set := attributes[object.ID]
		if set == nil {
			set = read[object.ID]
		}
		if set[attributeProtection] != "true" {
			continue
		}
		b := named("load balancer", &object.ID, nil)
		if live, ok := object.Live.(LiveLoadBalancer); ok {
			b.Name = aws.ToString(live.LoadBalancerName)
		}
		b.Protection = "deletion protection"
		b.Lift = c.Command("elbv2 modify-load-balancer-attributes --load-balancer-arn " + object.ID + " --attributes Key=" + attributeProtection + ",Value=false")
		blockers = append(blockers, b)
	}
	return blockers, err
}
