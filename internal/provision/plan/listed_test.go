package plan

import (
	"fmt"
	"slices"
	"testing"

	"github.com/platformctl/platformctl/internal/resource"
)

// byHand adds a target of a-1 that the state knows nothing of.
func (f *fleet) byHand() {
	f.objects = append(f.objects, resource.Object{
		Key: resource.Key{Kind: "target", Name: "a-1"}, ID: "by-hand", Generation: 1,
		Status: resource.Status{Phase: resource.Ready}, Live: livePart{ground: "ground-1", carries: "server-a-1-1"},
	})
}

// Whatever a plan deletes is listed, but for the second half of a replacement.
func TestPlan_ListsEveryDeletionButThatOfReplacement(t *testing.T) {
	for name, test := range map[string]struct {
		version string
		there   func(f *fleet)
		want    []string
	}{
		"a copy by hand": {"v1", func(f *fleet) {
			f.server("a-1", 1, "v1", serves)
			f.byHand()
		}, []string{"delete target/a-1 by-hand: one too many"}},
		"a replacement": {"v2", func(f *fleet) { f.server("a-1", 1, "v1", serves) }, []string{
			"replace server/a-1 server-a-1-1: version: v1 → v2", "replace target/a-1 target-of-server-a-1-1: stands on: server-a-1-1 → (not made yet)",
		}},
		"one cut short": {"v2", func(f *fleet) {
			f.server("a-1", 1, "v1", serves)
			f.server("a-1", 2, "v2", serves)
		}, []string{
			"delete server/a-1 server-a-1-1: another has taken its place", "delete target/a-1 target-of-server-a-1-1: another has taken its place",
		}},
		"one that drains": {"v2", func(f *fleet) {
			f.server("a-1", 1, "v1", drains)
			f.server("a-1", 2, "v2", serves)
		}, []string{
			"delete server/a-1 server-a-1-1: another has taken its place", "delete target/a-1 target-of-server-a-1-1: going away",
		}},
		"a copy beside a replacement": {"v2", func(f *fleet) {
			f.server("a-1", 1, "v1", serves)
			f.byHand()
		}, []string{
			"delete target/a-1 by-hand: one too many", "replace server/a-1 server-a-1-1: version: v1 → v2",
			"replace target/a-1 target-of-server-a-1-1: stands on: server-a-1-1 → (not made yet)",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet()
			test.there(f)
			p := f.plan(fleetGraph(test.version, "", 1))
			var got []string
			counted := 0
			for _, s := range p.Listed() {
				if s.Action != Keep {
					got = append(got, fmt.Sprintf("%s %s %s: %s", s.Action, s.Key, s.ID(), s.Reasons[0]))
				}
			}
			for _, action := range []Action{Create, Update, Replace, Delete} {
				counted += p.Count(action)
			}
			slices.Sort(got)
			if !slices.Equal(test.want, got) {
				t.Errorf("want %q, got %q", test.want, got)
			}
			if counted != len(test.want) || p.Pending() != (counted > 0) {
				t.Errorf("%d are counted, pending is %v", counted, p.Pending())
			}
		})
	}
}

// A record whose object is gone is named where nothing takes its place.
func TestPlan_DropsRecordsOfWhatIsGone(t *testing.T) {
	f := newFleet()
	f.server("a-1", 1, "v1", serves)
	for _, name := range []string{"a-1", "z-9"} {
		f.doc.Put(resource.Record{Key: resource.Key{Kind: "server", Name: name}, ID: "gone-" + name, Generation: 1})
	}
	p := f.plan(fleetGraph("v1", "", 1))
	if len(p.Forget) != 2 || len(p.Dropped()) != 1 || p.Dropped()[0].ID != "gone-z-9" || p.Pending() {
		t.Errorf("forgets %v, drops %v, pending is %v", p.Forget, p.Dropped(), p.Pending())
	}
}

// Nobody has to be told why each object of a teardown goes.
func TestPlan_OfTeardownHasNoReasons(t *testing.T) {
	f := newFleet()
	f.server("a-1", 1, "v1", serves)
	for _, s := range f.plan(&resource.Graph{}).Steps {
		if s.Action != Delete || len(s.Reasons) > 0 {
			t.Errorf("%s %s: %v", s.Action, s.Key, s.Reasons)
		}
	}
}
