package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/platformctl/platformctl/internal/cli"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/testenv"
)

// operator runs commands on a local cloud whose callers have the policies of the documents.
type operator struct {
	*testing.T
	dir, home string
	cloud     *localcloudtest.Cloud
	policies  []policy.Policy
	anybody   *story // the AWS SDK alone, with the same policies

	dualstack atomic.Bool // load balancers look as if somebody had given them addresses of IPv6, too

	mu      sync.Mutex
	doing   string
	decided []decided
}

// decided is a request that the policies have allowed, and what it was made for.
type decided struct {
	policy.Request
	during string
}

func newOperator(t *testing.T, files ...string) *operator {
	t.Helper()
	o := &operator{T: t, dir: t.TempDir()}
	o.home = filepath.Join(o.dir, ".home")
	for _, name := range files {
		o.policies = append(o.policies, readPolicy(t, name))
	}
	o.cloud = localcloudtest.Start(t, func(options *server.Options) {
		options.Dir, options.Version, options.Policies = endpoint.Directory(o.home), session.Version().Version, o.policies
		options.Decided, options.Interceptors = o.note, []wire.Interceptor{o.intercept}
	})
	o.anybody = storyAt(o.cloud.Endpoint)
	release, err := daemon.Use(t.Context(), o.home) // else the command that finds it empty would stop it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// readPolicy reads a policy of the documents, with names of the platform's own in the place of others.
func readPolicy(t *testing.T, name string, others ...string) policy.Policy {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	document, err := policy.Identity(strings.NewReplacer(others...).Replace(string(text)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return policy.Policy{Name: name, Document: document}
}

func (o *operator) note(r policy.Request, v policy.Verdict) {
	if v.Decision != policy.Allowed {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.decided = append(o.decided, decided{r, o.doing})
}

// intercept makes load balancers look dual-stack, which the local cloud doesn't have.
func (o *operator) intercept(c *wire.Call, next func() wire.Reply, _ func(*wire.Error) wire.Reply) wire.Reply {
	reply := next()
	switch {
	case c.Operation == "SetIpAddressType":
		o.dualstack.Store(false)
	case c.Operation == "DescribeLoadBalancers" && o.dualstack.Load():
		reply.Body = bytes.ReplaceAll(reply.Body, []byte("<IpAddressType>ipv4<"), []byte("<IpAddressType>dualstack<"))
	}
	return reply
}

// run is a command line, which must end with an exit code. It returns all that was written.
func (o *operator) run(code int, args ...string) string {
	o.Helper()
	o.mu.Lock()
	o.doing = strings.Join(args, " ")
	o.mu.Unlock()
	var out, errs bytes.Buffer
	got := cli.Run(o.Context(), cli.Environment{
		Args: args, Dir: o.dir, Exe: os.Args[0], In: strings.NewReader(""),
		Env:     []string{endpoint.HomeVariable + "=" + o.home, endpoint.NginxVariable + "=builtin", "AWS_EC2_METADATA_DISABLED=true"},
		Streams: terminal.Streams{Out: &out, Err: &errs, Size: func() (int, int) { return 0, 0 }},
	})
	if got != code {
		o.Fatalf("platformctl %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

// onAWS is a command line with the local cloud in AWS's place. It runs as a process of its own, since the SDK finds its
// settings in the environment.
func (o *operator) onAWS(args ...string) {
	o.Helper()
	o.mu.Lock()
	o.doing = strings.Join(args, " ") + " --target aws"
	o.mu.Unlock()
	exe, err := exec.LookPath("platformctl")
	if err != nil {
		o.Fatal(err)
	}
	command := exec.CommandContext(o.Context(), exe, append(args, "--target", "aws")...)
	command.Dir = o.dir
	command.Env = append(os.Environ(), endpoint.HomeVariable+"="+o.home, "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL="+o.cloud.Endpoint,
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_REGION=us-east-1", "AWS_CONFIG_FILE=none", "AWS_SHARED_CREDENTIALS_FILE=none")
	if said, err := command.CombinedOutput(); err != nil {
		o.Fatalf("platformctl %s: %v\n%s", o.doing, err, said)
	}
}

// configured is the command up with a configuration, which is shop's but for what is added.
func (o *operator) configured(code int, more string, args ...string) string {
	o.Helper()
	return o.platform(code, "load_balancer: {deregistration_delay: 1s}\n"+more, args...)
}

// platform is the command up with a whole configuration of shop.
func (o *operator) platform(code int, text string, args ...string) string {
	o.Helper()
	text = "name: shop\n" + text
	if err := os.WriteFile(filepath.Join(o.dir, "platform.yaml"), []byte(text), 0o600); err != nil {
		o.Fatal(err)
	}
	return o.run(code, append([]string{"up"}, args...)...)
}

// meanwhile is what somebody else does, who may do everything.
func (o *operator) meanwhile(acts ...func(context.Context, *story) error) {
	o.Helper()
	o.cloud.SetPolicies(nil)
	defer func() { o.cloud.SetPolicies(o.policies) }()
	for i, act := range acts {
		if err := act(o.Context(), o.anybody); err != nil {
			o.Fatalf("act %d: %v", i, err)
		}
	}
}

// with is a verb of the stories' command cloud with its arguments.
func with(act func(context.Context, *story, []string) error, args ...string) func(context.Context, *story) error {
	return func(ctx context.Context, s *story) error { return act(ctx, s, args) }
}

// name writes the platform's VPC, or its key, into the policies, in the place of an example.
func (o *operator) name(id string) {
	o.Helper()
	for i, p := range o.policies {
		o.policies[i] = readPolicy(o.T, p.Name, exampleVPC, id, exampleKey, id)
	}
	o.cloud.SetPolicies(o.policies)
}

const (
	policyUp, policyDrill, policyRepair, policyHTTPS = "aws-policy.json", "aws-policy-drill.json", "aws-policy-repair.json", "aws-policy-https.json"

	policyGroups, policyLogs, policyMonitoring = "aws-policy-auto-scaling.json", "aws-policy-logs.json", "aws-policy-monitoring.json"
	// exampleVPC stands in the policy of repairs for the platform's own.
	exampleVPC = "vpc-0123456789abcdef0"
	// exampleKey stands there for the key of its alarms.
	exampleKey = "1234abcd-12ab-34cd-56ef-1234567890ab"
)

// heldElsewhere are actions for what the local cloud's platforms don't come to, each with the test that holds its call.
var heldElsewhere = map[string]string{
	// A target that only times out, for a cause that isn't the platform's own.
	"ec2:DescribeInstanceStatus": "TestStuck in internal/kinds/loadbalancing",
	// A watch shows no requests where it may not know of them.
	"cloudwatch:GetMetricData": "TestRead_PutsEachMinuteInItsPlace in internal/provision/traffic",
	// An alarm that was raised in a drill, which takes minutes.
	"cloudwatch:DescribeAlarmHistory": "the story alarms in cmd/platformctl/testdata",
	// No log has been delivered in so short a life.
	"s3:GetObject": "the story logs in cmd/platformctl/testdata",
	// A group that has noticed a fault before the drill kept it from that.
	"autoscaling:SetInstanceHealth": "TestRestore_InGroup in internal/drill/fault",
}

// TestPolicies_AreEnoughAndNoMore takes platforms through their lives under exactly the policies of the documents: whatever
// up repairs, changes and replaces, every drill, failures, and down. Then it takes out one statement after the other, and one
// action after the other: some call of those lives is denied each time.
func TestPolicies_AreEnoughAndNoMore(t *testing.T) {
	testenv.Long(t)
	t.Parallel()
	lives := map[string]struct {
		policies []string
		live     func(o *operator)
	}{
		"repairs":           {[]string{policyUp, policyRepair}, liveRepairs},
		"changes":           {[]string{policyUp}, liveChanges},
		"drills":            {[]string{policyUp, policyDrill}, liveDrills},
		"drills in a group": {[]string{policyUp, policyGroups, policyDrill}, liveGroupDrills},
		"failures":          {[]string{policyUp}, liveFailures},
		"groups":            {[]string{policyUp, policyGroups}, liveGroups},
		"names":             {[]string{policyUp, policyHTTPS}, liveNames},
		"logs":              {[]string{policyUp, policyLogs}, liveLogs},
		"monitored drills":  {[]string{policyUp, policyDrill, policyMonitoring}, liveMonitoredDrills},
		"monitoring":        {[]string{policyUp, policyMonitoring, policyRepair}, liveMonitoring},
	}
	operators := make(chan *operator, len(lives))
	t.Run("lives", func(t *testing.T) {
		for name, life := range lives {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				o := newOperator(t, life.policies...)
				life.live(o)
				operators <- o
			})
		}
	})
	close(operators)
	needed := map[string]decided{}
	for o := range operators {
		o.needed(needed)
	}
	for _, name := range []string{policyUp, policyDrill, policyRepair, policyHTTPS, policyGroups, policyLogs, policyMonitoring} {
		for _, statement := range readPolicy(t, name).Statements {
			first, ok := needed[name+statement.Sid]
			if !ok {
				t.Errorf("%s, %s: nothing needs the statement", name, statement.Sid)
				continue
			}
			t.Logf("%s, %s: without it %s on %s is denied, in %s", name, statement.Sid, first.Action, first.Resource, first.during)
			for _, action := range statement.Action {
				_, ok := needed[name+statement.Sid+action]
				switch test := heldElsewhere[action]; {
				case !ok && test == "":
					t.Errorf("%s, %s: nothing needs %s", name, statement.Sid, action)
				case ok && test != "":
					t.Errorf("%s, %s: here something needs %s, too, and not only in %s", name, statement.Sid, action, test)
				}
			}
		}
	}
}

// liveRepairs is a platform that somebody else has changed in every way that up repairs.
func liveRepairs(o *operator) {
	o.run(0, "plan")
	o.configured(0, "")
	o.name(vpcOf(o))
	o.run(0, "plan", "--exit-code")
	o.meanwhile(with(addRule, "web", "22"), with(deleteRoute, "private-b"), with(denyPort, "80"), with(otherACL, "private-a"), with(rolePolicies),
		with(listenerRule), with(listener, "8080"), with(targetGroupAttribute, "load_balancing.cross_zone.enabled", "false"), with(register, "web-a-1", "8081"))
	o.meanwhile(drifts()...)
	openToOthers(o)
	o.dualstack.Store(true)
	o.run(3, "status", "--no-probe")
	o.run(0, "up")
	o.run(0, "status")
	o.meanwhile(with(deleteACLs), deleteOthersTables)
	o.run(0, "down")
}

// liveChanges is a platform whose configuration changes.
func liveChanges(o *operator) {
	o.configured(0, "")
	o.configured(0, "tags: {team: a}\n")
	o.configured(0, "tags: {team: a}\nnetwork: {zones: 3, egress: none}\n", "--allow-disruption")
	o.configured(0, "tags: {team: a}\nnetwork: {egress: none}\nweb: {instance_type: t3.small}\n", "--allow-disruption")
	o.configured(0, "web: {instance_type: t3.small}\n", "--allow-disruption")
	o.run(0, "down")
}

// liveDrills is a platform on which each drill is played.
func liveDrills(o *operator) {
	o.configured(0, "")
	for _, scenario := range []string{"instance", "process", "zone", "drain"} {
		o.run(0, "failover-drill", "--scenario", scenario, "--duration", "1s", "--availability", "1")
	}
	o.run(0, "down")
}

// liveGroupDrills is a platform whose Auto Scaling group replaces an instance, is kept from it, and puts one on standby.
func liveGroupDrills(o *operator) {
	o.configured(0, "web: {auto_scaling: {min: 2, max: 2}}\n")
	for _, drill := range [][]string{{"drain"}, {"process", "--keep-instance"}, {"instance"}} {
		o.run(0, append([]string{"failover-drill", "--duration", "1s", "--availability", "1", "--scenario"}, drill...)...)
	}
	o.run(0, "down")
}

// liveNames is a platform that is served under a domain, under another one, by another certificate and policy, and by HTTP again.
func liveNames(o *operator) {
	https := func(settings string) string {
		return "load_balancer: {deregistration_delay: 1s, https: {" + settings + "}}\n"
	}
	const zone = "hosted_zone: example.localhost"
	o.platform(0, https("domain: shop.example.localhost, "+zone))
	o.run(0, "plan", "--exit-code")
	o.platform(0, "tags: {team: a}\n"+https("domain: shop.example.localhost, "+zone))
	o.platform(0, https("domain: shop.example.localhost, alternative_names: [www.shop.example.localhost], policy: ELBSecurityPolicy-TLS13-1-3-PQ-2025-09, "+zone))
	o.platform(0, https("domain: mall.example.localhost, "+zone), "--allow-disruption")
	o.platform(0, "load_balancer: {deregistration_delay: 1s}\n", "--allow-disruption")
	o.platform(0, https("domain: shop.example.localhost, "+zone))
	o.run(0, "status")
	o.run(0, "down")
}

// liveGroups is a platform whose instances an Auto Scaling group takes over, and gives back. In between it can't launch a version,
// which is taken back, and somebody begins to bring it to another one.
func liveGroups(o *operator) {
	const scaled = "web: {auto_scaling: {min: 2, max: 4, requests_per_target: 100000}}\n"
	o.configured(0, "")
	o.configured(0, scaled)
	o.configured(0, scaled+"tags: {team: a}\n")
	o.configured(0, "web: {instance_type: t3.small, auto_scaling: {min: 2, max: 3, cpu: 50}}\ntags: {team: a}\n")
	const fixed = "auto_scaling: {min: 2, max: 2}}\ntags: {team: a}\n"
	o.configured(0, "web: {instance_type: t3.small, "+fixed)
	if err := o.cloud.SetFaults(faults.Config{NoCapacity: []faults.Place{{Zone: "us-east-1a", InstanceType: "t3.medium"}, {Zone: "us-east-1b", InstanceType: "t3.medium"}}}); err != nil {
		o.Fatal(err)
	}
	o.configured(1, "web: {instance_type: t3.medium, "+fixed)
	o.meanwhile(refreshToFirstVersion)
	o.configured(0, "web: {instance_type: t3.nano, "+fixed)
	o.meanwhile(with(protectFromScaleIn), with(suspend, "Terminate"))
	o.configured(0, "web: {instance_type: t3.small}\ntags: {team: a}\n")
	o.configured(0, scaled)
	o.run(0, "status")
	o.run(0, "down")
}

// liveFailures is a platform one of whose instances fails, and an operator who lacks a permission.
func liveFailures(o *operator) {
	o.onAWS("plan")
	o.onAWS("list", "--all-regions")
	if err := o.cloud.SetFaults(faults.Config{NoPackages: []string{"us-east-1b"}}); err != nil {
		o.Fatal(err)
	}
	o.configured(1, "")
	o.run(0, "down")
	whole := o.policies
	made := slices.IndexFunc(whole[0].Statements, func(s policy.Statement) bool { return slices.Contains(s.Action, "ec2:CreateVpc") })
	o.policies = o.without(0, made, "ec2:CreateVpc")
	o.cloud.SetPolicies(o.policies)
	if said := o.configured(1, "", "--no-preflight"); !strings.Contains(said, "lacks the permission ec2:CreateVpc") {
		o.Errorf("it doesn't say what is lacking:\n%s", said)
	}
	o.policies = whole
	o.cloud.SetPolicies(whole)
	o.run(0, "down")
}

// needed adds for each statement, and each of its actions, a request that would be denied without it.
func (o *operator) needed(all map[string]decided) {
	seen := map[string]bool{}
	requests := slices.DeleteFunc(slices.Clone(o.decided), func(d decided) bool {
		key := fmt.Sprint(d.Action, d.Resource, d.Context)
		was := seen[key]
		seen[key] = true
		return was || policy.Principal{Identity: o.policies}.Decide(d.Request).Decision != policy.Allowed
	})
	for i, p := range o.policies {
		for at, statement := range p.Statements {
			for _, action := range append([]string{""}, statement.Action...) {
				principal := policy.Principal{Identity: o.without(i, at, action)}
				if n := slices.IndexFunc(requests, func(r decided) bool { return principal.Decide(r.Request).Decision != policy.Allowed }); n >= 0 {
					all[p.Name+statement.Sid+action] = requests[n]
				}
			}
		}
	}
}

// without are the policies without an action of a statement, or without the statement where that is "".
func (o *operator) without(of, at int, action string) []policy.Policy {
	policies := slices.Clone(o.policies)
	statements := slices.Clone(policies[of].Statements)
	if action == "" {
		statements = slices.Delete(statements, at, at+1)
	} else {
		statements[at].Action = slices.DeleteFunc(slices.Clone(statements[at].Action), func(a string) bool { return a == action })
	}
	policies[of].Statements = statements
	return policies
}
