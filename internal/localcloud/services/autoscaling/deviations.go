package autoscaling

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where Auto Scaling here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Reading, Text: "A group looks at its instances' health once a minute, and begins to replace what it finds 9 s later, in AWS's own time. AWS publishes neither: what had ended was seen replaced after 36 to 96 s."},
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Reading, Text: "A launch that failed is tried again after 30 s, then 60, 120 and 240 s. AWS doesn't publish the pauses."},
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Stricter, Text: "Launch templates alone: no launch configurations, mixed instances, warm pools, scheduled actions, predictive scaling, notifications or classic load balancers."},
		{Operations: []string{"CreateAutoScalingGroup", "UpdateAutoScalingGroup"}, Kind: wire.Kinder, Text: "`AvailabilityZoneImpairmentPolicy`, `MaxInstanceLifetime` and `CapacityRebalance` are kept and shown, and change nothing: there are no zonal shifts and no Spot instances."},
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Reading, Text: "A failure of instances with a code that has `InsufficientInstanceCapacity`, set for a zone by the faults, refuses a group's launches there at once, as AWS does, and the next zone is tried."},
		{Operations: []string{"DescribeScalingActivities"}, Kind: wire.Stricter, Text: "A group keeps its last 200 activities; AWS keeps them for six weeks, also those of groups that are deleted."},
		{Operations: []string{"PutLifecycleHook"}, Kind: wire.Stricter, Text: "Hooks notify nobody: there are no topics and queues here."},
		{Operations: []string{"SetDesiredCapacity"}, Kind: wire.Kinder, Text: "`HonorCooldown` is accepted, and there is no cooldown to honour."},
	}
}
