package autoscaling

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/resource"
)

// groupWaiting says how long a group takes until all that it is to have serves.
func groupWaiting() resource.Waiting {
	return resource.Waiting{
		// An instance's start, and its first health checks.
		Ready: resource.Expectation{Least: 20 * time.Second, Usual: time.Minute, Most: 3 * time.Minute},
		// Instances that can't be launched, or never become healthy, end the wait before: see stuckGroup. An instance refresh of a large
		// group takes its time.
		Timeout:    4 * time.Hour,
		PollStatus: pollGroup,
	}
}

// groupStatus is ready when as many instances as are desired are in service, and healthy behind the load balancer: Auto Scaling
// itself calls them in service before they are. In each zone there must be one, where there are enough.
func groupStatus(live LiveGroup) resource.Status {
	if live.Status != nil {
		return resource.Status{Phase: resource.Deleting, Reason: aws.ToString(live.Status) + ": " + instances(len(live.Instances)) + " left"}
	}
	if live.isRefreshing() {
		return resource.Status{Phase: resource.Pending, Reason: refreshProgress(live)}
	}
	if reason := waitsFor(live); reason != "" {
		return resource.Status{Phase: resource.Pending, Reason: reason}
	}
	return resource.Status{Phase: resource.Ready}
}

// waitsFor says what a group lacks; "" for nothing.
func waitsFor(live LiveGroup) string {
	desired := int(aws.ToInt32(live.DesiredCapacity))
	serving, total, others := live.census()
	if total < desired {
		return strings.Join(append([]string{fmt.Sprintf("%d of %s in service and healthy", total, instances(desired))}, others...), "; ")
	}
	left := map[string]int{}
	for _, instance := range live.Instances {
		if zone := aws.ToString(instance.AvailabilityZone); !slices.Contains(live.AvailabilityZones, zone) {
			left[zone]++
		}
	}
	if zones := slices.Sorted(maps.Keys(left)); len(zones) > 0 {
		return fmt.Sprintf("%s still in %s, which the group has left", instances(left[zones[0]]), zones[0])
	}
	for _, zone := range live.AvailabilityZones {
		if serving[zone] == 0 && desired >= len(live.AvailabilityZones) {
			return "no instance serves in " + zone
		}
	}
	return ""
}

// census counts the instances that serve, by zone and in all, and says of each other one how it is.
func (g LiveGroup) census() (serving map[string]int, total int, others []string) {
	serving = map[string]int{}
	for _, instance := range g.Instances {
		state, zone := string(instance.LifecycleState), aws.ToString(instance.AvailabilityZone)
		target, registered := g.target(aws.ToString(instance.InstanceId))
		switch {
		case instance.LifecycleState == types.LifecycleStateInService && target.IsHealthy():
			serving[zone]++
			total++
		case instance.LifecycleState == types.LifecycleStateInService && registered:
			state = strings.Join(slices.DeleteFunc([]string{target.State, target.Reason, target.Description}, func(s string) bool { return s == "" }), ": ")
			others = append(others, fmt.Sprintf("%s in %s is %s", aws.ToString(instance.InstanceId), zone, state))
		case instance.LifecycleState == types.LifecycleStateInService:
			others = append(others, fmt.Sprintf("%s in %s is in service, and no target of the load balancer", aws.ToString(instance.InstanceId), zone))
		default:
			others = append(others, fmt.Sprintf("%s in %s is %s", aws.ToString(instance.InstanceId), zone, state))
		}
	}
	slices.Sort(others)
	return serving, total, others
}

// Lost is how many instances the group is to have that are no targets of the load balancer: those that were ended, or not launched yet.
func (g LiveGroup) Lost() int {
	if g.Status != nil {
		return 0 // it is going
	}
	targets := 0
	for _, target := range g.Targets {
		if !target.IsDraining() {
			targets++
		}
	}
	return max(int(aws.ToInt32(g.DesiredCapacity))-targets, 0)
}

// IsSuspended reports whether somebody has suspended one of the group's processes.
func (g LiveGroup) IsSuspended(process string) bool {
	return slices.ContainsFunc(g.SuspendedProcesses, func(p types.SuspendedProcess) bool { return aws.ToString(p.ProcessName) == process })
}

// Serves reports whether an instance is in service, and healthy behind the load balancer.
func (g LiveGroup) Serves(instance types.Instance) bool {
	target, _ := g.target(aws.ToString(instance.InstanceId))
	return instance.LifecycleState == types.LifecycleStateInService && target.IsHealthy()
}

// IsOutdated reports whether an instance is of another version than the group's, and no instance refresh is there to change that.
func (g LiveGroup) IsOutdated(instance types.Instance) bool {
	want, numbered := versionOf(g.LaunchTemplate)
	have, known := versionOf(instance.LaunchTemplate)
	return !g.isRefreshing() && numbered && known && want != have
}

// target is the target of an instance.
func (g LiveGroup) target(instance string) (loadbalancing.LiveRegistration, bool) {
	i := slices.IndexFunc(g.Targets, func(r loadbalancing.LiveRegistration) bool { return r.Instance == instance })
	if i < 0 {
		return loadbalancing.LiveRegistration{}, false
	}
	return g.Targets[i], true
}

// instances is so many of them, in words.
func instances(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}

// pollGroup asks for one group and for the health of its targets alone.
func pollGroup(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, id string) (map[string]resource.Status, error) {
	group, err := describeGroup(ctx, c, id)
	if err != nil || group == nil {
		return map[string]resource.Status{}, err
	}
	live := LiveGroup{AutoScalingGroup: *group}
	for _, arn := range targetGroupsOf(*group) {
		targets, err := loadbalancing.RegistrationsOf(ctx, c, owner, arn)
		if err != nil {
			return nil, err
		}
		live.Targets = append(live.Targets, targets...)
	}
	if live.Refresh, err = lastRefresh(ctx, c, id); err != nil {
		return nil, err
	}
	return map[string]resource.Status{id: groupStatus(live)}, nil
}
