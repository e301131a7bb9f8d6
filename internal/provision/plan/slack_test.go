package plan_test

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

func usually(seconds int) resource.Expectation {
	return resource.Expectation{Usual: time.Duration(seconds) * time.Second}
}

// TestPlan_Slack_ByWhatKindsExpect has a long way and a short one to what needs both, with
// a change between them that takes no time, and one thing that nobody needs.
func TestPlan_Slack_ByWhatKindsExpect(t *testing.T) {
	step := func(name string, action plan.Action, ready int, needs ...*plan.Step) *plan.Step {
		traits := resource.Traits{Waiting: resource.Waiting{Ready: usually(ready)}}
		return &plan.Step{Key: resource.Key{Kind: name}, Action: action, Handler: resource.Handler{Traits: traits}, Object: &resource.Object{}, Needs: needs}
	}
	network := step("network", plan.Create, 1)
	balancer := step("balancer", plan.Create, 150, network)
	gateway := step("gateway", plan.Replace, 100, network)
	table := step("table", plan.Update, 90, gateway)
	instance := step("instance", plan.Create, 20, table)
	kept := step("kept", plan.Keep, 70)
	kept.Object.Status.Phase = resource.Ready
	pending := step("pending", plan.Keep, 70)
	pending.Object.Status.Phase = resource.Pending
	listener := step("listener", plan.Create, 0, balancer, instance)
	// In no order: a plan's steps need not be in theirs.
	p := &plan.Plan{Steps: []*plan.Step{listener, instance, table, gateway, balancer, network, kept, pending}}
	expect(t, p, map[string]int{
		"network": 0, "balancer": 0, "listener": 0, "gateway": 30, "table": 30, "instance": 30, "kept": 151, "pending": 81,
	})
}

// TestPlan_Slack_WaitsForHolds deletes what holds something after it is gone, and something
// that takes longer.
func TestPlan_Slack_WaitsForHolds(t *testing.T) {
	step := func(kind string, gone int, needs ...*plan.Step) *plan.Step {
		traits := resource.Traits{Removal: resource.Removal{Gone: usually(gone)}}
		return &plan.Step{Key: resource.Key{Kind: kind}, Action: plan.Delete, Handler: resource.Handler{Traits: traits}, Object: &resource.Object{Key: resource.Key{Kind: kind}, ID: "id"}, Needs: needs}
	}
	balancer := step("balancer", 0)
	balancer.Handler.Holds = resource.Hold{Expectation: usually(60), Kinds: []string{"group", "elsewhere"}}
	balancer.Record.Needs = []string{"group/id"}
	group, table, elsewhere := step("group", 0, balancer), step("table", 0, balancer), step("elsewhere", 0, balancer)
	instance := step("instance", 33)
	gateway := step("gateway", 50, instance)
	contained := step("contained", 40, balancer)
	contained.Container = balancer
	network := step("network", 0, group, table, elsewhere, gateway, contained)
	p := &plan.Plan{Steps: []*plan.Step{balancer, group, table, elsewhere, instance, gateway, contained, network}}
	expect(t, p, map[string]int{
		"instance": 0, "gateway": 0, "network": 0, "balancer": 23, "group": 23, "table": 83, "elsewhere": 83, "contained": 83,
	})
	if hold := balancer.HoldOf(group); hold.Usual != time.Minute {
		t.Errorf("the group is held for %s", hold.Usual)
	}
}

func expect(t *testing.T, p *plan.Plan, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for step, slack := range p.Slack() {
		got[step.Key.Kind] = int(slack.Seconds())
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
