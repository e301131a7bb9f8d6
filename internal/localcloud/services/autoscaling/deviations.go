package autoscaling

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where Auto Scaling here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Reading, Text: "A group looks at its instances' health once a minute, and begins to replace what it finds 9 s later, in AWS's own time. AWS publishes neither: what had ended was seen replaced after 36 to 96 s."},
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Reading, Text: "A stopped instance's target drains if the group looks before the load balancer has heard of the stop; after that it is `unused`, and leaves at once. On AWS `draining` was seen; whether it is `unused` before is not known."},
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Reading, Text: "A launch that failed is tried again after 30 s, then 60, 120 and 240 s. AWS doesn't publish the pauses."},
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Stricter, Text: "Launch templates alone: no launch configurations, mixed instances, warm pools, scheduled actions, predictive scaling, notifications or classic load balancers."},
		{Operations: []string{"CreateAutoScalingGroup", "UpdateAutoScalingGroup"}, Kind: wire.Kinder, Text: "`AvailabilityZoneImpairmentPolicy`, `MaxInstanceLifetime` and `CapacityRebalance` are kept and shown, and change nothing: there are no zonal shifts and no Spot instances."},
		{Operations: []string{"CreateAutoScalingGroup"}, Kind: wire.Reading, Text: "A failure of instances with a code that has `InsufficientInstanceCapacity`, set for a zone by the faults, refuses a group's launches there at once, as AWS does, and the next zone is tried."},
		{Operations: []string{"DescribeScalingActivities"}, Kind: wire.Stricter, Text: "A group keeps its last 200 activities; AWS keeps them for six weeks, also those of groups that are deleted."},
		{Operations: []string{"PutLifecycleHook"}, Kind: wire.Stricter, Text: "Hooks notify nobody: there are no topics and queues here."},
		{Operations: []string{"PutScalingPolicy"}, Kind: wire.Stricter, Text: "Target tracking alone, of `ASGAverageCPUUtilization`, `ALBRequestCountPerTarget` or one metric of one's own: no simple, step or predictive scaling, no metric math, no network metrics."},
		{Operations: []string{"PutScalingPolicy"}, Kind: wire.Reading, Text: "A group is scaled to the instances that have warmed up, times the metric's last minute, divided by the target, rounded up; it is scaled in only while no instance comes, warms up or goes. AWS describes the first, says that it scales in more slowly, and publishes no formula. Its alarms are those of public reports: 3 minutes above the target, 15 below 0.7 of it."},
		{Operations: []string{"PutScalingPolicy"}, Kind: wire.Reading, Text: "A policy that is given another metric or target keeps the names of its alarms; AWS doesn't say."},
		{Operations: []string{"StartInstanceRefresh"}, Kind: wire.Reading, Text: "What a group launches while a refresh with a desired configuration is under way is of that configuration, whatever it is launched for; in a rollback it is of the group's own."},
		{Operations: []string{"StartInstanceRefresh"}, Kind: wire.Reading, Text: "Where the load balancer's checks count, a new instance is ready once its target is healthy and the warmup is over. AWS's words on why a refresh waits are known in part, those on why it failed or rolls back are ours."},
		{Operations: []string{"StartInstanceRefresh"}, Kind: wire.Reading, Text: "The hour for which instances are tried again, the warmup between them, the bake time and the delay at a checkpoint go by the local cloud's latency: with `fast` a refresh gives up after a minute, and the others take a second at most."},
		{Operations: []string{"CancelInstanceRefresh", "StartInstanceRefresh"}, Kind: wire.Reading, Text: "Of a refresh that failed or was cancelled, new instances that aren't ready go first where there are more than desired."},
		{Operations: []string{"StartInstanceRefresh"}, Kind: wire.Stricter, Text: "Neither the strategy `ReplaceRootVolume` nor an alarm specification."},
		{Operations: []string{"DescribeInstanceRefreshes"}, Kind: wire.Stricter, Text: "A group keeps its last 50 refreshes; AWS keeps them for six weeks."},
		{Operations: []string{"SetDesiredCapacity"}, Kind: wire.Kinder, Text: "`HonorCooldown` is accepted, and there is no cooldown to honour."},
	}
}
