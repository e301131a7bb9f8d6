package blueprint_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

var _ = flag.Bool("update", false, "rewrite testdata")

var threeZones = []blueprint.Zone{
	{Name: "us-east-1a", Letter: "a", Slot: 0},
	{Name: "us-east-1b", Letter: "b", Slot: 1},
	{Name: "us-east-1c", Letter: "c", Slot: 2},
}

func build(t *testing.T, cfg config.Config, zones []blueprint.Zone) *resource.Graph {
	t.Helper()
	g, err := blueprint.Build(cfg, blueprint.Facts{Zones: zones, ImageID: "ami-1"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// https serves names that a zone of the local cloud's account holds.
func https(names ...string) config.HTTPS {
	return config.HTTPS{Domain: names[0], AlternativeNames: names[1:], HostedZone: "example.localhost", Policy: config.PolicyRecommended}
}

// scaling keeps two to six instances, by their load.
func scaling() config.AutoScaling {
	return config.AutoScaling{Min: 2, Max: 6, RequestsPerTarget: 1000, StaticStability: true}
}

// text is the graph as a person reads it: each object and what it needs.
func text(g *resource.Graph) string {
	var b strings.Builder
	for _, node := range g.Nodes() {
		fmt.Fprintln(&b, node.Key)
		for _, need := range node.Needs {
			fmt.Fprintf(&b, "    needs %s\n", need)
		}
	}
	return b.String()
}

func TestBuild_Graphs(t *testing.T) {
	single := config.Default()
	single.Network.Egress = config.EgressNATSingle
	none := config.Default()
	none.Network.Egress = config.EgressNone
	none.Web.Instances = 3
	domain := config.Default()
	domain.LoadBalancer.HTTPS = https("shop.example.localhost", "*.shop.example.localhost", "www.example.localhost")
	own, elsewhere := config.Default(), config.Default()
	own.LoadBalancer.HTTPS, elsewhere.LoadBalancer.HTTPS = https("shop.example.localhost"), https("shop.example.localhost")
	own.LoadBalancer.HTTPS.Certificate, elsewhere.LoadBalancer.HTTPS.HostedZone = "arn:aws:acm:us-east-1:123456789012:certificate/1", ""
	scaled := config.Default()
	scaled.Web.AutoScaling = scaling()
	for name, cfg := range map[string]config.Config{
		"auto-scaling.txt": scaled,
		"nat-per-zone.txt": config.Default(), "nat-single.txt": single, "egress-none.txt": none,
		"https.txt": domain, "https-own-certificate.txt": own, "https-without-zone.txt": elsewhere,
	} {
		t.Run(name, func(t *testing.T) { testenv.Golden(t, name, text(build(t, cfg, threeZones[:2]))) })
	}
}

func TestKinds_ListEveryNodesKindInOrder(t *testing.T) {
	order := map[string]int{}
	for i, kind := range blueprint.Kinds() {
		if _, twice := order[kind.Name]; twice {
			t.Errorf("%s is listed twice", kind.Name)
		}
		order[kind.Name] = i
	}
	for _, egress := range []config.Egress{config.EgressNATPerZone, config.EgressNone} {
		cfg := config.Default()
		cfg.Network.Egress = egress
		if egress == config.EgressNone {
			cfg.LoadBalancer.HTTPS = https("shop.example.localhost")
		}
		for _, node := range build(t, cfg, threeZones).Nodes() {
			rank, ok := order[node.Key.Kind]
			if !ok {
				t.Errorf("%s is not among the kinds, so it would never be found or deleted", node.Key.Kind)
			}
			// The edges that hold no data may go the other way: a NAT gateway
			// comes after the public route table, but nothing of it is there.
			for _, ref := range node.Spec.Refs() {
				if !ref.IsZero() && order[ref.Key().Kind] >= rank {
					t.Errorf("%s refers to %s, which the list of kinds puts after it", node.Key, ref.Key())
				}
			}
		}
	}
}

// keys are the names of the graph's objects of a kind.
func names(g *resource.Graph, kind string) []string {
	var found []string
	for _, node := range g.Nodes() {
		if node.Key.Kind == kind {
			found = append(found, node.Key.Name)
		}
	}
	return found
}

func TestInstances_SpreadEvenlyAndMoveLittle(t *testing.T) {
	for _, test := range []struct {
		zones, instances int
		want             []string
	}{
		{2, 1, []string{"web-a-1"}},
		{2, 2, []string{"web-a-1", "web-b-1"}},
		{2, 3, []string{"web-a-1", "web-a-2", "web-b-1"}},
		{3, 3, []string{"web-a-1", "web-b-1", "web-c-1"}},
		{3, 6, []string{"web-a-1", "web-a-2", "web-b-1", "web-b-2", "web-c-1", "web-c-2"}},
	} {
		cfg := config.Default()
		cfg.Web.Instances = test.instances
		got := names(build(t, cfg, threeZones[:test.zones]), "instance")
		if diff := testenv.Diff(test.want, got); diff != "" {
			t.Errorf("%d instances in %d zones: %s", test.instances, test.zones, diff)
		}
	}
}

func TestBuild_AddedZoneMovesNothing(t *testing.T) {
	cfg := config.Default()
	cfg.Web.Instances = 4
	two, three := build(t, cfg, threeZones[:2]), build(t, cfg, threeZones)
	for _, node := range two.Nodes() {
		same := three.Node(node.Key)
		if node.Key.Kind == "subnet" && fmt.Sprint(node.Spec) != fmt.Sprint(same.Spec) {
			t.Errorf("%s moved from %v to %v", node.Key, node.Spec, same.Spec)
		}
	}
	gone := slices.DeleteFunc(names(two, "instance"), func(name string) bool {
		return three.Node(resource.Key{Kind: "instance", Name: name}) != nil
	})
	if diff := testenv.Diff([]string{"web-b-2"}, gone); diff != "" {
		t.Errorf("four instances over a third zone: one has to move, but %s", diff)
	}
}

func TestChooseZones(t *testing.T) {
	all := []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"}
	count := func(n int) config.Zones { return config.Zones{Count: n} }
	for _, test := range []struct {
		name   string
		zones  config.Zones
		region blueprint.Region
		want   []string
		fails  string
	}{
		{"the first", count(2), blueprint.Region{Available: all}, all[:2], ""},
		{"where the type is offered", count(2), blueprint.Region{Available: all, Offered: []string{"us-east-1b", "us-east-1d"}}, []string{"us-east-1b", "us-east-1d"}, ""},
		{"those in use first", count(2), blueprint.Region{Available: all, InUse: []string{"us-east-1c", "us-east-1d"}}, all[2:], ""},
		{"one more than in use", count(3), blueprint.Region{Available: all, InUse: []string{"us-east-1c", "us-east-1d"}}, []string{"us-east-1a", "us-east-1c", "us-east-1d"}, ""},
		{"one less than in use", count(2), blueprint.Region{Available: all, InUse: all[:3]}, all[:2], ""},
		{"by name", config.Zones{Count: 2, Names: []string{"us-east-1d", "us-east-1b"}}, blueprint.Region{Available: all}, []string{"us-east-1b", "us-east-1d"}, ""},
		{"too many", count(5), blueprint.Region{Available: all}, nil, "only 4 of us-east-1 offer t3.micro"},
		{"one in use that AWS refused", count(2), blueprint.Region{Available: all, InUse: all[:1], Refused: all[1:2]}, []string{"us-east-1a", "us-east-1c"}, ""},
		{"by name though AWS refused it", config.Zones{Count: 2, Names: all[:2]}, blueprint.Region{Available: all, Refused: all[1:2]}, all[:2], ""},
		{"too many for what AWS refused", count(4), blueprint.Region{Available: all, Refused: all[1:2]}, nil, "us-east-1a, us-east-1c, us-east-1d; AWS refused us-east-1b"},
		{"unknown", config.Zones{Count: 2, Names: []string{"us-east-1a", "us-east-1f"}}, blueprint.Region{Available: all}, nil, "us-east-1f is not available"},
		{"not offered", config.Zones{Count: 2, Names: all[:2]}, blueprint.Region{Available: all, Offered: all[1:]}, nil, "us-east-1a does not offer t3.micro"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := config.Default()
			cfg.Network.Zones = test.zones
			zones, err := blueprint.ChooseZones(cfg, test.region)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Fatalf("got %v, want an error with %q", err, test.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, zone := range zones {
				got = append(got, zone.Name)
			}
			if diff := testenv.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestChooseZones_SaysWhatToWrite(t *testing.T) {
	all := []string{"us-east-1a", "us-east-1b", "us-east-1c"}
	for count, test := range map[int]struct {
		offered []string
		hint    string
	}{
		6: {all, "write network.zones: 3, or choose another web.instance_type"},
		2: {all[:1], "choose another web.instance_type"},
	} {
		cfg := config.Default()
		cfg.Network.Zones = config.Zones{Count: count}
		_, err := blueprint.ChooseZones(cfg, blueprint.Region{Available: all, Offered: test.offered})
		var wrong *blueprint.ZonesError
		if !errors.As(err, &wrong) || wrong.Hint != test.hint {
			t.Errorf("%d zones: %v, want the hint %q", count, err, test.hint)
		}
	}
}

func TestRefusedZones_ReadsLetterOfEachKey(t *testing.T) {
	all := []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"}
	record := func(kind, name, code string) resource.Record {
		return resource.Record{Key: resource.Key{Kind: kind, Name: name}, Refused: code}
	}
	got := blueprint.RefusedZones([]resource.Record{
		record("nat-gateway", "d", "NotAvailableInZone"), record("subnet", "private-b", "InvalidParameterValue"),
		record("instance", "web-a-1", "Unsupported"), record("load-balancer", "alb", "ValidationError"), record("nat-gateway", "c", ""),
	}, all)
	if diff := testenv.Diff([]string{"us-east-1a", "us-east-1b", "us-east-1d"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestUneven_NamesZonesWithoutInstance(t *testing.T) {
	zones := []blueprint.Zone{{Name: "us-east-1a"}, {Name: "us-east-1b"}, {Name: "us-east-1c"}}
	cfg := config.Default()
	cfg.Web.Instances = 1
	if got := blueprint.Uneven(cfg, zones); !strings.Contains(got, "none in us-east-1b and us-east-1c. Write web.instances: 3") {
		t.Errorf("it says %q", got)
	}
	cfg.Web.Instances = 3
	if got := blueprint.Uneven(cfg, zones); got != "" {
		t.Errorf("it says %q of one instance a zone", got)
	}
}

func TestUneven_SaysWhatGroupNeedsToSurviveZone(t *testing.T) {
	two := []blueprint.Zone{{Name: "us-east-1a"}, {Name: "us-east-1b"}}
	for _, test := range []struct {
		group config.AutoScaling
		zones []blueprint.Zone
		want  string
	}{
		{config.AutoScaling{Min: 1, Max: 4, CPU: 50}, two, "min: 2 at least"},
		{config.AutoScaling{Min: 2, Max: 4, CPU: 50}, two, ""},
		{config.AutoScaling{Min: 2, Max: 4, CPU: 60}, two, "would need 120 percent of their CPU until new ones serve. Write cpu: 50 at most"},
		{config.AutoScaling{Min: 3, Max: 6, CPU: 66}, append(two, blueprint.Zone{Name: "us-east-1c"}), ""},
		{config.AutoScaling{Min: 2, Max: 4, RequestsPerTarget: 1000}, two, ""},
	} {
		cfg := config.Default()
		cfg.Web.AutoScaling = test.group
		if got := blueprint.Uneven(cfg, test.zones); !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%+v: it says %q, want %q", test.group, got, test.want)
		}
	}
}

// A key is in tags, in states and in users' scripts: this list changes by
// addition only.
func TestKinds_NamesStay(t *testing.T) {
	var got []string
	for _, kind := range blueprint.Kinds() {
		got = append(got, kind.Name)
	}
	data, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	testenv.Golden(t, "kinds.json", string(data)+"\n")
}

func TestBuild_HasABucketForASiteThatTheLoadBalancerDoesNotKnow(t *testing.T) {
	cfg := config.Default()
	cfg.Web.Site = "public"
	g, err := blueprint.Build(cfg, blueprint.Facts{Zones: []blueprint.Zone{{Name: "us-east-1a", Letter: "a"}, {Name: "us-east-1b", Letter: "b", Slot: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if g.Node(resource.Key{Kind: "bucket", Name: "main"}) == nil {
		t.Error("there is no bucket")
	}
	balancer := g.Node(resource.Key{Kind: "load-balancer", Name: "alb"})
	for _, ref := range balancer.Spec.Refs() {
		if ref.Key().Kind == "bucket" {
			t.Error("the load balancer is to log into it")
		}
	}
}
