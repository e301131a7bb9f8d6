package fault_test

import (
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/resource"
)

// TestMarked_LeavesOutWhatNoDrillWrote reads the tags of objects, of which anybody may have written one.
func TestMarked_LeavesOutWhatNoDrillWrote(t *testing.T) {
	for mark, want := range map[string]int{
		"instance 20261130T154623Z-7149a8": 1, "zone 20261130T154623Z-7149a8 acl-1": 1,
		"": 0, "x": 0, "x of": 0, "instance yes": 0, "instance 20261130T154623Z": 0,
	} {
		objects := []resource.Object{{ID: "i-1", Tags: map[string]string{awsapi.TagDrill: mark}}}
		if got := fault.Marked(objects, fault.Entry{}); len(got) != want {
			t.Errorf("%q: %v, want %d", mark, got, want)
		}
	}
}
