package preflight

import (
	"context"
	"fmt"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// Protection is what the configuration and the command say of a platform's protection.
type Protection struct {
	// On is the configuration's `protect`.
	On bool
	// Lifted says that the command has --unprotect.
	Lifted bool
	// Command is the command that would lift it, such as "platformctl down --unprotect".
	Command string
}

// Protect is how `protect: true` is named among the protections.
const Protect = "protect: true"

// refuses says whether the configuration forbids what needs --unprotect.
func (p Protection) refuses() bool { return p.On && !p.Lifted }

// lifts says whether a protection that was found is taken off, and so blocks nothing.
func (p Protection) lifts(b resource.Blocker) bool { return p.Lifted && (b.Configured || p.On) }

// Whole refuses what ends or leaves a platform as a whole. The error is a *Blocked, or nil where the platform isn't protected.
func (p Protection) Whole(platform, note string) error {
	if !p.refuses() {
		return nil
	}
	return &Blocked{[]resource.Blocker{{Type: "platform", ID: platform, Notes: []string{note}, Protection: Protect, Lift: p.Command}}}
}

// Replacing refuses a plan that replaces what is protected, as plan.Replacing has it. The error is a *Blocked, or nil.
func (p Protection) Replacing(of *plan.Plan) error {
	steps := of.Replacing()
	if !p.refuses() || len(steps) == 0 {
		return nil
	}
	blockers := make([]resource.Blocker, len(steps))
	for i, step := range steps {
		blockers[i] = resource.Blocker{Type: step.Key.Kind, ID: step.ID(), Name: step.Object.Tags[awsapi.TagName], Protection: Protect, Lift: p.Command}
	}
	return &Blocked{blockers}
}

// Unprotect takes off the protection of what a plan deletes, where --unprotect says so and the configuration had asked for the
// protection. It comes after Removable, which names all that it doesn't take off, and just before the first change. Killed, it
// leaves a platform that the same command goes on with, and that `up` protects again.
func Unprotect(ctx context.Context, r Removal) error {
	if !r.Protection.Lifted {
		return nil
	}
	deleted := byKind(r.deletions())
	for _, kind := range r.Kinds {
		if objects := deleted[kind.Name]; kind.Unprotect != nil && len(objects) > 0 {
			if err := kind.Unprotect(ctx, r.Clients, objects); err != nil {
				return err
			}
		}
	}
	return nil
}

// mostAsked is of how many objects of a kind Protected asks, since AWS answers for each by itself.
const mostAsked = 50

// Protected names which of some objects AWS would refuse to end, within the budget. It is for those who look: what isn't
// answered is told.
func Protected(ctx context.Context, c *awsapi.Clients, kinds []resource.Handler, objects []resource.Object, teller Teller) []resource.Blocker {
	round := &removal{Removal: Removal{Clients: c}, advice: newAdvice(ctx, 0, teller)}
	there := map[string][]resource.Object{}
	for _, object := range objects {
		if object.Status.Phase == resource.Ready || object.Status.Phase == resource.Pending {
			there[object.Key.Kind] = append(there[object.Key.Kind], object)
		}
	}
	for _, kind := range kinds {
		of := there[kind.Name]
		if kind.Protected == nil || len(of) == 0 {
			continue
		}
		if len(of) > mostAsked {
			teller.detail(fmt.Sprintf("%d of %d objects of the kind %s are asked whether they are protected", mostAsked, len(of), kind.Name))
			of = of[:mostAsked]
		}
		round.ask("whether a "+kind.Name+" is protected", func(ctx context.Context) error {
			found, err := kind.Protected(ctx, c, of)
			round.found(found...)
			return err
		})
	}
	round.wait()
	return round.inOrder()
}
