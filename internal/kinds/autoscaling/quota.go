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

// detailedMetrics are how many metrics EC2 sends to CloudWatch of an instance with detailed monitoring, each of which AWS charges for.
// Source: Amazon CloudWatch pricing, example 1. A group's own metrics are free.
const detailedMetrics = 7

// itemsOf is what so many instances of a type cost, as the kind instance counts them, and their detailed monitoring.
func itemsOf(instanceType string, monitored bool, instances int) []Item {
	items := []Item{
		{Name: prices.Instance(instanceType), Count: int64(instances)},
		{Name: prices.GP3, Count: int64(instances * compute.RootVolumeGB)},
	}
	if monitored {
		items = append(items, Item{Name: prices.Metric, Count: int64(instances * detailedMetrics)})
	}
	return items
}

// CostAt is what a group would cost with so many instances.
func CostAt(g Group, instances int) []Item {
	return itemsOf(g.Launch.Type, g.Launch.Monitored, instances)
}

// mostInstances are more than any account has in a group, and few enough for their cost to be added up.
const mostInstances = 50_000

// liveGroupCost is that of the instances that are desired.
func liveGroupCost(live LiveGroup) []Item {
	instanceType, monitored := "", false
	if version, ok := versionOf(live.LaunchTemplate); ok {
		data := live.Versions[version]
		instanceType, monitored = string(data.InstanceType), isMonitored(data)
	}
	for _, instance := range live.Instances {
		instanceType = aws.ToString(instance.InstanceType)
	}
	if instanceType == "" || aws.ToInt32(live.DesiredCapacity) <= 0 {
		return nil
	}
	return itemsOf(instanceType, monitored, min(int(aws.ToInt32(live.DesiredCapacity)), mostInstances))
}

// policyCost is that of the alarms that AWS makes for a target tracking policy: one to add instances by, one to take them away.
func policyCost(Policy) []Item { return []Item{{Name: prices.Alarm, Count: 2}} }

// livePolicyCost is that of the alarms that a policy has.
func livePolicyCost(live LivePolicy) []Item {
	if len(live.Alarms) == 0 {
		return nil
	}
	return []Item{{Name: prices.Alarm, Count: int64(len(live.Alarms))}}
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
