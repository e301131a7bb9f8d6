package scaling

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// The processes of a group that a drill goes by, as AWS names them.
const (
	Launch           = "Launch"
	Terminate        = "Terminate"
	HealthCheck      = "HealthCheck"
	ReplaceUnhealthy = "ReplaceUnhealthy"
	AZRebalance      = "AZRebalance"
)

// What Auto Scaling thinks of an instance.
const (
	Healthy   = "Healthy"
	Unhealthy = "Unhealthy"
)

const healthyTarget = string(elbtypes.TargetHealthStateEnumHealthy)

// Group is an Auto Scaling group, as far as a drill goes by it.
type Group struct {
	Name                  string
	Min, Max, Desired     int
	HealthCheckType       string
	HealthCheckGrace      time.Duration
	Suspended             []string
	Members               []Member // those that aren't leaving
	DefaultInstanceWarmup time.Duration
}

// Member is an instance of a group.
type Member struct{ Instance, Zone, Lifecycle, Health string }

// InService says that it counts for the group's desired capacity, and nothing is wrong with it.
func (m Member) InService() bool {
	return m.Lifecycle == string(types.LifecycleStateInService) && m.Health == Healthy
}

// ChecksTargets says that the group replaces what its load balancer takes for unhealthy.
func (g Group) ChecksTargets() bool {
	return slices.Contains(strings.FieldsFunc(g.HealthCheckType, func(r rune) bool { return r == ',' || r == ' ' }), "ELB")
}

// zones are those of the members, by instance.
func (g Group) zones() map[string]string {
	zones := map[string]string{}
	for _, m := range g.Members {
		zones[m.Instance] = m.Zone
	}
	return zones
}

// Describe looks at a group; nil where there is none of that name.
func Describe(ctx context.Context, c *awsapi.Clients, name string) (*Group, error) {
	out, err := c.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return nil, fmt.Errorf("look at the Auto Scaling group %s: %w", name, err)
	}
	for _, live := range out.AutoScalingGroups {
		g := &Group{
			Name: aws.ToString(live.AutoScalingGroupName),
			Min:  int(aws.ToInt32(live.MinSize)), Max: int(aws.ToInt32(live.MaxSize)), Desired: int(aws.ToInt32(live.DesiredCapacity)),
			HealthCheckType:       aws.ToString(live.HealthCheckType),
			HealthCheckGrace:      time.Duration(aws.ToInt32(live.HealthCheckGracePeriod)) * time.Second,
			DefaultInstanceWarmup: time.Duration(aws.ToInt32(live.DefaultInstanceWarmup)) * time.Second,
		}
		for _, p := range live.SuspendedProcesses {
			g.Suspended = append(g.Suspended, aws.ToString(p.ProcessName))
		}
		for _, i := range live.Instances {
			if strings.HasPrefix(string(i.LifecycleState), "Terminat") || strings.HasPrefix(string(i.LifecycleState), "Detach") {
				continue
			}
			g.Members = append(g.Members, Member{
				Instance: aws.ToString(i.InstanceId), Zone: aws.ToString(i.AvailabilityZone),
				Lifecycle: string(i.LifecycleState), Health: aws.ToString(i.HealthStatus),
			})
		}
		slices.SortFunc(g.Members, func(a, b Member) int {
			return cmp.Or(cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Instance, b.Instance))
		})
		return g, nil
	}
	return nil, nil
}

// Healed says whether a group has what it should have, by its targets' states: as many healthy instances as it
// wants, and in each zone as many as there were before, without those that are to be replaced.
func (g Group) Healed(states map[string]string, before map[string]string, replaced []string) bool {
	serving := map[string]int{}
	count := 0
	for _, m := range g.Members {
		switch {
		case slices.Contains(replaced, m.Instance), !m.InService():
			return false
		case states[m.Instance] != healthyTarget:
			return false
		}
		serving[m.Zone]++
		count++
	}
	if count < g.Desired || count == 0 {
		return false
	}
	if g.Desired < len(before) {
		return true // a policy, or a person, wants fewer than there were
	}
	wanted := map[string]int{}
	for _, zone := range before {
		wanted[zone]++
	}
	for zone, n := range maps.All(wanted) {
		if serving[zone] < n {
			return false
		}
	}
	return true
}

// Replacement is an instance that took another's place, and its zone.
type Replacement struct{ Instance, By, Zone string }

// Replaced pairs those of before that the group has no more with those that came, in the same zone where there are such.
func (g Group) Replaced(before map[string]string) []Replacement {
	now := g.zones()
	var fresh []Member
	for _, m := range g.Members {
		if _, there := before[m.Instance]; !there {
			fresh = append(fresh, m)
		}
	}
	var pairs []Replacement
	for _, sameZone := range []bool{true, false} {
		for _, gone := range slices.Sorted(maps.Keys(before)) {
			_, there := now[gone]
			paired := slices.ContainsFunc(pairs, func(r Replacement) bool { return r.Instance == gone })
			i := slices.IndexFunc(fresh, func(m Member) bool { return !sameZone || m.Zone == before[gone] })
			if there || paired || i < 0 {
				continue
			}
			pairs = append(pairs, Replacement{gone, fresh[i].Instance, fresh[i].Zone})
			fresh = slices.Delete(fresh, i, i+1)
		}
	}
	return pairs
}

// GraceLeft is for how long from now the group won't act on what the load balancer thinks of the victims.
//
// It is counted from their launch and not from when they came into service, which is a few seconds later and which no call
// tells.
func (g Group) GraceLeft(ctx context.Context, c *awsapi.Clients, victims []string, now time.Time) (time.Duration, error) {
	if g.HealthCheckGrace == 0 || !g.ChecksTargets() {
		return 0, nil
	}
	out, err := c.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: victims})
	if err != nil {
		return 0, fmt.Errorf("ask when %v were launched: %w", victims, err)
	}
	left := time.Duration(0)
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			left = max(left, g.HealthCheckGrace-now.Sub(aws.ToTime(i.LaunchTime)))
		}
	}
	return left, nil
}

// Heals are the processes by which a group finds and replaces an instance that is broken.
func Heals() []string { return []string{HealthCheck, ReplaceUnhealthy} }

// Rebalances is the process by which a group moves instances between zones.
func Rebalances() []string { return []string{AZRebalance} }

// Running are those of the processes that aren't suspended.
func (g Group) Running(processes ...string) []string {
	return slices.DeleteFunc(slices.Clone(processes), func(process string) bool { return slices.Contains(g.Suspended, process) })
}

// Lacks are the suspended processes without which a group replaces nothing.
func (g Group) Lacks() []string {
	return slices.DeleteFunc([]string{HealthCheck, ReplaceUnhealthy, Terminate, Launch}, func(process string) bool {
		return !slices.Contains(g.Suspended, process)
	})
}
