package fault_test

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
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
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
	return openSiteOf(t, func(*config.Config) {}, options...)
}

func openSiteOf(t *testing.T, change func(*config.Config), options ...func(*server.Options)) *site {
	t.Helper()
	s := &site{cloud: localcloudtest.Start(t, options...), cfg: config.Default()}
	s.cfg.LoadBalancer.DeregistrationDelay = time.Second
	change(&s.cfg)
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

func (s *site) platform(t *testing.T) drill.Platform {
	t.Helper()
	observed, err := observe.All(t.Context(), s.clients, provision.OwnerOf(s.cfg, s.store.Document()), blueprint.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	p := drill.Platform{Name: s.cfg.Name, Target: "local", Region: s.cfg.Region, Objects: observed.Objects}
	if status, err := s.cloud.Status(); err != nil {
		t.Fatal(err)
	} else if len(status.LoadBalancers) == 1 {
		p.Page.URL = "http://" + status.LoadBalancers[0].Listeners[0].Address
	}
	return p
}

// targetGroup is the ARN of the platform's; "" where none is to be seen.
func (s *site) targetGroup(t *testing.T) string {
	for _, object := range s.platform(t).Objects {
		if group, ok := object.Live.(loadbalancing.LiveTargetGroup); ok {
			return aws.ToString(group.TargetGroupArn)
		}
	}
	return ""
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
			say("%s is %s, drill %q", aws.ToString(i.InstanceId), i.State.Name, awsapi.FromEC2(i.Tags)[awsapi.TagDrill])
		}
	}
	subnets, err := s.clients.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, subnet := range subnets.Subnets {
		if mark := awsapi.FromEC2(subnet.Tags)[awsapi.TagDrill]; mark != "" {
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
	group := s.targetGroup(t)
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
func choices() map[string]drill.Choice {
	all := map[string]drill.Choice{}
	for _, scenario := range fault.Scenarios() {
		all[scenario] = drill.Choice{Scenario: scenario, Scope: fault.ScopeTargets}
	}
	all["zone with the load balancer"] = drill.Choice{Scenario: fault.Zone, Scope: fault.ScopeAll}
	return all
}

// entry is a drill that could begin now.
func (s *site) entry(t *testing.T, c drill.Choice) fault.Entry {
	t.Helper()
	options := drill.Defaults()
	options.Choice = c
	plan, err := drill.Prepare(t.Context(), s.clients, noJournal(t), s.platform(t), options)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Entry
}

func noJournal(t *testing.T) journal.Journal {
	return journal.Of(filepath.Join(t.TempDir(), "none.json"))
}

// untilHealthy waits until another drill can begin.
func (s *site) untilHealthy(t *testing.T) {
	t.Helper()
	group := s.targetGroup(t)
	err := fault.Until(t.Context(), time.Minute, "all targets to be healthy", func(ctx context.Context) (bool, error) {
		states, err := fault.TargetStates(ctx, s.clients, group)
		healthy := slices.Collect(maps.Values(states))
		return len(healthy) == s.cfg.Web.Instances && !slices.ContainsFunc(healthy, func(state string) bool { return state != "healthy" }), err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRestore_AfterWholePartialAndNoFault injects each scenario, wholly and in part, once and
// twice, and restores by the journal's entry or by the tags alone.
func TestRestore_AfterWholePartialAndNoFault(t *testing.T) {
	t.Parallel()
	for name, choice := range choices() {
		scenario, err := fault.ScenarioOf(choice.Scenario)
		if err != nil {
			t.Fatal(err)
		}
		half := map[string]func(context.Context, *awsapi.Clients, fault.Entry) error{
			fault.Instance: func(context.Context, *awsapi.Clients, fault.Entry) error { return nil },
			fault.Process: func(ctx context.Context, c *awsapi.Clients, e fault.Entry) error {
				_, err := fault.Send(ctx, c, e.Instances()[0], fault.Comment(e, "end Nginx"), fault.EndNginx)
				return err
			},
			fault.Zone: func(ctx context.Context, c *awsapi.Clients, e fault.Entry) error {
				_, err := fault.DenyAll(ctx, c, e)
				return err
			},
			fault.Drain: func(ctx context.Context, c *awsapi.Clients, e fault.Entry) error {
				_, err := c.ELB.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &e.TargetGroup, Targets: fault.TargetsOf(e.Instances())})
				return err
			},
		}[choice.Scenario]
		tests := []struct {
			name   string
			inject func(context.Context, *awsapi.Clients, fault.Entry) error
			twice  bool // inject, and restore
			byTags bool // no journal
		}{
			{name: "whole", inject: scenario.Inject},
			{name: "twice", inject: scenario.Inject, twice: true},
			{name: "without the journal", inject: scenario.Inject, byTags: true},
			{name: "partial", inject: half},
			{name: "partial, without the journal", inject: half, byTags: true},
			{name: "not at all", inject: func(context.Context, *awsapi.Clients, fault.Entry) error { return nil }},
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
						if err := scenario.Restore(ctx, s.clients, entry); err != nil && t.Failed() {
							t.Logf("clean up: %v", err)
						}
					}()
					if err := scenario.Mark(ctx, s.clients, entry); err != nil {
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
						marked, err := drill.Pending(noJournal(t), s.platform(t))
						if err != nil {
							t.Fatal(err)
						}
						if len(marked) != 1 || marked[0].ID != entry.ID || marked[0].Scenario != entry.Scenario || marked[0].Scope != entry.Scope {
							t.Fatalf("the tags say %+v, want %+v", marked, entry)
						}
						entry = marked[0]
					}
					if err := scenario.Restore(ctx, s.clients, entry); err != nil {
						t.Fatal(err)
					}
					if test.twice {
						if err := scenario.Restore(ctx, s.clients, entry); err != nil {
							t.Errorf("restore again: %v", err)
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

// TestRestore_LeavesWhatIsGone terminates a victim in mid-drill: to make another is
// not the drill's business.
func TestRestore_LeavesWhatIsGone(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for _, name := range []string{fault.Instance, fault.Drain} {
		scenario, err := fault.ScenarioOf(name)
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
		entry := fault.Entry{ID: "a", Scenario: name, Platform: p.Name, Victims: []fault.Victim{{Instance: victim}}, TargetGroup: s.targetGroup(t)}
		if _, err := s.clients.EC2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{victim}}); err != nil {
			t.Fatal(err)
		}
		if err := scenario.Restore(t.Context(), s.clients, entry); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Nor is there anything to restore in a cloud that has forgotten all.
	for name, choice := range choices() {
		scenario, err := fault.ScenarioOf(choice.Scenario)
		if err != nil {
			t.Fatal(err)
		}
		entry := fault.Entry{
			ID: "b", Scenario: name, Platform: "shop", VPC: "vpc-0123456789abcdef0", Victims: []fault.Victim{{Instance: "i-0123456789abcdef0"}},
			Subnets:     []fault.Subnet{{ID: "subnet-0123456789abcdef0", ACL: "acl-0123456789abcdef0"}},
			TargetGroup: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/0123456789abcdef",
		}
		if err := scenario.Restore(t.Context(), s.clients, entry); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
