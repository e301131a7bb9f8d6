package loadbalancing

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// expect compares changes in the form that people read, with "!" in front of
// those that need a replacement.
func expect(t *testing.T, changes []resource.Change, want ...string) {
	t.Helper()
	var got []string
	for _, c := range changes {
		s := c.String()
		if c.Replace {
			s = "!" + s
		}
		got = append(got, s)
	}
	if !slices.Equal(got, want) {
		t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

type nothing struct{}

func (nothing) Refs() []resource.Ref { return nil }

// refs makes references to objects whose IDs are their names; "?" has none yet.
func refs(names ...string) (map[string]resource.Ref, map[resource.Key]string) {
	var g resource.Graph
	all, ids := map[string]resource.Ref{}, map[resource.Key]string{}
	for _, name := range names {
		all[name] = resource.Add(&g, resource.Kind[nothing, any]{Traits: resource.Traits{Name: "any"}}, name, nothing{})
		if name != "?" {
			ids[all[name].Key()] = name
		}
	}
	return all, ids
}

func TestDiffTargetGroup(t *testing.T) {
	r, ids := refs("vpc-1")
	spec := TargetGroup{
		VPC: r["vpc-1"], Port: 80, DeregistrationDelay: 30 * time.Second,
		HealthCheck: HealthCheck{Path: "/healthz", Interval: 5 * time.Second, Timeout: 2 * time.Second, Healthy: 3, Unhealthy: 2},
	}
	live := func() LiveTargetGroup {
		return LiveTargetGroup{
			TargetGroup: types.TargetGroup{
				VpcId: aws.String("vpc-1"), Port: aws.Int32(80), Protocol: "HTTP",
				HealthCheckProtocol: "HTTP", HealthCheckPort: aws.String("traffic-port"), HealthCheckPath: aws.String("/healthz"),
				HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2),
				HealthyThresholdCount: aws.Int32(3), UnhealthyThresholdCount: aws.Int32(2),
				Matcher: &types.Matcher{HttpCode: aws.String("200")},
			},
			Attributes: map[string]string{
				"deregistration_delay.timeout_seconds": "30", "load_balancing.algorithm.type": "round_robin", "slow_start.duration_seconds": "0",
			},
		}
	}
	for name, test := range map[string]struct {
		change func(*LiveTargetGroup)
		want   []string
	}{
		"nothing":     {func(*LiveTargetGroup) {}, nil},
		"vpc":         {func(g *LiveTargetGroup) { g.VpcId = aws.String("vpc-2") }, []string{"!vpc: vpc-2 → vpc-1"}},
		"port":        {func(g *LiveTargetGroup) { g.Port = aws.Int32(81) }, []string{"!port: 81 → 80"}},
		"protocol":    {func(g *LiveTargetGroup) { g.Protocol = "HTTPS" }, []string{"!protocol: HTTPS → HTTP"}},
		"check port":  {func(g *LiveTargetGroup) { g.HealthCheckPort = aws.String("81") }, []string{"health check port: 81 → traffic-port"}},
		"check proto": {func(g *LiveTargetGroup) { g.HealthCheckProtocol = "HTTPS" }, []string{"health check protocol: HTTPS → HTTP"}},
		"path":        {func(g *LiveTargetGroup) { g.HealthCheckPath = aws.String("/") }, []string{"health check path: / → /healthz"}},
		"times": {func(g *LiveTargetGroup) {
			g.HealthCheckIntervalSeconds, g.HealthCheckTimeoutSeconds = aws.Int32(30), aws.Int32(5)
		}, []string{"health check interval: 30s → 5s", "health check timeout: 5s → 2s"}},
		"thresholds": {func(g *LiveTargetGroup) {
			g.HealthyThresholdCount, g.UnhealthyThresholdCount = aws.Int32(5), aws.Int32(6)
		}, []string{"healthy threshold: 5 → 3", "unhealthy threshold: 6 → 2"}},
		"codes": {func(g *LiveTargetGroup) { g.Matcher = nil }, []string{"healthy codes: none → 200"}},
		"delay": {func(g *LiveTargetGroup) { g.Attributes[attributeDeregistrationDelay] = "300" }, []string{attributeDeregistrationDelay + ": 300 → 30"}},
		"who gets requests": {func(g *LiveTargetGroup) {
			for name, value := range map[string]string{
				"load_balancing.cross_zone.enabled": "false", "load_balancing.algorithm.anomaly_mitigation": "on", "slow_start.duration_seconds": "30", "stickiness.enabled": "true",
				"target_group_health.dns_failover.minimum_healthy_targets.count": "off", "target_group_health.dns_failover.minimum_healthy_targets.percentage": "100",
				"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "2", "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "50",
			} {
				g.Attributes[name] = value
			}
		}, []string{
			"load_balancing.cross_zone.enabled: false → use_load_balancer_configuration", "load_balancing.algorithm.anomaly_mitigation: on → off",
			"slow_start.duration_seconds: 30 → 0", "stickiness.enabled: true → false",
			"target_group_health.dns_failover.minimum_healthy_targets.count: off → 1", "target_group_health.dns_failover.minimum_healthy_targets.percentage: 100 → off",
			"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count: 2 → 1", "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage: 50 → off",
		}},
		"zones as the load balancer has them": {func(g *LiveTargetGroup) { g.Attributes["load_balancing.cross_zone.enabled"] = "true" }, nil},
		"algorithm":                           {func(g *LiveTargetGroup) { delete(g.Attributes, attributeAlgorithm) }, []string{attributeAlgorithm + ": none → round_robin"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := live()
			test.change(&l)
			expect(t, diffTargetGroup(spec, l, resource.ResolveFor(spec, ids)), test.want...)
		})
	}
}

func TestDiffLoadBalancer(t *testing.T) {
	r, ids := refs("subnet-a", "subnet-b", "sg-1", "?")
	spec := LoadBalancer{
		Subnets: []resource.Ref{r["subnet-a"], r["subnet-b"]}, Groups: []resource.Ref{r["sg-1"]}, IdleTimeout: time.Minute,
	}
	live := func() LiveLoadBalancer {
		return LiveLoadBalancer{
			LoadBalancer: types.LoadBalancer{
				Type: "application", Scheme: "internet-facing", SecurityGroups: []string{"sg-1"},
				AvailabilityZones: []types.AvailabilityZone{{SubnetId: aws.String("subnet-b")}, {SubnetId: aws.String("subnet-a")}},
			},
			Attributes: map[string]string{
				"idle_timeout.timeout_seconds": "60", "routing.http.drop_invalid_header_fields.enabled": "true",
				"routing.http.desync_mitigation_mode": "defensive", "deletion_protection.enabled": "false", "access_logs.s3.enabled": "false",
			},
		}
	}
	for name, test := range map[string]struct {
		change func(*LoadBalancer, *LiveLoadBalancer)
		want   []string
	}{
		"nothing": {func(*LoadBalancer, *LiveLoadBalancer) {}, nil},
		"type and scheme": {func(_ *LoadBalancer, l *LiveLoadBalancer) { l.Type, l.Scheme = "network", "internal" },
			[]string{"!type: network → application", "!scheme: internal → internet-facing"}},
		"a zone more": {func(_ *LoadBalancer, l *LiveLoadBalancer) { l.AvailabilityZones = l.AvailabilityZones[1:] },
			[]string{"subnets: subnet-a → subnet-a, subnet-b"}},
		"a zone less": {func(s *LoadBalancer, _ *LiveLoadBalancer) { s.Subnets = s.Subnets[:1] },
			[]string{"subnets: subnet-a, subnet-b → subnet-a"}},
		"a subnet that is replaced": {func(s *LoadBalancer, _ *LiveLoadBalancer) { s.Subnets = []resource.Ref{r["subnet-a"], r["?"]} },
			[]string{"subnets: subnet-a, subnet-b → (not made yet), subnet-a"}},
		"another VPC": {func(s *LoadBalancer, _ *LiveLoadBalancer) { s.Subnets = []resource.Ref{r["?"]} },
			[]string{"!subnets: subnet-a, subnet-b → (not made yet)"}},
		"groups": {func(_ *LoadBalancer, l *LiveLoadBalancer) { l.SecurityGroups = []string{"sg-2"} },
			[]string{"security groups: sg-2 → sg-1"}},
		"attributes": {func(_ *LoadBalancer, l *LiveLoadBalancer) {
			l.Attributes = map[string]string{"idle_timeout.timeout_seconds": "30", "deletion_protection.enabled": "true"}
		}, []string{
			"idle_timeout.timeout_seconds: 30 → 60", "routing.http.drop_invalid_header_fields.enabled: none → true",
			"routing.http.desync_mitigation_mode: none → defensive",
		}},
		"what is stricter, and the operator's": {func(_ *LoadBalancer, l *LiveLoadBalancer) {
			for name, value := range map[string]string{
				"routing.http.desync_mitigation_mode": "strictest", "deletion_protection.enabled": "true", "zonal_shift.config.enabled": "true", "access_logs.s3.enabled": "true",
			} {
				l.Attributes[name] = value
			}
		}, nil},
		"protected as asked": {func(s *LoadBalancer, l *LiveLoadBalancer) {
			s.Protect, l.Attributes[attributeProtection] = true, "true"
		}, nil},
		"protection taken off by hand": {func(s *LoadBalancer, l *LiveLoadBalancer) {
			s.Protect, l.Tags = true, map[string]string{tagProtected: "true"}
		}, []string{"deletion_protection.enabled: false → true"}},
		"not to be protected any more": {func(_ *LoadBalancer, l *LiveLoadBalancer) {
			l.Attributes[attributeProtection], l.Tags = "true", map[string]string{tagProtected: "true"}
		}, []string{"deletion_protection.enabled: true → false"}},
		"a protection of somebody else's, after ours": {func(_ *LoadBalancer, l *LiveLoadBalancer) {
			l.Attributes[attributeProtection], l.Tags = "true", map[string]string{tagProtected: "false"}
		}, nil},
		"a mark that outlived the protection": {func(_ *LoadBalancer, l *LiveLoadBalancer) {
			l.Tags = map[string]string{tagProtected: "true"}
		}, []string{"deletion_protection.enabled: the tag platformctl:protected outlived it"}},
		"what is looser": {func(_ *LoadBalancer, l *LiveLoadBalancer) {
			for name, value := range map[string]string{
				"routing.http.desync_mitigation_mode": "monitor", "routing.http.drop_invalid_header_fields.enabled": "false", "waf.fail_open.enabled": "true",
			} {
				l.Attributes[name] = value
			}
		}, []string{
			"routing.http.drop_invalid_header_fields.enabled: false → true", "routing.http.desync_mitigation_mode: monitor → defensive", "waf.fail_open.enabled: true → false",
		}},
		"what reaches the instances": {func(_ *LoadBalancer, l *LiveLoadBalancer) {
			l.IpAddressType = "dualstack"
			for name, value := range map[string]string{
				"client_keep_alive.seconds": "60", "routing.http.preserve_host_header.enabled": "true", "routing.http.xff_header_processing.mode": "remove",
				"routing.http.xff_client_port.enabled": "true", "routing.http2.enabled": "false",
			} {
				l.Attributes[name] = value
			}
		}, []string{
			"address type: dualstack → ipv4", "client_keep_alive.seconds: 60 → 3600", "routing.http.preserve_host_header.enabled: true → false",
			"routing.http.xff_header_processing.mode: remove → append", "routing.http.xff_client_port.enabled: true → false", "routing.http2.enabled: false → true",
		}},
		"listeners of others": {func(_ *LoadBalancer, l *LiveLoadBalancer) {
			const group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop-web/0123456789abcdef"
			l.Listeners = []types.Listener{
				{Port: aws.Int32(8080), DefaultActions: []types.Action{{Type: "forward", TargetGroupArn: aws.String(group)}}},
				{Port: aws.Int32(80), DefaultActions: []types.Action{{Type: "fixed-response", FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200")}}}},
			}
		}, []string{"listener 8080: forward to shop-web → none", "listener 80: fixed-response 200 → none"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, l := spec, live()
			test.change(&s, &l)
			expect(t, diffLoadBalancer(s, l, resource.ResolveFor(s, ids)), test.want...)
		})
	}
}

func TestKeptOfLoadBalancer(t *testing.T) {
	live := LiveLoadBalancer{Attributes: map[string]string{
		"routing.http.desync_mitigation_mode": "strictest", "deletion_protection.enabled": "true", "zonal_shift.config.enabled": "false",
	}}
	expect(t, keptOfLoadBalancer(LoadBalancer{}, live),
		"routing.http.desync_mitigation_mode: strictest → defensive", "deletion_protection.enabled: true → false")
	live.Attributes["routing.http.desync_mitigation_mode"] = "monitor" // drift
	live.Attributes["deletion_protection.enabled"] = "false"
	expect(t, keptOfLoadBalancer(LoadBalancer{}, live))
}

func TestLoadBalancerStatus(t *testing.T) {
	for code, want := range map[types.LoadBalancerStateEnum]resource.Status{
		"provisioning":    {Phase: resource.Pending, Reason: "provisioning: why"},
		"active":          {Phase: resource.Ready},
		"active_impaired": {Phase: resource.Ready, Reason: "active_impaired: why"},
		"failed":          {Phase: resource.Failed, Reason: "failed: why"},
	} {
		live := LiveLoadBalancer{LoadBalancer: types.LoadBalancer{State: &types.LoadBalancerState{Code: code, Reason: aws.String("why")}}}
		if got := loadBalancerStatus(live); got != want {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
	}
	bare := LiveLoadBalancer{LoadBalancer: types.LoadBalancer{State: &types.LoadBalancerState{Code: "provisioning"}}}
	if got := loadBalancerStatus(bare).Reason; got != "provisioning" {
		t.Errorf("reason %q", got)
	}
	if got := loadBalancerStatus(LiveLoadBalancer{}).Phase; got != resource.Pending {
		t.Errorf("without a state: %s", got)
	}
}

func TestDiffListener(t *testing.T) {
	r, ids := refs("lb-1", "tg-1")
	spec := Listener{LoadBalancer: r["lb-1"], Port: 80, Protocol: "HTTP", TargetGroup: r["tg-1"]}
	forwardTo := func(arns ...string) []types.Action {
		config := &types.ForwardActionConfig{}
		for _, arn := range arns {
			config.TargetGroups = append(config.TargetGroups, types.TargetGroupTuple{TargetGroupArn: aws.String(arn)})
		}
		return []types.Action{{Type: "forward", ForwardConfig: config}}
	}
	for name, test := range map[string]struct {
		change func(*types.Listener)
		want   []string
	}{
		"nothing":           {func(*types.Listener) {}, nil},
		"the other form":    {func(l *types.Listener) { l.DefaultActions = forwardTo("tg-1") }, nil},
		"another group":     {func(l *types.Listener) { l.DefaultActions = forwardTo("tg-2") }, []string{"forwards to: tg-2 → tg-1"}},
		"a weighted second": {func(l *types.Listener) { l.DefaultActions = forwardTo("tg-1", "tg-2") }, []string{"forwards to: several target groups → tg-1"}},
		"a redirect":        {func(l *types.Listener) { l.DefaultActions[0] = types.Action{Type: "redirect"} }, []string{"forwards to: redirect → tg-1"}},
		"no action":         {func(l *types.Listener) { l.DefaultActions = nil }, []string{"forwards to: none → tg-1"}},
		"port and protocol": {func(l *types.Listener) { l.Port, l.Protocol = aws.Int32(443), "HTTPS" }, []string{"port: 443 → 80", "protocol: HTTPS → HTTP"}},
		"load balancer":     {func(l *types.Listener) { l.LoadBalancerArn = aws.String("lb-0") }, []string{"!load balancer: lb-0 → lb-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := types.Listener{
				LoadBalancerArn: aws.String("lb-1"), Port: aws.Int32(80), Protocol: "HTTP",
				DefaultActions: []types.Action{{Type: "forward", TargetGroupArn: aws.String("tg-1")}},
			}
			test.change(&l)
			expect(t, diffListener(spec, LiveListener{Listener: l}, resource.ResolveFor(spec, ids)), test.want...)
		})
	}
	live := LiveListener{
		Listener: types.Listener{
			LoadBalancerArn: aws.String("lb-1"), Port: aws.Int32(80), Protocol: "HTTP", DefaultActions: forwardTo("tg-1"),
		},
		Attributes: map[string]string{
			"routing.http.response.access_control_allow_origin.header_value": "*", "routing.http.response.access_control_max_age.header_value": "",
			"routing.http.response.server.enabled": "false", "routing.http.response.x_frame_options.header_value": "DENY",
		},
	}
	live.DefaultActions[0].ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true)}
	expect(t, diffListener(spec, live, resource.ResolveFor(spec, ids)),
		"forwards to: target groups, with stickiness → tg-1", "routing.http.response.access_control_allow_origin.header_value: * → none")
	expect(t, ListenerKind().Kept(spec, live),
		"routing.http.response.server.enabled: false → true", "routing.http.response.x_frame_options.header_value: DENY → none")
}

func TestDiffListener_NamesRules(t *testing.T) {
	r, ids := refs("lb-1", "tg-1")
	spec := Listener{LoadBalancer: r["lb-1"], Port: 80, Protocol: "HTTP", TargetGroup: r["tg-1"]}
	is := func(field string, values ...string) types.RuleCondition {
		return types.RuleCondition{Field: aws.String(field), Values: values}
	}
	answer := types.Action{Type: "fixed-response", FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200")}}
	const group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/other/0123456789abcdef"
	for name, test := range map[string]struct {
		conditions []types.RuleCondition
		action     types.Action
		want       string
	}{
		"path":   {[]types.RuleCondition{is("path-pattern", "*")}, answer, "path-pattern *: fixed-response 200"},
		"both":   {[]types.RuleCondition{is("host-header", "a.example", "b.example"), is("path-pattern", "/x")}, answer, "host-header a.example or b.example and path-pattern /x: fixed-response 200"},
		"header": {[]types.RuleCondition{{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String("X-A"), Values: []string{"1"}}}}, answer, "http-header X-A: 1: fixed-response 200"},
		"query":  {[]types.RuleCondition{{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: aws.String("k"), Value: aws.String("v")}, {Value: aws.String("w")}}}}}, answer, "query-string k=v or w: fixed-response 200"},
		"config": {[]types.RuleCondition{{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"192.0.2.0/24"}}}}, types.Action{Type: "redirect", RedirectConfig: &types.RedirectActionConfig{StatusCode: "HTTP_301"}}, "source-ip 192.0.2.0/24: redirect HTTP_301"},
		"groups": {[]types.RuleCondition{is("path-pattern", "/y")}, types.Action{Type: "forward", ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: aws.String(group)}, {TargetGroupArn: aws.String("tg-1")}}}}, "path-pattern /y: forward to other and tg-1"},
	} {
		t.Run(name, func(t *testing.T) {
			live := LiveListener{Listener: types.Listener{
				LoadBalancerArn: aws.String("lb-1"), Port: aws.Int32(80), Protocol: "HTTP",
				DefaultActions: []types.Action{{Type: "forward", TargetGroupArn: aws.String("tg-1")}},
			}, Rules: []types.Rule{{Priority: aws.String("7"), Conditions: test.conditions, Actions: []types.Action{test.action}}}}
			expect(t, diffListener(spec, live, resource.ResolveFor(spec, ids)), "rule 7: "+test.want+" → none")
		})
	}
}

func TestDiffRegistration(t *testing.T) {
	r, ids := refs("tg-1", "i-1", "?")
	spec := Registration{TargetGroup: r["tg-1"], Instance: r["i-1"], Port: 80}
	at := func(group, instance string, port int32) LiveRegistration {
		return LiveRegistration{RegistrationID: RegistrationID{group, instance, port}}
	}
	expect(t, diffRegistration(spec, at("tg-1", "i-1", 80), resource.ResolveFor(spec, ids)))
	expect(t, diffRegistration(spec, at("tg-0", "i-0", 81), resource.ResolveFor(spec, ids)),
		"!target group: tg-0 → tg-1", "!instance: i-0 → i-1", "!port: 81 → 80")
	spec.Instance = r["?"]
	expect(t, diffRegistration(spec, at("tg-1", "i-1", 80), resource.ResolveFor(spec, ids)), "!instance: i-1 → (not made yet)")
}

func TestRegistrationStatus(t *testing.T) {
	for _, test := range []struct {
		state, reason, description string
		want                       resource.Status
	}{
		{"initial", "Elb.InitialHealthChecking", "Initial health checks in progress",
			resource.Status{Phase: resource.Pending, Reason: "Elb.InitialHealthChecking: Initial health checks in progress"}},
		{"healthy", "", "", resource.Status{Phase: resource.Ready}},
		{"unhealthy", "Target.Timeout", "Request timed out", resource.Status{Phase: resource.Pending, Reason: "Target.Timeout: Request timed out"}},
		{"unused", "Target.InvalidState", "Target is in the stopped state",
			resource.Status{Phase: resource.Pending, Reason: "Target.InvalidState: Target is in the stopped state"}},
		{"unused", "Target.NotInUse", "", resource.Status{Phase: resource.Pending, Reason: "Target.NotInUse"}},
		{"draining", "Target.DeregistrationInProgress", "", resource.Status{Phase: resource.Deleting, Reason: "Target.DeregistrationInProgress"}},
	} {
		got := registrationStatus(LiveRegistration{State: test.state, Reason: test.reason, Description: test.description})
		if got != test.want {
			t.Errorf("%s %s: %+v, want %+v", test.state, test.reason, got, test.want)
		}
	}
}

func TestRegistrations(t *testing.T) {
	owner := awsapi.Owner{Platform: "shop"}
	own := map[string]string{awsapi.TagPlatform: "shop", awsapi.TagKey: "instance/web-a-1", awsapi.TagGeneration: "2"}
	var tags []ec2types.Tag
	for k, v := range own {
		tags = append(tags, ec2types.Tag{Key: &k, Value: &v})
	}
	instances := []ec2types.Instance{{
		InstanceId: aws.String("i-own"), Tags: tags, Placement: &ec2types.Placement{AvailabilityZone: aws.String("us-east-1a")},
	}}
	target := func(id string, port int32, state types.TargetHealthStateEnum, reason types.TargetHealthReasonEnum) types.TargetHealthDescription {
		return types.TargetHealthDescription{
			Target:       &types.TargetDescription{Id: &id, Port: &port},
			TargetHealth: &types.TargetHealth{State: state, Reason: reason},
		}
	}
	got := registrations(owner, types.TargetGroup{TargetGroupArn: aws.String("tg")}, []types.TargetHealthDescription{
		target("i-own", 80, "healthy", ""),
		target("i-own", 81, "unhealthy", "Target.FailedHealthChecks"),
		target("i-other", 80, "healthy", ""),
		target("i-asked", 80, "unused", "Target.NotRegistered"),
	}, instances)
	if len(got) != 3 {
		t.Fatalf("%d registrations, want 3: %+v", len(got), got)
	}
	if got[0].Zone != "us-east-1a" || !maps.Equal(got[0].Tags, own) || !maps.Equal(got[1].Tags, own) {
		t.Errorf("registrations of the own instance: %+v, %+v", got[0], got[1])
	}
	if a, b := got[0].RegistrationID.String(), got[1].RegistrationID.String(); a == b {
		t.Errorf("two ports of an instance have the same ID %s", a)
	}
	if !maps.Equal(got[2].Tags, map[string]string{awsapi.TagPlatform: "shop"}) {
		t.Errorf("the registration of a stranger has the tags %v, want only the platform's", got[2].Tags)
	}
}

func TestParseRegistrationID(t *testing.T) {
	id := RegistrationID{"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop-web/73e2d6bc24d8a067", "i-0123456789abcdef0", 80}
	if got, err := ParseRegistrationID(id.String()); err != nil || got != id {
		t.Errorf("%q reads as %+v, %v", id, got, err)
	}
	for _, s := range []string{"", "i-1", "tg|i-1", "tg|i-1|", "tg|i-1|eighty", "tg|i-1|99999999999", "|i-1|80", "tg||80", "tg|i-1|80|"} {
		if got, err := ParseRegistrationID(s); err == nil {
			t.Errorf("%q was read as %+v", s, got)
		}
	}
}

func TestTargets(t *testing.T) {
	at := func(zone, instance string) resource.Object {
		return resource.Object{Live: LiveRegistration{RegistrationID: RegistrationID{Instance: instance}, Zone: zone, State: "healthy"}}
	}
	var got []string
	for _, target := range Targets([]resource.Object{at("b", "i-1"), {Live: LiveListener{}}, at("a", "i-3"), at("a", "i-2")}) {
		got = append(got, target.Zone+" "+target.Instance+" "+target.State)
	}
	if want := []string{"a i-2 healthy", "a i-3 healthy", "b i-1 healthy"}; !slices.Equal(got, want) {
		t.Errorf("targets %v, want %v", got, want)
	}
	if Targets(nil) == nil {
		t.Error("no targets are null in JSON")
	}
	if _, ok := EntranceOf(at("a", "i-1")); ok {
		t.Error("a registration passed for a load balancer")
	}
}

// TestTagsOf reads the tags of more objects than fit into one call, one of
// which is gone and spoils the whole call, as AWS has it.
func TestTagsOf(t *testing.T) {
	const gone = "arn-13"
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		var arns []string
		for i := 1; r.FormValue(fmt.Sprintf("ResourceArns.member.%d", i)) != ""; i++ {
			arns = append(arns, r.FormValue(fmt.Sprintf("ResourceArns.member.%d", i)))
		}
		switch {
		case len(arns) > 20:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>ValidationError</Code><Message>too many</Message></Error></ErrorResponse>`)
			return
		case slices.Contains(arns, gone):
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>TargetGroupNotFound</Code><Message>gone</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprint(w, `<DescribeTagsResponse><DescribeTagsResult><TagDescriptions>`)
		for _, arn := range arns {
			fmt.Fprintf(w, `<member><ResourceArn>%s</ResourceArn><Tags><member><Key>is</Key><Value>%s</Value></member></Tags></member>`, arn, arn)
		}
		fmt.Fprint(w, `</TagDescriptions></DescribeTagsResult></DescribeTagsResponse>`)
	}))
	defer server.Close()
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	var arns []string
	for i := range 45 {
		arns = append(arns, fmt.Sprintf("arn-%d", i))
	}
	tags, err := tagsOf(t.Context(), clients, arns)
	if err != nil {
		t.Fatal(err)
	}
	for _, arn := range arns {
		switch {
		case arn == gone && tags[arn] != nil:
			t.Errorf("%s is gone, but has the tags %v", arn, tags[arn])
		case arn != gone && tags[arn]["is"] != arn:
			t.Errorf("%s has the tags %v", arn, tags[arn])
		}
	}
	if n := calls.Load(); len(tags) != 44 || n != 3+20 {
		t.Errorf("%d sets of tags in %d calls, want 44 in 23", len(tags), n)
	}
	if _, err := tagsOf(t.Context(), clients, nil); err != nil || calls.Load() != 23 {
		t.Errorf("no objects: %v, and %d calls", err, calls.Load()-23)
	}
}
