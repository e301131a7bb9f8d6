package teardown_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
)

// plan plans a teardown of one thing, t-1, and of t-lost, which no list has.
func plan(t *testing.T, kind resource.Handler) (told []string, err error) {
	t.Helper()
	store, err := state.Open(filepath.Join(t.TempDir(), "shop.json"), state.Identity{Platform: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Put(resource.Record{Key: resource.Key{Kind: "thing", Name: "lost"}, Generation: 1, ID: "t-lost"}); err != nil {
		t.Fatal(err)
	}
	owner := awsapi.Owner{Platform: "shop"}
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	doomed := resource.Doomed{
		Objects: []resource.Object{{Key: resource.Key{Kind: "thing", Name: "a"}, ID: "t-1"}},
		Missing: store.Document().Records,
	}
	err = teardown.Unblocked(t.Context(), clients, owner, []resource.Handler{kind}, doomed, func(s string) { told = append(told, s) })
	return told, err
}

func TestOnlyWhatNeedsAPersonIsInTheWay(t *testing.T) {
	asked := func(blockers []resource.Blocker, err error) resource.Handler {
		return resource.Handler{Name: "thing", Foreign: func(_ context.Context, _ *awsapi.Clients, doomed resource.Doomed) ([]resource.Blocker, error) {
			if diff := cmp.Diff([]string{"t-1", "t-lost"}, doomed.IDs("thing")); diff != "" {
				t.Error(diff)
			}
			return blockers, err
		}}
	}
	told, err := plan(t, asked([]resource.Blocker{
		{Type: "thing", ID: "t-1"},                      // is to be deleted
		{Type: "thing", ID: "t-2", Platform: "shop"},    // is the platform's
		{Type: "interface", ID: "t-3", Passing: true},   // goes by itself
		{Type: "thing", ID: "t-5", Platform: "mall"},    // another platform's
		{Type: "thing", ID: "t-4", Name: "database"},    // a stranger
		{Type: "thing", ID: "t-4", Name: "named twice"}, // the same
		{Type: "thing", ID: "t-lost"},                   // its tags were taken away
	}, nil))
	var blocked *teardown.Blocked
	if !errors.As(err, &blocked) || len(told) > 0 {
		t.Fatalf("error %v, told %v", err, told)
	}
	want := "3 things that are not the platform's stand in the way; nothing was deleted\n" +
		"thing t-4, database, not made by platformctl\n" +
		"thing t-5, platform mall\n" +
		"thing t-lost, not made by platformctl, made as thing/lost of this platform, but its tag platformctl:platform is gone"
	if diff := cmp.Diff(want, blocked.Error()); diff != "" {
		t.Error(diff)
	}
	// What can't be asked stops nothing, but is said.
	told, err = plan(t, asked(nil, errors.New("denied")))
	if err != nil || len(told) != 1 || !strings.Contains(told[0], "denied") {
		t.Errorf("error %v, told %v", err, told)
	}
}
