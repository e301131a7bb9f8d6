package drill

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
)

// WrongChoice is a choice that fits no platform, or not this one. Nothing was
// touched.
type WrongChoice struct{ Reason string }

func (e *WrongChoice) Error() string { return e.Reason }

func wrong(format string, values ...any) error { return &WrongChoice{fmt.Sprintf(format, values...)} }

// Choice says what to break.
type Choice struct {
	Scenario string
	// Instance and Zone choose the victim; where both are empty, Seed does.
	Instance, Zone string
	// Scope is of a zone drill alone.
	Scope string
	// Keep keeps an Auto Scaling group from replacing what is broken. It is for nothing where there is no group.
	Keep bool
	Seed uint64
}

// Check says what is wrong with a choice, whatever the platform: a WrongChoice.
func (c Choice) Check() error {
	if _, err := fault.ScenarioOf(c.Scenario); err != nil {
		return &WrongChoice{err.Error()}
	}
	if !slices.Contains(fault.Scopes(), c.Scope) {
		return wrong("there is no scope %q; there are %s", c.Scope, strings.Join(fault.Scopes(), " and "))
	}
	if c.Scope != fault.ScopeTargets && c.Scenario != fault.Zone {
		return wrong("the scope %q is for the scenario %s alone", c.Scope, fault.Zone)
	}
	if c.Instance != "" && c.Scenario == fault.Zone {
		return wrong("the scenario %s breaks a whole zone: choose it by its name, not by an instance", fault.Zone)
	}
	return c.checkKeep()
}

// victims are the targets that the choice breaks. The same seed chooses the same
// ones of the same targets.
func (c Choice) victims(targets []loadbalancing.Target) ([]loadbalancing.Target, error) {
	if len(targets) == 0 {
		return nil, &fault.Unsteady{Reasons: []string{"no target is registered"}}
	}
	if c.Instance != "" {
		i := slices.IndexFunc(targets, func(t loadbalancing.Target) bool { return t.Instance == c.Instance })
		if i < 0 {
			return nil, wrong("there is no target %s; there are %s", c.Instance, strings.Join(namesOf(targets), ", "))
		}
		if c.Zone != "" && targets[i].Zone != c.Zone {
			return nil, wrong("the instance %s is in zone %s, not in %s", c.Instance, targets[i].Zone, c.Zone)
		}
		return targets[i : i+1], nil
	}
	candidates := targets
	if c.Zone != "" {
		candidates = inZone(targets, c.Zone)
		if len(candidates) == 0 {
			return nil, wrong("no target is in zone %q; there are targets in %s", c.Zone, strings.Join(zonesOf(targets), ", "))
		}
	}
	chance := rand.New(rand.NewPCG(c.Seed, 0)) //nolint:gosec // which instance is to fail is no secret
	victim := candidates[chance.IntN(len(candidates))]
	if c.Scenario == fault.Zone {
		return inZone(targets, victim.Zone), nil
	}
	return []loadbalancing.Target{victim}, nil
}

func inZone(targets []loadbalancing.Target, zone string) []loadbalancing.Target {
	return slices.DeleteFunc(slices.Clone(targets), func(t loadbalancing.Target) bool { return t.Zone != zone })
}

func namesOf(targets []loadbalancing.Target) []string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Instance)
	}
	return names
}

func zonesOf(targets []loadbalancing.Target) []string {
	var zones []string
	for _, t := range targets {
		zones = append(zones, t.Zone)
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}
