package preflight_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// offline are clients of an endpoint where nobody answers.
func offline(t *testing.T) *awsapi.Clients {
	t.Helper()
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

func thing(traits resource.Removal) resource.Handler {
	return resource.Handler{Traits: resource.Traits{Name: "thing", TagCommand: "tag thing {id} --tags Key={tag},Value={value}", Removal: traits}}
}

// deleting is a step that deletes an object.
func deleting(id string, phase resource.Phase) *plan.Step {
	key := resource.Key{Kind: "thing", Name: id}
	return &plan.Step{Key: key, Action: plan.Delete, Object: &resource.Object{Key: key, ID: id, Status: resource.Status{Phase: phase}}}
}

// removable asks about a plan's deletions, and returns what was told.
func removable(t *testing.T, r preflight.Removal) (told []string, err error) {
	t.Helper()
	var mu sync.Mutex
	err = preflight.Removable(t.Context(), r, preflight.Teller{Detail: func(line string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, line)
	}})
	return told, err
}

func TestRemovable_NamesOnlyWhatNeedsAPerson(t *testing.T) {
	blockers, failure := []resource.Blocker{
		{Type: "thing", ID: "t-1"},                      // is to be deleted
		{Type: "thing", ID: "t-2", Platform: "shop"},    // is the platform's
		{Type: "interface", ID: "t-3", Transient: true}, // goes by itself
		{Type: "thing", ID: "t-5", Platform: "mall"},    // another platform's
		{Type: "thing", ID: "t-4", Name: "database"},    // a stranger
		{Type: "thing", ID: "t-4", Name: "named twice"}, // the same
		{Type: "thing", ID: "t-lost"},                   // its tags were taken away
	}, error(nil)
	kind := thing(resource.Removal{Foreign: func(_ context.Context, _ *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
		if diff := testenv.Diff([]string{"t-1", "t-lost"}, deletions.IDs("thing")); diff != "" {
			t.Error(diff)
		}
		return blockers, failure
	}})
	whole := preflight.Removal{
		Clients: offline(t), Owner: awsapi.Owner{Platform: "shop"}, Kinds: []resource.Handler{kind}, Whole: true,
		Observed: []resource.Object{{Key: resource.Key{Kind: "thing", Name: "a"}, ID: "t-1"}},
		Plan:     &plan.Plan{Forget: []resource.Record{{Key: resource.Key{Kind: "thing", Name: "lost"}, Generation: 1, ID: "t-lost"}}},
	}
	told, err := removable(t, whole)
	var blocked *preflight.Blocked
	if !errors.As(err, &blocked) || len(told) > 0 || !blocked.Foreign() {
		t.Fatalf("error %v, told %v", err, told)
	}
	want := "an object of this platform has lost the tag that says so; nothing was changed\n" +
		"thing t-lost, made as thing/lost of this platform, but its tag platformctl:platform is gone\n" +
		"  aws tag thing t-lost --tags Key=platformctl:platform,Value=shop --region us-east-1 --endpoint-url http://127.0.0.1:1\n" +
		"2 things that are not the platform's stand in the way; nothing was deleted\n" +
		"thing t-4, database, not made by platformctl\n" +
		"thing t-5, platform mall"
	if diff := testenv.Diff(want, blocked.Error()); diff != "" {
		t.Error(diff)
	}
	// What can't be asked stops nothing, but is said.
	blockers, failure = nil, errors.New("denied")
	told, err = removable(t, whole)
	if err != nil || len(told) != 1 || !strings.Contains(told[0], "denied") {
		t.Errorf("error %v, told %v", err, told)
	}
}

// A role and an instance profile can have one name: that one is the platform's says nothing of the other.
func TestRemovable_TellsKindsOfOneNameApart(t *testing.T) {
	found := []resource.Blocker{{Type: "role", ID: "shop-web"}, {Type: "instance profile", ID: "shop-web"}}
	profile := resource.Handler{Traits: resource.Traits{Name: "instance-profile", Removal: resource.Removal{
		Foreign: func(context.Context, *awsapi.Clients, resource.DeletionSet) ([]resource.Blocker, error) {
			return found, nil
		},
	}}}
	role := resource.Object{Key: resource.Key{Kind: "role", Name: "web"}, ID: "shop-web"}
	whole := preflight.Removal{
		Clients: offline(t), Owner: awsapi.Owner{Platform: "shop"}, Kinds: []resource.Handler{profile}, Whole: true, Plan: &plan.Plan{},
		Observed: []resource.Object{role},
	}
	for _, test := range []struct {
		observed []resource.Object
		want     string
	}{
		{[]resource.Object{role}, "instance-profile/shop-web"},
		{[]resource.Object{{Key: resource.Key{Kind: "instance-profile", Name: "web"}, ID: "shop-web"}}, "role/shop-web"},
		{[]resource.Object{{Key: role.Key, ID: "other"}}, "instance-profile/shop-web role/shop-web"},
	} {
		whole.Observed = test.observed
		_, err := removable(t, whole)
		var blocked *preflight.Blocked
		if !errors.As(err, &blocked) {
			t.Fatalf("error %v, want what is in the way", err)
		}
		var got []string
		for _, b := range blocked.Blockers {
			got = append(got, b.Handle())
		}
		if diff := testenv.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Error(diff)
		}
	}
}

// Only what goes by a call of its own is asked about: not what stays, what is going already,
// or what goes with another object.
func TestRemovable_AsksProtectionOfWhatEndsAlone(t *testing.T) {
	var asked []string
	kind := thing(resource.Removal{Protected: func(_ context.Context, _ *awsapi.Clients, objects []resource.Object) ([]resource.Blocker, error) {
		for _, object := range objects {
			asked = append(asked, object.ID)
		}
		return []resource.Blocker{{Type: "thing", ID: "t-1", Name: "web", Protection: "termination protection", Lift: "aws lift t-1"}}, nil
	}})
	contained, kept := deleting("t-4", resource.Ready), deleting("t-5", resource.Ready)
	contained.Container = deleting("t-1", resource.Ready)
	kept.Action = plan.Keep
	steps := []*plan.Step{deleting("t-1", resource.Ready), deleting("t-2", resource.Deleting), deleting("t-3", resource.Gone), contained, kept}
	_, err := removable(t, preflight.Removal{Clients: offline(t), Kinds: []resource.Handler{kind}, Plan: &plan.Plan{Steps: steps}})
	if !slices.Equal(asked, []string{"t-1"}) {
		t.Errorf("asked about %v, want t-1 alone", asked)
	}
	var blocked *preflight.Blocked
	if !errors.As(err, &blocked) || blocked.Foreign() {
		t.Fatalf("error %v, want what is protected", err)
	}
	if diff := testenv.Diff("AWS would refuse to end an object; nothing was changed\nthing t-1, web, termination protection\n  aws lift t-1", err.Error()); diff != "" {
		t.Error(diff)
	}
	// Nothing ends, so nothing is asked.
	asked = nil
	if _, err := removable(t, preflight.Removal{Clients: offline(t), Kinds: []resource.Handler{kind}, Plan: &plan.Plan{Steps: []*plan.Step{kept}}}); err != nil || asked != nil {
		t.Errorf("error %v, asked about %v", err, asked)
	}
}

// Without knowing whether it is protected nothing begins, unless it can't be known.
func TestRemovable_FailsWhereProtectionIsNotKnown(t *testing.T) {
	for code, want := range map[string]bool{"UnauthorizedOperation": false, "InvalidAction": true, "NotSimulated": true, "InternalError": false} {
		kind := thing(resource.Removal{Protected: func(context.Context, *awsapi.Clients, []resource.Object) ([]resource.Blocker, error) {
			return nil, &smithy.GenericAPIError{Code: code}
		}})
		told, err := removable(t, preflight.Removal{
			Clients: offline(t), Kinds: []resource.Handler{kind}, Plan: &plan.Plan{Steps: []*plan.Step{deleting("t-1", resource.Ready)}},
		})
		if goesOn := err == nil; goesOn != want || goesOn != (len(told) == 1) {
			t.Errorf("%s: error %v, told %v", code, err, told)
		}
	}
}
