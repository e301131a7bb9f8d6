package resource

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/testenv"
)

// thing is a live object of the tests' kind.
type thing struct {
	id   string
	tags map[string]string
}

func things(lives ...thing) Kind[part, thing] {
	return Kind[part, thing]{
		Traits: Traits{Name: "thing"},
		Reading: Reading[thing]{
			List:   func(context.Context, *awsapi.Clients, awsapi.Owner) ([]thing, error) { return lives, nil },
			ID:     func(l thing) string { return l.id },
			Tags:   func(l thing) map[string]string { return l.tags },
			Status: func(thing) Status { return Status{Phase: Ready} },
		},
		Writing: Writing[part, thing]{
			Diff: func(part, thing, IDs) []Change {
				return []Change{{Field: "size", Want: "2", Have: "1"}}
			},
		},
	}
}

func TestObserve_KeysObjectsByTags(t *testing.T) {
	owner := awsapi.Owner{Platform: "shop"}
	kind := things(
		thing{"t-1", owner.TagsFor("thing/a", "a", 2, "")},
		thing{"t-2", awsapi.Owner{Platform: "mall"}.TagsFor("thing/a", "a", 1, "")}, // a list that is kinder than it should be
		thing{"t-3", map[string]string{awsapi.TagPlatform: "shop"}},
		thing{"t-4", map[string]string{awsapi.TagPlatform: "shop", awsapi.TagKey: "garbage"}},
	)
	objects, err := kind.Handler().Observe(t.Context(), nil, owner)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Key{}
	for _, o := range objects {
		got[o.ID] = o.Key
	}
	// What is ours but without a key goes by its ID: it is seen, and pruned.
	if diff := testenv.Diff(map[string]Key{"t-1": {"thing", "a"}, "t-3": {"thing", "t-3"}, "t-4": {"thing", "t-4"}}, got); diff != "" {
		t.Error(diff)
	}
	if objects[0].Generation != 2 || objects[1].Generation != 1 || objects[0].Handle() != "thing/t-1" {
		t.Errorf("%+v", objects)
	}
	broken := errors.New("broken")
	kind.List = func(context.Context, *awsapi.Clients, awsapi.Owner) ([]thing, error) { return nil, broken }
	if _, err := kind.Handler().Observe(t.Context(), nil, owner); !errors.Is(err, broken) || !strings.Contains(err.Error(), "list thing") {
		t.Errorf("error %v", err)
	}
}

func TestDiffAndUpdate_CoverTags(t *testing.T) {
	kind := things()
	var retagged map[string]string
	var updated []Change
	kind.Retag = func(_ context.Context, _ *awsapi.Clients, _ string, tags map[string]string) error {
		retagged = tags
		return nil
	}
	kind.Update = func(_ context.Context, _ Call[part], _ thing, changes []Change) error {
		updated = changes
		return nil
	}
	node := &Node{Key: Key{"thing", "a"}, Spec: part{}}
	object := Object{ID: "t-1", Tags: map[string]string{"a": "old", "by-hand": "stays"}, Live: thing{id: "t-1"}}
	want := map[string]string{"a": "new", "b": ""}
	changes := kind.Handler().Diff(node, object, nil, want)
	var texts []string
	for _, c := range changes {
		texts = append(texts, c.String())
	}
	if diff := testenv.Diff([]string{"size: 1 → 2", "tags: old → a=new", "tags: none → b="}, texts); diff != "" {
		t.Error(diff)
	}
	if err := kind.Handler().Update(t.Context(), Request{Node: node, Tags: want}, object, changes); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(retagged, want) || len(updated) != 1 || updated[0].Field != "size" {
		t.Errorf("tags were set to %v, and the rest was %v", retagged, updated)
	}
	// A kind whose objects can't change says so, after its tags were set.
	kind.Update = nil
	if err := kind.Handler().Update(t.Context(), Request{Node: node, Tags: want}, object, changes); err == nil || !strings.Contains(err.Error(), "size") {
		t.Errorf("error %v", err)
	}
	if err := kind.Handler().Update(t.Context(), Request{Node: node, Tags: want}, object, changes[1:]); err != nil {
		t.Errorf("tags alone: %v", err)
	}
	// Without tags of its own none are compared.
	kind.Retag = nil
	if changes := kind.Handler().Diff(node, object, nil, want); len(changes) != 1 {
		t.Errorf("changes %v", changes)
	}
}

func TestPhysicalName(t *testing.T) {
	for generation, want := range map[int]string{0: "shop-alb", 1: "shop-alb", 2: "shop-alb-2", 10: "shop-alb-10"} {
		if got := PhysicalName("shop", "alb", generation); got != want {
			t.Errorf("generation %d is called %q, want %q", generation, got, want)
		}
	}
}

func TestChange_StringAndReplacement(t *testing.T) {
	if got := (Change{Field: "size"}).String(); got != "size: none → none" {
		t.Errorf("it reads %q", got)
	}
	// What somebody wrote into a tag begins no line of an error.
	if got := (Change{Field: "tags", Want: "a", Have: "b\r\nc"}).String(); got != `tags: b\r\nc → a` {
		t.Errorf("it reads %q", got)
	}
	if got := (Blocker{Type: "instance", ID: "i-1", Name: "a\nb"}).String(); got != `instance i-1 (a\nb, not made by platformctl)` {
		t.Errorf("it reads %q", got)
	}
	if NeedsReplacement([]Change{{Field: "a"}}) || !NeedsReplacement([]Change{{Field: "a"}, {Field: "b", Replace: true}}) {
		t.Error("replacements are told apart wrongly")
	}
	if !(Record{}).Intent() || (Record{ID: "t-1"}).Intent() {
		t.Error("intents are told apart wrongly")
	}
}

func TestHandler_MarksPropagatingRefusals(t *testing.T) {
	refused := &smithy.GenericAPIError{Code: "InvalidThing", Message: "its part is not known"}
	kind := things()
	kind.Create = func(context.Context, Call[part]) (string, error) { return "", refused }
	kind.Update = func(context.Context, Call[part], thing, []Change) error { return refused }
	for name, test := range map[string]struct {
		known []awsapi.Refusal
		want  bool
	}{
		"known":         {[]awsapi.Refusal{{Code: "InvalidThing", Message: "part .* not known"}}, true},
		"other message": {[]awsapi.Refusal{{Code: "InvalidThing", Message: "not allowed"}}, false},
		"other code":    {[]awsapi.Refusal{{Code: "InvalidPart"}}, false},
		"none known":    {nil, false},
	} {
		kind.Propagating = test.known
		request := Request{Node: &Node{Key: Key{"thing", "a"}, Spec: part{}}}
		_, err := kind.Handler().Create(t.Context(), request)
		if got := awsapi.IsPropagating(err); got != test.want || awsapi.Code(err) != "InvalidThing" {
			t.Errorf("%s: create is propagating: %t, want %t (%v)", name, got, test.want, err)
		}
		err = kind.Handler().Update(t.Context(), request, Object{Live: thing{}}, []Change{{Field: "size"}})
		if got := awsapi.IsPropagating(err); got != test.want {
			t.Errorf("%s: update is propagating: %t, want %t (%v)", name, got, test.want, err)
		}
	}
}
