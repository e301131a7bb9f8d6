package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/resource"
)

// activitiesOf is how far back status tells what a group did.
const activitiesOf = time.Hour

// scaled is the platform's Auto Scaling group and what is to be known of it beside its health; nil where neither the configuration
// asks for one, nor one is there.
func scaled(ctx context.Context, s *session.Session, objects []resource.Object) (*report.AutoScaling, []string) {
	group, found := groupOf(objects)
	if !found {
		if wanted := s.Config.Web.AutoScaling; wanted.On() {
			return &report.AutoScaling{Min: wanted.Min, Max: wanted.Max}, nil
		}
		return nil, nil
	}
	activities, err := autoscaling.Activities(ctx, s.Clients, aws.ToString(group.AutoScalingGroupName), s.Began.Add(-activitiesOf))
	if err != nil {
		s.SayVerbose(err.Error()) // all else is known
	}
	return groupDocument(group, activities, s.Config.Web.AutoScaling), groupNotes(group)
}

// groupOf is the newest Auto Scaling group of the platform that isn't going.
func groupOf(objects []resource.Object) (group autoscaling.LiveGroup, found bool) {
	generation := -1
	for _, object := range objects {
		live, ok := object.Live.(autoscaling.LiveGroup)
		if ok && object.Generation > generation && object.Status.Phase != resource.Deleting && object.Status.Phase != resource.Gone {
			group, found, generation = live, true, object.Generation
		}
	}
	return group, found
}

// groupDocument is pure.
func groupDocument(group autoscaling.LiveGroup, activities []types.Activity, wanted config.AutoScaling) *report.AutoScaling {
	document := &report.AutoScaling{
		Name: aws.ToString(group.AutoScalingGroupName),
		Min:  int(aws.ToInt32(group.MinSize)), Max: int(aws.ToInt32(group.MaxSize)), Desired: int(aws.ToInt32(group.DesiredCapacity)),
	}
	for _, instance := range group.Instances {
		document.Instances = append(document.Instances, report.Member{
			Instance: aws.ToString(instance.InstanceId), Zone: aws.ToString(instance.AvailabilityZone),
			Lifecycle: string(instance.LifecycleState), Health: aws.ToString(instance.HealthStatus), Serves: group.Serves(instance),
		})
	}
	slices.SortFunc(document.Instances, func(a, b report.Member) int { return strings.Compare(a.Zone+a.Instance, b.Zone+b.Instance) })
	if r := group.Refresh; r != nil && r.Status != types.InstanceRefreshStatusSuccessful {
		document.Refresh = &report.Refresh{Status: string(r.Status), Percent: int(aws.ToInt32(r.PercentageComplete)), Reason: aws.ToString(r.StatusReason)}
	}
	for _, process := range group.SuspendedProcesses {
		document.Suspended = append(document.Suspended, aws.ToString(process.ProcessName))
	}
	slices.Sort(document.Suspended)
	for _, activity := range activities {
		document.Activities = append(document.Activities, activityDocument(activity))
	}
	document.ZoneLoss = zoneLoss(document.Instances, wanted.CPU)
	return document
}

func activityDocument(activity types.Activity) report.Activity {
	document := report.Activity{
		At: aws.ToTime(activity.StartTime).UTC().Format(time.RFC3339), What: aws.ToString(activity.Description), Status: string(activity.StatusCode),
	}
	// The cause begins with who asked for what, and ends with what that came to.
	if _, why, found := strings.Cut(aws.ToString(activity.Cause), "in response to "); found {
		document.Why = strings.TrimSuffix(why, ".")
	}
	if activity.StatusCode == types.ScalingActivityStatusCodeFailed {
		document.Why = aws.ToString(activity.StatusMessage)
	}
	return document
}

// zoneLoss is what the loss of the zone with most instances leaves. By the CPU that instances are kept at, it says whether the others
// have room for what it had: no other setting tells what one can carry.
func zoneLoss(members []report.Member, cpu int) *report.ZoneLoss {
	serving, zones := 0, map[string]int{}
	for _, member := range members {
		if member.Serves {
			serving++
			zones[member.Zone]++
		}
	}
	if serving == 0 {
		return nil
	}
	loss := &report.ZoneLoss{Serving: serving, Remain: serving}
	for zone, n := range zones {
		if remain := serving - n; remain < loss.Remain || remain == loss.Remain && zone < loss.Zone {
			loss.Zone, loss.Remain = zone, remain
		}
	}
	enough := loss.Remain > 0
	if loss.Remain > 0 {
		loss.LoadFactor = float64(serving) / float64(loss.Remain)
		enough = float64(cpu)*loss.LoadFactor <= 100
	}
	if cpu > 0 || loss.Remain == 0 {
		loss.Sufficient = &enough
	}
	return loss
}

// effects are what a group doesn't do while a process of it is suspended.
// Source: Amazon EC2 Auto Scaling User Guide, "Types of processes".
func effects() map[string]string {
	return map[string]string{
		"AddToLoadBalancer": "what is launched gets no requests, also once it is resumed",
		"AlarmNotification": "load changes nothing",
		"AZRebalance":       "uneven zones stay uneven",
		"HealthCheck":       "nothing is found to be unhealthy",
		"InstanceRefresh":   "a new version waits",
		"Launch":            "what is unhealthy is ended, and not replaced",
		"ReplaceUnhealthy":  "what is unhealthy stays, and is replaced the moment that this is resumed",
		"Terminate":         "what is unhealthy stays",
	}
}

// groupNotes are what operators have done to a group, which stays as it is, and what follows from it. It is pure.
func groupNotes(group autoscaling.LiveGroup) []string {
	var notes []string
	name := aws.ToString(group.AutoScalingGroupName)
	for _, process := range group.SuspendedProcesses {
		process := aws.ToString(process.ProcessName)
		if effect := effects()[process]; effect != "" {
			notes = append(notes, fmt.Sprintf("%s is suspended: %s (aws autoscaling resume-processes --auto-scaling-group-name %s --scaling-processes %s)",
				process, effect, name, process))
		}
	}
	var standby, protected, foreign, other []string
	for _, instance := range group.Instances {
		id := aws.ToString(instance.InstanceId)
		switch {
		case strings.HasPrefix(string(instance.LifecycleState), "Terminat"):
			continue
		case instance.LifecycleState == types.LifecycleStateStandby:
			standby = append(standby, id)
		}
		if aws.ToBool(instance.ProtectedFromScaleIn) {
			protected = append(protected, id)
		}
		switch {
		case instance.LaunchTemplate == nil:
			foreign = append(foreign, id)
		case group.IsOutdated(instance):
			other = append(other, id)
		}
	}
	say := func(ids []string, text string) {
		if len(ids) > 0 {
			notes = append(notes, strings.Join(ids, ", ")+" "+text)
		}
	}
	say(standby, "in standby: no requests, no health checks, and no new version (aws autoscaling exit-standby)")
	say(protected, "protected from scale-in: a smaller size and a new version leave it out (aws autoscaling set-instance-protection --no-protected-from-scale-in)")
	say(foreign, "attached by somebody, and not launched by the group: a new version replaces it")
	say(other, "of another version than the group's: aws autoscaling start-instance-refresh, or the next new version, replaces it unless it is protected or in standby")
	return notes
}
