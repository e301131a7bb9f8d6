package fault

import (
	"context"
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
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

// Scenario is one way to break something and to restore it. Its functions go by the
// entry alone, and can be repeated: what is done already is no error.
type Scenario struct {
	Effect predict.Effect
	// Prepare adds to the entry what restoring will need. It only reads, and
	// refuses where the fault could not be injected.
	Prepare func(context.Context, *awsapi.Clients, *Entry) error
	// Mark puts the tags on what will be broken, by which it can be restored without
	// the journal.
	Mark func(context.Context, *awsapi.Clients, Entry) error
	// Inject breaks. It returns when the fault is in place. No call of its own may
	// still be on its way to AWS then.
	Inject func(context.Context, *awsapi.Clients, Entry) error
	// Restore takes back what Mark and Inject did, or began to do. It returns when all that AWS
	// was asked for is done; the targets may still be on their way to health.
	Restore func(context.Context, *awsapi.Clients, Entry) error
}

// ScenarioOf is the scenario with a name; an error where there is none.
func ScenarioOf(name string) (Scenario, error) {
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
	return Scenario{}, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(Scenarios(), ", "))
}

// Of is the scenario of an entry, with what the victims' Auto Scaling group does about it.
func Of(e Entry) (Scenario, error) {
	s, err := ScenarioOf(e.Scenario)
	if err != nil || e.Group == "" {
		return s, err
	}
	return grouped(s, e), nil
}

// markVictims is the mark of a scenario that breaks instances.
func markVictims(ctx context.Context, c *awsapi.Clients, e Entry) error {
	return markAs(ctx, c, e.mark(""), e.Instances()...)
}

// Unsteady is why a drill was not begun. Nothing was broken.
type Unsteady struct {
	Reasons []string
	// Drifted says that the platform differs from its configuration, which up repairs.
	Drifted bool
}

func (e *Unsteady) Error() string {
	return "the platform is not in a steady state: " + strings.Join(e.Reasons, "; ")
}
