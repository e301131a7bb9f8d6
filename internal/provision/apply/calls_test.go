package apply_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestApply_SkipsDescribeAfterCreate counts the looks at kinds that say what their
// creation made: none where that is all, none where AWS takes what it lacks, and one
// where the kind isn't sure that this was all.
func TestApply_SkipsDescribeAfterCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		unsure := false
		certain := m.kind("certain", func(k *resource.Kind[spec, thing]) {
			k.AsCreated = func(_ resource.Call[spec], id string) thing { return thing{id: id} }
			update := k.Update
			k.Update = func(ctx context.Context, call resource.Call[spec], t thing, changes []resource.Change) error {
				if unsure {
					call.Unconfirmed()
				}
				return update(ctx, call, t, changes)
			}
		})
		p := newPlatform(t, m, certain)
		graph := func(value string) *resource.Graph {
			g := &resource.Graph{}
			resource.Add(g, certain, "c", spec{Value: value})
			return g
		}
		plan := p.plan(t.Context(), graph(""))
		m.lists = map[string]int{}
		if _, err := p.apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if n := m.lists["certain"]; n != 0 {
			t.Errorf("%d looks at what was just made", n)
		}

		for platform, want := range map[string]int{"sure": 0, "unsure": 1} {
			q := newPlatform(t, m, certain)
			q.owner.Platform, unsure = platform, want > 0
			plan = q.plan(t.Context(), graph("v"))
			m.lists, m.log = map[string]int{}, nil
			if _, err := q.apply(t.Context(), plan); err != nil {
				t.Fatal(err)
			}
			if diff := testenv.Diff([]string{"create certain/c@1", "update certain/c"}, m.log); diff != "" {
				t.Error(diff)
			}
			if n := m.lists["certain"]; n != want {
				t.Errorf("%s: %d looks after an update, want %d", platform, n, want)
			}
		}
	})
}

// TestApply_DescribesWhatEarlierRunAskedFor has a creation give what an earlier run asked for,
// with another configuration, and learned nothing of.
func TestApply_DescribesWhatEarlierRunAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		certain := m.kind("certain", func(k *resource.Kind[spec, thing]) {
			k.Create = func(_ context.Context, call resource.Call[spec]) (string, error) {
				before := len(m.objects)
				id, err := m.create("certain", call)
				if len(m.objects) > before {
					m.objects[id].value = call.Spec.Value
				}
				return id, err
			}
			k.AsCreated = func(call resource.Call[spec], id string) thing { return thing{id: id, value: call.Spec.Value} }
		})
		p := newPlatform(t, m, certain)
		graph := func(value string) *resource.Graph {
			g := &resource.Graph{}
			resource.Add(g, certain, "c", spec{Value: value})
			return g
		}
		p.up(t.Context(), graph("old"))
		record := p.store.Document().Records[0]
		if err := p.store.Update(func(d *state.Document) { d.Remove(record) }); err != nil {
			t.Fatal(err)
		}
		record.ID = ""
		if err := p.store.Put(record); err != nil {
			t.Fatal(err)
		}
		m.hidden = 3 * time.Second
		if _, err := p.apply(t.Context(), p.plan(t.Context(), graph("new"))); err != nil {
			t.Fatal(err)
		}
		for id, object := range m.objects {
			if object.value != "new" {
				t.Errorf("%s has the value %q still", id, object.value)
			}
		}
		if n := len(m.objects); n != 1 {
			t.Errorf("%d objects", n)
		}
	})
}

// TestApply_IgnoresPreviousHolderOfName makes an object under a name of which a
// late look still shows the predecessor, complete, and of which the state has a record.
func TestApply_IgnoresPreviousHolderOfName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		const id = "the-name"
		late := false
		named := m.kind("named", func(k *resource.Kind[spec, thing]) {
			create, list := k.Create, k.List
			k.Create = func(ctx context.Context, call resource.Call[spec]) (string, error) {
				made, err := create(ctx, call)
				m.objects[made].id = id
				m.objects[id] = m.objects[made]
				delete(m.objects, made)
				return id, err
			}
			k.List = func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]thing, error) {
				things, err := list(ctx, c, owner)
				for i := range things {
					if late {
						things[i].value = "v"
					}
				}
				return things, err
			}
			k.AsCreated = func(_ resource.Call[spec], id string) thing { return thing{id: id} }
		})
		p := newPlatform(t, m, named)
		g := &resource.Graph{}
		key := resource.Add(g, named, "n", spec{Value: "v"}).Key()
		before := resource.Record{Key: key, Generation: 1, ID: id, Deleting: true, Since: time.Now().Add(-time.Minute)}
		if err := p.store.Put(before); err != nil {
			t.Fatal(err)
		}
		plan := p.plan(t.Context(), g)
		late = true
		if _, err := p.apply(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if value := m.objects[id].value; value != "v" {
			t.Errorf("the new object has the value %q", value)
		}
	})
}

// watch is a kind's Watch that counts.
func (m *memory) watch(looks *int) func(context.Context, *awsapi.Clients, awsapi.Owner, string) (map[string]resource.Status, error) {
	return func(context.Context, *awsapi.Clients, awsapi.Owner, string) (map[string]resource.Status, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.settle()
		*looks++
		statuses := map[string]resource.Status{}
		for id, object := range m.objects {
			statuses[id] = status(*object)
		}
		return statuses, nil
	}
}

// TestApply_PollsStatusWhileWaiting counts both kinds of looks at an object that takes its time.
func TestApply_PollsStatusWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.making, m.ending = 30*time.Second, 20*time.Second
		watched := 0
		slow := m.kind("slow", func(k *resource.Kind[spec, thing]) {
			k.PollStatus = m.watch(&watched)
		})
		p := newPlatform(t, m, slow)
		g := &resource.Graph{}
		resource.Add(g, slow, "s", spec{})
		for _, step := range []struct {
			what  string
			graph *resource.Graph
		}{{"to be ready", g}, {"to be gone", &resource.Graph{}}} {
			plan := p.plan(t.Context(), step.graph)
			m.lists, watched = map[string]int{}, 0
			result, err := p.apply(t.Context(), plan)
			if err != nil {
				t.Fatal(err)
			}
			if n := m.lists["slow"]; n != 3 || watched < 10 {
				t.Errorf("%d whole looks and %d at the status alone for it %s, want 3, at the begin, after some time and at the end, and many", n, watched, step.what)
			}
			if result.Duration > 31500*time.Millisecond {
				t.Errorf("the wait for it %s took %v", step.what, result.Duration)
			}
		}
	})
}

// TestApply_LeavesSynchronousDeletionsToProof counts looks where the caller looks at the
// end itself: none at what AWS has known for long, one at what is new. What wasn't
// seen to be gone stays on record as going.
func TestApply_LeavesSynchronousDeletionsToProof(t *testing.T) {
	for age, want := range map[time.Duration]int{time.Second: 1, time.Minute: 0} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			prompt := m.kind("prompt", func(k *resource.Kind[spec, thing]) { k.AsynchronousDelete = false })
			p := newPlatform(t, m, prompt)
			g := &resource.Graph{}
			resource.Add(g, prompt, "p", spec{})
			p.up(t.Context(), g)
			<-time.After(age)
			plan := p.plan(t.Context(), &resource.Graph{})
			m.lists = map[string]int{}
			run := &apply.Run{Clients: &awsapi.Clients{}, Owner: p.owner, Store: p.store, Replans: true}
			if _, err := run.Apply(t.Context(), plan); err != nil {
				t.Fatal(err)
			}
			if n := m.lists["prompt"]; n != want || len(p.alive()) > 0 {
				t.Errorf("%v after it was made: %d looks, want %d; alive: %v", age, n, want, p.alive())
			}
			// Nobody has seen yet that it is gone, so the next run must know that it goes.
			records := p.store.Document().Records
			if want == 1 && len(records) > 0 || want == 0 && (len(records) != 1 || !records[0].Deleting) {
				t.Errorf("%v after it was made: recorded: %v", age, records)
			}
		})
	}
}

// TestApply_WaitsForStatusOnlyWhenAccepted has lists show late what an update changed, until
// the object is ready; and a cloud that doesn't make what it was asked for, which the
// list that tells of the status shows for nothing.
func TestApply_WaitsForStatusOnlyWhenAccepted(t *testing.T) {
	for _, made := range []string{"", "v"} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			m.making = 10 * time.Second
			slow := m.kind("slow", func(k *resource.Kind[spec, thing]) {
				k.AsCreated = func(_ resource.Call[spec], id string) thing {
					return thing{id: id, value: made, ready: time.Now().Add(time.Hour)}
				}
				list := k.List
				k.List = func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]thing, error) {
					things, err := list(ctx, c, owner)
					for i := range things {
						if made == "" {
							things[i].value = "" // as before the update
						}
					}
					return things, err
				}
			})
			p := newPlatform(t, m, slow)
			g := &resource.Graph{}
			resource.Add(g, slow, "s", spec{Value: "v"})
			if _, err := p.apply(t.Context(), p.plan(t.Context(), g)); err != nil {
				t.Fatal(err)
			}
			if diff := testenv.Diff([]string{"create slow/s@1", "update slow/s"}, m.log); diff != "" {
				t.Errorf("made with %q: %s", made, diff)
			}
		})
	}
}

// TestApply_DeletesObservedWithoutListing counts both ways to delete: an object
// that AWS has known for long, one whose deletion is refused, one that stays although AWS
// has taken it, as what was seen was not all, and a new one.
func TestApply_DeletesObservedWithoutListing(t *testing.T) {
	for _, test := range []struct {
		age            time.Duration
		refused, stays bool
		want           []string
	}{
		{time.Minute, false, false, []string{"seen"}},
		{time.Minute, true, false, []string{"seen", "asked"}},
		{time.Minute, false, true, []string{"seen", "asked"}},
		{time.Second, false, false, []string{"asked"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			var deleted []string
			asking := m.kind("asking", func(k *resource.Kind[spec, thing]) {
				remove := k.Delete
				k.Delete = func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
					deleted = append(deleted, "asked")
					return remove(ctx, c, record)
				}
				k.DeleteObserved = func(ctx context.Context, c *awsapi.Clients, record resource.Record, l thing) error {
					deleted = append(deleted, "seen")
					if l.id != record.ID {
						t.Errorf("the plan saw %s, not %s", l.id, record.ID)
					}
					if test.refused {
						return &smithy.GenericAPIError{Code: "DependencyViolation"}
					}
					if test.stays {
						return nil
					}
					return remove(ctx, c, record)
				}
			})
			p := newPlatform(t, m, asking)
			g := &resource.Graph{}
			resource.Add(g, asking, "a", spec{})
			p.up(t.Context(), g)
			<-time.After(test.age)
			if _, err := p.apply(t.Context(), p.plan(t.Context(), &resource.Graph{})); err != nil {
				t.Fatal(err)
			}
			if diff := testenv.Diff(test.want, deleted); diff != "" || len(p.alive()) > 0 {
				t.Errorf("%+v: alive: %v\n%s", test, p.alive(), diff)
			}
		})
	}
}

// TestApply_DelaysFirstPollOfPending makes an object of a kind that says
// how it is after its creation, waits for one that the plan saw pending, and for one of
// which nothing but the status is in question.
func TestApply_DelaysFirstPollOfPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.making = 10 * time.Second
		watched := 0
		slow := m.kind("slow", func(k *resource.Kind[spec, thing]) {
			k.AsCreated = func(_ resource.Call[spec], id string) thing { return thing{id: id, ready: time.Now().Add(time.Hour)} }
			k.PollStatus = m.watch(&watched)
		})
		p := newPlatform(t, m, slow)
		g := &resource.Graph{}
		resource.Add(g, slow, "s", spec{})
		for _, what := range []string{"interrupted", "met", "made"} {
			if what == "made" {
				p = newPlatform(t, m, slow)
				p.owner.Platform = "other"
			}
			plan := p.plan(t.Context(), g)
			m.lists, watched = map[string]int{}, 0
			ctx, cancel := context.WithCancel(t.Context())
			if what == "interrupted" { // before it is ready
				time.AfterFunc(5*time.Second, cancel)
			}
			_, err := p.apply(ctx, plan)
			cancel()
			if (err != nil) != (what == "interrupted") {
				t.Fatal(what, err)
			}
			want := map[string]int{"met": 1}[what] // whole looks: the one at the end
			if n := m.lists["slow"]; n != want || watched < 5 {
				t.Errorf("%s: %d whole looks, want %d, and %d at the status", what, n, want, watched)
			}
		}
	})
}

// TestApply_SkipsPollOfContained deletes a container for a caller that looks
// at the end itself, with one thing in it, and one that was going already, however new they are.
func TestApply_SkipsPollOfContained(t *testing.T) {
	for _, age := range []time.Duration{time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) { skipsPollOfContained(t, age) })
	}
}

func skipsPollOfContained(t *testing.T, age time.Duration) {
	m := newMemory()
	box := m.kind("box", func(k *resource.Kind[spec, thing]) {
		k.AsynchronousDelete = false
		remove := k.Delete
		k.Delete = func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
			m.mu.Lock()
			for id, object := range m.objects {
				if object.kind == "content" {
					delete(m.objects, id)
				}
			}
			m.mu.Unlock()
			return remove(ctx, c, record)
		}
	})
	content := m.kind("content", func(k *resource.Kind[spec, thing]) {
		k.DeletedWith = func(string) string {
			m.mu.Lock()
			defer m.mu.Unlock()
			for id, object := range m.objects {
				if object.kind == "box" {
					return resource.Handle("box", id)
				}
			}
			return ""
		}
	})
	p := newPlatform(t, m, box, content)
	g := &resource.Graph{}
	in := resource.Add(g, box, "b", spec{})
	resource.Add(g, content, "stays", spec{Parents: []resource.Ref{in}})
	resource.Add(g, content, "goes", spec{Parents: []resource.Ref{in}})
	p.up(t.Context(), g)
	<-time.After(age)
	for _, object := range m.objects {
		if object.kind == "content" && object.tags[awsapi.TagKey] == "content/goes" {
			object.gone = time.Now().Add(time.Hour)
		}
	}
	plan := p.plan(t.Context(), &resource.Graph{})
	m.lists = map[string]int{}
	run := &apply.Run{Clients: &awsapi.Clients{}, Owner: p.owner, Store: p.store, Replans: true}
	if _, err := run.Apply(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if n := m.lists["content"]; n != 0 || len(p.alive()) > 0 {
		t.Errorf("%v after it was made: %d looks at what went with its container; alive: %v", age, n, p.alive())
	}
	for _, r := range p.store.Document().Records {
		if !r.Deleting {
			t.Errorf("%s isn't on record as one that goes", r.Key)
		}
	}
}
