package fault_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/scaling"
)

// openScaledSite is a platform of two instances in an Auto Scaling group that may not have fewer.
func openScaledSite(t *testing.T) *site {
	t.Helper()
	return openSiteOf(t, func(cfg *config.Config) {
		cfg.Web.AutoScaling = config.AutoScaling{Min: 2, Max: 3, StaticStability: true}
	})
}

// group is the platform's, and what is to be as before after each drill, a line each.
func (s *site) group(t *testing.T) (name string, lines []string) {
	t.Helper()
	out, err := s.clients.AutoScaling.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.AutoScalingGroups) != 1 {
		t.Fatalf("%d groups", len(out.AutoScalingGroups))
	}
	g := out.AutoScalingGroups[0]
	lines = append(lines, fmt.Sprintf("%d to %d, wants %d, drill %q", *g.MinSize, *g.MaxSize, *g.DesiredCapacity, awsapi.FromGroup(g.Tags)[awsapi.TagDrill]))
	for _, p := range g.SuspendedProcesses {
		lines = append(lines, aws.ToString(p.ProcessName)+" is suspended")
	}
	for _, i := range g.Instances {
		lines = append(lines, fmt.Sprintf("%s is %s", aws.ToString(i.InstanceId), i.LifecycleState))
	}
	slices.Sort(lines)
	return aws.ToString(g.AutoScalingGroupName), lines
}

// healed waits until the group has two healthy instances again, none of which is in gone.
func (s *site) healed(t *testing.T, before map[string]string, gone ...string) *scaling.Group {
	t.Helper()
	name, _ := s.group(t)
	targets := s.targetGroup(t)
	var last *scaling.Group
	err := fault.Until(t.Context(), 2*time.Minute, "the group to be healed", func(ctx context.Context) (bool, error) {
		states, err := fault.TargetStates(ctx, s.clients, targets)
		if err != nil {
			return false, err
		}
		last, err = scaling.Describe(ctx, s.clients, name)
		return err == nil && last.Healed(states, before, gone), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// TestRestore_InGroup injects each scenario, and restores it by the journal's entry or by the group's tag alone. What the group
// is kept from replacing is as before; what it isn't, it replaces.
func TestRestore_InGroup(t *testing.T) {
	t.Parallel()
	s := openScaledSite(t)
	name, _ := s.group(t)
	look, err := scaling.Describe(t.Context(), s.clients, name)
	if err != nil {
		t.Fatal(err)
	}
	zones := map[string]string{}
	for _, m := range look.Members {
		zones[m.Instance] = m.Zone
	}
	for _, test := range []struct {
		name, scenario string
		keep, byTags   bool
		nothing        bool // it was killed before it broke anything
		noticed        bool // the group had noticed already
	}{
		{name: "killed before it stopped an instance", scenario: fault.Instance, keep: true, nothing: true, byTags: true},
		{name: "instance kept", scenario: fault.Instance, keep: true},
		{name: "noticed before the group was kept from it", scenario: fault.Process, keep: true, noticed: true},
		{name: "process kept, by the tag", scenario: fault.Process, keep: true, byTags: true},
		{name: "zone kept, by the tags", scenario: fault.Zone, keep: true, byTags: true},
		{name: "standby", scenario: fault.Drain},
		{name: "standby, by the tag", scenario: fault.Drain, byTags: true},
		{name: "killed before standby", scenario: fault.Drain, nothing: true},
		{name: "instance", scenario: fault.Instance, byTags: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx := t.Context()
			s.healed(t, zones)
			_, before := s.group(t)
			entry := s.entry(t, drill.Choice{Scenario: test.scenario, Scope: fault.ScopeTargets, Keep: test.keep})
			scenario, err := fault.Of(entry)
			if err != nil {
				t.Fatal(err)
			}
			if err := scenario.Mark(ctx, s.clients, entry); err != nil {
				t.Fatal(err)
			}
			if _, marked := s.group(t); slices.Equal(marked, before) || test.keep && len(marked) != len(before)+2 {
				t.Errorf("marked and suspended: %q", marked)
			}
			if !test.nothing {
				if err := scenario.Inject(ctx, s.clients, entry); err != nil {
					t.Fatal(err)
				}
			}
			if test.noticed {
				if _, err := s.clients.AutoScaling.SetInstanceHealth(ctx, &autoscaling.SetInstanceHealthInput{
					InstanceId: &entry.Victims[0].Instance, HealthStatus: aws.String(scaling.Unhealthy), ShouldRespectGracePeriod: aws.Bool(false),
				}); err != nil {
					t.Fatal(err)
				}
			}
			if test.byTags {
				marked, err := drill.Pending(noJournal(t), s.platform(t))
				if err != nil || len(marked) != 1 || marked[0].ID != entry.ID || marked[0].Group != name {
					t.Fatalf("the tags say %+v, want %+v: %v", marked, entry, err)
				}
				entry = marked[0]
			}
			for range 2 {
				if err := scenario.Restore(ctx, s.clients, entry); err != nil {
					t.Fatal(err)
				}
			}
			if !entry.Replace {
				s.healed(t, zones)
				if _, now := s.group(t); !slices.Equal(now, before) {
					t.Errorf("it was\n%q\nand is now\n%q", before, now)
				}
				return
			}
			group := s.healed(t, zones, entry.Instances()...)
			if pairs := group.Replaced(zones); len(pairs) != 1 || pairs[0].Instance != entry.Instances()[0] {
				t.Errorf("replaced: %v", pairs)
			}
		})
	}
}
