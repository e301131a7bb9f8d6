// Package teardown takes a platform down: the plan for an empty blueprint,
// applied, and then a fresh look that proves that nothing is left. It decides
// nothing about order; that comes from the records and from the kinds.
package teardown

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// Plan looks at what the owner has and plans to delete it all. Where something
// that isn't the owner's stands in the way, or AWS would refuse a deletion, it ends with a
// *preflight.Blocked.
//
// first, where it is given, is shown what is there before anything is planned.
// When it says that it changed something, all is read again. A protection of the platform's
// own that isn't lifted gives a *preflight.Blocked before that, where anything is there.
func Plan(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, kinds []resource.Handler, store *state.Store, protection preflight.Protection, first First, tell func(string)) (*plan.Plan, error) {
	kinds = resource.WithBasicLists(kinds)
	var observed *observe.Observation
	look := func(ctx context.Context) (err error) {
		observed, err = observe.Consistent(ctx, c, owner, kinds, store.Document(), observe.ForDown, tell)
		return err
	}
	if err := provision.LookAsAccount(ctx, c, store, look); err != nil {
		return nil, err
	}
	if left := len(observed.Remaining()); left > 0 {
		if err := protection.Whole(owner.Platform, fmt.Sprintf("%d objects", left)); err != nil {
			return nil, err
		}
	}
	if first != nil {
		changed, err := first(ctx, observed.Objects)
		if err == nil && changed {
			err = look(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
	var deletions *plan.Plan
	began, told := time.Now(), false
	err := observe.Poll(ctx, func() (last bool, err error) {
		if told {
			if err := look(ctx); err != nil {
				return false, err
			}
		}
		deletions = plan.Make(&resource.Graph{}, kinds, owner, observed, store.Document())
		err = preflight.Removable(ctx, preflight.Removal{
			Clients: observed.Clients(), Owner: owner, Kinds: kinds, Plan: deletions, Observed: observed.Objects, Whole: true, Permissions: true, Protection: protection,
		}, preflight.Teller{Detail: tell, Say: tell})
		var blocked *preflight.Blocked
		if !errors.As(err, &blocked) || !blocked.Foreign() || !observe.MayBeUnlisted(store.Document()) || time.Since(began) >= observe.VisibleAfter {
			return true, err
		}
		// What is in the way may belong to something of the owner's that AWS has
		// made a moment ago, and not listed.
		if !told {
			told = true
			tell("waiting for AWS to list what was asked for a moment ago, which may own what is in the way")
		}
		return false, nil
	})
	return deletions, err
}

// Unprotect takes off what the configuration had protected of what a plan deletes: see preflight.Unprotect.
func Unprotect(ctx context.Context, c *awsapi.Clients, kinds []resource.Handler, deletions *plan.Plan, protection preflight.Protection) error {
	return preflight.Unprotect(ctx, preflight.Removal{Clients: c, Kinds: kinds, Plan: deletions, Protection: protection})
}

// First is something to do before a teardown, such as restoring a drill.
type First func(context.Context, []resource.Object) (changed bool, err error)

// Remaining is the error of a teardown after which something is left.
type Remaining struct{ Objects []resource.Object }

// Error names what is left.
func (e *Remaining) Error() string {
	var names []string
	for _, o := range e.Objects {
		names = append(names, fmt.Sprintf("%s (%s)", o.Key, o.ID))
	}
	return "still there after the teardown: " + strings.Join(names, ", ")
}

// replans is how many plans more are made when AWS lists late what is to go, a
// second from one to the next.
const replans = int(observe.VisibleAfter / time.Second)

// Apply deletes what the plan names, proves by a fresh look that nothing is
// left, and only then drops the state.
func Apply(ctx context.Context, run *apply.Run, kinds []resource.Handler, deletions *plan.Plan) (*apply.Result, error) {
	kinds = resource.WithBasicLists(kinds)
	replanning := *run
	replanning.Replans = true
	result, failed := replanning.Apply(ctx, deletions)
	plans := []*plan.Plan{deletions}
	err := observe.Poll(ctx, func() (last bool, err error) {
		var stale *apply.StalePlan
		if !errors.As(failed, &stale) || len(plans) > replans {
			return true, nil
		}
		observed, err := observe.All(ctx, run.Clients, run.Owner, kinds)
		if err != nil {
			return false, err
		}
		doc := run.Store.Document()
		next := plan.Make(&resource.Graph{}, kinds, run.Owner, observed.Identify(doc.Records), doc)
		next.Forget = nil // a list may not have yet what the one before had
		plans = append(plans, next)
		before := result
		result, failed = replanning.Apply(ctx, next)
		result.Deleted += before.Deleted
		result.Duration += before.Duration
		return false, nil
	})
	if err != nil {
		return result, err
	}
	if failed != nil {
		return result, failed
	}
	if err := proveEmpty(ctx, run, kinds, plans); err != nil {
		return result, err
	}
	return result, run.Store.Clear()
}

// proofTimeout is how long a list may show what this run deleted.
const proofTimeout = time.Minute

// proveEmpty looks until nothing is left. What this run deleted may be listed for
// a while, and for less long what an earlier one did.
func proveEmpty(ctx context.Context, run *apply.Run, kinds []resource.Handler, plans []*plan.Plan) error {
	deleted := map[string]bool{}
	for _, p := range plans {
		for _, step := range p.Steps {
			deleted[step.ID()] = true
		}
		for _, record := range p.Forget { // by an earlier run
			deleted[record.ID] = true
		}
	}
	began := time.Now()
	return observe.Poll(ctx, func() (last bool, err error) {
		observed, err := observe.All(ctx, run.Clients, run.Owner, kinds)
		if err != nil {
			return false, fmt.Errorf("prove that nothing is left: %w", err)
		}
		left := observed.Remaining()
		if len(left) == 0 {
			return !unlisted(run.Store.Document()) || time.Since(began) >= observe.VisibleAfter, nil
		}
		timeout := proofTimeout
		if slices.ContainsFunc(left, func(o resource.Object) bool { return !deleted[o.ID] }) {
			// It may be what an earlier run deleted, which nothing is on record of.
			timeout = observe.VisibleAfter
		}
		if time.Since(began) >= timeout {
			return false, &Remaining{left}
		}
		return false, nil
	})
}

// unlisted says whether something is on record that was made a moment ago and that
// nobody has deleted, so that a list may not have it yet.
func unlisted(doc state.Document) bool {
	return slices.ContainsFunc(doc.Records, func(r resource.Record) bool {
		return !r.Deleting && time.Since(r.Since) < observe.VisibleAfter
	})
}
