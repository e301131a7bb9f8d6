package compare

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/bench/compare/bars"
	"github.com/platformctl/platformctl/bench/compare/process"
	"github.com/platformctl/platformctl/bench/compare/worlds"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// -update writes the golden files.
var _ = flag.Bool("update", false, "write the golden files")

func node(kind string, needs ...string) *resource.Node {
	n := &resource.Node{Key: resource.Key{Kind: kind, Name: "x"}}
	for _, need := range needs {
		n.Needs = append(n.Needs, resource.Key{Kind: need, Name: "x"})
	}
	return n
}

// TestLimitOfGraph is arithmetic that can be followed by hand: round trips of 1 s.
func TestLimitOfGraph(t *testing.T) {
	d := durations{
		"vpc available": 2 * time.Second, "nat-gateway available": 100 * time.Second, "nat-gateway deleted": 50 * time.Second,
		"instance running": 20 * time.Second, "instance terminated": 30 * time.Second, "instance booted": 7 * time.Second,
		"load-balancer active": 110 * time.Second, "load-balancer's interfaces gone": 60 * time.Second,
	}
	nodes := []*resource.Node{
		node("vpc"), node("nat-gateway", "vpc"), node("instance", "nat-gateway"), node("load-balancer", "vpc"),
		node("registration", "instance", "load-balancer"),
	}
	l := limitOfGraph(nodes, d, time.Second, checks{first: 2 * time.Second, nodes: 2, interval: 5 * time.Second})
	want := limit{
		// look 1, VPC 1+2, NAT gateway 1+100, instance 1+20, registration 1
		create:  127 * time.Second,
		serving: 136 * time.Second, // booted at 133, while the nodes check at 129 and 134, and at 131 and 136
		nothing: 3 * time.Second,
		destroy: 85 * time.Second, // look 1, instance 1+30, NAT gateway 1+50, VPC 1, proof 1
		chain:   []string{"vpc", "nat-gateway", "instance"},
		back:    []string{"instance", "nat-gateway"},
	}
	if diff := testenv.Diff(want, l); diff != "" {
		t.Errorf("limit (-want +got):\n%s", diff)
	}
}

// TestLimitOf_Platform has the local cloud's own times, and the real graph.
func TestLimitOf_Platform(t *testing.T) {
	for text, want := range map[string]struct {
		chain, back   []string
		atLeast, most time.Duration
	}{
		"aws":       {[]string{"vpc", "load-balancer"}, []string{"instance", "nat-gateway"}, 166 * time.Second, 167 * time.Second},
		"aws@100ms": {[]string{"vpc", "load-balancer"}, []string{"instance", "nat-gateway"}, 166500 * time.Millisecond, 168 * time.Second},
	} {
		s, err := parseSetting(text)
		if err != nil {
			t.Fatal(err)
		}
		l, err := limitOf(platform(2, setting{}), s)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(l.chain, want.chain) || !slices.Equal(l.back, want.back) || l.create < want.atLeast || l.create > want.most {
			t.Errorf("%s: %v, create %v", text, l, l.create)
		}
		more, err := limitOf(platform(500, setting{}), s)
		if err != nil || more.create != l.create || more.destroy != l.destroy {
			t.Errorf("%s: for 500 instances the limit is %v and %v, not %v and %v: they start together (%v)", text, more.create, more.destroy, l.create, l.destroy, err)
		}
	}
	if _, err := parseSetting("slow"); err == nil {
		t.Error("an unknown latency was taken")
	}
	if _, err := parseSetting("fast@80"); err == nil {
		t.Error("a round trip without a unit was taken")
	}
}

func TestParse_Flags(t *testing.T) {
	for _, args := range []string{"-only nothing", "-settings slow", "-instances 0", "-moments 99", "-runs 0", "left over"} {
		if _, err := parse(strings.Fields(args)); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
	o, err := parse(strings.Fields("-only growth -instances 2,3 -settings aws/10@20ms"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff([]int{2, 3}, o.growth); diff != "" || o.settings[0] != (setting{latency: "aws/10", roundTrip: 20 * time.Millisecond}) {
		t.Errorf("%+v", o)
	}
}

// life is made up.
func life(create, nothing, destroy float64, calls int) lifetime {
	all := lifetime{}
	for i, s := range []float64{create, nothing, destroy} {
		all[phases()[i]] = figures{Usage: process.Usage{Wall: seconds(s), CPU: seconds(s / 2), Peak: int64(calls) * 1e6}, calls: map[string]int{"DescribeVpcs": calls, "CreateVpc": 1}}
	}
	return all
}

func someFigures() []compared {
	ours := life(20, 0.2, 10, 59)
	f := ours["create"]
	f.told.CriticalPath = []report.Link{{Key: "load-balancer/alb", Seconds: 14}, {Key: "registration/web-a-1", Seconds: 4}, {Key: "verify", Seconds: 1}}
	ours["create"] = f
	return []compared{
		{setting: setting{latency: "aws/10"}, instances: 2, limit: limit{create: seconds(14.8), serving: seconds(18.9), destroy: seconds(9), chain: []string{"vpc"}}, ours: ours, theirs: life(100, 8, 40, 199)},
		{setting: setting{latency: "fast", roundTrip: 80 * time.Millisecond}, instances: 20, limit: limit{create: seconds(1), nothing: seconds(.24), destroy: seconds(1)}, ours: life(2, 0.5, 2, 99)},
	}
}

// With an Auto Scaling group the platform takes as long as with instances, which the group registers when they run.
func TestLimitOf_GroupTakesAsLongAsInstances(t *testing.T) {
	s, err := parseSetting("aws/10+group")
	if err != nil || !s.scaled || s.String() != "`aws/10`, Auto Scaling" {
		t.Fatalf("%+v, %v", s, err)
	}
	fixed, err := limitOf(platform(2, setting{}), s)
	if err != nil {
		t.Fatal(err)
	}
	group, err := limitOf(platform(2, s), s)
	if err != nil {
		t.Fatal(err)
	}
	if group.destroy != fixed.destroy || group.serving != fixed.serving || group.create != fixed.create {
		t.Errorf("with a group %s, %+v\nwith instances %s, %+v", group, group, fixed, fixed)
	}
}

// A certificate is issued beside the load balancer, and its deletion waits for ACM to hear that nothing uses it.
func TestLimitOf_CertificateIsIssuedBesideLoadBalancer(t *testing.T) {
	s, err := parseSetting("aws/10+https")
	if err != nil || !s.secure || s.String() != "`aws/10`, HTTPS" || s.place() != placeHTTPS {
		t.Fatalf("%+v, %v", s, err)
	}
	plain, err := limitOf(platform(2, setting{}), s)
	if err != nil {
		t.Fatal(err)
	}
	https, err := limitOf(platform(2, s), s)
	if err != nil {
		t.Fatal(err)
	}
	if https.create != plain.create || https.serving != plain.serving || https.destroy != plain.destroy {
		t.Errorf("with HTTPS %s, %+v\nwithout %s, %+v", https, https, plain, plain)
	}
	slow, err := durationsOf(s.latency)
	if err != nil {
		t.Fatal(err)
	}
	slow["certificate issued"], slow["certificate released"] = time.Hour, 2*time.Hour
	graph, err := blueprint.Build(platform(2, s), blueprint.Facts{Zones: zones(), ImageID: "ami-0"})
	if err != nil {
		t.Fatal(err)
	}
	got := limitOfGraph(graph.Nodes(), slow, 0, checks{first: time.Second, nodes: 2, interval: time.Second})
	if want := "to create: certificate → certificate-validation; to destroy: certificate-validation"; got.String() != want || got.create < time.Hour || got.destroy < 2*time.Hour {
		t.Errorf("%s (%s, %s), want %s", got, got.create, got.destroy, want)
	}
}

func TestUnwaited_SeparatesPageAndTargets(t *testing.T) {
	f := someFigures()[0].ours["create"]
	page, targets := f.unwaited()
	if page != 19*time.Second || targets != 15*time.Second {
		t.Errorf("before the page %v, before the targets are healthy %v", page, targets)
	}
	f.told.CriticalPath = slices.Insert(f.told.CriticalPath, 2, report.Link{Key: "dns-record/address-shop.example.localhost", Seconds: 2})
	if page, targets = f.unwaited(); page != 19*time.Second || targets != 13*time.Second {
		t.Errorf("with a name that waits for the targets: before the page %v, before the targets are healthy %v", page, targets)
	}
}

func TestTables_MatchGolden(t *testing.T) {
	all := someFigures()
	crashes := []crash{
		{moment: moments()[0], tool: "platformctl", left: 1, unknown: []string{"VPC"}},
		{moment: moments()[0], tool: "Terraform", left: 3, unknown: []string{"VPC"}, again: "a | b", byHand: []string{"subnet", "VPC", "subnet"}, remains: []string{"VPC"}},
	}
	testenv.Golden(t, "tables.md", timesTable(all)+againstTargets(all)+callsTable(all)+operationsTable(all[len(all)-1])+memoryTable(all)+growthTable(all)+crashTable(crashes))
}

// AWS's own times have goals of their own: what takes minutes is asked about seldom, and ends soon after it is done.
func TestAgainstTargets_OfAWSTimes(t *testing.T) {
	c := someFigures()[0]
	c.setting = setting{latency: "aws", roundTrip: 80 * time.Millisecond}
	got := againstTargets([]compared{c})
	for _, goal := range []string{"create, before the page's probe | ≤ 1.01 of the limit", "destroy | ≤ 1.06 of the limit", "calls, create | ≤ 0.6 of Terraform's", "calls, destroy | ≤ 0.6 of Terraform's"} {
		if !strings.Contains(got, goal) {
			t.Errorf("%q isn't in\n%s", goal, got)
		}
	}
}

func TestCharts_AreWellFormed(t *testing.T) {
	for name, svg := range map[string]string{"time": timeChart(someFigures()), "calls": callChart(someFigures()), "growth": growthChart(someFigures()), "nothing": bars.Chart{}.SVG()} {
		decoder := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for _, outside := range []string{"NaN", "Inf", "http://", "https://"} {
			if strings.Contains(strings.Replace(svg, `xmlns="http://www.w3.org/2000/svg"`, "", 1), outside) {
				t.Errorf("%s has %s in it", name, outside)
			}
		}
		if !strings.Contains(svg, "prefers-color-scheme: dark") {
			t.Errorf("%s is for light pages alone", name)
		}
	}
	testenv.Golden(t, "time.svg", timeChart(someFigures()))
}

func TestPage_ReplacesOnePlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	const text = "a\n<!-- times -->\nold\n<!-- end of times -->\nb\n<!-- calls -->\nkept\n<!-- end of calls -->\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := openPage(path)
	if err != nil {
		t.Fatal(err)
	}
	page.set("times", "new\n\n")
	if err := page.save(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != strings.Replace(text, "old", "new", 1) {
		t.Errorf("%s (%v)", got, err)
	}
	page.set("nowhere", "x")
	if page.save() == nil {
		t.Error("a place that the page lacks was no error")
	}
}

// TestPage_HasEveryPlace is for the page in bench.
func TestPage_HasEveryPlace(t *testing.T) {
	page, err := openPage(filepath.Join("..", "..", filepath.FromSlash(Page)))
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"machine", "same", "times", "calls", "memory", "growth", "crash", placeGroup, placeHTTPS} {
		page.set(place, "x")
	}
	if len(page.missing) > 0 {
		t.Errorf("it has no place for %v", page.missing)
	}
}

func TestDifferences_IgnoreIDs(t *testing.T) {
	world := func(vpc, one, two, route string) []worlds.Object {
		return []worlds.Object{
			{Kind: "VPC", ID: vpc, Body: map[string]any{"ID": vpc, "CIDR": "10.0.0.0/16", "Created": "2026-01-01T00:00:00Z"}},
			{Kind: "subnet", ID: one, Body: map[string]any{"ID": one, "VPCID": vpc, "CIDR": "10.0.0.0/20"}},
			{Kind: "subnet", ID: two, Body: map[string]any{"ID": two, "VPCID": vpc, "CIDR": "10.0.16.0/20"}},
			{Kind: "route table", ID: "rtb-" + vpc, Body: map[string]any{"VPCID": vpc, "Associations": []any{map[string]any{"ID": "rtbassoc-" + vpc, "SubnetID": route}}}},
		}
	}
	a := world("vpc-1", "subnet-1", "subnet-2", "subnet-1")
	if only := worlds.Differences(a, world("vpc-9", "subnet-8", "subnet-7", "subnet-8")); len(only) > 0 {
		t.Errorf("the same with other IDs: %q", only)
	}
	if only := worlds.Differences(a, world("vpc-9", "subnet-8", "subnet-7", "subnet-7")); len(only) == 0 {
		t.Error("a table of another subnet is no difference")
	}
	if only := worlds.Differences(a, world("vpc-9", "subnet-8", "subnet-7", "subnet-8")[:3]); len(only) == 0 {
		t.Error("a missing table is no difference")
	}
}

// TestConfiguration_HasObjectsOfBlueprint counts resources by hand: what
// belongs to its parent with platformctl is a resource of its own with Terraform.
func TestConfiguration_HasObjectsOfBlueprint(t *testing.T) {
	var text []byte
	for _, name := range []string{"terraform/platform.tf", "terraform/scaling.tf", "terraform/https.tf"} {
		file, err := configuration.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, file...)
	}
	var nodes []*resource.Node
	for _, s := range []setting{{}, {scaled: true}, {secure: true}} {
		graph, err := blueprint.Build(platform(2, s), blueprint.Facts{Zones: zones(), ImageID: "ami-0"})
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, graph.Nodes()...)
	}
	of := map[string]string{
		"vpc": "aws_vpc", "internet-gateway": "aws_internet_gateway", "subnet": "aws_subnet", "route-table": "aws_route_table",
		"elastic-ip": "aws_eip", "nat-gateway": "aws_nat_gateway", "vpc-endpoint": "aws_vpc_endpoint", "security-group": "aws_security_group",
		"security-group-rules": "aws_vpc_security_group_ingress_rule", "role": "aws_iam_role", "instance-profile": "aws_iam_instance_profile",
		"instance": "aws_instance", "target-group": "aws_lb_target_group", "load-balancer": "aws_lb", "listener": "aws_lb_listener",
		"registration":    "aws_lb_target_group_attachment",
		"launch-template": "aws_launch_template", "auto-scaling-group": "aws_autoscaling_group", "scaling-policy": "aws_autoscaling_policy",
		"certificate": "aws_acm_certificate", "certificate-validation": "aws_acm_certificate_validation", "dns-record": "aws_route53_record",
	}
	for _, n := range nodes {
		if kind, known := of[n.Key.Kind]; !known || !strings.Contains(string(text), `resource "`+kind+`"`) {
			t.Errorf("Terraform's configuration has no %s", n.Key.Kind)
		}
	}
	for name := range variablesOf("http://127.0.0.1:1", platform(2, setting{scaled: true})) {
		if !strings.Contains(string(text), `variable "`+name+`"`) {
			t.Errorf("Terraform's configuration has no variable %q", name)
		}
	}
}
