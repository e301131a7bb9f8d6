package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/resource"
)

// The fields of a group that are compared.
const (
	fieldVersion      = "version"
	fieldLaunchTags   = "tags of what is launched"
	fieldLaunchDetail = "detailed monitoring of what is launched"
	fieldTargetGroup  = "target group"
	fieldMin          = "min size"
	fieldMax          = "max size"
	fieldSubnets      = "subnets"
	fieldChecks       = "health check type"
	fieldGrace        = "health check grace period"
	fieldWarmup       = "default instance warmup"
	fieldMaintenance  = "instance maintenance policy"
	fieldDistribution = "zone distribution"
	fieldImpairment   = "zone impairment policy"
	fieldMetrics      = "group metrics"
)

// diffGroup compares what of a group is asked for. How many instances it has between its sizes is its own.
func diffGroup(spec Group, live LiveGroup, ids resource.IDs) []resource.Change {
	var changes []resource.Change
	compare := func(field, want, have string) {
		if want != have {
			changes = append(changes, resource.Change{Field: field, Want: want, Have: have})
		}
	}
	// A group behind another target group is in another network.
	changes = append(changes, resource.Fixed(fieldTargetGroup, ids.Of(spec.TargetGroup), strings.Join(targetGroupsOf(live.AutoScalingGroup), ", "))...)
	changes = append(changes, diffVersion(spec, live, ids)...)
	compare(fieldMin, strconv.Itoa(spec.Min), number(live.MinSize))
	compare(fieldMax, strconv.Itoa(spec.Max), number(live.MaxSize))
	changes = append(changes, resource.CompareSets(fieldSubnets, ids.All(spec.Subnets), subnetsOf(live.AutoScalingGroup))...)
	compare(fieldChecks, healthChecks, aws.ToString(live.HealthCheckType))
	compare(fieldGrace, spec.Grace.String(), duration(live.HealthCheckGracePeriod))
	compare(fieldWarmup, spec.Warmup.String(), duration(live.DefaultInstanceWarmup))
	compare(fieldMaintenance, maintenanceText(maintenance()), maintenanceText(live.InstanceMaintenancePolicy))
	distribution := ""
	if live.AvailabilityZoneDistribution != nil {
		distribution = string(live.AvailabilityZoneDistribution.CapacityDistributionStrategy)
	}
	compare(fieldDistribution, string(zoneDistribution), distribution)
	compare(fieldImpairment, impairmentText(impairment()), impairmentText(live.AvailabilityZoneImpairmentPolicy))
	compare(fieldMetrics, "collected", metricsText(live.EnabledMetrics))
	return changes
}

// diffVersion is how what the group launches differs from what it is to launch. A version that differs by its tags alone, or has more
// metrics than are needed, replaces no instance.
func diffVersion(spec Group, live LiveGroup, ids resource.IDs) []resource.Change {
	version, ok := versionOf(live.LaunchTemplate)
	data, known := live.Versions[version]
	if to, ok := live.refreshesTo(); ok && to.Template == ids.Of(spec.Template) {
		if next, known := live.Versions[to]; known && len(compareLaunch(spec.Launch, next, ids)) == 0 {
			return nil // the group names it once all instances are of it
		}
	}
	if template := ids.Of(spec.Template); !ok || !known || version.Template != template {
		have := "none that the platform has"
		if live.LaunchTemplate != nil {
			have = aws.ToString(live.LaunchTemplate.LaunchTemplateId) + " " + aws.ToString(live.LaunchTemplate.Version)
		}
		return []resource.Change{{Field: fieldVersion, Want: template, Have: have}}
	}
	if differs := compareLaunch(spec.Launch, data, ids); len(differs) > 0 {
		texts := make([]string, len(differs))
		for i, change := range differs {
			texts[i] = change.String()
		}
		return []resource.Change{{Field: fieldVersion, Want: "another", Have: version.String(), Text: version.String() + " → another, by " + strings.Join(texts, "; ")}}
	}
	quiet := compareQuietly(spec.Launch, data)
	for i := range quiet {
		switch quiet[i].Field {
		case fieldTags:
			quiet[i].Field = fieldLaunchTags
		case fieldMonitored:
			quiet[i].Field = fieldLaunchDetail
		}
	}
	return quiet
}

// keptOfGroup are what an operator has set.
func keptOfGroup(_ Group, live LiveGroup) []resource.Change {
	var kept []resource.Change
	differs := func(field, want, have string) {
		if want != have {
			kept = append(kept, resource.Change{Field: field, Want: want, Have: have})
		}
	}
	var suspended []string
	for _, process := range live.SuspendedProcesses {
		suspended = append(suspended, aws.ToString(process.ProcessName))
	}
	slices.Sort(suspended)
	differs("suspended processes", "", strings.Join(suspended, ", "))
	differs("scale-in protection of new instances", "false", strconv.FormatBool(aws.ToBool(live.NewInstancesProtectedFromScaleIn)))
	if p := live.DeletionProtection; p != "" && p != types.DeletionProtectionNone {
		kept = append(kept, resource.Change{Field: "deletion protection", Want: string(types.DeletionProtectionNone), Have: string(p), Protects: true})
	}
	if policies := live.TerminationPolicies; len(policies) > 0 {
		differs("termination policies", "Default", strings.Join(policies, ", "))
	}
	if n := aws.ToInt32(live.MaxInstanceLifetime); n > 0 {
		differs("maximum instance lifetime", "", duration(&n))
	}
	return kept
}

// groupFields declares what is compared of a group.
func groupFields() []resource.Field {
	const serves = "it decides who serves, and how many"
	return []resource.Field{
		resource.Identity("AutoScalingGroupName", "AutoScalingGroupARN", "CreatedTime", "Status", "Tags", "Instances", "Targets", "Versions", "Refresh", "AvailabilityZones", "AvailabilityZoneIds", "PredictedCapacity"),
		{Name: fieldTargetGroup, Of: []string{"TargetGroupARNs", "TrafficSources", "LoadBalancerNames"}, How: resource.Repaired, Why: "another group takes its place"},
		{Name: fieldVersion, Of: []string{"LaunchTemplate", "LaunchConfigurationName", "MixedInstancesPolicy"}, How: resource.Repaired, Why: "the instances are replaced by an instance refresh"},
		{Name: fieldLaunchTags, Of: []string{}, How: resource.Repaired, Why: "what is launched from then on has them"},
		{Name: fieldLaunchDetail, Of: []string{}, How: resource.Repaired, Why: "where nothing scales by `cpu`, what is launched from then on is without it"},
		{Name: fieldMin, Of: []string{"MinSize"}, How: resource.Repaired, Why: serves},
		{Name: fieldMax, Of: []string{"MaxSize"}, How: resource.Repaired, Why: serves},
		{Name: fieldSubnets, Of: []string{"VPCZoneIdentifier"}, How: resource.Repaired, Why: "they are the zones"},
		{Name: fieldChecks, Of: []string{"HealthCheckType"}, How: resource.Repaired, Why: "without the load balancer's checks an instance that runs and doesn't serve stays"},
		{Name: fieldGrace, Of: []string{"HealthCheckGracePeriod"}, How: resource.Repaired, Why: "shorter than a start, no instance ever serves"},
		{Name: fieldWarmup, Of: []string{"DefaultInstanceWarmup"}, How: resource.Repaired, Why: "the load of a start is no reason for another instance"},
		{Name: fieldMaintenance, Of: []string{"InstanceMaintenancePolicy"}, How: resource.Repaired, Why: "a replacement comes before what it replaces goes"},
		{Name: fieldDistribution, Of: []string{"AvailabilityZoneDistribution"}, How: resource.Repaired, Why: "a zone without capacity keeps no instance from the others"},
		{Name: fieldImpairment, Of: []string{"AvailabilityZoneImpairmentPolicy"}, How: resource.Repaired, Why: "a zonal shift takes the group along"},
		{Name: fieldMetrics, Of: []string{"EnabledMetrics"}, How: resource.Repaired, Why: "they cost nothing, and tell of a group that can't launch"},
		{Name: "desired capacity", Of: []string{"DesiredCapacity"}, How: resource.Ignored, Why: "between min and max it follows the load, or a person"},
		{Name: "suspended processes", Of: []string{"SuspendedProcesses"}, How: resource.Kept, Why: "an operator's, as for the time of a repair; `status` names them"},
		{Name: "scale-in protection of new instances", Of: []string{"NewInstancesProtectedFromScaleIn"}, How: resource.Kept, Why: "an operator's protection"},
		{Name: "deletion protection", Of: []string{"DeletionProtection"}, How: resource.Kept, Why: "an operator's protection; it holds up `down`"},
		{Name: "termination policies", Of: []string{"TerminationPolicies"}, How: resource.Kept, Why: "which instance goes first is the operator's choice"},
		{Name: "maximum instance lifetime", Of: []string{"MaxInstanceLifetime"}, How: resource.Kept, Why: "an operator's choice"},
		{Name: "cooldown, warm pools and placement", Of: []string{"DefaultCooldown", "CapacityRebalance", "CapacityReservationSpecification", "Context", "DesiredCapacityType", "InstanceLifecyclePolicy",
			"Operator", "PlacementGroup", "ServiceLinkedRoleARN", "WarmPoolConfiguration", "WarmPoolSize"}, How: resource.Ignored, Why: "nothing that the platform uses goes by them"},
	}
}

// ReplacesInstances reports whether a group's change is one that an instance refresh makes.
func ReplacesInstances(changes []resource.Change) bool {
	return slices.ContainsFunc(changes, func(c resource.Change) bool { return c.Field == fieldVersion })
}

func updateGroup(ctx context.Context, call resource.Call[Group], live LiveGroup, changes []resource.Change) error {
	has := func(fields ...string) bool {
		return slices.ContainsFunc(changes, func(c resource.Change) bool { return slices.Contains(fields, c.Field) })
	}
	spec := call.Spec
	if in := (&autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &call.ID}); has(fieldMin, fieldMax, fieldSubnets, fieldChecks, fieldGrace,
		fieldWarmup, fieldMaintenance, fieldDistribution, fieldImpairment, fieldLaunchTags, fieldLaunchDetail) {
		if has(fieldMin, fieldMax) {
			in.MinSize, in.MaxSize = aws.Int32(int32(spec.Min)), aws.Int32(int32(spec.Max)) //nolint:gosec // the configuration allows 500 at most
		}
		if has(fieldSubnets) {
			in.VPCZoneIdentifier = aws.String(strings.Join(call.IDs.All(spec.Subnets), ","))
			call.Unconfirmed()
		}
		if has(fieldChecks) {
			in.HealthCheckType = aws.String(healthChecks)
		}
		if has(fieldGrace) {
			in.HealthCheckGracePeriod = seconds(spec.Grace)
		}
		if has(fieldWarmup) {
			in.DefaultInstanceWarmup = seconds(spec.Warmup)
		}
		if has(fieldMaintenance) {
			in.InstanceMaintenancePolicy = maintenance()
		}
		if has(fieldDistribution) {
			in.AvailabilityZoneDistribution = &types.AvailabilityZoneDistribution{CapacityDistributionStrategy: zoneDistribution}
		}
		if has(fieldImpairment) {
			in.AvailabilityZoneImpairmentPolicy = impairment()
		}
		if has(fieldLaunchTags, fieldLaunchDetail) {
			version, err := wantedVersion(ctx, call)
			if err != nil {
				return err
			}
			in.LaunchTemplate = version
		}
		if _, err := call.Clients.AutoScaling.UpdateAutoScalingGroup(ctx, in); err != nil {
			return fmt.Errorf("change the Auto Scaling group %s: %w", call.ID, err)
		}
	}
	if has(fieldMetrics) {
		if _, err := call.Clients.AutoScaling.EnableMetricsCollection(ctx, &autoscaling.EnableMetricsCollectionInput{
			AutoScalingGroupName: &call.ID, Granularity: aws.String(granularity),
		}); err != nil {
			return fmt.Errorf("collect the metrics of the Auto Scaling group %s: %w", call.ID, err)
		}
	}
	if has(fieldVersion) {
		return refresh(ctx, call, live)
	}
	return nil
}

func targetGroupsOf(group types.AutoScalingGroup) []string {
	if group.TargetGroupARNs != nil {
		return slices.Sorted(slices.Values(group.TargetGroupARNs))
	}
	var arns []string
	for _, source := range group.TrafficSources {
		arns = append(arns, aws.ToString(source.Identifier))
	}
	slices.Sort(arns)
	return arns
}

func subnetsOf(group types.AutoScalingGroup) []string {
	var subnets []string
	for subnet := range strings.SplitSeq(aws.ToString(group.VPCZoneIdentifier), ",") {
		if subnet = strings.TrimSpace(subnet); subnet != "" {
			subnets = append(subnets, subnet)
		}
	}
	return subnets
}

func number(n *int32) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(int(*n))
}

func duration(seconds *int32) string {
	if seconds == nil || *seconds < 0 {
		return ""
	}
	return (time.Duration(*seconds) * time.Second).String()
}

func maintenanceText(p *types.InstanceMaintenancePolicy) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%s to %s percent healthy", number(p.MinHealthyPercentage), number(p.MaxHealthyPercentage))
}

func impairmentText(p *types.AvailabilityZoneImpairmentPolicy) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("zonal shift %t, %s", aws.ToBool(p.ZonalShiftEnabled), p.ImpairedZoneHealthCheckBehavior)
}

// metricsText says whether all of a group's metrics are collected: those that every group has.
func metricsText(enabled []types.EnabledMetric) string {
	for _, name := range []string{"GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances", "GroupTerminatingInstances", "GroupTotalInstances"} {
		if !slices.ContainsFunc(enabled, func(m types.EnabledMetric) bool { return aws.ToString(m.Metric) == name }) {
			return "not all collected"
		}
	}
	return "collected"
}
