package monitoring_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

const (
	balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-alb/50dc6c495c0c9188"
	targets  = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop-web/73e2d6bc24d8a067"
)

// newDashboard adds a dashboard of a platform with so many instances to a graph.
func newDashboard(p *kindtest.Platform, instances int) (*resource.Graph, resource.Ref) {
	g := &resource.Graph{}
	spec := monitoring.Dashboard{Platform: "shop", Region: "us-east-1", Zones: []string{"us-east-1a", "us-east-1b"},
		LoadBalancer: p.Existing(g, "load-balancer", "alb", balancer), TargetGroup: p.Existing(g, "target-group", "web", targets),
		NATGateways: []monitoring.Named{{Name: "a", Ref: p.Existing(g, "nat-gateway", "a", "nat-0123")}}}
	for i := range instances {
		name := fmt.Sprintf("web-a-%d", i+1)
		spec.Instances = append(spec.Instances, monitoring.Named{Name: name, Ref: p.Existing(g, "instance", name, fmt.Sprintf("i-%017x", i))})
	}
	return g, resource.Add(g, monitoring.DashboardKind(), "dashboard", spec)
}

func bodyOf(t *testing.T, p *kindtest.Platform) string {
	t.Helper()
	out, err := p.Clients.CloudWatch.GetDashboard(t.Context(), &cloudwatch.GetDashboardInput{DashboardName: aws.String("platformctl-shop-us-east-1")})
	if err != nil {
		t.Fatal(err)
	}
	return *out.DashboardBody
}

func put(t *testing.T, p *kindtest.Platform, body string) {
	t.Helper()
	if _, err := p.Clients.CloudWatch.PutDashboard(t.Context(), &cloudwatch.PutDashboardInput{DashboardName: aws.String("platformctl-shop-us-east-1"), DashboardBody: &body}); err != nil {
		t.Fatal(err)
	}
}

func TestDashboard_IsRepairedAndKeepsNotes(t *testing.T) {
	p := kindtest.New(t, localcloudtest.Start(t).Endpoint, "shop")
	p.Owner.Monitoring = true
	g, ref := newDashboard(p, 200)
	p.Conform(t, g, func(t *testing.T) {
		node := g.Node(ref.Key())
		first := bodyOf(t, p)
		for _, want := range []string{"app/shop-alb/50dc6c495c0c9188", "targetgroup/shop-web/73e2d6bc24d8a067", "us-east-1b healthy", "nat-0123", "web-a-200", `"stat":"p95"`} {
			if !strings.Contains(first, want) {
				t.Errorf("%s isn't in %s", want, first)
			}
		}
		begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		note := func(n int) {
			t.Helper()
			at := begin.Add(time.Duration(n) * time.Hour)
			if err := monitoring.AddNote(t.Context(), p.Clients, p.Owner, monitoring.Note{Begin: at, End: at.Add(time.Minute), Label: fmt.Sprintf("failover drill %d", n)}); err != nil {
				t.Fatal(err)
			}
		}
		note(1)
		if changes := p.Diff(t, node); len(changes) > 0 {
			t.Errorf("a note is drift: %v", changes)
		}
		noted := bodyOf(t, p)
		if strings.Count(noted, "failover drill 1") != 6 || !strings.Contains(noted, `"value":"2026-03-01T13:00:00Z"`) {
			t.Errorf("%s", noted)
		}
		put(t, p, strings.Replace(noted, `"us-east-1a healthy"`, `"by hand"`, 1))
		if changes := p.Diff(t, node); len(changes) != 1 || changes[0].Replace {
			t.Errorf("changed by hand: %v", changes)
		}
		p.Settle(t, node)
		if repaired := bodyOf(t, p); repaired != noted {
			t.Errorf("repaired it is\n%s, not\n%s", repaired, noted)
		}
		for n := range 25 {
			note(n + 2)
		}
		if last := bodyOf(t, p); strings.Contains(last, "failover drill 6\"") || !strings.Contains(last, "failover drill 7\"") || !strings.Contains(last, "failover drill 26\"") {
			t.Errorf("%s", last)
		}
		// Somebody's annotation is drift.
		put(t, p, strings.Replace(first, `"title":"Requests"`, `"title":"Requests","annotations":{"horizontal":[{"value":5}]}`, 1))
		if changes := p.Diff(t, node); len(changes) != 1 {
			t.Errorf("annotated by hand: %v", changes)
		}
		p.Settle(t, node)
	})
	if err := monitoring.AddNote(t.Context(), p.Clients, p.Owner, monitoring.Note{}); err != nil {
		t.Errorf("a note without a dashboard: %v", err)
	}
}

func TestDashboard_TakesNobodyElsesPlace(t *testing.T) {
	p := kindtest.New(t, localcloudtest.Start(t).Endpoint, "shop")
	p.Owner.Monitoring = true
	g, ref := newDashboard(p, 2)
	node := g.Node(ref.Key())
	unplaceable := func() []resource.Problem {
		t.Helper()
		problems, err := node.Handler.Unplaceable(t.Context(), p.Clients, p.Owner, []resource.Creation{{Node: node, Generation: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return problems
	}
	if problems := unplaceable(); len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
	put(t, p, `{"widgets":[]}`)
	if problems := unplaceable(); len(problems) != 1 || !strings.Contains(problems[0].Text, "platformctl-shop-us-east-1") {
		t.Errorf("%+v", problems)
	}
	if found, err := node.Handler.Observe(t.Context(), p.Clients.Snapshot(), p.Owner); err != nil || len(found) > 0 {
		t.Errorf("somebody else's is listed: %+v, %v", found, err)
	}
}
