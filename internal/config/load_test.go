package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/platformctl/platformctl/internal/testenv"
)

// directory makes a working directory with the files given as name, content, name, content.
func directory(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// flags parses a command line that knows --target, --web-instances and a flag that isn't a key.
func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	set.String("target", "local", "")
	set.Int("web-instances", 9, "")
	set.Bool("yes", false, "")
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return set
}

func TestLoad_WithoutFile(t *testing.T) {
	got, err := Load(Options{Dir: t.TempDir(), Flags: flags(t)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(Default(), got); diff != "" {
		t.Error(diff)
	}
}

func TestTemplate_EqualsDefault(t *testing.T) {
	got, err := Load(Options{Dir: directory(t, DefaultFile, Template())})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.File = DefaultFile
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTemplate_NamesEveryKey(t *testing.T) {
	file, _, problems := readFile(Options{Dir: directory(t, DefaultFile, Template())}, fields())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, field := range fields() {
		if _, ok := file[field.key]; !ok {
			t.Errorf("the template says nothing of %s", field.key)
		}
	}
}

func TestLoad_EveryExample(t *testing.T) {
	examples, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(examples) < 3 {
		t.Fatalf("found %d examples, %v", len(examples), err)
	}
	for _, example := range examples {
		got, err := Load(Options{Path: example})
		if err != nil {
			t.Error(err)
		}
		if strings.HasPrefix(filepath.Base(example), "aws") != (got.Target == TargetAWS) {
			t.Errorf("%s is for the target %s", example, got.Target)
		}
	}
}

func TestLoad_EveryKeyFromFile(t *testing.T) {
	dir := directory(t, "page.html", "<h1>hello</h1>", "shop.yaml", `
name: "42"
target: aws
region: ap-southeast-2
protect: true
network:
  cidr: 192.168.2.0/23
  zones: [ap-southeast-2c, ap-southeast-2a]
  egress: none
web:
  {instances: 7, instance_type: m7i-flex.large, page: page.html, auto_scaling: {min: 1, max: 12, cpu: 50, static_stability: false}}
load_balancer:
  idle_timeout: 1m30s
  deregistration_delay: 0s
  health_check: {path: /a/b.c/, interval: 300s, timeout: 2m, healthy: 10, unhealthy: 3}
  https:
    domain: shop.example.com
    alternative_names: [www.shop.example.com, "*.a.example.com"]
    hosted_zone: example.com
    certificate: arn:aws:acm:ap-southeast-2:123456789012:certificate/12345678-1234-1234-1234-123456789abc
    policy: ELBSecurityPolicy-TLS13-1-3-PQ-2025-09
monitoring: {notify: [ops@example.com, "https://hooks.example.com/x?y=z"], dashboard: false, thresholds: {errors: 0.5%, latency: 250ms}}
logs: {access: 90d}
drill: {availability: 99.95, scenarios: {zone: 79, drain: 100}}
tags: {Team: Web, cost-center: "42", empty: ""}
local: {latency: aws/1000}
`)
	got, err := Load(Options{Dir: dir, Path: "shop.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Name: "42", Target: TargetAWS, Region: "ap-southeast-2", Protect: true,
		Network: Network{
			CIDR:   netip.MustParsePrefix("192.168.2.0/23"),
			Zones:  Zones{Count: 2, Names: []string{"ap-southeast-2c", "ap-southeast-2a"}},
			Egress: EgressNone,
		},
		Web: Web{Instances: 7, InstanceType: "m7i-flex.large", Page: filepath.Join(dir, "page.html"), PageContent: "<h1>hello</h1>",
			AutoScaling: AutoScaling{Min: 1, Max: 12, CPU: 50}},
		LoadBalancer: LoadBalancer{
			IdleTimeout: 90 * time.Second,
			HealthCheck: HealthCheck{Path: "/a/b.c/", Interval: 300 * time.Second, Timeout: 120 * time.Second, Healthy: 10, Unhealthy: 3},
			HTTPS: HTTPS{
				Domain: "shop.example.com", AlternativeNames: []string{"www.shop.example.com", "*.a.example.com"}, HostedZone: "example.com",
				Certificate: "arn:aws:acm:ap-southeast-2:123456789012:certificate/12345678-1234-1234-1234-123456789abc",
				Policy:      "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
			},
		},
		Monitoring: Monitoring{Notify: []string{"ops@example.com", "https://hooks.example.com/x?y=z"}, Thresholds: Thresholds{Errors: 0.5, Latency: 250 * time.Millisecond}},
		Logs:       Logs{Access: 90},
		Drill:      Drill{Availability: 99.95, Scenarios: map[string]float64{"zone": 79, "drain": 100}},
		Tags:       map[string]string{"Team": "Web", "cost-center": "42", "empty": ""},
		Local:      Local{Latency: "aws/1000"},
		File:       "shop.yaml",
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoad_EveryKeyFromEnvironment(t *testing.T) {
	dir := directory(t, "page.html", "hello")
	got, err := Load(Options{Dir: dir, Env: []string{
		"PLATFORMCTL_NAME=7",
		"PLATFORMCTL_TARGET=aws",
		"PLATFORMCTL_REGION=eu-west-1",
		"PLATFORMCTL_PROTECT=true",
		"PLATFORMCTL_NETWORK_CIDR=100.64.0.0/16",
		"PLATFORMCTL_NETWORK_ZONES=eu-west-1a, eu-west-1b,eu-west-1c",
		"PLATFORMCTL_NETWORK_EGRESS=nat-single",
		"PLATFORMCTL_WEB_INSTANCES=4",
		"PLATFORMCTL_WEB_INSTANCE_TYPE=t4g.nano",
		"PLATFORMCTL_WEB_PAGE=page.html",
		"PLATFORMCTL_WEB_AUTO_SCALING_MIN=3",
		"PLATFORMCTL_WEB_AUTO_SCALING_MAX=9",
		"PLATFORMCTL_WEB_AUTO_SCALING_REQUESTS_PER_TARGET=1000",
		"PLATFORMCTL_WEB_AUTO_SCALING_CPU=0",
		"PLATFORMCTL_WEB_AUTO_SCALING_STATIC_STABILITY=true",
		"PLATFORMCTL_LOAD_BALANCER_IDLE_TIMEOUT=4000s",
		"PLATFORMCTL_LOAD_BALANCER_DEREGISTRATION_DELAY=1h",
		"PLATFORMCTL_LOAD_BALANCER_HEALTH_CHECK_PATH=/",
		"PLATFORMCTL_LOAD_BALANCER_HEALTH_CHECK_INTERVAL=6s",
		"PLATFORMCTL_LOAD_BALANCER_HEALTH_CHECK_TIMEOUT=5s",
		"PLATFORMCTL_LOAD_BALANCER_HEALTH_CHECK_HEALTHY=3",
		"PLATFORMCTL_LOAD_BALANCER_HEALTH_CHECK_UNHEALTHY=4",
		"PLATFORMCTL_LOAD_BALANCER_HTTPS_DOMAIN=shop.example.com",
		"PLATFORMCTL_LOAD_BALANCER_HTTPS_ALTERNATIVE_NAMES=a.example.com, *.b.example.com",
		"PLATFORMCTL_LOAD_BALANCER_HTTPS_HOSTED_ZONE=example.com",
		"PLATFORMCTL_LOAD_BALANCER_HTTPS_CERTIFICATE=arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc",
		"PLATFORMCTL_LOAD_BALANCER_HTTPS_POLICY=ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
		"PLATFORMCTL_MONITORING_NOTIFY=ops@example.com, https://hooks.example.com/x",
		"PLATFORMCTL_MONITORING_DASHBOARD=true",
		"PLATFORMCTL_MONITORING_THRESHOLDS_ERRORS=5%",
		"PLATFORMCTL_MONITORING_THRESHOLDS_LATENCY=2s",
		"PLATFORMCTL_LOGS_ACCESS=7d",
		"PLATFORMCTL_DRILL_AVAILABILITY=100",
		"PLATFORMCTL_DRILL_SCENARIOS=zone=79.5, process=82",
		"PLATFORMCTL_TAGS=Team=Web, url=a=b",
		"PLATFORMCTL_LOCAL_LATENCY=aws",
		"PLATFORMCTL_HOME=/not/a/key",
		"PATH=/bin",
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Name: "7", Target: TargetAWS, Region: "eu-west-1", Protect: true,
		Network: Network{
			CIDR:   netip.MustParsePrefix("100.64.0.0/16"),
			Zones:  Zones{Count: 3, Names: []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
			Egress: EgressNATSingle,
		},
		Web: Web{Instances: 4, InstanceType: "t4g.nano", Page: filepath.Join(dir, "page.html"), PageContent: "hello",
			AutoScaling: AutoScaling{Min: 3, Max: 9, RequestsPerTarget: 1000, StaticStability: true}},
		LoadBalancer: LoadBalancer{
			IdleTimeout:         4000 * time.Second,
			DeregistrationDelay: time.Hour,
			HealthCheck:         HealthCheck{Path: "/", Interval: 6 * time.Second, Timeout: 5 * time.Second, Healthy: 3, Unhealthy: 4},
			HTTPS: HTTPS{
				Domain: "shop.example.com", AlternativeNames: []string{"a.example.com", "*.b.example.com"}, HostedZone: "example.com",
				Certificate: "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789abc",
				Policy:      "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
			},
		},
		Monitoring: Monitoring{Notify: []string{"ops@example.com", "https://hooks.example.com/x"}, Dashboard: true, Thresholds: Thresholds{Errors: 5, Latency: 2 * time.Second}},
		Logs:       Logs{Access: 7},
		Drill:      Drill{Availability: 100, Scenarios: map[string]float64{"zone": 79.5, "process": 82}},
		Tags:       map[string]string{"Team": "Web", "url": "a=b"},
		Local:      Local{Latency: "aws"},
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoad_StrongestLayerWins(t *testing.T) {
	const file = "target: local\nregion: eu-west-1\nweb: {instances: 3}\nnetwork: {zones: [eu-west-1a, eu-west-1b]}\n"
	for name, test := range map[string]struct {
		file string
		env  []string
		args []string
		want func(*Config)
	}{
		"file over default":        {file, nil, nil, func(c *Config) { c.Web.Instances = 3 }},
		"environment over file":    {file, []string{"PLATFORMCTL_WEB_INSTANCES=4"}, nil, func(c *Config) { c.Web.Instances = 4 }},
		"flag over environment":    {file, []string{"PLATFORMCTL_WEB_INSTANCES=4"}, []string{"--web-instances=5"}, func(c *Config) { c.Web.Instances = 5 }},
		"flag over the file":       {file, nil, []string{"--target=aws", "--yes"}, func(c *Config) { c.Web.Instances = 3; c.Target = TargetAWS }},
		"the last variable wins":   {file, []string{"PLATFORMCTL_WEB_INSTANCES=4", "PLATFORMCTL_WEB_INSTANCES=6"}, nil, func(c *Config) { c.Web.Instances = 6 }},
		"an empty variable is not": {file, []string{"PLATFORMCTL_WEB_INSTANCES="}, nil, func(c *Config) { c.Web.Instances = 3 }},
		"list over number":         {strings.Replace(file, "[eu-west-1a, eu-west-1b]", "5", 1), nil, nil, func(c *Config) { c.Web.Instances = 3; c.Network.Zones = Zones{Count: 5} }},
		"number over list": {file, []string{"PLATFORMCTL_NETWORK_ZONES=4"}, nil,
			func(c *Config) { c.Web.Instances = 3; c.Network.Zones = Zones{Count: 4} }},
		"a better value hides a wrong one": {strings.Replace(file, "instances: 3", "instances: 0", 1), []string{"PLATFORMCTL_WEB_INSTANCES=4"}, nil,
			func(c *Config) { c.Web.Instances = 4 }},
		"comments where keys could be": {file + "tags:\n  # a: b\nload_balancer:\n  # idle_timeout: 60s\n", nil, nil, func(c *Config) { c.Web.Instances = 3 }},
		"the region of AWS's tools is the file's": {file, []string{"AWS_REGION=sa-east-1"}, []string{"--target=aws"},
			func(c *Config) { c.Web.Instances = 3; c.Target = TargetAWS }},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Load(Options{Dir: directory(t, DefaultFile, test.file), Env: test.env, Flags: flags(t, test.args...)})
			if err != nil {
				t.Fatal(err)
			}
			want := Default()
			want.File, want.Region = DefaultFile, "eu-west-1"
			want.Network.Zones = Zones{Count: 2, Names: []string{"eu-west-1a", "eu-west-1b"}}
			test.want(&want)
			if diff := testenv.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoad_RegionOfAWSTools(t *testing.T) {
	env := []string{"AWS_REGION=", "AWS_DEFAULT_REGION=ap-south-1"}
	for args, want := range map[string]string{"--target=aws": "ap-south-1", "--target=local": "us-east-1"} {
		got, err := Load(Options{Dir: t.TempDir(), Env: env, Flags: flags(t, args)})
		if err != nil {
			t.Fatal(err)
		}
		if got.Region != want {
			t.Errorf("%s: got region %s, want %s", args, got.Region, want)
		}
	}
}

func TestLoad_PathsAreRelativeToSource(t *testing.T) {
	dir := directory(t, "page.html", "beside the working directory")
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"page.html": "beside the file", "p.yaml": "\ufeffweb:\r\n  page: page.html\r\n"} {
		if err := os.WriteFile(filepath.Join(dir, "sub", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for want, env := range map[string][]string{"beside the file": nil, "beside the working directory": {"PLATFORMCTL_WEB_PAGE=page.html"}} {
		got, err := Load(Options{Dir: dir, Path: "sub/p.yaml", Env: env})
		if err != nil {
			t.Fatal(err)
		}
		if got.Web.PageContent != want {
			t.Errorf("got the page %s, want the one %s", got.Web.PageContent, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		Template(), "", "#", "null", "- a", "name: [", "name: &a b\nregion: *a", "<<: {a: b}", "? [a]\n: b", "tags: {a: {b: c}}",
		"network:\n\tcidr: x", "web: {instances: 99999999999999999999}", "drill: {availability: .nan}", "a: b\n---\nc: d", "%YAML 1.2\n---\n",
		"name: |\n  x\n  y", "network: {zones: [1, [], {}, null]}", "\"name\": x", "name: x\nname: y", "1: 2", "!!map {name: x}", "{", ":", "a:\n- b\n c",
	} {
		f.Add(seed, "PLATFORMCTL_NETWORK_ZONES=a,b")
	}
	f.Fuzz(func(t *testing.T, file, variable string) {
		config, err := Load(Options{Dir: directory(t, DefaultFile, file), Env: []string{variable}})
		if err == nil {
			// What Load accepts must be safe to cut into subnets.
			if last := config.Network.PublicSubnet(MaxZones - 1); !config.Network.CIDR.Contains(last.Addr()) {
				t.Errorf("%s is outside of %s", last, config.Network.CIDR)
			}
			return
		}
		var problems *Error
		if !errors.As(err, &problems) || len(problems.Problems) == 0 {
			t.Fatalf("got %T: %v", err, err)
		}
		for _, problem := range problems.Problems {
			if problem.Source == "" || problem.Message == "" || strings.Contains(problem.String(), "\n") {
				t.Errorf("a problem that is no single line with a source: %#v", problem)
			}
		}
	})
}
