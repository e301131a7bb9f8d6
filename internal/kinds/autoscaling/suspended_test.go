package autoscaling

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
)

// joined adds an instance to a group, and a target of that state where it isn't "".
func joined(g *LiveGroup, id string, lifecycle types.LifecycleState, target string) {
	g.Instances = append(g.Instances, types.Instance{InstanceId: &id, AvailabilityZone: aws.String("a"), LifecycleState: lifecycle})
	if target != "" {
		g.Targets = append(g.Targets, loadbalancing.LiveRegistration{RegistrationID: loadbalancing.RegistrationID{Instance: id}, State: target})
	}
}

func groupOfTwo(suspended ...string) LiveGroup {
	g := LiveGroup{AutoScalingGroup: types.AutoScalingGroup{DesiredCapacity: aws.Int32(2), AvailabilityZones: []string{"a"}}}
	for _, process := range suspended {
		g.SuspendedProcesses = append(g.SuspendedProcesses, types.SuspendedProcess{ProcessName: &process})
	}
	return g
}

// TestHeldUpBy_NamesTheProcessThatIsNeeded holds that a suspended process ends a wait where nothing goes on without it, and only there.
func TestHeldUpBy_NamesTheProcessThatIsNeeded(t *testing.T) {
	for name, test := range map[string]struct {
		suspended []string
		change    func(*LiveGroup)
		want      string
	}{
		"all serve": {[]string{"Launch", "AddToLoadBalancer", "InstanceRefresh"}, func(g *LiveGroup) {
			joined(g, "i-1", types.LifecycleStateInService, "healthy")
			joined(g, "i-2", types.LifecycleStateInService, "healthy")
		}, ""},
		"one is missing": {[]string{"Launch"}, func(g *LiveGroup) { joined(g, "i-1", types.LifecycleStateInService, "healthy") }, "Launch"},
		"one ends": {[]string{"Launch"}, func(g *LiveGroup) {
			joined(g, "i-1", types.LifecycleStateInService, "healthy")
			joined(g, "i-2", types.LifecycleStateTerminating, "draining")
		}, "Launch"},
		"one boots": {[]string{"Launch"}, func(g *LiveGroup) {
			joined(g, "i-1", types.LifecycleStateInService, "healthy")
			joined(g, "i-2", types.LifecycleStatePending, "")
		}, ""},
		"one isn't registered": {[]string{"AddToLoadBalancer"}, func(g *LiveGroup) {
			joined(g, "i-1", types.LifecycleStateInService, "healthy")
			joined(g, "i-2", types.LifecycleStateInService, "")
		}, "AddToLoadBalancer"},
		"another process": {[]string{"AlarmNotification"}, func(g *LiveGroup) { joined(g, "i-1", types.LifecycleStateInService, "healthy") }, ""},
		"a refresh": {[]string{"InstanceRefresh"}, func(g *LiveGroup) {
			joined(g, "i-1", types.LifecycleStateInService, "healthy")
			joined(g, "i-2", types.LifecycleStateInService, "healthy")
			g.Refresh = &types.InstanceRefresh{Status: types.InstanceRefreshStatusPending}
		}, "InstanceRefresh"},
		"a refresh that is over": {[]string{"InstanceRefresh"}, func(g *LiveGroup) {
			joined(g, "i-1", types.LifecycleStateInService, "healthy")
			g.Refresh = &types.InstanceRefresh{Status: types.InstanceRefreshStatusSuccessful}
		}, ""},
	} {
		group := groupOfTwo(test.suspended...)
		test.change(&group)
		if got := heldUpBy(group); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestLost_CountsWhatIsNoTarget holds that a group is known to lack an instance that was ended, whatever Auto Scaling calls it.
func TestLost_CountsWhatIsNoTarget(t *testing.T) {
	group := groupOfTwo()
	joined(&group, "i-1", types.LifecycleStateInService, "healthy")
	joined(&group, "i-2", types.LifecycleStateInService, "unhealthy")
	if lost := group.Lost(); lost != 0 {
		t.Errorf("%d are lost of two targets", lost)
	}
	group.Targets[1].State = "draining"
	if lost := group.Lost(); lost != 1 {
		t.Errorf("%d are lost where one drains", lost)
	}
	group.Targets = group.Targets[:1]
	if lost := group.Lost(); lost != 1 {
		t.Errorf("%d are lost where one is no target", lost)
	}
	group.Status = aws.String("Delete in progress")
	if lost := group.Lost(); lost != 0 {
		t.Errorf("%d are lost of a group that is going", lost)
	}
}
