package teardown_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
)

// ghost is a kind of one object, whose lists tell of it in a given way.
func ghost(phases ...resource.Phase) resource.Handler {
	looks := 0
	return resource.Handler{
		Traits: resource.Traits{
			Name: "thing",
			Removal: resource.Removal{
				AsynchronousDelete: true,
				Delete:             func(context.Context, *awsapi.Clients, resource.Record) error { return nil },
			},
		},
		Observe: func(context.Context, *awsapi.Clients, awsapi.Owner) ([]resource.Object, error) {
			phase := phases[min(looks, len(phases)-1)]
			looks++
			if phase == resource.Absent {
				return nil, nil
			}
			return []resource.Object{{
				Key: resource.Key{Kind: "thing", Name: "a"}, ID: "t-1", Generation: 1, Status: resource.Status{Phase: phase},
			}}, nil
		},
	}
}

// down takes down what a kind shows at first.
func down(t *testing.T, kind resource.Handler) (*apply.Result, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.json")
	store, err := state.Open(path, state.Identity{Platform: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	kinds, owner, clients := []resource.Handler{kind}, awsapi.Owner{Platform: "shop"}, &awsapi.Clients{}
	observed, err := observe.All(t.Context(), clients, owner, kinds)
	if err != nil {
		t.Fatal(err)
	}
	plan := plan.Make(&resource.Graph{}, kinds, owner, observed, store.Document())
	run := &apply.Run{Clients: clients, Owner: owner, Store: store}
	result, err := teardown.Apply(t.Context(), run, kinds, plan)
	return result, path, err
}

func TestApply_ClearsStateOnlyWhenEmpty(t *testing.T) {
	result, path, err := down(t, ghost(resource.Ready, resource.Gone, resource.Absent))
	if err != nil || result.Deleted != 1 {
		t.Errorf("deleted %d, %v", result.Deleted, err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the state is there still: %v", err)
	}

	// What is finished, and only listed still, is not left.
	if _, _, err := down(t, ghost(resource.Ready, resource.Gone, resource.Gone)); err != nil {
		t.Errorf("error %v", err)
	}
}

// The delete call went well, and every look finds it all the same.
func TestApply_NamesWhatRemains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, path, err := down(t, ghost(resource.Ready, resource.Gone, resource.Ready))
		var remaining *teardown.Remaining
		if !errors.As(err, &remaining) || !strings.Contains(err.Error(), "thing/a (t-1)") {
			t.Errorf("error %v, want what is left named", err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("the state is gone though something is left: %v", err)
		}
		if looked := time.Since(began); looked < 30*time.Second || looked > 2*time.Minute {
			t.Errorf("it was looked for over %s, want about a minute", looked)
		}
	})
}

// A list that is late shows what is gone already.
func TestApply_ListsAgainAfterLateList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, path, err := down(t, ghost(resource.Ready, resource.Gone, resource.Ready, resource.Ready, resource.Absent))
		if err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the state is there still: %v", err)
		}
	})
}

// What this run didn't delete won't go by itself, unless an earlier run deleted it.
func TestApply_NamesWhatCameMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kind := ghost(resource.Ready, resource.Gone, resource.Ready)
		looks, observe := 0, kind.Observe
		kind.Observe = func(ctx context.Context, c *awsapi.Clients, o awsapi.Owner) ([]resource.Object, error) {
			objects, err := observe(ctx, c, o)
			if looks++; looks > 2 {
				objects[0].ID = "t-2"
			}
			return objects, err
		}
		began := time.Now()
		_, _, err := down(t, kind)
		var remaining *teardown.Remaining
		if !errors.As(err, &remaining) || !strings.Contains(err.Error(), "t-2") || time.Since(began) > 20*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestApply_KeepsStateOnFailure(t *testing.T) {
	kind := ghost(resource.Ready)
	denied := errors.New("denied")
	kind.Delete = func(context.Context, *awsapi.Clients, resource.Record) error { return denied }
	_, path, err := down(t, kind)
	var step *apply.StepError
	if !errors.Is(err, denied) || !errors.As(err, &step) || step.ID != "t-1" {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the state is gone: %v", err)
	}
}

func TestApply_FailsWithoutProof(t *testing.T) {
	kind := ghost(resource.Ready, resource.Gone)
	looks, observe := 0, kind.Observe
	unreachable := errors.New("unreachable")
	kind.Observe = func(ctx context.Context, c *awsapi.Clients, o awsapi.Owner) ([]resource.Object, error) {
		if looks++; looks > 2 {
			return nil, unreachable
		}
		return observe(ctx, c, o)
	}
	_, path, err := down(t, kind)
	if !errors.Is(err, unreachable) || !strings.Contains(err.Error(), "prove that nothing is left") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the state is gone: %v", err)
	}
}

// An object of ours that AWS lists only after the plan was made keeps another
// from going. Nobody but another plan deletes it.
func TestApply_DeletesWhatIsListedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // the engine deletes side by side
		there := map[string]bool{"t-1": true, "t-late": true}
		looks := 0
		object := func(name, id string) resource.Object {
			return resource.Object{Key: resource.Key{Kind: "thing", Name: name}, ID: id, Generation: 1, Status: resource.Status{Phase: resource.Ready}}
		}
		kind := resource.Handler{
			Traits: resource.Traits{
				Name: "thing",
				Removal: resource.Removal{
					AsynchronousDelete: true,
					Delete: func(_ context.Context, _ *awsapi.Clients, record resource.Record) error {
						mu.Lock()
						defer mu.Unlock()
						if record.ID == "t-1" && there["t-late"] {
							return &smithy.GenericAPIError{Code: "DependencyViolation", Message: "t-late stands on it"}
						}
						delete(there, record.ID)
						return nil
					},
					Blockers: func(context.Context, *awsapi.Clients, string) ([]resource.Blocker, error) {
						return []resource.Blocker{{Type: "thing", ID: "t-late", Platform: "shop"}}, nil
					},
				},
			},
			Observe: func(context.Context, *awsapi.Clients, awsapi.Owner) (objects []resource.Object, _ error) {
				mu.Lock()
				defer mu.Unlock()
				looks++
				if there["t-1"] {
					objects = append(objects, object("a", "t-1"))
				}
				if there["t-late"] && looks > 1 {
					objects = append(objects, object("late", "t-late"))
				}
				return objects, nil
			},
		}
		result, path, err := down(t, kind)
		if err != nil || result.Deleted != 2 || len(there) > 0 {
			t.Errorf("deleted %d, left %v: %v", result.Deleted, there, err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the state is there still: %v", err)
		}
	})
}

// A list that is late may show, too, what an earlier run deleted and forgot.
func TestApply_ToleratesLateListOfEarlierDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, path, err := down(t, ghost(resource.Absent, resource.Ready, resource.Absent))
		if err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the state is there still: %v", err)
		}
		var remaining *teardown.Remaining
		if _, _, err := down(t, ghost(resource.Absent, resource.Ready)); !errors.As(err, &remaining) {
			t.Errorf("error %v, want what is left named", err)
		}
		if looked := time.Since(began); looked > 30*time.Second {
			t.Errorf("it was looked for over %s", looked)
		}
	})
}
