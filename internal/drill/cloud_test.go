package drill

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Waiting("8")
	os.Exit(m.Run())
}

// site is a platform that is up on a local cloud of its own.
type site struct {
	cloud   *localcloudtest.Cloud
	clients *awsapi.Clients
	cfg     config.Config
	store   *state.Store
}

func openSite(t *testing.T, options ...func(*server.Options)) *site {
	t.Helper()
	s := &site{cloud: localcloudtest.Start(t, options...), cfg: config.Default()}
	s.cfg.LoadBalancer.DeregistrationDelay = time.Second
	ctx := t.Context()
	var err error
	if s.clients, err = awsapi.Connect(ctx, awsapi.Options{Region: s.cfg.Region, Endpoint: s.cloud.Endpoint}); err != nil {
		t.Fatal(err)
	}
	s.store, err = state.Open(filepath.Join(t.TempDir(), "shop.json"), state.Identity{Platform: s.cfg.Name, Target: "local", Region: s.cfg.Region})
	if err != nil {
		t.Fatal(err)
	}
	view, err := provision.Inspect(ctx, s.clients, s.cfg, s.store)
	if err != nil {
		t.Fatal(err)
	}
	run := &apply.Run{Clients: s.clients, Owner: view.Owner, Store: s.store}
	if _, err := run.Apply(ctx, view.Plan); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) platform(t *testing.T) Platform {
	t.Helper()
	observed, err := observe.All(t.Context(), s.clients, provision.OwnerOf(s.cfg), blueprint.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	p := Platform{Name: s.cfg.Name, Target: "local", Region: s.cfg.Region, Objects: observed.Objects}
	if status, err := s.cloud.Status(); err != nil {
		t.Fatal(err)
	} else if len(status.LoadBalancers) == 1 {
		p.URL = "http://" + status.LoadBalancers[0].Listeners[0].Address
	}
	return p
}

// condition is what a drill may change of a platform, a line each.
func (s *site) condition(t *testing.T) []string {
	t.Helper()
	ctx := t.Context()
	var lines []string
	say := func(format string, values ...any) { lines = append(lines, fmt.Sprintf(format, values...)) }
	instances, err := s.clients.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range instances.Reservations {
		for _, i := range r.Instances {
			say("%s is %s, drill %q", aws.ToString(i.InstanceId), i.State.Name, awsapi.FromEC2(i.Tags)[TagDrill])
		}
	}
	subnets, err := s.clients.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, subnet := range subnets.Subnets {
		if mark := awsapi.FromEC2(subnet.Tags)[TagDrill]; mark != "" {
			say("%s, drill %q", aws.ToString(subnet.SubnetId), mark)
		}
	}
	acls, err := s.clients.EC2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, acl := range acls.NetworkAcls {
		say("%s", aws.ToString(acl.NetworkAclId))
		for _, a := range acl.Associations {
			say("%s has %s", aws.ToString(a.SubnetId), aws.ToString(acl.NetworkAclId))
		}
	}
	group := targetGroupOf(s.platform(t).Objects)
	if group == "" {
		return lines
	}
	health, err := s.clients.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range health.TargetHealthDescriptions {
		registered := "registered"
		if d.TargetHealth.State == "draining" {
			registered = "draining"
		}
		say("target %s %s", aws.ToString(d.Target.Id), registered)
	}
	slices.Sort(lines)
	return lines
}

// choices are all that can be broken, by what it is called.
func choices() map[string]Choice {
	all := map[string]Choice{}
	for _, scenario := range Scenarios() {
		all[scenario] = Choice{Scenario: scenario, Scope: ScopeTargets}
	}
	all["zone with the load balancer"] = Choice{Scenario: Zone, Scope: ScopeAll}
	return all
}

// entry is a drill that could begin now.
func (s *site) entry(t *testing.T, c Choice) Entry {
	t.Helper()
	options := Defaults()
	options.Choice = c
	plan, err := Prepare(t.Context(), s.clients, Journal{filepath.Join(t.TempDir(), "none")}, s.platform(t), options)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Entry
}

// untilHealthy waits until another drill can begin.
func (s *site) untilHealthy(t *testing.T) {
	t.Helper()
	group := targetGroupOf(s.platform(t).Objects)
	err := until(t.Context(), time.Minute, "all targets to be healthy", func(ctx context.Context) (bool, error) {
		states, err := healthOf(ctx, s.clients, group)
		healthy := slices.Collect(maps.Values(states))
		return len(healthy) == s.cfg.Web.Instances && !slices.ContainsFunc(healthy, func(state string) bool { return state != "healthy" }), err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatIsBrokenIsMended breaks by each scenario, wholly and in part, once and
// twice, and mends by the journal's entry or by the tags alone.
func TestWhatIsBrokenIsMended(t *testing.T) {
	t.Parallel()
	for name, choice := range choices() {
		scenario, err := scenarioOf(choice.Scenario)
		if err != nil {
			t.Fatal(err)
		}
		half := map[string]func(context.Context, *awsapi.Clients, Entry) error{
			Instance: func(context.Context, *awsapi.Clients, Entry) error { return nil },
			Process: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
				_, err := send(ctx, c, e.instances()[0], e.comment("end Nginx"), endNginx)
				return err
			},
			Zone: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
				_, err := denyAll(ctx, c, e)
				return err
			},
			Drain: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
				_, err := c.ELB.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &e.TargetGroup, Targets: targetsOf(e.instances())})
				return err
			},
		}[choice.Scenario]
		tests := []struct {
			name   string
			inject func(context.Context, *awsapi.Clients, Entry) error
			twice  bool // inject, and mend
			byTags bool // no journal
		}{
			{name: "whole", inject: scenario.inject},
			{name: "twice", inject: scenario.inject, twice: true},
			{name: "without the journal", inject: scenario.inject, byTags: true},
			{name: "half", inject: half},
			{name: "half, without the journal", inject: half, byTags: true},
			{name: "not at all", inject: func(context.Context, *awsapi.Clients, Entry) error { return nil }},
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t)
			before := s.condition(t)
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					ctx := t.Context()
					s.untilHealthy(t)
					entry := s.entry(t, choice)
					defer func() {
						if err := scenario.mend(ctx, s.clients, entry); err != nil && t.Failed() {
							t.Logf("clean up: %v", err)
						}
					}()
					if err := scenario.mark(ctx, s.clients, entry); err != nil {
						t.Fatal(err)
					}
					if slices.Equal(s.condition(t), before) {
						t.Error("nothing is marked")
					}
					if err := test.inject(ctx, s.clients, entry); err != nil {
						t.Fatal(err)
					}
					if test.twice {
						if err := test.inject(ctx, s.clients, entry); err != nil {
							t.Errorf("again: %v", err)
						}
					}
					if test.byTags {
						marked := Marked(s.platform(t))
						if len(marked) != 1 || marked[0].ID != entry.ID || marked[0].Scenario != entry.Scenario || marked[0].Scope != entry.Scope {
							t.Fatalf("the tags say %+v, want %+v", marked, entry)
						}
						entry = marked[0]
					}
					if err := scenario.mend(ctx, s.clients, entry); err != nil {
						t.Fatal(err)
					}
					if test.twice {
						if err := scenario.mend(ctx, s.clients, entry); err != nil {
							t.Errorf("mend again: %v", err)
						}
					}
					if now := s.condition(t); !slices.Equal(now, before) {
						t.Errorf("it was\n%q\nand is now\n%q", before, now)
					}
				})
			}
		})
	}
}

// TestWhatIsGoneIsNotMended terminates a victim in mid-drill: to make another is
// not the drill's business.
func TestWhatIsGoneIsNotMended(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for _, name := range []string{Instance, Drain} {
		scenario, err := scenarioOf(name)
		if err != nil {
			t.Fatal(err)
		}
		p := s.platform(t)
		victim := ""
		for _, object := range p.Objects {
			if object.Key.Kind == "instance" {
				victim = object.ID
			}
		}
		entry := Entry{ID: "a", Scenario: name, Platform: p.Name, Victims: []Victim{{Instance: victim}}, TargetGroup: targetGroupOf(p.Objects)}
		if _, err := s.clients.EC2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{victim}}); err != nil {
			t.Fatal(err)
		}
		if err := scenario.mend(t.Context(), s.clients, entry); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Nor is there anything to mend in a cloud that has forgotten all.
	for name, choice := range choices() {
		scenario, err := scenarioOf(choice.Scenario)
		if err != nil {
			t.Fatal(err)
		}
		entry := Entry{
			ID: "b", Scenario: name, Platform: "shop", VPC: "vpc-0123456789abcdef0", Victims: []Victim{{Instance: "i-0123456789abcdef0"}},
			Subnets:     []Subnet{{ID: "subnet-0123456789abcdef0", ACL: "acl-0123456789abcdef0"}},
			TargetGroup: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/0123456789abcdef",
		}
		if err := scenario.mend(t.Context(), s.clients, entry); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
