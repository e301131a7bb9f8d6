package autoscaling

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

const (
	// ActivitiesPage is how many activities AWS gives in one reply: the most it may.
	ActivitiesPage = 100
	// launchesFailed is how many launches in a row must have failed until a group is said to be unable to launch. Auto Scaling has
	// then tried its other zones, and goes on trying.
	launchesFailed = 3
	// replacedUnhealthy is how many instances must have been ended for their health, while none is healthy, until a group is said to
	// replace without end. One may have another cause than all.
	replacedUnhealthy = 2
)

// Activities are those of a group since a moment, the newest first: ActivitiesPage at most.
func Activities(ctx context.Context, c *awsapi.Clients, group string, since time.Time) ([]types.Activity, error) {
	out, err := c.AutoScaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{
		AutoScalingGroupName: &group, MaxRecords: aws.Int32(ActivitiesPage),
	})
	if err != nil {
		return nil, fmt.Errorf("read the activities of the Auto Scaling group %s: %w", group, err)
	}
	return slices.DeleteFunc(out.Activities, func(a types.Activity) bool { return aws.ToTime(a.StartTime).Before(since) }), nil
}

// stuckGroup looks why a group won't get what it waits for. Auto Scaling itself tries an instance refresh for an hour, and everything
// else without end.
func stuckGroup(ctx context.Context, c *awsapi.Clients, live LiveGroup) (resource.Diagnosis, error) {
	var since time.Time
	refreshing := live.isRefreshing()
	switch {
	case live.Status != nil:
		return resource.Diagnosis{}, nil
	case heldUpBy(live) != "":
		process := heldUpBy(live)
		return resource.Diagnosis{Reason: fmt.Sprintf("the process %s is suspended, and nothing goes on without it; to resume it: %s", process,
			c.Command(fmt.Sprintf("autoscaling resume-processes --auto-scaling-group-name %s --scaling-processes %s", aws.ToString(live.AutoScalingGroupName), process)))}, nil
	case refreshing && live.Refresh.Status != types.InstanceRefreshStatusInProgress && live.Refresh.Status != types.InstanceRefreshStatusBaking:
		return resource.Diagnosis{}, nil // it ends by itself
	case refreshing:
		since = aws.ToTime(live.Refresh.StartTime)
	case live.Refresh != nil:
		since = aws.ToTime(live.Refresh.EndTime)
	}
	name := aws.ToString(live.AutoScalingGroupName)
	activities, err := Activities(ctx, c, name, since)
	if err != nil {
		return resource.Diagnosis{}, err
	}
	diagnosis := diagnose(live, activities)
	if _, numbered := versionOf(live.LaunchTemplate); diagnosis.Reason != "" && refreshing && numbered {
		diagnosis.TakeBack = func(ctx context.Context) error {
			_, err := c.AutoScaling.RollbackInstanceRefresh(ctx, &autoscaling.RollbackInstanceRefreshInput{AutoScalingGroupName: &name})
			if awsapi.HasCode(err, codeNoRefresh) {
				return nil // AWS was faster
			}
			return err
		}
	}
	return diagnosis, nil
}

// heldUpBy is the suspended process without which the group won't get what it waits for; "" where none holds it up.
func heldUpBy(live LiveGroup) string {
	needs := []string{}
	switch {
	case live.isRefreshing():
		needs = []string{processRefresh, processLaunch, processTerminate, processAdd}
	case waitsFor(live) == "":
	default:
		members := 0
		for _, instance := range live.Instances {
			switch state := string(instance.LifecycleState); {
			case instance.LifecycleState == types.LifecycleStateInService:
				members++
				if _, registered := live.target(aws.ToString(instance.InstanceId)); !registered {
					needs = append(needs, processAdd)
				}
			case strings.HasPrefix(state, "Pending"):
				members++
			}
		}
		if members < int(aws.ToInt32(live.DesiredCapacity)) {
			needs = append(needs, processLaunch)
		}
	}
	for _, process := range needs {
		if live.IsSuspended(process) {
			return process
		}
	}
	return ""
}

// The processes that can hold a group up.
const (
	processLaunch    = "Launch"
	processTerminate = "Terminate"
	processAdd       = "AddToLoadBalancer"
	processRefresh   = "InstanceRefresh"
)

// diagnose says by the group and its activities, the newest first, why it is stuck. It is pure.
func diagnose(live LiveGroup, activities []types.Activity) resource.Diagnosis {
	if to, ok := live.refreshesTo(); ok {
		for _, instance := range live.Instances {
			of, known := versionOf(instance.LaunchTemplate)
			if known && of == to && aws.ToString(instance.HealthStatus) == unhealthy {
				return endedForHealth(live, aws.ToString(instance.InstanceId), fmt.Sprintf(" of version %s", to))
			}
		}
	}
	failed, message := 0, ""
	launched, ended := map[string]bool{}, []string(nil)
	launches := true
	for _, activity := range activities {
		id := InstanceIn(aws.ToString(activity.Description))
		switch {
		case isLaunch(activity) && launches && activity.StatusCode == types.ScalingActivityStatusCodeFailed:
			if failed++; message == "" {
				message = aws.ToString(activity.StatusMessage)
			}
		case isLaunch(activity):
			launches = launches && activity.StatusCode != types.ScalingActivityStatusCodeSuccessful // those before it don't matter
			launched[id] = true
		case strings.Contains(aws.ToString(activity.Cause), "health"):
			ended = append(ended, id)
		}
	}
	if failed >= launchesFailed {
		return resource.Diagnosis{Reason: fmt.Sprintf("the last %d launches failed: %s", failed, message)}
	}
	ended = slices.DeleteFunc(ended, func(id string) bool { return !launched[id] })
	_, serving, _ := live.census()
	_, refreshing := live.refreshesTo()
	switch {
	case refreshing && len(ended) > 0:
		return endedForHealth(live, ended[0], "")
	case serving == 0 && len(ended) >= replacedUnhealthy:
		return endedForHealth(live, ended[0], "")
	}
	return resource.Diagnosis{}
}

// unhealthy is Auto Scaling's word for an instance that it is about to end.
const unhealthy = "Unhealthy"

// endedForHealth says that Auto Scaling ends an instance that it has launched since.
func endedForHealth(live LiveGroup, instance, version string) resource.Diagnosis {
	seen := ""
	if target, ok := live.target(instance); ok && !target.IsHealthy() {
		seen = " (" + strings.Join(slices.DeleteFunc([]string{target.State, target.Reason, target.Description}, func(s string) bool { return s == "" }), ": ") + ")"
	}
	return resource.Diagnosis{
		Reason:  fmt.Sprintf("Auto Scaling ends the new instance %s%s, which doesn't pass its health checks%s", instance, version, seen),
		Suspect: instance,
	}
}

func isLaunch(activity types.Activity) bool {
	return strings.HasPrefix(aws.ToString(activity.Description), "Launching a new EC2 instance")
}

// instanceID finds an instance in what Auto Scaling says.
var instanceID = regexp.MustCompile(`\bi-[0-9a-f]+\b`)

// InstanceIn is the ID of the first instance that the description of an activity, or the reason of a refresh, names; "" for none.
func InstanceIn(text string) string { return instanceID.FindString(text) }
