package teardown_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
)

// bound is an empty state whose account is known, so that nobody asks for it.
func bound(t *testing.T) *state.Store {
	t.Helper()
	store, err := state.Open(filepath.Join(t.TempDir(), "shop.json"), state.Identity{Platform: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.BindAccount("123456789012"); err != nil {
		t.Fatal(err)
	}
	return store
}

// What is in the way may be a part of something that AWS has made for the owner a
// moment ago, and doesn't list yet. It is waited for only where something is so new.
func TestPlan_WaitsForOwnerOfBlockerToBeListed(t *testing.T) {
	for _, test := range []struct {
		name     string
		since    time.Duration
		deleting bool
		appears  bool
		blocked  bool
	}{
		{"it appears", time.Second, false, true, false},
		{"it appears after a teardown that was cut short", time.Second, true, true, false},
		{"it never appears", time.Second, false, false, true},
		{"nothing is that new", time.Hour, false, true, true},
		{"the clock was set back", -time.Hour, false, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := bound(t)
				young := resource.Record{Key: resource.Key{Kind: "thing", Name: "a"}, Generation: 1, ID: "t-1", Since: time.Now().Add(-test.since), Deleting: test.deleting}
				if err := store.Put(young); err != nil {
					t.Fatal(err)
				}
				looks := 0
				kind := resource.Handler{
					Traits: resource.Traits{
						Name: "thing",
						Removal: resource.Removal{
							Foreign: func(_ context.Context, _ *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
								if slices.Contains(deletions.IDs("thing"), "t-late") {
									return nil, nil
								}
								return []resource.Blocker{{Type: "interface", ID: "eni-of-t-late"}}, nil
							},
						},
					},
					Observe: func(context.Context, *awsapi.Clients, awsapi.Owner) ([]resource.Object, error) {
						looks++
						objects := []resource.Object{{Key: young.Key, ID: "t-1", Generation: 1, Status: resource.Status{Phase: resource.Ready}}}
						if test.appears && looks > 3 {
							objects = append(objects, resource.Object{Key: resource.Key{Kind: "thing", Name: "late"}, ID: "t-late", Generation: 1})
						}
						return objects, nil
					},
				}
				began := time.Now()
				plan, err := teardown.Plan(t.Context(), &awsapi.Clients{}, awsapi.Owner{Platform: "shop"}, []resource.Handler{kind}, store, preflight.Protection{}, nil, func(string) {})
				var blocked *preflight.Blocked
				if errors.As(err, &blocked) != test.blocked || err != nil && !test.blocked {
					t.Errorf("error %v", err)
				}
				if !test.blocked && len(plan.Steps) != 2 {
					t.Errorf("%d deletions, want that of what appeared, too", len(plan.Steps))
				}
				if waited := time.Since(began); waited > observe.VisibleAfter || test.since == time.Hour && waited > 0 {
					t.Errorf("it was waited for %s", waited)
				}
			})
		})
	}
}

// An earlier teardown may have been cut short before it asked AWS to delete what is so
// new that no list has it.
func TestPlan_WaitsForInterruptedDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := bound(t)
		key := resource.Key{Kind: "thing", Name: "a"}
		if err := store.Put(resource.Record{Key: key, Generation: 1, ID: "t-1", Since: time.Now(), Deleting: true}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		kind := resource.Handler{
			Traits: resource.Traits{Name: "thing"},
			Observe: func(context.Context, *awsapi.Clients, awsapi.Owner) ([]resource.Object, error) {
				if time.Since(began) < 5*time.Second {
					return nil, nil
				}
				return []resource.Object{{Key: key, ID: "t-1", Generation: 1, Status: resource.Status{Phase: resource.Ready}}}, nil
			},
		}
		plan, err := teardown.Plan(t.Context(), &awsapi.Clients{}, awsapi.Owner{Platform: "shop"}, []resource.Handler{kind}, store, preflight.Protection{}, nil, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Steps) != 1 {
			t.Errorf("%d deletions, want that of what was listed late", len(plan.Steps))
		}
	})
}
