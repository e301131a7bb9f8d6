package autoscaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/resource"
)

// Item is what of a group costs.
type Item = prices.Item

// itemsOf is what so many instances of a type cost, as the kind instance counts them. Detailed monitoring and what CloudWatch takes
// for the policy's alarms is not in the list of prices.
func itemsOf(instanceType string, instances int) []Item {
	return []Item{
		{Name: prices.Instance(instanceType), Count: int64(instances)},
		{Name: prices.GP3, Count: int64(instances * compute.RootVolumeGB)},
	}
}

// CostAt is what a group would cost with so many instances.
func CostAt(g Group, instances int) []Item { return itemsOf(g.Launch.Type, instances) }

// liveGroupCost is that of the instances that are desired.
func liveGroupCost(live LiveGroup) []Item {
	instanceType := ""
	for _, instance := range live.Instances {
		instanceType = aws.ToString(instance.InstanceType)
	}
	if version, ok := versionOf(live.LaunchTemplate); ok && instanceType == "" {
		instanceType = string(live.Versions[version].InstanceType)
	}
	if instanceType == "" || aws.ToInt32(live.DesiredCapacity) == 0 {
		return nil
	}
	return itemsOf(instanceType, int(aws.ToInt32(live.DesiredCapacity)))
}

// countGroups is how many groups the account has in the region.
func countGroups(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	out, err := c.AutoScaling.DescribeAccountLimits(ctx, &autoscaling.DescribeAccountLimitsInput{})
	if err != nil {
		return nil, err
	}
	return map[string]int{"": int(aws.ToInt32(out.NumberOfAutoScalingGroups))}, nil
}

// vCPUsAtMost is the quota of running instances, of which a group may need as many as its max.
func vCPUsAtMost() resource.Quota {
	quota := compute.VCPUs()
	quota.Refusals = nil // the group's creation is never refused for it: its launches are
	quota.Need = func(ctx context.Context, c *awsapi.Clients, _ *resource.Graph, nodes []*resource.Node) (map[string]int, error) {
		need := 0
		for _, node := range nodes {
			spec, ok := node.Spec.(Group)
			if !ok {
				continue
			}
			each, err := compute.VCPUsOf(ctx, c, spec.Launch.Type)
			if err != nil {
				return nil, err
			}
			need += each * spec.Max
		}
		return map[string]int{"": need}, nil
	}
	quota.Held = func([]resource.Object) map[string]int { return nil }
	return quota
}
