package observe

import (
	"testing"

	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestObservation_Identify_TakesFromRecordsWhatTagsLack has an object of each sort whose tags say something, or nothing.
func TestObservation_Identify_TakesFromRecordsWhatTagsLack(t *testing.T) {
	lost := func(kind, id string) resource.Key { return resource.Key{Kind: kind, Name: id} }
	main := resource.Key{Kind: "vpc", Name: "main"}
	rules := resource.Key{Kind: "rules", Name: "web"}
	other := resource.Key{Kind: "vpc", Name: "other"}
	observed := New([]resource.Object{
		{Key: lost("vpc", "vpc-1"), ID: "vpc-1", Generation: 1, Tags: map[string]string{"platformctl:key": "vpc/ghost\n"}},
		{Key: other, ID: "vpc-2", Generation: 2, Tags: map[string]string{"platformctl:key": "vpc/other", "platformctl:generation": "2"}},
		{Key: lost("vpc", "vpc-3"), ID: "vpc-3", Generation: 1},
		{Key: lost("rules", "sg-1"), ID: "sg-1", Generation: 1, Tags: map[string]string{"platformctl:generation": "1"}},
	})
	identified := observed.Identify([]resource.Record{
		{Key: main, ID: "vpc-1", Generation: 3},
		{Key: main, ID: "vpc-2", Generation: 5},
		{Key: main, Generation: 4}, // an intent
		{Key: resource.Key{Kind: "security-group", Name: "web"}, ID: "sg-1", Generation: 1},
		{Key: rules, ID: "sg-1", Generation: 2},
	})
	type identity struct {
		Key        resource.Key
		Generation int
	}
	var got []identity
	for _, object := range identified.Objects {
		got = append(got, identity{object.Key, object.Generation})
	}
	want := []identity{{main, 3}, {other, 2}, {lost("vpc", "vpc-3"), 1}, {rules, 1}}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(identified.Copies(main)) != 1 || len(observed.Copies(main)) != 0 {
		t.Errorf("the copies of %s are %v, and were %v", main, identified.Copies(main), observed.Copies(main))
	}
}
