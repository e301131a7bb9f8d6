package plan

import (
	"slices"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/resource"
)

// A swarm is one object that serves as servers with their targets do: either can take over from the other.

func capacityKind(name string) resource.Kind[part, livePart] {
	k := siteKind(name)
	k.Capacity = name == "target" || name == "swarm"
	return k
}

func capacityKinds() (kinds []resource.Handler) {
	for _, name := range []string{"ground", "server", "group", "balancer", "listener", "target", "swarm"} {
		kinds = append(kinds, capacityKind(name).Handler())
	}
	return kinds
}

// capacityGraph is a site with servers, or with a swarm in their place.
func capacityGraph(swarm bool) *resource.Graph {
	g := &resource.Graph{}
	add := func(kind, name string, needs ...resource.Ref) resource.Ref {
		return resource.Add(g, capacityKind(kind), name, part{Version: map[bool]string{true: "v1"}[kind == "server"], Needs: needs})
	}
	base := add("ground", "main")
	group := add("group", "web", base)
	balancer := add("balancer", "alb", base)
	listener := add("listener", "http", balancer, group)
	if swarm {
		resource.Add(g, capacityKind("swarm"), "web", part{Needs: []resource.Ref{group}}, listener)
		return g
	}
	for _, zone := range []string{"a", "b"} {
		server := add("server", zone+"-1", base)
		target := resource.Add(g, capacityKind("target"), zone+"-1", part{Needs: []resource.Ref{group, server}}, listener)
		g.InBatch(zone, server, target)
	}
	return g
}

func (f *fleet) swarm(phase resource.Phase) *fleet {
	f.add("swarm", "web", "swarm-1", 1, phase, livePart{ground: "group-1"}, "group/group-1", "listener/listener-of-balancer-1")
	return f
}

// withoutServers is the site that a swarm serves.
func withoutServers() *fleet {
	f := newSite()
	var objects []resource.Object
	for _, o := range f.objects {
		if o.Key.Kind == "server" || o.Key.Kind == "target" {
			if record, ok := f.doc.Find(o.Key, o.ID); ok {
				f.doc.Remove(record)
			}
			continue
		}
		objects = append(objects, o)
	}
	f.objects = objects
	return f
}

func TestMake_OneKindOfCapacityTakesOverFromTheOther(t *testing.T) {
	for name, test := range map[string]struct {
		fleet *fleet
		swarm bool
		// first is what must have been done before anything of these kinds is deleted.
		first   resource.Key
		deleted []string
	}{
		"servers, then a swarm":                    {newSite(), true, resource.Key{Kind: "swarm", Name: "web"}, []string{"target", "server"}},
		"the same, cut short before it is ready":   {newSite().swarm(resource.Pending), true, resource.Key{Kind: "swarm", Name: "web"}, []string{"target", "server"}},
		"a swarm, then servers":                    {withoutServers().swarm(resource.Ready), false, resource.Key{Kind: "target", Name: "b-1"}, []string{"swarm"}},
		"the same, cut short after the first half": {newSite().swarm(resource.Ready), false, resource.Key{Kind: "target", Name: "a-1"}, []string{"swarm"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan := Make(capacityGraph(test.swarm), capacityKinds(), awsapi.Owner{}, observe.New(test.fleet.objects), test.fleet.doc)
			if err := plan.Check(); err != nil {
				t.Fatal(err)
			}
			var comes *Step
			for _, s := range plan.Steps {
				if s.Key == test.first && s.Action != Delete {
					comes = s
				}
			}
			seen := map[string]bool{}
			for _, s := range plan.Steps {
				if s.Action != Delete {
					continue
				}
				seen[s.Key.Kind] = true
				if !waitsFor(s, comes) {
					t.Errorf("%s (%s) goes before %s serves", s.Key, s.ID(), comes.Key)
				}
			}
			for _, kind := range test.deleted {
				if !seen[kind] {
					t.Errorf("no %s is deleted", kind)
				}
			}
		})
	}
}

// Where all goes, nobody is led to what a swarm ends any more.
func TestMake_SwarmGoesAfterEntrance(t *testing.T) {
	f := withoutServers().swarm(resource.Ready)
	plan := Make(&resource.Graph{}, capacityKinds(), awsapi.Owner{}, observe.New(f.objects), f.doc)
	byKind := map[string]*Step{}
	for _, s := range plan.Steps {
		byKind[s.Key.Kind] = s
	}
	if !waitsFor(byKind["swarm"], byKind["balancer"]) {
		t.Error("a swarm is deleted while requests reach it")
	}
	if !waitsFor(byKind["group"], byKind["swarm"]) {
		t.Error("what a swarm is built on goes before it")
	}
}

// A policy goes with its swarm, which goes once nobody comes by the entrance: that the policy was built on the entrance is no reason
// for the entrance to wait.
func TestMake_EntranceDoesNotWaitForWhatGoesWithASwarm(t *testing.T) {
	f := withoutServers().swarm(resource.Ready)
	f.add("policy", "web", "policy-1", 1, resource.Ready, livePart{ground: "group-1"}, "swarm/swarm-1", "balancer/balancer-1", "listener/listener-of-balancer-1")
	policy := capacityKind("policy")
	policy.DeletedWith = func(string) string { return "swarm/swarm-1" }
	plan := Make(&resource.Graph{}, append(capacityKinds(), policy.Handler()), awsapi.Owner{}, observe.New(f.objects), f.doc)
	if err := plan.Check(); err != nil {
		t.Fatal(err)
	}
	byKind := map[string]*Step{}
	for _, s := range plan.Steps {
		byKind[s.Key.Kind] = s
	}
	if !waitsFor(byKind["swarm"], byKind["balancer"]) || byKind["policy"].Container != byKind["swarm"] {
		t.Error("a swarm is deleted while requests reach it, or its policy isn't deleted with it")
	}
}

// TestImpact_OfWhatServes has users notice what becomes of the entrance where servers or a swarm serve them, and nothing where nobody
// was ever served.
func TestImpact_OfWhatServes(t *testing.T) {
	notices := resource.Impact{What: "the entrance goes"}
	var kinds []resource.Handler
	for _, kind := range capacityKinds() {
		if kind.Name == "balancer" {
			kind.Impact = func(*resource.Node, resource.Object, resource.Transition[resource.Spec, any]) []resource.Impact {
				return []resource.Impact{notices}
			}
		}
		kinds = append(kinds, kind)
	}
	for name, test := range map[string]struct {
		fleet *fleet
		want  []resource.Impact
	}{
		"a swarm": {withoutServers().swarm(resource.Pending), []resource.Impact{notices}},
		"nobody":  {withoutServers(), nil},
	} {
		plan := Make(&resource.Graph{}, kinds, awsapi.Owner{}, observe.New(test.fleet.objects), test.fleet.doc)
		if got := plan.Impact(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
