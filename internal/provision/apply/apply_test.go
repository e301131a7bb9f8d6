package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	"github.com/platformctl/platformctl/internal/testenv"
)

// tower is base ← floor ← roof, with as many roofs as asked.
func tower(m *memory, fixed, value string, roofs int) *resource.Graph {
	g := &resource.Graph{}
	base := resource.Add(g, m.kind("base"), "b", spec{})
	floor := resource.Add(g, m.kind("floor"), "f", spec{Parents: []resource.Ref{base}, Fixed: fixed})
	for i := range roofs {
		resource.Add(g, m.kind("roof"), fmt.Sprintf("r%d", i), spec{Parents: []resource.Ref{floor}, Value: value})
	}
	return g
}

func newTower(t testing.TB) *platform {
	m := newMemory()
	m.making, m.ending = 30*time.Second, 20*time.Second
	return newPlatform(t, m, m.kind("base"), m.kind("floor"), m.kind("roof"))
}

func TestApply_CreatesAllThenChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		result := p.up(t.Context(), tower(p.memory, "x", "y", 2))
		if result.Created != 4 {
			t.Errorf("created %d, want 4", result.Created)
		}
		if diff := testenv.Diff([]string{"base/b", "floor/f", "roof/r0", "roof/r1"}, p.alive()); diff != "" {
			t.Error(diff)
		}
		p.log = nil
		if plan := p.plan(t.Context(), tower(p.memory, "x", "y", 2)); plan.Pending() {
			t.Errorf("a second run would do something: %v", plan.Steps)
		}
		p.up(t.Context(), tower(p.memory, "x", "y", 2))
		if len(p.log) != 0 {
			t.Errorf("the second run did %v", p.log)
		}
	})
}

func TestApply_TakesTheCriticalPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		result := p.up(t.Context(), tower(p.memory, "x", "", 5))
		path := result.CriticalPath()
		var keys []string
		sum := 0.0
		for _, link := range path {
			keys = append(keys, link.Key.Kind)
			sum += link.Seconds
		}
		if diff := testenv.Diff([]string{"base", "floor", "roof"}, keys); diff != "" {
			t.Error(diff)
		}
		if wall := result.Duration.Seconds(); wall > sum*1.1 {
			t.Errorf("took %.1f s, but its critical path %.1f s", wall, sum)
		}
		// Three objects of 30 s each, one after the other, and a tenth for looking.
		if wall := result.Duration; wall < 90*time.Second || wall > 100*time.Second {
			t.Errorf("took %s, want a little over 90 s", wall)
		}
	})
}

func TestApply_WaitsOfOneKindShareListCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := map[int]int{}
		for _, roofs := range []int{2, 200} {
			p := newTower(t)
			p.up(t.Context(), tower(p.memory, "x", "", roofs))
			calls[roofs] = p.lists["roof"]
		}
		if calls[200] > calls[2]*2 {
			t.Errorf("waiting for 2 objects took %d lists, for 200 it took %d", calls[2], calls[200])
		}
	})
}

func TestApply_KeepsReplacedUntilSuccessorReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		p.log = nil
		result := p.up(t.Context(), tower(p.memory, "z", "", 1))
		want := []string{
			"create floor/f@2", "create roof/r0@2", // the new ones first
			"delete roof/r0@1", "delete floor/f@1", // then the old ones, top down
		}
		if diff := testenv.Diff(want, p.log); diff != "" {
			t.Error(diff)
		}
		if result.Replaced != 2 || result.Deleted != 0 {
			t.Errorf("replaced %d and deleted %d, want 2 and 0", result.Replaced, result.Deleted)
		}
	})
}

func TestApply_DeletesFirstWhereDeleteBeforeCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		exclusive := func(k *resource.Kind[spec, thing]) { k.DeleteBeforeCreate = true }
		only := m.kind("only", exclusive)
		p := newPlatform(t, m, only)
		graph := func(fixed string) *resource.Graph {
			g := &resource.Graph{}
			resource.Add(g, only, "o", spec{Fixed: fixed})
			return g
		}
		p.up(t.Context(), graph("x"))
		m.log = nil
		p.up(t.Context(), graph("z"))
		if diff := testenv.Diff([]string{"delete only/o@1", "create only/o@2"}, m.log); diff != "" {
			t.Error(diff)
		}
	})
}

func TestApply_DeletesContainedWithContainer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		roof := p.kind("roof")
		roof.DeletedWith = func(string) string { return resource.Handle("floor", "floor-0002") }
		p.kinds[2] = roof.Handler()
		p.up(t.Context(), tower(p.memory, "x", "", 2))
		// The memory cloud lets roofs end with their floor, as AWS does with
		// the targets in a target group.
		for _, o := range p.objects {
			if o.kind == "roof" {
				o.parents = nil
			}
		}
		p.log = nil
		p.fail = func(operation, key string) error {
			if operation == "delete" && key == "floor/f" {
				for _, o := range p.objects {
					if o.kind == "roof" {
						o.gone = time.Now()
					}
				}
			}
			return nil
		}
		p.up(t.Context(), &resource.Graph{})
		if diff := testenv.Diff([]string{"delete floor/f@1", "delete base/b@1"}, p.log); diff != "" {
			t.Error("calls beside those that are needed:", diff)
		}
		if left := p.alive(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// What is used by an object that ends with its container waits for the container, unless
// the object only carries it.
func TestMake_DeletesNeedsOfContainedAfterContainer(t *testing.T) {
	for _, carried := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			handle := func(kind string) func(string) string {
				return func(string) string {
					m.mu.Lock()
					defer m.mu.Unlock()
					for id, object := range m.objects {
						if object.kind == kind {
							return resource.Handle(kind, id)
						}
					}
					return ""
				}
			}
			used, box := m.kind("used"), m.kind("box")
			content := m.kind("content", func(k *resource.Kind[spec, thing]) {
				k.DeletedWith = handle("box")
				if carried {
					k.Serves = handle("used")
				}
			})
			p := newPlatform(t, m, used, box, content)
			g := &resource.Graph{}
			parents := []resource.Ref{resource.Add(g, used, "u", spec{}), resource.Add(g, box, "b", spec{})}
			resource.Add(g, content, "c", spec{Parents: parents})
			p.up(t.Context(), g)
			for _, object := range m.objects {
				object.parents = nil
			}
			m.ending = 10 * time.Second
			m.fail = func(operation, key string) error {
				for _, object := range m.objects {
					if operation == "delete" && key == "box/b" && object.kind == "content" {
						object.gone = time.Now()
					}
				}
				return nil
			}
			p.events = nil
			p.up(t.Context(), &resource.Graph{})
			at := func(what apply.EventType, key string) time.Time {
				i := slices.IndexFunc(p.events, func(e apply.Event) bool { return e.Type == what && e.Key.String() == key })
				return p.events[i].At
			}
			if before := at(apply.Started, "used/u").Before(at(apply.Done, "box/b")); before != carried {
				t.Errorf("carried: %v; it goes before the container has gone: %v", carried, before)
			}
		})
	}
}

// Of two boxes with their contents nothing is on record. The order of kinds alone doesn't
// say which content is in which box.
func TestMake_OrdersTwoContainersWithoutRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		box := m.kind("box")
		in := map[string]string{}
		content := m.kind("content", func(k *resource.Kind[spec, thing]) {
			k.DeletedWith = func(id string) string { return resource.Handle("box", in[id]) }
		})
		p := newPlatform(t, m, box, content)
		g := &resource.Graph{}
		for _, name := range []string{"a", "b"} {
			resource.Add(g, content, name, spec{Parents: []resource.Ref{resource.Add(g, box, name, spec{})}})
		}
		p.up(t.Context(), g)
		for id, object := range m.objects {
			if object.kind == "content" {
				in[id], object.parents = object.parents[0], nil
			}
		}
		m.fail = func(operation, key string) error {
			for id, object := range m.objects {
				if operation == "delete" && object.kind == "content" && m.objects[in[id]].tags[awsapi.TagKey] == key {
					object.gone = time.Now()
				}
			}
			return nil
		}
		if err := p.store.Update(func(d *state.Document) { d.Records = nil }); err != nil {
			t.Fatal(err)
		}
		p.up(t.Context(), &resource.Graph{})
		if left := p.alive(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// Gateways stand on tables, which is on record of the gateways alone, while the order of
// kinds has it the other way round.
func TestMake_NoCycleOfKnownAndGuessedNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		gateway, table := m.kind("gateway"), m.kind("table")
		p := newPlatform(t, m, gateway, table)
		g := &resource.Graph{}
		for _, name := range []string{"a", "b"} {
			resource.Add(g, gateway, name, spec{Parents: []resource.Ref{resource.Add(g, table, name, spec{})}})
		}
		p.up(t.Context(), g)
		for _, object := range m.objects {
			object.parents = nil // AWS doesn't refuse to delete a table
		}
		if err := p.store.Update(func(d *state.Document) {
			d.Records = slices.DeleteFunc(d.Records, func(r resource.Record) bool { return r.Key.Kind == "table" })
		}); err != nil {
			t.Fatal(err)
		}
		p.up(t.Context(), &resource.Graph{})
		if left := p.alive(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

func TestApply_CreatesNextGenerationAfterDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "", 2))
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		// AWS remembers the token of a deleted object.
		p.spent = map[string]bool{}
		for _, e := range p.tokens {
			p.spent[e] = true
		}
		p.up(t.Context(), tower(p.memory, "x", "", 2))
		if diff := testenv.Diff([]string{"base/b", "floor/f", "roof/r0", "roof/r1"}, p.alive()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestApply_UpdatesAndPrunes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "old", 3))
		p.log = nil
		result := p.up(t.Context(), tower(p.memory, "x", "new", 1))
		slices.Sort(p.log)
		if diff := testenv.Diff([]string{"delete roof/r1@1", "delete roof/r2@1", "update roof/r0"}, p.log); diff != "" {
			t.Error(diff)
		}
		if result.Updated != 1 || result.Deleted != 2 || result.Unchanged != 2 {
			t.Errorf("got %+v", result)
		}
	})
}

func TestApply_DeletesAllWithAndWithoutState(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("state lost %t", lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newTower(t)
				p.up(t.Context(), tower(p.memory, "x", "", 2))
				if lost {
					if err := p.store.Update(func(d *state.Document) { d.Records = nil }); err != nil {
						t.Fatal(err)
					}
				}
				p.up(t.Context(), &resource.Graph{})
				if left := p.alive(); len(left) > 0 {
					t.Errorf("left: %v", left)
				}
				if records := p.store.Document().Records; len(records) > 0 {
					t.Errorf("records left: %v", records)
				}
			})
		})
	}
}

func TestApply_AdoptsByTagsWithoutState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "y", 2))
		if err := p.store.Update(func(d *state.Document) { d.Records = nil }); err != nil {
			t.Fatal(err)
		}
		plan := p.plan(t.Context(), tower(p.memory, "x", "y", 2))
		if plan.Pending() {
			t.Errorf("without its state the platform would be changed: %+v", plan.Steps)
		}
		p.up(t.Context(), tower(p.memory, "x", "y", 2))
		if n := len(p.store.Document().Records); n != 4 {
			t.Errorf("%d records were rebuilt, want 4", n)
		}
	})
}

func TestApply_ResumesAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.fail = func(operation, key string) error {
			if operation == "create" && key == "floor/f" {
				return errRefused
			}
			return nil
		}
		_, err := p.apply(t.Context(), p.plan(t.Context(), tower(p.memory, "x", "", 1)))
		var step *apply.StepError
		if !errors.As(err, &step) || step.Key.String() != "floor/f" || !errors.Is(err, errRefused) {
			t.Fatalf("got %v", err)
		}
		if diff := testenv.Diff([]string{"base/b"}, p.alive()); diff != "" {
			t.Error(diff)
		}
		p.fail = nil
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		want := []string{"create base/b@1", "create floor/f@1", "create roof/r0@1"}
		if diff := testenv.Diff(want, p.log); diff != "" {
			t.Error("the refused creation must be repeated with its own generation and token:", diff)
		}
	})
}

func TestApply_PropagationErrorAfterStopIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		var first, refused time.Time
		p.fail = func(operation, key string) error {
			switch {
			case operation != "create" || !strings.HasPrefix(key, "roof/"):
				return nil
			case first.IsZero():
				first = time.Now()
			case key == "roof/r1" && time.Since(first) > 3*time.Second:
				refused = time.Now()
				return errRefused
			case !refused.IsZero():
				t.Errorf("%s was asked for after the run had failed", key)
			}
			return &smithy.GenericAPIError{Code: "InvalidFloor.NotFound"}
		}
		_, err := p.apply(t.Context(), p.plan(t.Context(), tower(p.memory, "x", "", 3)))
		if want := "create roof/r1: " + errRefused.Error(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if !time.Now().Equal(refused) {
			t.Errorf("the run went on for %s", time.Since(refused))
		}
		p.fail = nil
		p.up(t.Context(), tower(p.memory, "x", "", 3))
		if diff := testenv.Diff([]string{"base/b", "floor/f", "roof/r0", "roof/r1", "roof/r2"}, p.alive()); diff != "" {
			t.Error(diff)
		}
	})
}

// single is a platform of one object of a kind without tokens.
func single(t *testing.T) (*platform, func() *resource.Graph) {
	m := newMemory()
	kind := m.kind("only", func(k *resource.Kind[spec, thing]) { k.NotIdempotent = true })
	return newPlatform(t, m, kind), func() *resource.Graph {
		g := &resource.Graph{}
		resource.Add(g, kind, "o", spec{})
		return g
	}
}

func TestApply_LostReplyMakesNoSecondObject(t *testing.T) {
	for _, hidden := range []time.Duration{0, 6 * time.Second} {
		t.Run(fmt.Sprintf("listed after %s", hidden), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, graph := single(t)
				p.hidden = hidden
				p.lose = func(string) error {
					p.lose = nil
					return errors.New("connection reset")
				}
				p.up(t.Context(), graph())
				if diff := testenv.Diff([]string{"only/o"}, p.alive()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestApply_RepeatsLostCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, graph := single(t)
		p.fail = func(string, string) error {
			p.fail = nil
			return errors.New("connection reset")
		}
		p.up(t.Context(), graph())
		if diff := testenv.Diff([]string{"only/o"}, p.alive()); diff != "" {
			t.Error(diff)
		}
	})
}

// AWS may refuse a creation for a while. What counts for those who look for the object
// is when it was last asked for.
func TestApply_IntentIsRenewedBeforeEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, graph := single(t)
		began := time.Now()
		p.fail = func(string, string) error {
			if time.Since(began) < 20*time.Second {
				return &smithy.GenericAPIError{Code: "InvalidGroup.NotFound", Message: "what it stands on"}
			}
			p.fail = nil
			return nil
		}
		var since time.Duration
		p.lose = func(string) error {
			record := p.store.Document().Records[0]
			p.lose, since = nil, time.Since(record.Since)
			return nil
		}
		p.up(t.Context(), graph())
		if since > time.Second {
			t.Errorf("when the object was made, its intent was %s old", since)
		}
	})
}

// The first run dies after AWS acted, when the state has the intent alone.
func TestApply_KilledBeforeReplyMakesNoSecondObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, graph := single(t)
		p.hidden = 6 * time.Second
		p.up(t.Context(), graph())
		forgetIDs(t, p)
		for _, o := range p.objects { // listed late by the second run, too
			o.born = time.Now()
		}
		observed, err := observe.Consistent(t.Context(), &awsapi.Clients{}, p.owner, p.kinds, p.store.Document(), observe.ForUp, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.apply(t.Context(), plan.Make(graph(), p.kinds, p.owner, observed, p.store.Document())); err != nil {
			t.Fatal(err)
		}
		if diff := testenv.Diff([]string{"only/o"}, p.alive()); diff != "" {
			t.Error(diff)
		}
		for _, r := range p.store.Document().Records {
			if r.ID == "" {
				t.Errorf("%s has no ID yet", r.Key)
			}
		}
	})
}

// The first run died after AWS acted, and the configuration was changed before
// the second, which AWS doesn't show yet what the first one made.
func TestApply_TokenConflictDeletesAndCreates(t *testing.T) {
	for name, test := range map[string]struct {
		hidden time.Duration
		ended  bool // what the first run made has ended since, but AWS remembers the token
	}{"made": {6 * time.Second, false}, "ended since": {0, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				kind := m.kind("only")
				p := newPlatform(t, m, kind)
				graph := func(fixed string) *resource.Graph {
					g := &resource.Graph{}
					resource.Add(g, kind, "o", spec{Fixed: fixed})
					return g
				}
				p.up(t.Context(), graph("old"))
				forgetIDs(t, p)
				p.hidden = test.hidden
				for id, o := range p.objects {
					o.born = time.Now()
					if test.ended {
						delete(p.objects, id)
					}
				}
				if test.ended {
					p.fail = func(operation, _ string) error {
						p.fail = nil
						return &smithy.GenericAPIError{Code: "IdempotentParameterMismatch", Message: operation}
					}
				}
				p.up(t.Context(), graph("new"))
				var have []string
				for id, o := range p.objects {
					have = append(have, id+" "+o.fixed)
				}
				if diff := testenv.Diff([]string{"only-0002 new"}, have); diff != "" {
					t.Error(diff)
				}
				records := p.store.Document().Records
				if len(records) != 1 || records[0].ID != "only-0002" || records[0].Generation != 2 {
					t.Errorf("the state has %+v", records)
				}
			})
		})
	}
}

// A subnet whose range is taken by the one that a lost call made: AWS knows it,
// and doesn't list it yet.
func TestApply_RetriesNameTakenByUnlisted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		kind := m.kind("only")
		p := newPlatform(t, m, kind)
		g := &resource.Graph{}
		resource.Add(g, kind, "o", spec{})
		from := time.Now()
		p.fail = func(string, string) error {
			if time.Since(from) > 10*time.Second {
				return nil
			}
			return &awsapi.Unseen{Err: &smithy.GenericAPIError{Code: "InvalidSubnet.Conflict"}}
		}
		p.up(t.Context(), g)
		if diff := testenv.Diff([]string{"only/o"}, p.alive()); diff != "" {
			t.Error(diff)
		}
	})
}

// A teardown was cut short between its note and its call, and up follows.
func TestApply_KeptObjectLosesDeletionMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		graph := tower(p.memory, "x", "", 1)
		p.up(t.Context(), graph)
		if err := p.store.Update(func(d *state.Document) {
			for i := range d.Records {
				d.Records[i].Deleting, d.Records[i].Since = true, time.Now()
			}
		}); err != nil {
			t.Fatal(err)
		}
		plan := p.plan(t.Context(), graph)
		if key, ok := plan.MaybeGoing(); !ok {
			t.Errorf("%s: AWS may not show yet that it goes, but nobody waits for that", key)
		}
		<-time.After(15 * time.Second)
		if key, ok := plan.MaybeGoing(); ok {
			t.Errorf("%s is waited for too long", key)
		}
		if _, err := p.apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		for _, r := range p.store.Document().Records {
			if r.Deleting {
				t.Errorf("%s is still to be deleted", r.Key)
			}
		}
		if key, ok := p.plan(t.Context(), graph).MaybeGoing(); ok {
			t.Errorf("%s is waited for again", key)
		}
	})
}

// What has a name for an ID, such as a role, comes back with the ID of the one
// that was deleted.
func TestApply_KeepsRecordOfReusedName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, graph := single(t)
		p.up(t.Context(), graph())
		clear(p.objects)
		p.serial = 0
		p.up(t.Context(), graph())
		records := p.store.Document().Records
		if len(records) != 1 || records[0].ID != "only-0001" || records[0].Generation != 2 {
			t.Errorf("the state has %+v", records)
		}
	})
}

func forgetIDs(t *testing.T, p *platform) {
	t.Helper()
	if err := p.store.Update(func(d *state.Document) {
		for i := range d.Records {
			d.Records[i].ID, d.Records[i].Since = "", time.Now()
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// An intent that up would simply repeat must be looked for by down.
func TestConsistent_ListsUntilUnansweredCreationShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "", 0))
		forgetIDs(t, p)
		p.hidden = 6 * time.Second
		for _, o := range p.objects {
			o.born = time.Now()
		}
		observed, err := observe.Consistent(t.Context(), &awsapi.Clients{}, p.owner, p.kinds, p.store.Document(), observe.ForDown, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.apply(t.Context(), plan.Make(&resource.Graph{}, p.kinds, p.owner, observed, p.store.Document())); err != nil {
			t.Fatal(err)
		}
		if left := p.alive(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

func TestApply_DeletesSurplusCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		// The base is what everything stands on: to take the copy for it would
		// be to lose all.
		copied := *p.objects["base-0001"]
		copied.id, copied.token = "base-9999", "other"
		p.objects[copied.id] = &copied
		p.fail = func(operation, key string) error {
			if operation == "delete" {
				return errRefused
			}
			return nil
		}
		if _, err := p.apply(t.Context(), p.plan(t.Context(), tower(p.memory, "x", "", 1))); !errors.Is(err, errRefused) {
			t.Fatalf("got %v", err)
		}
		p.fail = nil
		p.log = nil
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		if diff := testenv.Diff([]string{"delete base/b@1"}, p.log); diff != "" {
			t.Error("after a sweep that failed:", diff)
		}
		if p.objects["base-0001"] == nil {
			t.Error("the copy that everything stands on was deleted, not the other")
		}
		if n := len(p.store.Document().Records); n != 3 {
			t.Errorf("the state has %d records of 3 objects", n)
		}
		if p.plan(t.Context(), tower(p.memory, "x", "", 1)).Pending() {
			t.Error("something is left to do")
		}
	})
}

// An update that the first look does not show to be needed, or that AWS shows
// late, is made all the same.
func TestApply_ChangesOnceWhenShownLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		shown := time.Now().Add(20 * time.Second)
		roof := p.kind("roof", func(k *resource.Kind[spec, thing]) {
			diff := k.Diff
			k.Diff = func(s spec, l thing, ids resource.IDs) []resource.Change {
				if time.Now().Before(shown) {
					return nil // the list is of a moment ago
				}
				return diff(s, l, ids)
			}
		})
		p.kinds[2] = roof.Handler()
		g := &resource.Graph{}
		resource.Add(g, roof, "r", spec{Value: "wanted"})
		p.up(t.Context(), g)
		for _, o := range p.objects {
			if o.value != "wanted" {
				t.Errorf("value %q", o.value)
			}
		}
	})
}

func TestApply_CycleIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		for kind, container := range map[int]string{1: resource.Handle("roof", "roof-0003"), 2: resource.Handle("floor", "floor-0002")} {
			p.kinds[kind].DeletedWith = func(string) string { return container }
		}
		_, err := p.apply(t.Context(), p.plan(t.Context(), &resource.Graph{}))
		if err == nil || !strings.Contains(err.Error(), "goes in a circle") {
			t.Errorf("got %v", err)
		}
	})
}

func TestApply_ReplacesFailedObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		p.objects["roof-0003"].failed = "broken"
		p.log = nil
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		if diff := testenv.Diff([]string{"create roof/r0@2", "delete roof/r0@1"}, p.log); diff != "" {
			t.Error(diff)
		}
	})
}

func TestApply_WaitsForLateListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.hidden = 8 * time.Second
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		p.log = nil
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		if len(p.log) > 0 {
			t.Errorf("the second run did %v", p.log)
		}
	})
}

func TestApply_InterruptEndsWaitsAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		_, err := p.apply(ctx, p.plan(ctx, tower(p.memory, "x", "", 1)))
		if err == nil || ctx.Err() == nil {
			t.Fatalf("got %v", err)
		}
		if took := time.Since(began); took > 12*time.Second {
			t.Errorf("took %s to stop", took)
		}
		p.up(t.Context(), tower(p.memory, "x", "", 1))
		if diff := testenv.Diff([]string{"base/b", "floor/f", "roof/r0"}, p.alive()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestApply_RefusedDeletionNamesBlocker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.up(t.Context(), tower(p.memory, "x", "", 0))
		// Something that isn't the platform's stands on the floor for a while.
		p.objects["foreign"] = &thing{id: "foreign", kind: "roof", tags: map[string]string{awsapi.TagKey: "roof/foreign"}, parents: []string{"floor-0002"}, gone: time.Now().Add(time.Minute)}
		p.events = nil
		p.up(t.Context(), &resource.Graph{})
		if left := p.alive(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		waited := slices.ContainsFunc(p.events, func(e apply.Event) bool {
			return e.Type == apply.Waiting && strings.Contains(e.Detail, "foreign stands on it")
		})
		if !waited {
			t.Errorf("nobody was told what was waited for: %v", p.events)
		}
	})
}

// AWS first doesn't know what is new, and then something is in the way: it is named.
func TestApply_NamesBlockerAfterNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, graph := single(t)
		p.up(t.Context(), graph())
		plan := p.plan(t.Context(), &resource.Graph{})
		calls := 0
		p.fail = func(operation, _ string) error {
			if operation != "delete" {
				return nil
			}
			switch calls++; {
			case calls <= 3:
				return &smithy.GenericAPIError{Code: "InvalidThing.NotFound"}
			case calls <= 20:
				return &smithy.GenericAPIError{Code: "DependencyViolation", Message: "a stranger uses it"}
			}
			return nil
		}
		p.events = nil
		if _, err := p.apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(p.events, func(e apply.Event) bool { return strings.Contains(e.Detail, "a stranger uses it") }) {
			t.Errorf("nobody was told what was waited for: %v", p.events)
		}
	})
}

// One server of AWS doesn't know what is new, another doesn't list it: that looks as if
// it were gone.
func TestApply_RepeatsDeletionOfUnknownNewObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, graph := single(t)
		p.up(t.Context(), graph())
		made := time.Now()
		plan := p.plan(t.Context(), &resource.Graph{})
		p.hidden = 10 * time.Second
		p.fail = func(operation, _ string) error {
			if operation == "delete" && time.Since(made) < 6*time.Second {
				return &smithy.GenericAPIError{Code: "InvalidThing.NotFound"}
			}
			return nil
		}
		if _, err := p.apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if left := p.alive(); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// A list that is late shows as it was what another showed on its way out. It has not
// come back, and is on record until it is gone.
func TestApply_LateListBringsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phases := []resource.Phase{resource.Deleting, resource.Ready, resource.Ready, resource.Deleting, resource.Absent}
		key := resource.Key{Kind: "thing", Name: "a"}
		thing := resource.Handler{
			Traits: resource.Traits{Name: "thing", Removal: resource.Removal{AsynchronousDelete: true}},
			Observe: func(context.Context, *awsapi.Clients, awsapi.Owner) ([]resource.Object, error) {
				phase := phases[0]
				phases = phases[min(1, len(phases)-1):]
				if phase == resource.Absent {
					return nil, nil
				}
				return []resource.Object{{Key: key, ID: "t-1", Generation: 1, Status: resource.Status{Phase: phase}}}, nil
			},
		}
		p := newPlatform(t, newMemory())
		p.kinds = []resource.Handler{thing}
		if err := p.store.Put(resource.Record{Key: key, Generation: 1, ID: "t-1", Deleting: true, Since: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.apply(t.Context(), p.plan(t.Context(), &resource.Graph{})); err != nil {
			t.Fatal(err)
		}
		if left := p.store.Document().Records; len(left) > 0 {
			t.Errorf("on record still: %+v", left)
		}
	})
}

func TestApply_TimeoutSaysWhatItWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTower(t)
		p.making = time.Hour
		_, err := p.apply(t.Context(), p.plan(t.Context(), tower(p.memory, "x", "", 0)))
		if err == nil || !strings.Contains(err.Error(), "waited for it to be ready; it is pending: being made") {
			t.Errorf("got %v", err)
		}
	})
}

// A specification that reads what it did not name can't be ordered, so it must
// not pass unseen.
func TestIDs_UnnamedReferencePanics(t *testing.T) {
	g := &resource.Graph{}
	m := newMemory()
	other := resource.Add(g, m.kind("base"), "b", spec{})
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	resource.ResolveFor(spec{}, nil).Of(other)
}

func BenchmarkPlanThousandNodes(b *testing.B) {
	m := newMemory()
	p := newPlatform(b, m, m.kind("base"), m.kind("floor"), m.kind("roof"))
	p.up(b.Context(), tower(m, "x", "", 998))
	graph := tower(m, "x", "", 998)
	observed, err := observe.All(b.Context(), &awsapi.Clients{}, p.owner, p.kinds)
	if err != nil {
		b.Fatal(err)
	}
	doc := p.store.Document()
	for b.Loop() {
		if plan.Make(graph, p.kinds, p.owner, observed, doc).Pending() {
			b.Fatal("the plan is not empty")
		}
	}
}

func BenchmarkApplyThousandNodes(b *testing.B) {
	for b.Loop() {
		m := newMemory()
		p := newPlatform(b, m, m.kind("base"), m.kind("floor"), m.kind("roof"))
		if result := p.up(b.Context(), tower(m, "x", "", 998)); result.Created != 1000 {
			b.Fatalf("created %d", result.Created)
		}
	}
}
