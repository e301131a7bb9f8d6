package diagram_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/diagram"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

var _ = flag.Bool("update", false, "write testdata again")

// platform is a configuration with so many zones and instances.
func platform(zones, instances int, egress config.Egress) config.Config {
	cfg := config.Default()
	cfg.Network.Zones.Count, cfg.Web.Instances, cfg.Network.Egress = zones, instances, egress
	return cfg
}

func graph(t *testing.T, cfg config.Config) *resource.Graph {
	t.Helper()
	zones, err := blueprint.ChooseZones(cfg, blueprint.Region{Available: []string{
		"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f",
	}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := blueprint.Build(cfg, blueprint.Facts{Zones: zones, ImageID: "ami-1"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// there is a graph of which all is there, with IDs as long as AWS's.
func there(g *resource.Graph) diagram.Seen {
	seen := diagram.Seen{Health: "healthy", URL: "http://shop-alb-1234567890.us-east-1.elb.amazonaws.com"}
	prefixes := map[string]string{
		"vpc": "vpc-", "subnet": "subnet-", "nat-gateway": "nat-", "internet-gateway": "igw-", "instance": "i-",
		"route-table": "rtb-", "security-group": "sg-", "security-group-rules": "sg-", "elastic-ip": "eipalloc-", "vpc-endpoint": "vpce-",
	}
	const account = "arn:aws:elasticloadbalancing:us-east-1:123456789012:"
	for n, node := range g.Nodes() {
		object := diagram.SeenObject{Key: node.Key, Status: resource.Status{Phase: resource.Ready}}
		hex := fmt.Sprintf("%017x", 0x0a5e000000000000+n)
		switch kind := node.Key.Kind; {
		case kind == "load-balancer":
			object.ID = account + "loadbalancer/app/shop-alb/7c0f14993f0bbe78"
		case kind == "listener":
			object.ID = account + "listener/app/shop-alb/7c0f14993f0bbe78/d1633723ee11795a"
		case kind == "target-group":
			object.ID = account + "targetgroup/shop-web/11839b99b41ba2fd"
		case prefixes[kind] != "":
			object.ID = prefixes[kind] + hex
		default:
			object.ID = "shop-us-east-1-" + node.Key.Name
		}
		if node.Key.Kind == "elastic-ip" {
			object.Address = fmt.Sprintf("203.0.113.%d", n)
		}
		if node.Key.Kind == "instance" {
			seen.Targets = append(seen.Targets, loadbalancing.Target{Instance: object.ID, State: "healthy"})
		}
		seen.Objects = append(seen.Objects, object)
	}
	return seen
}

// at is the object of a key.
func at(t *testing.T, seen *diagram.Seen, key string) *diagram.SeenObject {
	t.Helper()
	i := slices.IndexFunc(seen.Objects, func(o diagram.SeenObject) bool { return o.Key.String() == key })
	if i < 0 {
		t.Fatalf("there is no %s", key)
	}
	return &seen.Objects[i]
}

// target is what the load balancer says of an instance.
func target(t *testing.T, seen *diagram.Seen, key string) *loadbalancing.Target {
	t.Helper()
	id := at(t, seen, key).ID
	i := slices.IndexFunc(seen.Targets, func(target loadbalancing.Target) bool { return target.Instance == id })
	if i < 0 {
		t.Fatalf("%s is no target", key)
	}
	return &seen.Targets[i]
}

// An Auto Scaling group's instances are in their zones, and beside them what keeps them.
func TestNew_DrawsAutoScalingGroup(t *testing.T) {
	cfg := config.Default()
	cfg.Web.AutoScaling = config.AutoScaling{Min: 2, Max: 6, CPU: 50, StaticStability: true}
	g := graph(t, cfg)
	seen := there(g)
	at(t, &seen, "auto-scaling-group/web").Says = "3 desired"
	seen.Members = []diagram.Member{
		{ID: "i-0a", Zone: "us-east-1a", Type: "t3.micro", Lifecycle: "InService"},
		{ID: "i-0b", Zone: "us-east-1b", Type: "t3.micro", Lifecycle: "InService"},
		{ID: "i-0c", Zone: "us-east-1b", Type: "t3.micro", Lifecycle: "Pending"},
	}
	seen.Targets = []loadbalancing.Target{{Instance: "i-0a", State: "healthy"}, {Instance: "i-0b", State: "healthy"}}
	live, planned := diagram.New(cfg, g, seen), diagram.New(cfg, g, diagram.Seen{})
	for form, test := range map[string]struct {
		text string
		want []string
	}{
		"SVG":             {live.SVG(), []string{"2 to 6 instances", "3 desired", "CPU at 50 percent", "1 of 1 healthy", "1 of 2 healthy", "Pending", "i-0c"}},
		"Mermaid":         {live.Mermaid(), []string{"2 to 6 instances", "1 of 1 healthy", "1 of 2 healthy", `instance_web_3["web<br/>~ Pending<br/>i-0c"]`, "auto_scaling_group_web -.->|launches| subnet_private_b"}},
		"planned SVG":     {planned.SVG(), []string{"2 to 6 instances", "1 instance"}},
		"planned Mermaid": {planned.Mermaid(), []string{"us-east-1a · 1 instance", "us-east-1b · 1 instance"}},
	} {
		for _, want := range test.want {
			if !strings.Contains(test.text, want) {
				t.Errorf("%s doesn't show %q:\n%s", form, want, test.text)
			}
		}
		if strings.Contains(test.text, "no instance") {
			t.Errorf("%s shows a zone without instances", form)
		}
	}
}

// degraded is a platform with all that can be wrong with one.
func degraded(t *testing.T, g *resource.Graph) diagram.Seen {
	seen := there(g)
	seen.Health = "degraded"
	*target(t, &seen, "instance/web-a-1") = loadbalancing.Target{
		Instance: at(t, &seen, "instance/web-a-1").ID, State: "unhealthy",
		Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [503]",
	}
	target(t, &seen, "instance/web-b-2").State = "initial"
	absent := resource.Status{Phase: resource.Absent}
	gone := at(t, &seen, "instance/web-b-1")
	gone.ID, gone.Status, gone.Drift = "", absent, []string{"not there"}
	registration := at(t, &seen, "registration/web-b-1")
	registration.ID, registration.Status, registration.Drift = "", absent, []string{"not there"}
	at(t, &seen, "route-table/private-b").Drift = []string{"route 0.0.0.0/0: none → nat-0b063cddcbfdc8d09"}
	at(t, &seen, "security-group-rules/web").Drift = []string{"ingress rule: tcp 22, 0.0.0.0/0 → none"}
	at(t, &seen, "nat-gateway/a").Status = resource.Status{Phase: resource.Pending, Reason: "pending"}
	at(t, &seen, "instance/web-a-2").Drift = []string{"user data: 0f3a → 9c11"}
	key := resource.Key{Kind: "instance", Name: "web-b-3"}
	seen.Objects = append(seen.Objects,
		diagram.SeenObject{Key: key, ID: "i-0aaaaaaaaaaaaaaa3", Status: resource.Status{Phase: resource.Ready}, Surplus: true, Zone: "us-east-1b"},
		diagram.SeenObject{Key: resource.Key{Kind: "subnet", Name: "public-c"}, ID: "subnet-0aaaaaaaaaaaaaaa4", Status: resource.Status{Phase: resource.Ready}, Surplus: true},
	)
	seen.Targets = append(seen.Targets, loadbalancing.Target{Instance: "i-0aaaaaaaaaaaaaaa3", State: "draining"})
	return seen
}

// drawings are the blueprint's variants, planned and seen.
func drawings(t *testing.T) map[string]diagram.Platform {
	drawn := map[string]diagram.Platform{}
	for name, cfg := range map[string]config.Config{
		"nat-per-zone": config.Default(),
		"nat-single":   platform(3, 3, config.EgressNATSingle),
		"egress-none":  platform(2, 3, config.EgressNone),
		"six-zones":    platform(6, 20, config.EgressNATPerZone),
		"many":         platform(2, 60, config.EgressNATSingle),
		"empty-zone":   platform(3, 2, config.EgressNATPerZone),
	} {
		g := graph(t, cfg)
		drawn[name+"-planned"] = diagram.New(cfg, g, diagram.Seen{})
		drawn[name] = diagram.New(cfg, g, there(g))
	}
	cfg := platform(2, 4, config.EgressNATPerZone)
	g := graph(t, cfg)
	drawn["degraded"] = diagram.New(cfg, g, degraded(t, g))
	drawn["absent"] = diagram.New(cfg, g, diagram.Seen{Health: "absent"})
	leaving := there(g)
	leaving.Objects = append(leaving.Objects, diagram.SeenObject{
		Key: resource.Key{Kind: "instance", Name: "web-c-1"}, ID: "i-0aaaaaaaaaaaaaaa5", Status: resource.Status{Phase: resource.Ready}, Surplus: true, Zone: "us-east-1c",
	})
	drawn["leaving"] = diagram.New(cfg, g, leaving)
	return drawn
}

func TestDrawing_MatchesGolden(t *testing.T) {
	drawn := drawings(t)
	for _, name := range []string{"nat-per-zone", "nat-per-zone-planned", "nat-single", "egress-none", "six-zones-planned", "degraded", "leaving"} {
		t.Run(name, func(t *testing.T) {
			testenv.Golden(t, name+".svg", drawn[name].SVG())
			testenv.Golden(t, name+".mmd", drawn[name].Mermaid())
		})
	}
}

func TestMermaid_ArrowsJoinDeclaredNodes(t *testing.T) {
	for name, p := range drawings(t) {
		open, named := 0, map[string]bool{}
		text := p.Mermaid()
		for _, m := range regexp.MustCompile(`(?m)^ *(subgraph )?(\w+)[\[(]`).FindAllStringSubmatch(text, -1) {
			if named[m[2]] {
				t.Errorf("%s draws %s twice", name, m[2])
			}
			named[m[2]] = true
		}
		for _, line := range strings.Split(text, "\n") {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "subgraph "):
				open++
			case line == "end":
				open--
			case strings.Contains(line, "->"):
				for _, end := range regexp.MustCompile(`-\.->|-->`).Split(line, -1) {
					end = strings.TrimSpace(regexp.MustCompile(`^\|[^|]*\|`).ReplaceAllString(end, ""))
					if !named[end] && !strings.Contains(line, "[") {
						t.Errorf("%s has an arrow of %q, which it doesn't draw: %s", name, end, line)
					}
				}
			}
		}
		if open != 0 || len(named) < 10 {
			t.Errorf("%s has %d groups open at its end, and draws %d things", name, open, len(named))
		}
	}
}

func TestSVG_ShowsEveryObject(t *testing.T) {
	for name, cfg := range map[string]config.Config{"nat": config.Default(), "none": platform(3, 4, config.EgressNone)} {
		g := graph(t, cfg)
		svg := diagram.New(cfg, g, there(g)).SVG()
		for _, node := range g.Nodes() {
			switch node.Key.Kind {
			case "elastic-ip", "registration", "route-table", "security-group-rules":
				continue // told with what they belong to
			}
			if !strings.Contains(svg, "<title>"+node.Key.String()+" ") && !strings.Contains(svg, ">✓ "+strings.ReplaceAll(node.Key.Kind, "-", " ")+" "+node.Key.Name+"<") && node.Key.Kind != "vpc" {
				t.Errorf("%s doesn't show %s", name, node.Key)
			}
		}
	}
}

func TestDrawing_ShowsHealthAndDrift(t *testing.T) {
	cfg := platform(2, 4, config.EgressNATPerZone)
	g := graph(t, cfg)
	seen := degraded(t, g)
	at(t, &seen, "elastic-ip/nat-b").Status.Phase = resource.Absent
	p := diagram.New(cfg, g, seen)
	drawn := map[string]string{"SVG": p.SVG(), "Mermaid": p.Mermaid()}
	for form, text := range drawn {
		for _, want := range []string{"✗ unhealthy", "Health checks failed", "~ initial", "✗ not there", "drifted", "Elastic IP not there", "pending"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s doesn't say %q", form, want)
			}
		}
	}
	for _, want := range []string{"Not as it should be: 9 of 34 objects", "route 0.0.0.0/0: none → nat-0b063cddcbfdc8d09", "subnet/public-c"} {
		if !strings.Contains(drawn["SVG"], want) {
			t.Errorf("the SVG doesn't say %q", want)
		}
	}
}

// What AWS says, and what people name, may hold anything.
func TestDrawing_EscapesMarkup(t *testing.T) {
	cfg := config.Default()
	g := graph(t, cfg)
	seen := there(g)
	target(t, &seen, "instance/web-a-1").State = "unhealthy"
	target(t, &seen, "instance/web-a-1").Description = "\x1b[31m</text><script>\"x\"\x00"
	p := diagram.New(cfg, g, seen)
	decoder := xml.NewDecoder(strings.NewReader(p.SVG()))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "script" {
			t.Error("a description became an element")
		}
	}
	if strings.Contains(p.Mermaid(), "<script>") || strings.Contains(p.Mermaid(), "\x1b") {
		t.Error("a description is not quoted in Mermaid")
	}
}
