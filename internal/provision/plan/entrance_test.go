package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/resource"
)

// A site is a fleet with a balancer, by which its users come in, a listener in it, and a
// group, which the listener leads to and which holds the targets.

func siteKind(name string) resource.Kind[part, livePart] {
	k := fleetKind(name)
	switch name {
	case "balancer":
		k.Entrance = true
	case "listener":
		k.DeletedWith = func(id string) string { return "balancer/" + strings.TrimPrefix(id, "listener-of-") }
	case "target":
		k.DeletedWith = func(id string) string { return "group/group-" + id[len(id)-1:] }
	}
	return k
}

func siteKinds() (kinds []resource.Handler) {
	for _, name := range []string{"ground", "server", "group", "balancer", "listener", "target"} {
		kinds = append(kinds, siteKind(name).Handler())
	}
	return kinds
}

func siteGraph(version, ground string) *resource.Graph {
	g := &resource.Graph{}
	add := func(kind, name, version string, needs ...resource.Ref) resource.Ref {
		return resource.Add(g, siteKind(kind), name, part{Version: version, Needs: needs})
	}
	base := add("ground", "main", ground)
	a, b := add("server", "a-1", version, base), add("server", "b-1", version, base)
	group := add("group", "web", "", base)
	balancer := add("balancer", "alb", "", base)
	listener := add("listener", "http", "", balancer, group)
	for i, server := range []resource.Ref{a, b} {
		zone := string(rune('a' + i))
		target := resource.Add(g, siteKind("target"), zone+"-1", part{Needs: []resource.Ref{group, server}}, listener)
		g.InBatch(zone, server, target)
	}
	return g
}

func newSite() *fleet {
	f := newFleet()
	stands := livePart{version: "v1", ground: "ground-1"}
	for _, zone := range []string{"a", "b"} {
		f.add("server", zone+"-1", "server-"+zone+"-1", 1, resource.Ready, stands, "ground/ground-1")
	}
	f.add("group", "web", "group-1", 1, resource.Ready, livePart{ground: "ground-1"}, "ground/ground-1")
	f.add("balancer", "alb", "balancer-1", 1, resource.Ready, livePart{ground: "ground-1"}, "ground/ground-1")
	f.add("listener", "http", "listener-of-balancer-1", 1, resource.Ready, livePart{ground: "balancer-1", carries: "group-1"}, "balancer/balancer-1", "group/group-1")
	for _, zone := range []string{"a", "b"} {
		id := "server-" + zone + "-1"
		f.add("target", zone+"-1", "target-of-"+id, 1, resource.Ready, livePart{ground: "group-1", carries: id}, "group/group-1", "server/"+id, "listener/listener-of-balancer-1")
	}
	return f
}

// waitsFor reports whether a step can't begin before another one has ended.
func waitsFor(s, other *Step) bool {
	return slices.ContainsFunc(s.Needs, func(need *Step) bool { return need == other || waitsFor(need, other) })
}

func TestPlan_EntranceGoesOnceAllServesAndBeforeWhatItLeadsTo(t *testing.T) {
	for name, test := range map[string]struct {
		graph    *resource.Graph
		there    func(f *fleet)
		contains bool // all that the entrance leads to goes with its container
	}{
		"another ground":             {siteGraph("v1", "another"), func(*fleet) {}, true},
		"another ground and version": {siteGraph("v2", "another"), func(*fleet) {}, true},
		"a teardown":                 {&resource.Graph{}, func(*fleet) {}, true},
		"no state": {siteGraph("v1", "another"), func(f *fleet) {
			for i := range f.doc.Records {
				f.doc.Records[i].Needs = nil
			}
		}, true},
		"without its targets": {siteGraph("v1", "another"), func(f *fleet) {
			f.objects = slices.DeleteFunc(f.objects, func(o resource.Object) bool { return o.Key.Kind == "target" })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newSite()
			test.there(f)
			p := Make(test.graph, siteKinds(), awsapi.Owner{}, observe.New(f.objects), f.doc)
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			var entrance *Step
			for _, s := range p.Steps {
				if s.Action == Delete && s.Key.Kind == "balancer" {
					entrance = s
				}
			}
			for _, s := range p.Steps {
				title := fmt.Sprintf("%s %s %s", s.Action, s.Key, s.ID())
				led := s.Action == Delete && slices.Contains([]string{"server", "group", "target", "listener"}, s.Key.Kind)
				switch {
				case s.Action != Delete && !waitsFor(entrance, s):
					t.Errorf("the entrance goes before %s", title)
				case led && s.Key.Kind != "server" && !waitsFor(s, entrance), test.contains && led && !waitsFor(s, entrance):
					t.Errorf("%s comes before the entrance goes", title)
				case s.Action == Delete && (s.Key.Kind == "target" || s.Key.Kind == "listener") && s.Container == nil:
					t.Errorf("%s is asked for by itself", title)
				}
			}
		})
	}
}

// Where the entrance stays, what it leads to is taken out with care.
func TestPlan_DrainsWhereEntranceStays(t *testing.T) {
	f := newSite()
	p := Make(siteGraph("v2", ""), siteKinds(), awsapi.Owner{}, observe.New(f.objects), f.doc)
	if err := p.Check(); err != nil || p.Count(Replace) != 4 {
		t.Fatalf("%v, %d replaced", err, p.Count(Replace))
	}
	for _, s := range p.Steps {
		if s.Action == Delete && s.Container != nil {
			t.Errorf("%s goes with %s", s.Key, s.Container.Key)
		}
	}
}

// Another entrance alone: all else stays, in batches or not.
func TestPlan_ReplacesEntranceAloneAndRolls(t *testing.T) {
	f := newSite()
	for i := range f.objects {
		if f.objects[i].Key.Kind == "balancer" {
			f.objects[i].Status.Phase = resource.Failed
		}
	}
	for _, version := range []string{"v1", "v2"} {
		p := Make(siteGraph(version, ""), siteKinds(), awsapi.Owner{}, observe.New(f.objects), f.doc)
		if err := p.Check(); err != nil {
			t.Errorf("%s: %v", version, err)
		}
		for _, s := range p.Steps {
			if s.Action == Delete && s.Key.Kind == "target" && s.Container != nil {
				t.Errorf("%s: %s isn't drained", version, s.Key)
			}
		}
	}
}
