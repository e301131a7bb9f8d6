package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/testenv"
)

// A fleet is servers in zones, each behind a target of its own, without a cloud:
// here plans are made and looked at, and none is carried out.

type part struct {
	Version string
	Needs   []resource.Ref
}

func (p part) Refs() []resource.Ref { return p.Needs }

// livePart is a server, or a target, which names the server that it carries.
type livePart struct{ version, ground, carries string }

func fleetKind(name string) resource.Kind[part, livePart] {
	k := resource.Kind[part, livePart]{
		Traits: resource.Traits{Name: name, Removal: resource.Removal{AsynchronousDelete: true}},
		Reading: resource.Reading[livePart]{
			List: func(context.Context, *awsapi.Clients, awsapi.Owner) ([]livePart, error) { return nil, nil },
		},
		Writing: resource.Writing[part, livePart]{
			Diff: func(s part, l livePart, ids resource.IDs) (changes []resource.Change) {
				if s.Version != l.version {
					invalidates := s.Version == invalidating
					changes = append(changes, resource.Change{Field: "version", Want: s.Version, Have: l.version, Replace: !invalidates, InvalidatesDependents: invalidates})
				}
				for i, have := range []string{l.ground, l.carries}[:len(s.Needs)] {
					if want := ids.Of(s.Needs[i]); want != have {
						changes = append(changes, resource.Change{Field: "stands on", Want: want, Have: have, Replace: true})
					}
				}
				return changes
			},
		},
	}
	if name == "target" {
		// The ID of a target ends with that of its server, as a registration's does.
		k.Serves = func(id string) string { return resource.Handle("server", strings.TrimPrefix(id, "target-of-")) }
	}
	return k
}

// invalidating is a version of the ground that can be had in place, but for which
// the old targets don't do.
const invalidating = "another path"

// fleetKinds are in the order in which they stand on each other.
func fleetKinds() []resource.Handler {
	return []resource.Handler{fleetKind("ground").Handler(), fleetKind("server").Handler(), fleetKind("target").Handler()}
}

// fleetGraph is a fleet of a version: so many servers in each zone.
func fleetGraph(version, ground string, zones ...int) *resource.Graph {
	g := &resource.Graph{}
	base := resource.Add(g, fleetKind("ground"), "main", part{Version: ground})
	for z, servers := range zones {
		for n := range servers {
			name := fmt.Sprintf("%c-%d", 'a'+z, n+1)
			server := resource.Add(g, fleetKind("server"), name, part{Version: version, Needs: []resource.Ref{base}})
			target := resource.Add(g, fleetKind("target"), name, part{Needs: []resource.Ref{base, server}})
			g.InBatch(name[:1], server, target)
		}
	}
	return g
}

// life is how a server and its target are doing.
type life string

const (
	serves       life = "serves"
	comes        life = "comes"   // its target is not healthy yet
	waitedFor    life = "waited"  // the same, and given up
	unregistered life = "alone"   // it has no target
	drains       life = "drains"  // its target is on its way out
	shutsDown    life = "ends"    // it has none any more, and is going itself
	absentServer life = "nothing" // there is none
)

// fleet is what is there.
type fleet struct {
	objects []resource.Object
	doc     state.Document
}

func (f *fleet) add(kind, name, id string, generation int, phase resource.Phase, live livePart, needs ...string) {
	key := resource.Key{Kind: kind, Name: name}
	f.objects = append(f.objects, resource.Object{Key: key, ID: id, Generation: generation, Status: resource.Status{Phase: phase}, Live: live})
	f.doc.Put(resource.Record{Key: key, ID: id, Generation: generation, Needs: append([]string{}, needs...)})
}

func newFleet() *fleet {
	f := &fleet{}
	f.add("ground", "main", "ground-1", 1, resource.Ready, livePart{})
	return f
}

// server adds a server of a version, and its target.
func (f *fleet) server(name string, generation int, version string, how life) {
	if how == absentServer {
		return
	}
	id := fmt.Sprintf("server-%s-%d", name, generation)
	phase := resource.Ready
	if how == shutsDown {
		phase = resource.Deleting
	}
	f.add("server", name, id, generation, phase, livePart{version: version, ground: "ground-1"}, "ground/ground-1")
	phases := map[life]resource.Phase{serves: resource.Ready, comes: resource.Pending, waitedFor: resource.Pending, drains: resource.Deleting}
	if phase, ok := phases[how]; ok {
		f.add("target", name, "target-of-"+id, generation, phase, livePart{ground: "ground-1", carries: id}, "ground/ground-1", "server/"+id)
	}
	if how == waitedFor {
		i := len(f.doc.Records) - 1
		f.doc.Records[i].GivenUp = true
	}
}

func (f *fleet) plan(graph *resource.Graph) *Plan {
	return Make(graph, fleetKinds(), awsapi.Owner{}, observe.New(f.objects), f.doc)
}

// rehearsal carries a plan out in thought: any order that the needs allow.
type rehearsal struct {
	plan    *Plan
	done    map[*Step]bool
	healthy map[string]bool // targets, by ID
	servers map[string]bool // by ID, or by key and generation where they are new
}

func rehearse(f *fleet, plan *Plan) *rehearsal {
	r := &rehearsal{plan: plan, done: map[*Step]bool{}, healthy: map[string]bool{}, servers: map[string]bool{}}
	for _, o := range f.objects {
		if o.Key.Kind == "target" && o.Status.Phase == resource.Ready {
			r.healthy[o.ID] = true
		}
		if o.Key.Kind == "server" {
			r.servers[o.ID] = true
		}
	}
	return r
}

// next are the steps that may begin.
func (r *rehearsal) next() (steps []*Step) {
	for _, s := range r.plan.Steps {
		if !r.done[s] && !slices.ContainsFunc(s.Needs, func(need *Step) bool { return !r.done[need] }) {
			steps = append(steps, s)
		}
	}
	return steps
}

func stepID(s *Step) string {
	if s.Action == Create || s.Action == Replace {
		return fmt.Sprintf("new %s@%d", s.Key, s.Generation)
	}
	return s.Object.ID
}

// do does a step, and says what it did.
func (r *rehearsal) do(s *Step) string {
	r.done[s] = true
	here := map[string]map[string]bool{"target": r.healthy, "server": r.servers}[s.Key.Kind]
	switch {
	case here == nil:
		return ""
	case s.Action == Delete:
		delete(here, stepID(s))
		return fmt.Sprintf("- %s@%d", s.Key, s.Generation)
	case s.Action == Keep && here[stepID(s)]:
		return ""
	default:
		here[stepID(s)] = true // also one that was awaited
		return fmt.Sprintf("+ %s@%d", s.Key, s.Generation)
	}
}

// rounds are what a plan does, at each round all that may begin.
func rounds(f *fleet, plan *Plan) (all []string) {
	r := rehearse(f, plan)
	for {
		steps := r.next()
		if len(steps) == 0 {
			return all
		}
		var round []string
		for _, s := range steps {
			if did := r.do(s); did != "" {
				round = append(round, did)
			}
		}
		if len(round) > 0 {
			all = append(all, strings.Join(round, ", "))
		}
	}
}

func TestMake_ReplacesInBatchesOfZones(t *testing.T) {
	for name, test := range map[string]struct {
		there func(*fleet)
		graph *resource.Graph
		want  []string
	}{
		"another version": {
			func(f *fleet) { f.server("a-1", 1, "v1", serves); f.server("b-1", 1, "v1", serves) },
			fleetGraph("v2", "", 1, 1),
			[]string{
				"+ server/a-1@2", "+ target/a-1@2", "- target/a-1@1", "- server/a-1@1",
				"+ server/b-1@2", "+ target/b-1@2", "- target/b-1@1", "- server/b-1@1",
			},
		},
		"the others of the zone come with it": {
			func(f *fleet) { f.server("a-1", 1, "v1", serves); f.server("a-2", 1, "v1", serves) },
			fleetGraph("v2", "", 2),
			[]string{
				"+ server/a-1@2, + server/a-2@2", "+ target/a-1@2, + target/a-2@2",
				"- target/a-1@1, - target/a-2@1", "- server/a-1@1, - server/a-2@1",
			},
		},
		"it grows, too: more come first of all": {
			func(f *fleet) { f.server("a-1", 1, "v1", serves); f.server("b-1", 1, "v1", serves) },
			fleetGraph("v2", "", 1, 2),
			[]string{
				"+ server/a-1@2, + server/b-2@1", "+ target/a-1@2, + target/b-2@1", "- target/a-1@1", "- server/a-1@1",
				"+ server/b-1@2", "+ target/b-1@2", "- target/b-1@1", "- server/b-1@1",
			},
		},
		"it shrinks, too: who is too many goes last": {
			func(f *fleet) {
				f.server("a-1", 1, "v1", serves)
				f.server("a-2", 1, "v1", serves)
				f.server("b-1", 1, "v1", serves)
			},
			fleetGraph("v2", "", 1, 1),
			[]string{
				"+ server/a-1@2", "+ target/a-1@2", "- target/a-1@1", "- server/a-1@1",
				"+ server/b-1@2", "+ target/b-1@2", "- target/a-2@1, - target/b-1@1", "- server/a-2@1, - server/b-1@1",
			},
		},
		"the whole platform is replaced: at once, and the old one is whole to the end": {
			func(f *fleet) { f.server("a-1", 1, "v1", serves); f.server("b-1", 1, "v1", serves) },
			fleetGraph("v1", "other", 1, 1),
			[]string{
				"+ server/a-1@2, + server/b-1@2", "+ target/a-1@2, + target/b-1@2",
				"- target/a-1@1, - target/b-1@1", "- server/a-1@1, - server/b-1@1",
			},
		},
		"the old ones won't do any more: at once": {
			func(f *fleet) { f.server("a-1", 1, "v1", serves); f.server("b-1", 1, "v1", serves) },
			fleetGraph("v2", invalidating, 1, 1),
			[]string{
				"+ server/a-1@2, + server/b-1@2", "+ target/a-1@2, + target/b-1@2",
				"- target/a-1@1, - target/b-1@1", "- server/a-1@1, - server/b-1@1",
			},
		},
		"killed when the new one came: it goes on": {
			func(f *fleet) {
				f.server("a-1", 1, "v1", serves)
				f.server("a-1", 2, "v2", comes)
				f.server("b-1", 1, "v1", serves)
			},
			fleetGraph("v2", "", 1, 1),
			[]string{
				"+ target/a-1@2", "- target/a-1@1", "- server/a-1@1",
				"+ server/b-1@2", "+ target/b-1@2", "- target/b-1@1", "- server/b-1@1",
			},
		},
		"killed when the old one drained: it goes on": {
			func(f *fleet) {
				f.server("a-1", 1, "v1", drains)
				f.server("a-1", 2, "v2", serves)
				f.server("b-1", 1, "v1", serves)
			},
			fleetGraph("v2", "", 1, 1),
			[]string{
				"- target/a-1@1", "- server/a-1@1",
				"+ server/b-1@2", "+ target/b-1@2", "- target/b-1@1", "- server/b-1@1",
			},
		},
		"a failed version is corrected: it makes room first": {
			func(f *fleet) {
				f.server("a-1", 1, "v1", serves)
				f.server("a-1", 2, "v2", waitedFor)
				f.server("b-1", 1, "v1", serves)
			},
			fleetGraph("v3", "", 1, 1),
			[]string{
				"- target/a-1@2", "- server/a-1@2",
				"+ server/a-1@3", "+ target/a-1@3", "- target/a-1@1", "- server/a-1@1",
				"+ server/b-1@2", "+ target/b-1@2", "- target/b-1@1", "- server/b-1@1",
			},
		},
		"a failed version is taken back: only that goes": {
			func(f *fleet) {
				f.server("a-1", 1, "v1", serves)
				f.server("a-1", 2, "v2", waitedFor)
				f.server("b-1", 1, "v1", serves)
			},
			fleetGraph("v1", "", 1, 1),
			[]string{"- target/a-1@2", "- server/a-1@2"},
		},
		"a failed version is tried again: with another server": {
			func(f *fleet) { f.server("a-1", 1, "v1", serves); f.server("a-1", 2, "v2", waitedFor) },
			fleetGraph("v2", "", 1),
			[]string{
				"- target/a-1@2", "- server/a-1@2",
				"+ server/a-1@3", "+ target/a-1@3", "- target/a-1@1", "- server/a-1@1",
			},
		},
		"three generations in the middle of a roll": {
			func(f *fleet) {
				f.server("a-1", 2, "v2", serves)
				f.server("b-1", 1, "v1", serves)
				f.server("b-1", 2, "v2", comes)
			},
			fleetGraph("v3", "", 1, 1),
			[]string{
				"- target/b-1@2", "- server/b-1@2",
				"+ server/a-1@3", "+ target/a-1@3", "- target/a-1@2", "- server/a-1@2",
				"+ server/b-1@3", "+ target/b-1@3", "- target/b-1@1", "- server/b-1@1",
			},
		},
		"an unhealthy one that nobody waited for is left alone": {
			func(f *fleet) { f.server("a-1", 1, "v1", serves); f.server("b-1", 1, "v1", comes) },
			fleetGraph("v1", "", 1, 1),
			[]string{"+ target/b-1@1"},
		},
		"one that was given up is replaced": {
			func(f *fleet) { f.server("a-1", 1, "v1", serves); f.server("b-1", 1, "v1", waitedFor) },
			fleetGraph("v1", "", 1, 1),
			[]string{"+ server/b-1@2", "+ target/b-1@2", "- target/b-1@1", "- server/b-1@1"},
		},
	} {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, state lost %t", name, lost), func(t *testing.T) {
				f := newFleet()
				test.there(f)
				if lost {
					if slices.ContainsFunc(f.doc.Records, func(r resource.Record) bool { return r.GivenUp }) {
						t.Skip("that it was given up is known to the state alone")
					}
					f.doc = state.Document{}
				}
				if diff := testenv.Diff(test.want, rounds(f, f.plan(test.graph))); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestMake_NeverTakesCapacity makes plans for fleets in any state, carries them
// out in any order that they allow, and stops anywhere.
func TestMake_NeverTakesCapacity(t *testing.T) {
	lives := []life{serves, serves, serves, comes, waitedFor, unregistered, drains, shutsDown, absentServer}
	versions := []string{"v1", "v2", "v3"}
	rapid.Check(t, func(t *rapid.T) {
		f := newFleet()
		zones := rapid.SliceOfN(rapid.IntRange(0, 2), 1, 3).Draw(t, "zones")
		for z := range 3 {
			for n := range rapid.IntRange(0, 2).Draw(t, "servers there") {
				for generation := range rapid.IntRange(0, 3).Draw(t, "generations") {
					f.server(fmt.Sprintf("%c-%d", 'a'+z, n+1), generation+1,
						rapid.SampledFrom(versions).Draw(t, "version"), rapid.SampledFrom(lives).Draw(t, "life"))
				}
			}
		}
		if rapid.Bool().Draw(t, "state lost") {
			f.doc = state.Document{}
		}
		ground := rapid.SampledFrom([]string{"", "", "", "other"}).Draw(t, "ground")
		plan := f.plan(fleetGraph("v3", ground, zones...))
		if err := plan.Check(); err != nil {
			t.Fatal(err)
		}
		r := rehearse(f, plan)
		wanted, creates, inTurn := 0, 0, map[string]int{}
		for _, servers := range zones {
			wanted += servers
		}
		for _, s := range plan.Steps {
			switch {
			case s.Key.Kind == "server" && s.Action == Create:
				creates++
			case s.Key.Kind == "server" && s.Action == Replace:
				inTurn[s.Batch]++
			}
		}
		if inTurn[""] > 0 != (ground != "" && len(inTurn) > 0) {
			t.Fatal("without a batch goes what stands on something that is replaced, and only that")
		}
		least := min(wanted, len(r.healthy))
		most := len(r.servers) + creates + slices.Max(append(slices.Collect(maps.Values(inTurn)), 0))
		for {
			steps := r.next()
			if len(steps) == 0 {
				break
			}
			did := r.do(steps[rapid.IntRange(0, len(steps)-1).Draw(t, "step")])
			if len(r.healthy) < least {
				t.Fatalf("after %q only %d serve; there were to be %d all the time", did, len(r.healthy), least)
			}
			if len(r.servers) > most {
				t.Fatalf("after %q there are %d servers; there were to be %d at most", did, len(r.servers), most)
			}
			for id := range r.healthy {
				if server := strings.TrimPrefix(id, "target-of-"); server != id && !r.servers[server] {
					t.Fatalf("%q: %s serves, and is gone", did, server)
				}
			}
		}
		if len(r.done) != len(plan.Steps) {
			t.Fatalf("%d of %d steps can never begin", len(plan.Steps)-len(r.done), len(plan.Steps))
		}
		if len(r.healthy) != wanted || len(r.servers) != wanted {
			t.Fatalf("in the end %d servers and %d that serve, want %d", len(r.servers), len(r.healthy), wanted)
		}
	})
}

// TestWaves_OneForEachBatch counts what a plan makes before it deletes.
func TestWaves_OneForEachBatch(t *testing.T) {
	f := newFleet()
	for _, name := range []string{"a-1", "a-2", "b-1"} {
		f.server(name, 1, "v1", serves)
	}
	type count struct{ Made, Ends int }
	for name, test := range map[string]struct {
		graph *resource.Graph
		want  []count
	}{
		"zone by zone":        {fleetGraph("v2", "", 2, 1), []count{{2, 2}, {1, 1}}},
		"what is more, first": {fleetGraph("v2", "", 2, 2), []count{{1, 0}, {2, 2}, {1, 1}}},
		"all at once":         {fleetGraph("v2", "other", 2, 1), []count{{3, 0}}},
		"nothing":             {fleetGraph("v1", "", 2, 1), nil},
	} {
		var got []count
		for _, w := range f.plan(test.graph).Waves("server") {
			got = append(got, count{len(w.Made), len(w.Ends)})
		}
		if diff := testenv.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
