package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/localreport"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/present/terminal/terminaltest"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/testenv"
)

var _ = flag.Bool("update", false, "write testdata again")

// document is one of each, in each of its shapes.
type document struct {
	name string
	doc  any
	text func(terminal.Streams)
}

// cost is so much a month before and after, in dollars.
func cost(before, after string) provision.Cost {
	month := func(dollars string) prices.Month {
		amount, err := prices.ParseAmount(dollars)
		if err != nil {
			panic(err)
		}
		return prices.Month{Region: "us-east-1", Amount: amount}
	}
	return provision.Cost{Before: month(before), After: month(after), Currency: prices.Currency, PricesOf: "2026-08-10"}
}

// near is a path as seen from /home/me/shop.
func near(path string) string { return strings.TrimPrefix(path, "/home/me/shop/") }

func documents() []document {
	up := report.Up{
		Platform: "shop", URL: "http://127.0.0.1:40123",
		Created: 38, Deleted: 1, Unchanged: 2, DurationSeconds: 12.345, APICalls: 96,
		CriticalPath: []report.Link{
			{Key: "vpc/main", Seconds: 0.31}, {Key: "elastic-ip/a", Seconds: 0.02}, {Key: "subnet/public-a", Seconds: 0.04},
			{Key: "nat-gateway/a", Seconds: 7.9}, {Key: "instance/web-a-1", Seconds: 2.1}, {Key: "registration/web-a-1", Seconds: 1.5},
		},
	}
	unchanged := report.Up{Platform: "shop", URL: "http://127.0.0.1:40123", LivePage: "http://127.0.0.1:40001", Unchanged: 41, DurationSeconds: 0.4, APICalls: 14}
	down := report.Down{
		Platform: "shop", Deleted: 41, DurationSeconds: 75.2, APICalls: 80,
		CriticalPath: []report.Link{{Key: "observe", Seconds: 0.2}, {Key: "load-balancer/alb", Seconds: 50}, {Key: "vpc/main", Seconds: 1}, {Key: "verify", Seconds: 0.9}},
	}
	nothing := report.Down{Platform: "shop", DurationSeconds: 0.2, APICalls: 12}
	remaining := report.Down{
		Platform: "shop", Deleted: 39, DurationSeconds: 640, APICalls: 300,
		Remaining: []report.Remaining{{Key: "vpc/main", ID: "vpc-0a1"}, {Key: "security-group/alb", ID: "sg-0b2"}},
	}
	healthy := report.Status{
		Platform: "shop", Target: "local", Region: "us-east-1", URL: "http://127.0.0.1:40123", Health: "healthy",
		Zones: []string{"us-east-1a", "us-east-1b"},
		Targets: []loadbalancing.Target{
			{Instance: "i-0a1", Zone: "us-east-1a", State: "healthy"}, {Instance: "i-0b2", Zone: "us-east-1b", State: "healthy"},
		},
		Resources: []report.Resource{
			{Key: "vpc/main", Kind: "vpc", ID: "vpc-0a1", Phase: "ready"},
			{Key: "instance/web-a-1", Kind: "instance", ID: "i-0a1", Phase: "ready"},
		},
	}
	drifted := report.Status{
		Platform: "shop", Target: "aws", Region: "us-east-1", URL: "http://shop-alb-1.us-east-1.elb.amazonaws.com", Health: "degraded",
		Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"},
		Targets: []loadbalancing.Target{
			{Instance: "i-0a1", Zone: "us-east-1a", State: "healthy"},
			{Instance: "i-0a2", Zone: "us-east-1a", State: "initial", Reason: "Elb.InitialHealthChecking", Description: "Initial health checks in progress"},
			{Instance: "i-0b2", Zone: "us-east-1b", State: "unhealthy", Reason: "Target.Timeout", Description: "Request timed out"},
		},
		Resources: []report.Resource{
			{Key: "vpc/main", Kind: "vpc", ID: "vpc-0a1", Phase: "ready"},
			{Key: "security-group/web", Kind: "security-group", ID: "sg-0b2", Phase: "ready", Drift: []string{
				"ingress rule: tcp 22 from 0.0.0.0/0 → none", "tags: none → team=web",
			}},
			{Key: "nat-gateway/a", Kind: "nat-gateway", ID: "nat-0c3", Phase: "pending"},
			{Key: "listener/http", Kind: "listener", Phase: "absent", Drift: []string{"not there"}},
		},
		Drill: &drillresult.Last{ID: "20250301T120000Z-0a1b2c", Scenario: "instance", Began: "2025-03-01T12:00:00Z"},
	}
	settling := healthy
	settling.Health = "down"
	settling.Targets = nil
	absent := report.Status{
		Platform: "shop", Target: "local", Region: "us-east-1", Health: "absent",
		Resources: []report.Resource{{Key: "vpc/main", Kind: "vpc", Phase: "absent", Drift: []string{"not there"}}},
	}
	planned := report.Plan{
		Platform: "shop", Target: "aws", Account: "123456789012", Region: "us-east-1",
		Cost: cost("98.10", "135.55"),
		Impact: []plan.Impact{
			{What: "another address: shop-alb-1.us-east-1.elb.amazonaws.com stops answering"},
			{What: "the load balancer leaves us-east-1c", Seconds: [2]float64{0, 60}},
			{What: "fewer instances serve", Seconds: [2]float64{10, 130}},
		},
		Changes: []report.PlanChange{
			{Key: "vpc/main", Action: "keep"},
			{Key: "subnet/public-c", Action: "create", Reasons: []string{"not there"}},
			{Key: "nat-gateway/c", Action: "create", Reasons: []string{"not there"}},
			{Key: "security-group/web", Action: "update", Reasons: []string{"ingress rule: tcp 22 from 0.0.0.0/0 → none", "tags: none → team=web"}},
			{Key: "instance/web-a-1", Action: "replace", Reasons: []string{"user data: 1f0c → 99ab"}},
			{Key: "instance/web-b-2", ID: "i-0b2", Action: "delete", Reasons: []string{"not in the configuration"}},
			{Key: "registration/web-a-1", ID: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop-web/6f03|i-0a1|8080", Action: "delete", Reasons: []string{"one too many"}},
		},
		Dropped: []report.DroppedRecord{{Key: "elastic-ip/nat-c", ID: "eipalloc-0c3"}},
		Summary: report.PlanSummary{Create: 2, Update: 1, Replace: 1, Delete: 2, Keep: 1},
	}
	teardown := report.Plan{
		Platform: "shop", Target: "aws", Account: "123456789012", Region: "us-east-1", Cost: cost("98.10", "0"),
		Changes: []report.PlanChange{{Key: "vpc/main", ID: "vpc-0a1", Action: "delete"}, {Key: "instance/web-a-1", ID: "i-0a1", Action: "delete"}},
		Summary: report.PlanSummary{Delete: 2},
	}
	first := report.Plan{
		Platform: "shop", Target: "local", Account: "000000000000", Region: "us-east-1", Cost: cost("0", "98.10"),
		Changes: []report.PlanChange{{Key: "vpc/main", Action: "create", Reasons: []string{"not there"}}}, Summary: report.PlanSummary{Create: 1},
	}
	kept := report.Plan{Platform: "shop", Target: "local", Region: "us-east-1", Cost: cost("98.10", "98.10"), Changes: []report.PlanChange{{Key: "vpc/main", Action: "keep"}}, Summary: report.PlanSummary{Keep: 1}}
	local := localreport.Status{
		Running: true, Endpoint: "http://127.0.0.1:41000", Page: "http://127.0.0.1:41000", PID: 4242, Directory: "/home/me/.local/state/platformctl/local",
		Platforms: []string{"blog", "shop"}, Latency: "fast", WebServer: "nginx/1.28.0 (/usr/sbin/nginx)", Version: "v1.0.0", Started: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC),
		LoadBalancers: []localreport.LoadBalancer{{
			Name: "shop-alb", DNSName: "shop-alb-1.us-east-1.elb.localhost",
			Listeners: []localreport.Listener{{Port: 80, Address: "127.0.0.1:40123"}, {Port: 443, Address: "127.0.0.1:40124"}},
		}},
	}
	stopped := localreport.Status{Directory: "/home/me/.local/state/platformctl/local", Latency: "fast"}
	at := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	logs := localreport.Logs{Calls: []localreport.Call{
		{Time: at, Service: "ec2", Operation: "CreateVpc", Region: "us-east-1", Resource: "vpc-0a1b2c3d4e5f60718", Status: 200, Seconds: 0.0021},
		{Time: at.Add(5 * time.Millisecond), Service: "ec2", Operation: "DescribeAvailabilityZones", Region: "us-east-1", Status: 200, Seconds: 0.0004},
		{Time: at.Add(time.Second), Service: "ec2", Operation: "RunInstances", Region: "us-east-1", Code: "RequestLimitExceeded", Status: 503, Fault: "throttle"},
		{Time: at.Add(2 * time.Second), Service: "ec2", Operation: "DeleteVpc", Region: "us-east-1", Resource: "vpc-\x1b[31m0a1b2c3d4e5f60718", Code: "DependencyViolation", Status: 400, Seconds: 0.0009},
		{Time: at.Add(3 * time.Second), Service: "elasticloadbalancing", Operation: "ModifyTargetGroupAttributes", Region: "us-east-1",
			Resource: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/0123456789abcdef", Fault: "lost-reply", Seconds: 1.25},
	}}
	list := report.List{Target: "local", Account: "000000000000", Regions: []string{"us-east-1"}, Platforms: []report.ListedPlatform{
		{Name: "mall", Region: "us-east-1", Health: "down", Cost: cost("12.5", "0").Before},
		{Name: "shop", Region: "us-east-1", Health: "healthy", Since: "2025-03-01T11:15:00Z", State: "/home/me/shop/.platformctl/shop.json", Cost: cost("98.10", "0").Before},
	}}
	everywhere := report.List{Target: "aws", Account: "123456789012", Regions: []string{"ap-southeast-1", "us-east-1"}, Platforms: []report.ListedPlatform{
		{Name: "a-name-of-20-letters", Region: "ap-southeast-1", Health: "degraded", Since: "2024-03-01T12:00:00Z",
			State: "/home/me/shop/.platformctl/a-name-of-20-letters.json", Cost: prices.Month{Amount: 20 * prices.Dollar, Missing: []string{"x9.large"}}},
		{Name: "a name that is far longer than that of any platform", Region: "us-east-1", Health: "down", Since: "2025-03-01T11:59:58Z"},
	}}
	none := report.List{Target: "aws", Account: "123456789012", Regions: []string{"us-east-1"}}
	version := report.Version{Version: "v1.0.0", Commit: "4c5449d", Time: "2025-03-01T12:00:00Z", Go: "go1.26.8", Platform: "linux/amd64"}
	failure := report.Failure{Error: report.FailureDetail{
		Code: "AddressLimitExceeded", Resource: "elastic-ip/a",
		Message: "create elastic-ip/a: The maximum number of addresses has been reached.",
		Hint:    "ask AWS for a higher quota,\nor set network.egress to nat-single",
	}}
	wrong := report.Failure{Error: report.FailureDetail{
		Code:    "configuration",
		Message: "platform.yaml is wrong:\n3: network.zones: 1 is too few; 2 to 6 are allowed\n\n7: web.\x1b[31mpage: no such file",
	}}
	return []document{
		{"up", up, func(s terminal.Streams) { up.Show(s) }},
		{"up-unchanged", unchanged, func(s terminal.Streams) { unchanged.Show(s) }},
		{"down", down, func(s terminal.Streams) { down.Show(s) }},
		{"down-nothing", nothing, func(s terminal.Streams) { nothing.Show(s) }},
		{"down-remaining", remaining, func(s terminal.Streams) { remaining.Show(s) }},
		{"status", healthy, func(s terminal.Streams) { healthy.Show(s) }},
		{"status-drifted", drifted, func(s terminal.Streams) { drifted.Show(s) }},
		{"status-settling", settling, func(s terminal.Streams) { settling.Show(s) }},
		{"status-absent", absent, func(s terminal.Streams) { absent.Show(s) }},
		{"plan", planned, func(s terminal.Streams) { planned.Show(s) }},
		{"plan-down", teardown, func(s terminal.Streams) { teardown.Show(s) }},
		{"plan-first", first, func(s terminal.Streams) { first.Show(s) }},
		{"plan-nothing", kept, func(s terminal.Streams) { kept.Show(s) }},
		{"local-status", local, func(s terminal.Streams) { local.Show(s) }},
		{"local-status-stopped", stopped, func(s terminal.Streams) { stopped.Show(s) }},
		{"local-logs", logs, func(s terminal.Streams) {
			for _, call := range logs.Calls {
				if err := call.Show(s); err != nil {
					panic(err) // a buffer takes it all
				}
			}
		}},
		{"list", list, func(s terminal.Streams) { list.Show(s, at, near) }},
		{"list-regions", everywhere, func(s terminal.Streams) {
			s.Width = 80
			everywhere.Show(s, at, near)
		}},
		{"list-none", none, func(s terminal.Streams) { none.Show(s, at, near) }},
		{"version", version, func(s terminal.Streams) { version.Show(s) }},
		{"failure", failure, func(s terminal.Streams) { failure.Show(s) }},
		{"failure-lines", wrong, func(s terminal.Streams) { wrong.Show(s) }},
	}
}

func TestShow_MatchesGolden(t *testing.T) {
	for _, d := range documents() {
		t.Run(d.name, func(t *testing.T) {
			var plain, color bytes.Buffer
			d.text(both(&plain))
			testenv.Golden(t, d.name+".txt", plain.String())

			streams := both(&color)
			streams.Color = true
			d.text(streams)
			testenv.Golden(t, d.name+".color.txt", color.String())

			if strings.ContainsRune(plain.String(), '\x1b') {
				t.Errorf("escape codes without colour: %q", plain.String())
			}
			for line := range strings.Lines(plain.String()) {
				if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
					t.Errorf("trailing spaces in %q", line)
				}
			}
		})
	}
}

func TestJSON_MatchesGolden(t *testing.T) {
	for _, d := range documents() {
		t.Run(d.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := terminal.JSON(&out, d.doc); err != nil {
				t.Fatal(err)
			}
			testenv.Golden(t, d.name+".json", out.String())
		})
	}
}

// Scripts iterate over every list of every document, also of an empty one.
func TestJSON_EmptyListIsNotNull(t *testing.T) {
	for _, doc := range []any{
		report.Up{}, report.Down{}, report.List{}, report.Releases{}, report.Plan{Changes: []report.PlanChange{{}}},
		localreport.Status{LoadBalancers: []localreport.LoadBalancer{{}}}, localreport.Logs{},
		report.Status{Resources: []report.Resource{{}}}, report.Failure{}, report.Version{},
	} {
		var out bytes.Buffer
		if err := terminal.JSON(&out, doc); err != nil {
			t.Fatal(err)
		}
		var back map[string]any
		if err := json.Unmarshal(out.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		delete(back, "drill") // the one thing that is null where there is none
		rest, err := json.Marshal(back)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(rest, []byte("null")) {
			t.Errorf("%T: %s", doc, rest)
		}
	}
}

func TestUp_EndsWithURL(t *testing.T) {
	var out bytes.Buffer
	up := report.Up{Platform: "shop", URL: "http://127.0.0.1:1", Created: 1, DurationSeconds: 1,
		CriticalPath: []report.Link{{Key: "vpc/main", Seconds: 1}}}
	up.Show(both(&out))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if last := lines[len(lines)-1]; last != "http://127.0.0.1:1" {
		t.Errorf("last line is %q", last)
	}
}

// A pipe gets no colours though the other stream is a terminal that could.
func TestShow_ColorsOnlyTerminals(t *testing.T) {
	var out, errs bytes.Buffer
	s := terminal.Streams{Out: &out, Err: &errs, Terminal: true, Color: true}
	report.Up{Platform: "shop", URL: "http://127.0.0.1:1", Created: 1}.Show(s)
	report.Failure{Error: report.FailureDetail{Message: "no"}}.Show(s)
	if strings.ContainsRune(out.String(), '\x1b') {
		t.Errorf("colours in a pipe: %q", out.String())
	}
	if !strings.ContainsRune(errs.String(), '\x1b') {
		t.Errorf("no colours on the terminal: %q", errs.String())
	}
}

// large is a platform of six zones with so many instances in each, of which
// some are in trouble, and whose configuration asks for more.
func large(instances int) (report.Status, report.Plan) {
	status := report.Status{Platform: "shop", Target: "aws", Region: "us-east-1", Health: "degraded",
		URL: "http://shop-alb-1380041424.us-east-1.elb.amazonaws.com"}
	plan := report.Plan{Platform: "shop", Target: "aws", Account: "123456789012", Region: "us-east-1", Cost: cost("1200", "1360.5")}
	object := func(key, id, phase string, drift ...string) {
		kind, _, _ := strings.Cut(key, "/")
		status.Resources = append(status.Resources, report.Resource{Key: key, Kind: kind, ID: id, Phase: phase, Drift: drift})
		change := report.PlanChange{Key: key, Action: "keep"}
		if len(drift) > 0 {
			change.Action, change.Reasons = "update", drift
			plan.Summary.Update++
		} else {
			plan.Summary.Keep++
		}
		plan.Changes = append(plan.Changes, change)
	}
	object("vpc/main", "vpc-0c01e2d50b1a90981", "ready")
	object("security-group/web", "sg-0dca4a2b9d1f8e7a6", "ready", "ingress rule: tcp 22 from 0.0.0.0/0 → none", "tags: none → team=web")
	for i, zone := range "abcdef" {
		status.Zones = append(status.Zones, "us-east-1"+string(zone))
		for n := range instances {
			id := fmt.Sprintf("i-0%c%015d", zone, n)
			name := fmt.Sprintf("web-%c-%d", zone, n+1)
			target := loadbalancing.Target{Instance: id, Zone: "us-east-1" + string(zone), State: "healthy"}
			switch {
			case zone == 'c':
				target.State, target.Reason, target.Description = "unhealthy", "Target.Timeout", "Request timed out"
			case zone == 'e' && n == 6:
				target.State, target.Reason, target.Description = "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
			}
			status.Targets = append(status.Targets, target)
			object("instance/"+name, id, "ready")
			object("registration/"+name, "targetgroup/shop-web/6f036d7a53caa290|"+id+"|80", map[bool]string{true: "ready", false: "pending"}[target.State == "healthy"])
		}
		for n := range 4 {
			key := fmt.Sprintf("instance/web-%c-%d", zone, instances+n+1)
			plan.Changes = append(plan.Changes, report.PlanChange{Key: key, Action: "create", Reasons: []string{"not there"}})
			plan.Summary.Create++
		}
		key := fmt.Sprintf("instance/web-%c-1", zone)
		plan.Changes = append(plan.Changes, report.PlanChange{Key: key, Action: "replace", Reasons: []string{fmt.Sprintf("user data: 1f0c → 99a%d", i/5)}})
		plan.Summary.Replace++
	}
	plan.Changes = append(plan.Changes, report.PlanChange{Key: "elastic-ip/spare", Action: "delete", Reasons: []string{"not in the configuration"}})
	plan.Summary.Delete++
	return status, plan
}

// What matters of a large platform is in the window, at any size: nothing is
// wider than it, and what is higher than it is summed up. With -v, and where
// there is no terminal, all is written.
func TestShow_LargePlatformFitsWindow(t *testing.T) {
	status, plan := large(17)
	for name, write := range map[string]func(terminal.Streams){
		"status-many": func(s terminal.Streams) { status.Show(s) },
		"plan-many":   func(s terminal.Streams) { plan.Show(s) },
	} {
		for _, size := range terminaltest.Sizes() {
			t.Run(name+"."+size.String(), func(t *testing.T) {
				var out bytes.Buffer
				s := terminal.Streams{Out: &out, OutTerminal: true, Width: size.Width, Height: size.Height}
				write(s)
				testenv.Golden(t, name+"."+size.String()+".txt", out.String())
				if rows := strings.Count(out.String(), "\n"); rows >= size.Height && size.Width >= 80 {
					t.Errorf("%d lines in a window of %d", rows, size.Height)
				}
				for line := range strings.Lines(out.String()) {
					if width := len([]rune(line)) - 1; width > size.Width && len(strings.Fields(line)) > 1 {
						t.Errorf("%d columns in a window of %d: %s", width, size.Width, line)
					}
				}
			})
		}
		t.Run(name+" in full", func(t *testing.T) {
			var plain, full bytes.Buffer
			write(terminal.Streams{Out: &plain})
			testenv.Golden(t, name+".plain.txt", plain.String())
			write(terminal.Streams{Out: &full, OutTerminal: true, Width: 200, Height: 24, Full: true})
			for _, key := range []string{"web-a-1", "web-b-9", "web-f-17"} {
				if name == "status-many" && !strings.Contains(full.String(), "instance/"+key+" ") {
					t.Errorf("%s is not among all objects:\n%s", key, full.String())
				}
			}
			if n := strings.Count(full.String(), "\n"); n < strings.Count(plain.String(), "\n") {
				t.Errorf("%d lines with -v", n)
			}
		})
	}
}
