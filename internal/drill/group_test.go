package drill

import (
	"context"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/scaling"
)

// replacing is a stage whose instance a is in a group that notices after a while that it is broken, and launches c.
func replacing(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	var stopped time.Time
	s.inject = func(context.Context) error { stopped = time.Now(); return nil }
	since := func() time.Duration {
		if stopped.IsZero() {
			return 0
		}
		return time.Since(stopped)
	}
	const noticed, launched, booted = 60 * time.Second, 65 * time.Second, 110 * time.Second
	s.states = func(bool) (map[string]string, error) {
		states := map[string]string{"a": "healthy", "b": "healthy"}
		if since() > 0 {
			states["a"] = "unused"
		}
		switch {
		case since() >= booted:
			states["c"] = "healthy"
		case since() >= launched:
			states["c"] = "unhealthy"
		}
		if since() >= noticed {
			states["a"] = "draining"
		}
		return states, nil
	}
	s.plan.Entry.Group, s.plan.Entry.Replace = "shop-web", true
	s.plan.members = &members{
		before: map[string]string{"a": "zone-a", "b": "zone-b"},
		look: func(context.Context) (*scaling.Group, error) {
			zones := map[string]string{"a": "zone-a", "b": "zone-b"}
			if since() >= noticed {
				delete(zones, "a") // it is terminating
			}
			if since() >= launched {
				zones["c"] = "zone-a"
			}
			g := &scaling.Group{Name: "shop-web", Desired: 2}
			for id, zone := range maps.All(zones) {
				g.Members = append(g.Members, scaling.Member{Instance: id, Zone: zone, Lifecycle: "InService", Health: "Healthy"})
			}
			return g, nil
		},
	}
	s.plan.Options.Rate = 2 // minutes of it would take seconds to count
	return s
}

// TestRun_WaitsForGroupsReplacement plays a drill in which the group replaces the victim: that is the recovery, however healthy
// the others are, and however long the fault was to last.
func TestRun_WaitsForGroupsReplacement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := replacing(t)
		outcome, err := s.plan.Run(t.Context(), s)
		if err != nil || outcome.Verdict != Pass || !outcome.Recovered {
			t.Fatalf("%+v, %v", outcome, err)
		}
		if len(outcome.Replaced) != 1 || outcome.Replaced[0] != (scaling.Replacement{Instance: "a", By: "c", Zone: "zone-a"}) {
			t.Errorf("replaced: %v", outcome.Replaced)
		}
		if took := outcome.ReplacedWithin; took == nil || *took < 110*time.Second || *took > 110*time.Second+groupEvery+lookEvery {
			t.Errorf("replaced within %v, and it was healthy after 110 s", took)
		}
		if took := outcome.Booted; took == nil || (*took-45*time.Second).Abs() > lookEvery {
			t.Errorf("booted within %v, and it took 45 s", took)
		}
		if !strings.Contains(strings.Join(s.phases, "\n"), "waiting for the Auto Scaling group to replace") {
			t.Errorf("phases %q", s.phases)
		}
	})
}

// TestMembers_RecoveredGoesByGroupSeenAfterTargets has a group mark an instance between the drill's look at it and the moment at
// which the targets are healthy again: it will be replaced, so that nothing is settled.
func TestMembers_RecoveredGoesByGroupSeenAfterTargets(t *testing.T) {
	health, looks := scaling.Healthy, 0
	m := &members{before: map[string]string{"a": "zone-a"}, look: func(context.Context) (*scaling.Group, error) {
		looks++
		return &scaling.Group{Desired: 1, Members: []scaling.Member{{Instance: "a", Zone: "zone-a", Lifecycle: "InService", Health: health}}}, nil
	}}
	recovered := func(at time.Duration, state string) bool {
		return m.recovered(t.Context(), measure.Look{At: time.Unix(0, 0).Add(at), States: map[string]string{"a": state}}, fault.Entry{})
	}
	const step = groupEvery / 4
	if recovered(0, "unhealthy") || looks != 1 {
		t.Fatalf("recovered while the target is unhealthy, or looked at %d times", looks)
	}
	health = scaling.Unhealthy
	if recovered(step, "healthy") {
		t.Error("recovered, though the group marked the instance")
	}
	health = scaling.Healthy
	if recovered(2*step, "healthy") {
		t.Error("recovered by a group that was seen unhealthy, and not since")
	}
	if !recovered(step+groupEvery, "healthy") {
		t.Error("not recovered, though all is healthy")
	}
	if looks != 3 {
		t.Errorf("the group was looked at %d times; want 3: each time that it is due, and to make sure", looks)
	}
}

// TestRun_FailsWhereGroupReplacesNothing plays the same with a group that does nothing, and with one that launches the new
// instance into another zone.
func TestRun_FailsWhereGroupReplacesNothing(t *testing.T) {
	for name, zone := range map[string]string{"nothing": "", "another zone": "zone-b"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := replacing(t)
				look := s.plan.members.look
				s.plan.members.look = func(ctx context.Context) (*scaling.Group, error) {
					g, err := look(ctx)
					for i := range g.Members {
						switch {
						case g.Members[i].Instance != "c":
						case zone == "":
							g.Members[i].Lifecycle = "Pending"
						default:
							g.Members[i].Zone = zone
						}
					}
					return g, err
				}
				outcome, err := s.plan.Run(t.Context(), s)
				if err != nil || outcome.Verdict != Fail || outcome.Recovered || !strings.Contains(strings.Join(outcome.Reasons, "\n"), "did not put a healthy instance") {
					t.Fatalf("%+v, %v", outcome, err)
				}
				if outcome.ReplacedWithin != nil {
					t.Errorf("replaced within %s", *outcome.ReplacedWithin)
				}
				s.isRestored(t)
			})
		})
	}
}

func TestChoice_KeepsNoInstanceOfDrain(t *testing.T) {
	for _, scenario := range fault.Scenarios() {
		err := (Choice{Scenario: scenario, Scope: fault.ScopeTargets, Keep: true}).Check()
		if (err != nil) != (scenario == fault.Drain) {
			t.Errorf("%s: %v", scenario, err)
		}
	}
}
