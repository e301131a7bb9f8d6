package cli

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
)

// activitiesOf is how far back status tells what a group did.
const activitiesOf = time.Hour

// scaled is the platform's Auto Scaling group and what is to be known of it beside its health; nil where neither the configuration
// asks for one, nor one is there.
func scaled(ctx context.Context, s *session.Session, view *provision.View) (*report.AutoScaling, []string) {
	group, found := groupOf(view.Observed.Objects)
	var costs *report.ScaledCost
	if cost := provision.CostOf(view); cost.AtMin != nil && cost.AtMax != nil {
		costs = &report.ScaledCost{Now: cost.Before, AtMin: *cost.AtMin, AtMax: *cost.AtMax, Min: cost.Min, Max: cost.Max}
	}
	if !found {
		if wanted := s.Config.Web.AutoScaling; wanted.On() {
			return &report.AutoScaling{Min: wanted.Min, Max: wanted.Max, Cost: costs}, nil
		}
		return nil, nil
	}
	activities, err := autoscaling.Activities(ctx, s.Clients, aws.ToString(group.AutoScalingGroupName), s.Began.Add(-activitiesOf))
	if err != nil {
		s.SayVerbose(err.Error()) // all else is known
	}
	document := groupDocument(group, activities, s.Config.Web.AutoScaling)
	document.Cost = costs
	return document, groupNotes(group, s.Clients.Command)
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
	document.More = len(activities) == autoscaling.ActivitiesPage
	document.ZoneLoss = zoneLoss(document.Instances, wanted.CPU)
	return document
}

func activityDocument(activity types.Activity) report.Activity {
	document := report.Activity{
		At: aws.ToTime(activity.StartTime).UTC().Format(time.RFC3339), What: aws.ToString(activity.Description), Status: string(activity.StatusCode),
	}
	document.Why = whyOf(aws.ToString(activity.Cause))
	if activity.StatusCode == types.ScalingActivityStatusCodeFailed {
		document.Why = aws.ToString(activity.StatusMessage)
	}
	return document
}

// moment begins each sentence of a cause.
var moment = regexp.MustCompile(`^At \d{4}-\d\d-\d\dT[0-9:.]+Z,? `)

// whyOf is the first sentence of an activity's cause, which says who asked for what: of "an instance was launched in response to X" X
// alone. What follows says what that came to.
func whyOf(cause string) string {
	first, _, _ := strings.Cut(cause, ".  At ")
	first = strings.TrimSuffix(moment.ReplaceAllString(strings.TrimSpace(first), ""), ".")
	if _, why, found := strings.Cut(first, "in response to "); found {
		return why
	}
	return first
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

// groupNotes are what operators have done to a group, which stays as it is, and what follows from it. It is pure: command makes a
// command of the AWS CLI whole.
func groupNotes(group autoscaling.LiveGroup, command func(arguments string) string) []string {
	var notes []string
	name := aws.ToString(group.AutoScalingGroupName)
	for _, process := range group.SuspendedProcesses {
		process := aws.ToString(process.ProcessName)
		if effect := effects()[process]; effect != "" {
			notes = append(notes, fmt.Sprintf("%s is suspended: %s (%s)", process, effect,
				command(fmt.Sprintf("autoscaling resume-processes --auto-scaling-group-name %s --scaling-processes %s", name, process))))
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
	say := func(ids []string, one, more, operation string) {
		if len(ids) == 0 {
			return
		}
		note := strings.Join(ids, ", ") + " " + one
		if len(ids) > 1 {
			note = strings.Join(ids, ", ") + " " + more
		}
		if operation != "" {
			note += " (" + command(strings.NewReplacer("NAME", name, "IDS", strings.Join(ids, " ")).Replace(operation)) + ")"
		}
		notes = append(notes, note)
	}
	say(standby, "is in standby: it gets no requests, no health checks and no new version",
		"are in standby: they get no requests, no health checks and no new version", "autoscaling exit-standby --auto-scaling-group-name NAME --instance-ids IDS")
	say(protected, "is protected from scale-in: a smaller size and a new version leave it out",
		"are protected from scale-in: a smaller size and a new version leave them out", "autoscaling set-instance-protection --no-protected-from-scale-in --auto-scaling-group-name NAME --instance-ids IDS")
	say(foreign, "was attached by somebody, and not launched by the group: a new version replaces it",
		"were attached by somebody, and not launched by the group: a new version replaces them", "")
	say(other, "is of another version than the group's: an instance refresh replaces it, unless it is protected or in standby",
		"are of another version than the group's: an instance refresh replaces them, but for those that are protected or in standby", "autoscaling start-instance-refresh --preferences SkipMatching=true --auto-scaling-group-name NAME")
	return notes
}
