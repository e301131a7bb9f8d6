package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
)

// The scenarios, as the command line names them.
const (
	Instance = "instance"
	Process  = "process"
	Zone     = "zone"
	Drain    = "drain"
)

// The scopes of a zone drill.
const (
	// ScopeTargets cuts off the private subnets: the zone's instances.
	ScopeTargets = "targets"
	// ScopeAll cuts off the public subnets, too, and with them the load
	// balancer's node in the zone.
	ScopeAll = "all"
)

// Scenarios are the names of all scenarios, the default first.
func Scenarios() []string { return []string{Instance, Process, Zone, Drain} }

// Scopes are the scopes of a zone drill, the default first.
func Scopes() []string { return []string{ScopeTargets, ScopeAll} }

// scenario is one way to break something and to mend it. Its functions go by the
// entry alone, and can be repeated: what is done already is no error.
type scenario struct {
	effect predict.Effect
	// prepare adds to the entry what mending will need. It only reads, and
	// refuses where the fault could not be injected.
	prepare func(context.Context, *awsapi.Clients, *Entry) error
	// mark puts the tags on what will be broken, by which it can be undone without
	// the journal.
	mark func(context.Context, *awsapi.Clients, Entry) error
	// inject breaks. It returns when the fault is in place. No call of its own may
	// still be on its way to AWS then.
	inject func(context.Context, *awsapi.Clients, Entry) error
	// mend undoes what mark and inject did, or began to do. It returns when all that AWS
	// was asked for is done; the targets may still be on their way to health.
	mend func(context.Context, *awsapi.Clients, Entry) error
}

func scenarioOf(name string) (scenario, error) {
	switch name {
	case Instance:
		return instanceScenario(), nil
	case Process:
		return processScenario(), nil
	case Zone:
		return zoneScenario(), nil
	case Drain:
		return drainScenario(), nil
	}
	return scenario{}, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(Scenarios(), ", "))
}

// markVictims is the mark of a scenario that breaks instances.
func markVictims(ctx context.Context, c *awsapi.Clients, e Entry) error {
	return markAs(ctx, c, e.mark(""), e.instances()...)
}

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
	Seed  uint64
}

// Check says what is wrong with a choice, whatever the platform: a WrongChoice.
func (c Choice) Check() error {
	if _, err := scenarioOf(c.Scenario); err != nil {
		return &WrongChoice{err.Error()}
	}
	if !slices.Contains(Scopes(), c.Scope) {
		return wrong("there is no scope %q; there are %s", c.Scope, strings.Join(Scopes(), " and "))
	}
	if c.Scope != ScopeTargets && c.Scenario != Zone {
		return wrong("the scope %q is for the scenario %s alone", c.Scope, Zone)
	}
	if c.Instance != "" && c.Scenario == Zone {
		return wrong("the scenario %s breaks a whole zone: choose it by its name, not by an instance", Zone)
	}
	return nil
}

// victims are the targets that the choice breaks. The same seed chooses the same
// ones of the same targets.
func (c Choice) victims(targets []loadbalancing.Target) ([]loadbalancing.Target, error) {
	if len(targets) == 0 {
		return nil, &Unsteady{[]string{"no target is registered"}}
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
	if c.Scenario == Zone {
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
