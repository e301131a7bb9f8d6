package blueprint_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/resource"
)

// ring is CloudWatch with the alarms of a platform, under a clock of its own.
type ring struct {
	t     *testing.T
	now   time.Time
	world *world.World
	store *metrics.Store
}

const (
	ringBalancer = "app/shop-alb/50dc6c495c0c9188"
	ringTargets  = "targetgroup/shop-web/73e2d6bc24d8a067"
)

// newRing puts the alarms of a configuration, as their kind does.
func newRing(t *testing.T, change func(*config.Config)) *ring {
	t.Helper()
	r := &ring{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	var err error
	if r.world, err = world.Open("", world.Options{Now: clock}, model.Kinds()...); err != nil {
		t.Fatal(err)
	}
	r.store = metrics.New(clock)
	handler := &wire.Handler{}
	if err := handler.Add(api.Operations(service.Env{World: r.world, Metrics: r.store})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.Monitoring.Notify = []string{"ops@example.com"}
	change(&cfg)
	graph, err := blueprint.Build(cfg, blueprint.Facts{Zones: []blueprint.Zone{{Name: "us-east-1a", Letter: "a"}, {Name: "us-east-1b", Letter: "b", Slot: 1}}, ImageID: "ami-0123456789abcdef0"})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[resource.Key]string{}
	for _, node := range graph.Nodes() {
		ids[node.Key] = map[string]string{
			"load-balancer":          "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/" + ringBalancer,
			"target-group":           "arn:aws:elasticloadbalancing:us-east-1:123456789012:" + ringTargets,
			"topic":                  "arn:aws:sns:us-east-1:123456789012:platformctl-shop",
			"certificate-validation": "arn:aws:acm:us-east-1:123456789012:certificate/1",
		}[node.Key.Kind]
		if ids[node.Key] == "" {
			ids[node.Key] = node.Key.Name
		}
	}
	for _, node := range graph.Nodes() {
		if _, is := node.Spec.(monitoring.Alarm); !is {
			continue
		}
		if _, err := node.Handler.Create(t.Context(), resource.Request{Clients: clients, Owner: awsapi.Owner{Platform: "shop", Region: "us-east-1"}, Node: node, Generation: 1, IDs: ids}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// add notes what was measured in the minute that ends now.
func (r *ring) add(namespace, name string, value float64, times int, dimensions ...string) {
	m := metrics.Metric{Region: "us-east-1", Namespace: namespace, Name: name}
	for i := 0; i < len(dimensions); i += 2 {
		m.Dimensions = append(m.Dimensions, metrics.Dimension{Name: dimensions[i], Value: dimensions[i+1]})
	}
	unit := "Count"
	if name == "TargetResponseTime" {
		unit = "Seconds"
	}
	r.store.Add(m, unit, r.now.Add(-time.Minute), metrics.Times(value, float64(times)))
}

func (r *ring) balancer(name string, value float64, times int) {
	r.add("AWS/ApplicationELB", name, value, times, "LoadBalancer", ringBalancer)
}

// hosts is what a load balancer says of a group's targets; of a zone, where it has any.
func (r *ring) hosts(name, zone string, n float64) {
	dimensions := []string{"LoadBalancer", ringBalancer, "TargetGroup", ringTargets}
	if zone != "" {
		dimensions = append(dimensions, "AvailabilityZone", zone)
	}
	r.add("AWS/ApplicationELB", name, n, 1, dimensions...)
}

// wellBut is a minute of a platform without traffic, all of whose targets are healthy, but for a zone.
func (r *ring) wellBut(zone string) {
	all := 0.0
	for _, z := range []string{"us-east-1a", "us-east-1b"} {
		if z != zone {
			r.hosts("HealthyHostCount", z, 1)
			all++
		}
	}
	r.hosts("HealthyHostCount", "", all)
	if zone == "" {
		r.hosts("UnHealthyHostCount", "", 0)
	}
	for _, nat := range []string{"a", "b"} {
		r.add("AWS/NATGateway", "ErrorPortAllocation", 0, 1, "NatGatewayId", nat)
	}
	for _, instance := range []string{"web-a-1", "web-b-1"} {
		r.add("AWS/EC2", "StatusCheckFailed", 0, 1, "InstanceId", instance)
		if r.now.Minute()%5 == 0 {
			r.add("AWS/EC2", "CPUSurplusCreditsCharged", 0, 1, "InstanceId", instance)
		}
	}
}

// ringing are the alarms that ring after so many minutes of the same.
func (r *ring) ringing(minutes int, minute func(*ring)) string {
	r.t.Helper()
	var names []string
	for range minutes {
		r.now = r.now.Add(time.Minute)
		minute(r)
		if err := r.world.Update("us-east-1", func(tx *world.Tx) error {
			model.Evaluate(tx, r.store.Seen)
			names = nil
			for _, alarm := range world.All[model.Alarm](tx) {
				switch name := strings.TrimPrefix(alarm.ID, "platformctl.shop."); {
				case alarm.State == model.InAlarm:
					names = append(names, name)
				case alarm.State == model.InsufficientData && alarm.Before != "" && len(alarm.Actions()) > 0:
					names = append(names, "without data "+name)
				}
			}
			return nil
		}); err != nil {
			r.t.Fatal(err)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// TestAlarms_RingByTheirCause_AndGoQuiet takes each alarm from an idle platform, on which none rings, to its cause and back.
func TestAlarms_RingByTheirCause_AndGoQuiet(t *testing.T) {
	well := func(r *ring) { r.wellBut("") }
	served := func(requests, targets, own, lost int) func(*ring) {
		return func(r *ring) {
			r.wellBut("")
			for name, n := range map[string]int{"RequestCount": requests, "HTTPCode_Target_5XX_Count": targets, "HTTPCode_ELB_5XX_Count": own, "HTTPCode_ELB_503_Count": lost} {
				if n > 0 { // AWS has no data of none
					r.balancer(name, 1, n)
				}
			}
		}
	}
	slow := func(seconds float64, answers int) func(*ring) {
		return func(r *ring) {
			served(answers, 0, 0, 0)(r)
			r.balancer("TargetResponseTime", seconds, answers)
		}
	}
	also := func(namespace, name string, value float64, dimensions ...string) func(*ring) {
		return func(r *ring) { r.wellBut(""); r.add(namespace, name, value, 1, dimensions...) }
	}
	for name, test := range map[string]struct {
		cause func(*ring)
		rings string
	}{
		"a zone has no targets":         {func(r *ring) { r.wellBut("us-east-1b") }, "missing-targets no-healthy-target-us-east-1b"},
		"a zone's target isn't healthy": {func(r *ring) { r.wellBut("us-east-1a"); r.hosts("HealthyHostCount", "us-east-1a", 0) }, "missing-targets no-healthy-target-us-east-1a"},
		"one of many isn't": {func(r *ring) {
			r.wellBut("")
			r.hosts("UnHealthyHostCount", "", 1)
			r.store.Add(metrics.Metric{}, "", r.now, metrics.One(0))
		}, ""},
		"no target is left anywhere": {func(*ring) {}, "without data no-healthy-target-us-east-1a without data no-healthy-target-us-east-1b"},
		"nor is one for those who ask": {func(r *ring) {
			r.balancer("HTTPCode_ELB_5XX_Count", 1, 200)
			r.balancer("HTTPCode_ELB_503_Count", 1, 200)
		},
			"load-balancer-errors without data no-healthy-target-us-east-1a without data no-healthy-target-us-east-1b"},
		"the site answers 500":             {served(200, 10, 0, 0), "target-errors"},
		"one request of few fails":         {served(20, 1, 0, 0), ""},
		"one of a hundred fails":           {served(100, 1, 0, 0), ""},
		"nobody can be reached":            {served(200, 0, 200, 0), "load-balancer-errors"},
		"few find no target":               {served(50, 0, 60, 60), "load-balancer-errors"},
		"answers are slow":                 {slow(1.5, 500), "latency"},
		"answers are quick":                {slow(0.5, 500), ""},
		"connections are turned away":      {func(r *ring) { r.wellBut(""); r.balancer("RejectedConnectionCount", 1, 3) }, "rejected-connections"},
		"a NAT gateway has no port":        {also("AWS/NATGateway", "ErrorPortAllocation", 1, "NatGatewayId", "b"), "nat-gateway-ports-b"},
		"an instance fails AWS's checks":   {also("AWS/EC2", "StatusCheckFailed", 1, "InstanceId", "web-b-1"), "status-checks-1"},
		"CPU is charged for":               {also("AWS/EC2", "CPUSurplusCreditsCharged", 1, "InstanceId", "web-a-1"), "cpu-credits-1"},
		"what others' instances fail with": {also("AWS/EC2", "StatusCheckFailed", 1, "InstanceId", "i-other"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRing(t, func(*config.Config) {})
			if got := r.ringing(20, well); got != "" {
				t.Errorf("idle: %s", got)
			}
			if got := r.ringing(16, test.cause); got != test.rings {
				t.Errorf("rings: %q, want %q", got, test.rings)
			}
			if got := r.ringing(16, well); got != "" {
				t.Errorf("well again: %s", got)
			}
		})
	}
}

// TestAlarms_RingByTheirCause_UnderAutoScalingAndHTTPS is the same of what other platforms have.
func TestAlarms_RingByTheirCause_UnderAutoScalingAndHTTPS(t *testing.T) {
	const group, certificate = "web", "arn:aws:acm:us-east-1:123456789012:certificate/1"
	minute := func(serving, days float64) func(*ring) {
		return func(r *ring) {
			r.hosts("HealthyHostCount", "", serving)
			r.add("AWS/AutoScaling", "GroupDesiredCapacity", 2, 1, "AutoScalingGroupName", group)
			r.add("AWS/AutoScaling", "GroupInServiceInstances", serving, 1, "AutoScalingGroupName", group)
			if r.now.Hour()%12 == 0 && r.now.Minute() == 1 { // AWS tells of certificates twice a day
				r.add("AWS/CertificateManager", "DaysToExpiry", days, 1, "CertificateArn", certificate)
			}
		}
	}
	r := newRing(t, func(c *config.Config) {
		c.Network.Egress, c.Web.InstanceType = config.EgressNone, "m7i.large"
		c.Web.AutoScaling, c.LoadBalancer.HTTPS = config.AutoScaling{Min: 1, Max: 4, CPU: 40}, https("shop.example.localhost")
	})
	for _, step := range []struct {
		minutes       int
		serving, days float64
		rings         string
	}{
		{20, 2, 60, ""}, {4, 1, 60, ""}, {10, 2, 60, ""}, {10, 1, 60, "group-below-desired"}, {10, 2, 60, ""},
		{8, 0, 60, "group-below-desired no-healthy-target"}, {10, 2, 60, ""},
		{13 * 60, 2, 29, "certificate-days"}, {10 * 60, 2, 29, "certificate-days"}, {13 * 60, 2, 395, ""},
	} {
		if got := r.ringing(step.minutes, minute(step.serving, step.days)); got != step.rings {
			t.Errorf("%d minutes with %v in service, %v days left: rings %q, want %q", step.minutes, step.serving, step.days, got, step.rings)
		}
	}
}
