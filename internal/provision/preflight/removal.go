package preflight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// Removal is what a plan ends: what it deletes, and what it replaces.
type Removal struct {
	// Clients are the observation's, as Subject's.
	Clients *awsapi.Clients
	Owner   awsapi.Owner
	Kinds   []resource.Handler
	Plan    *plan.Plan
	// Observed are all objects that the owner has, also those that stay.
	Observed []resource.Object
	// Whole says that all goes: then records of objects that no list returned are asked about,
	// too.
	Whole bool
	// Permissions says whether to ask what the caller may do.
	Permissions bool
	// Protection is the platform's own.
	Protection Protection
	// Budget is as Subject's.
	Budget time.Duration
}

// deletions are what the plan deletes by a call of its own, and that isn't going already.
func (r Removal) deletions() []*plan.Step {
	return slices.DeleteFunc(slices.Clone(r.Plan.Steps), func(s *plan.Step) bool {
		return s.Action != plan.Delete || s.Object == nil || s.Container != nil ||
			s.Object.Status.Phase == resource.Deleting || s.Object.Status.Phase == resource.Gone
	})
}

// set is the deletion set that the kinds are asked about.
func (r Removal) set() resource.DeletionSet {
	var set resource.DeletionSet
	for _, step := range r.Plan.Steps {
		if step.Action == plan.Delete && step.Object != nil {
			set.Objects = append(set.Objects, *step.Object)
		}
	}
	if r.Whole {
		set.Objects, set.Missing = r.Observed, r.Plan.Forget
	}
	return set
}

// Removable asks, all at once, whether AWS would refuse anything that a plan deletes: what
// is protected, what of somebody else's is in the way, and what the caller may not delete.
// It makes no call where nothing ends, and changes nothing. The error is a *Blocked, or that
// of a question whose answer must be known.
//
// Nothing begins where the caller may not ask what is protected or in the way: AWS would
// refuse it midway.
func Removable(ctx context.Context, r Removal, teller Teller) error {
	set := r.set()
	if len(set.Objects) == 0 && len(set.Missing) == 0 {
		return nil
	}
	round := &removal{Removal: r, advice: newAdvice(ctx, r.Budget, teller)}
	for _, kind := range r.Kinds {
		if kind.Foreign != nil {
			round.askLong(ctx, "whether a foreign "+kind.Name+" is in the way", func(ctx context.Context) error {
				found, err := kind.Foreign(ctx, r.Clients, set)
				round.found(inTheWay(r, set, found)...)
				if awsapi.CauseOf(err) == awsapi.Permission {
					round.found(untold(kind.Name, "what else is in the way", err))
					return nil
				}
				return err
			})
		}
	}
	deletions := r.deletions()
	deleted := byKind(deletions)
	for _, kind := range r.Kinds {
		if objects := deleted[kind.Name]; kind.Protected != nil && len(objects) > 0 {
			round.must(kind.Name, "whether one is protected", func() error {
				found, err := kind.Protected(ctx, r.Clients, objects)
				for i := range found {
					if found[i].Configured && r.Protection.Command != "" {
						found[i].Lift = r.Protection.Command
					}
				}
				round.found(slices.DeleteFunc(found, func(b resource.Blocker) bool { return kind.Unprotect != nil && r.Protection.lifts(b) })...)
				return err
			})
		}
	}
	if r.Permissions {
		round.askPermissions(ctx, deletions)
	}
	round.wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if round.failed != nil {
		return round.failed
	}
	if blockers := round.inOrder(); len(blockers) > 0 {
		return &Blocked{blockers}
	}
	return nil
}

// byKind are the objects that are deleted, by kind.
func byKind(steps []*plan.Step) map[string][]resource.Object {
	objects := map[string][]resource.Object{}
	for _, step := range steps {
		objects[step.Key.Kind] = append(objects[step.Key.Kind], *step.Object)
	}
	return objects
}

// removal is one round of questions about what a plan ends.
type removal struct {
	Removal
	*advice

	mu       sync.Mutex
	blockers []resource.Blocker
	failed   error
}

// untold is what the caller may not ask about a kind, as a blocker.
func untold(kind, question string, err error) resource.Blocker {
	return resource.Blocker{
		Type: kind, ID: "any", Protection: "the caller may not ask " + question + ": " + awsapi.Text(err),
		Lift: "allow it; docs/aws.md names the policies that have all permissions",
	}
}

// must asks without a budget a question about a kind without whose answer nothing begins, unless the endpoint
// doesn't know it. The question is such as "whether one is protected".
func (r *removal) must(kind, question string, ask func() error) {
	r.all.Go(func() {
		err := ask()
		if err == nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case awsapi.CauseOf(err) == awsapi.Permission:
			r.blockers = append(r.blockers, untold(kind, question, err))
		case awsapi.IsUnknownOperation(err):
			r.teller.detail("can't tell of " + kind + " " + question + ": " + awsapi.Text(err))
		default:
			r.failed = cmp.Or(r.failed, fmt.Errorf("ask of %s %s: %w", kind, question, err))
		}
	})
}

func (r *removal) found(blockers ...resource.Blocker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blockers = append(r.blockers, blockers...)
}

// inOrder are the blockers, each once: first what is in the way, by its type and ID, then the
// platform's own.
func (r *removal) inOrder() []resource.Blocker {
	slices.SortStableFunc(r.blockers, func(a, b resource.Blocker) int {
		own := func(b resource.Blocker) int { return min(len(b.Protection), 1) }
		return cmp.Or(own(a)-own(b), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Protection, b.Protection))
	})
	return slices.CompactFunc(r.blockers, func(a, b resource.Blocker) bool {
		return a.Handle() == b.Handle() && a.Protection == b.Protection
	})
}

// inTheWay are the blockers that the plan will not get rid of.
func inTheWay(r Removal, set resource.DeletionSet, found []resource.Blocker) []resource.Blocker {
	own := map[string]bool{}
	for _, object := range slices.Concat(set.Objects, r.Observed) {
		own[object.Handle()] = true
	}
	var left []resource.Blocker
	for _, b := range found {
		// What has the owner's tags, and was not listed yet, the next look finds.
		if b.Transient || own[b.Handle()] || b.Platform == r.Owner.Platform {
			continue
		}
		for _, record := range set.Missing {
			if record.Handle() == b.Handle() {
				b = r.ownUntagged(record, b)
				break
			}
		}
		left = append(left, b)
	}
	return left
}

// askPermissions asks whether the caller may delete: EC2 itself, by a dry run of one object of
// each kind, and IAM for the rest. Both are only advice.
func (r *removal) askPermissions(ctx context.Context, deletions []*plan.Step) {
	deletions = slices.DeleteFunc(slices.Clone(deletions), func(s *plan.Step) bool { return len(s.Handler.Actions.Delete) == 0 })
	if len(deletions) == 0 {
		return
	}
	caller, err := r.Clients.Caller(ctx) // known since the account was bound
	if err != nil {
		return
	}
	asked, simulated := map[string]bool{}, needs{}
	for _, step := range deletions {
		for _, action := range step.Handler.Actions.Delete {
			try := step.Handler.DryRun[action]
			switch {
			case asked[action]:
			case try != nil && r.Clients.DryRuns:
				asked[action] = true
				r.ask("whether the caller may "+action, func(ctx context.Context) error {
					return r.tried(step, action, caller, try(ctx, r.Clients, *step.Object))
				})
			default:
				simulated.add(r.resourceOf(step, caller.Account), step, action)
			}
		}
	}
	for on, steps := range simulated {
		r.ask("permissions on "+on, func(ctx context.Context) error {
			results, err := simulation{r.Clients, r.Owner, caller}.run(ctx, on, slices.Sorted(maps.Keys(steps)))
			for _, result := range results {
				step := steps[aws.ToString(result.EvalActionName)]
				explicit := result.EvalDecision == types.PolicyEvaluationDecisionTypeExplicitDeny
				// A policy that allows it for the platform's own objects alone doesn't for any.
				if denies(result) && step != nil && (explicit || on != anything) {
					r.lacking(step, aws.ToString(result.EvalActionName), caller, explicit)
				}
			}
			return err
		})
	}
}

// resourceOf is the ARN of a step's object, as far as it is known.
func (r *removal) resourceOf(step *plan.Step, account string) string {
	switch on := step.Handler.Actions.On; {
	case on != nil:
		return on(r.Owner, account)
	case strings.HasPrefix(step.ID(), "arn:"):
		return step.ID()
	}
	return anything
}

// tried reads what a dry run ended in. That it is refused for anything but the lack of a
// permission says nothing: what is in the way now goes before.
func (r *removal) tried(step *plan.Step, action string, caller awsapi.Caller, err error) error {
	if awsapi.CauseOf(err) == awsapi.Permission {
		var denied *awsapi.Denied
		r.lacking(step, action, caller, errors.As(err, &denied) && denied.Explicit)
		return nil
	}
	if awsapi.Code(err) != "" {
		return nil
	}
	return err
}

func (r *removal) lacking(step *plan.Step, action string, caller awsapi.Caller, explicit bool) {
	problem, hint := lacks(caller.ARN, action, explicit)
	r.found(resource.Blocker{Type: step.Key.Kind, ID: step.ID(), Name: step.Object.Tags[awsapi.TagName], Protection: problem, Lift: hint})
}
