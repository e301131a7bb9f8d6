package plan

import (
	"testing"

	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// What stays as it is isn't upcoming, and hands on what it needs; the order of the
// plan doesn't matter, as a deletion can stand before one that it needs.
func TestUpcoming_LeavesOutWhatStays(t *testing.T) {
	step := func(kind string, action Action, phase resource.Phase, needs ...*Step) *Step {
		object := &resource.Object{ID: kind + "-1", Status: resource.Status{Phase: phase}}
		return &Step{Key: resource.Key{Kind: kind, Name: "a"}, Action: action, Object: object, Needs: needs}
	}
	vpc := step("vpc", Update, resource.Ready)
	subnet := step("subnet", Keep, resource.Ready, vpc)
	gateway := step("nat-gateway", Keep, resource.Pending, subnet, vpc)
	table := step("route-table", Keep, resource.Ready, gateway, subnet)
	instance := step("instance", Create, resource.Absent, table)
	instance.Object = nil
	old := step("elastic-ip", Delete, resource.Ready, instance)
	plan := &Plan{Steps: []*Step{old, vpc, subnet, gateway, table, instance}}
	want := []Upcoming{
		{Key: old.Key, Action: Delete, ID: "elastic-ip-1", Needs: []int{3}},
		{Key: vpc.Key, Action: Update, Needs: []int{}},
		{Key: gateway.Key, Action: Keep, Needs: []int{1}},
		{Key: instance.Key, Action: Create, Needs: []int{1, 2}},
	}
	if diff := testenv.Diff(want, plan.Upcoming()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
