package fault_test

import (
	"reflect"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/scaling"
	"github.com/platformctl/platformctl/internal/resource"
)

// TestMarked_ReadsGroupsMark holds that the tag of a group says all that restoring needs, as the journal does.
func TestMarked_ReadsGroupsMark(t *testing.T) {
	least := 2
	of := fault.Entry{Version: fault.EntryVersion, Platform: "shop", TargetGroup: "arn"}
	for name, change := range map[string]func(*fault.Entry){
		"replaced": func(e *fault.Entry) { e.Scenario, e.Replace = fault.Process, true },
		"kept":     func(e *fault.Entry) { e.Scenario, e.Suspended = fault.Instance, scaling.Heals() },
		"standby": func(e *fault.Entry) {
			e.Scenario, e.Suspended, e.MinSize = fault.Drain, scaling.Rebalances(), &least
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := of
			want.ID, want.Group, want.Victims = "20261130T154623Z-7149a8", "shop-web", []fault.Victim{{Instance: "i-0123456789abcdef0"}}
			change(&want)
			mark := fault.GroupMark(want)
			if len(mark) > 256 {
				t.Errorf("a tag's value has 256 characters at most, this one %d", len(mark))
			}
			objects := []resource.Object{{
				Key: resource.Key{Kind: "auto-scaling-group", Name: "web"}, ID: "shop-web", Tags: map[string]string{awsapi.TagDrill: mark},
			}}
			got := fault.Marked(objects, of)
			if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
				t.Errorf("%q says %+v, want %+v", mark, got, want)
			}
		})
	}
}
