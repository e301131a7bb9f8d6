// Package teardown takes a platform down: the plan for an empty blueprint,
// applied, and then a fresh look that proves that nothing is left. It decides
// nothing about order; that comes from the records and from the kinds.
package teardown

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// Plan looks at what the owner has and plans to delete it all. Where something
// that isn't the owner's stands in the way, it ends with a *Blocked.
func Plan(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, kinds []resource.Handler, store *state.Store, tell func(string)) (*provision.Plan, error) {
	var observed *provision.Observation
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		observed, err = provision.Settled(together, c, owner, kinds, store.Document(), provision.ForDown, tell)
		return err
	})
	group.Go(func() error { return provision.BindAccount(together, c, store) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	plan := provision.MakePlan(&resource.Graph{}, kinds, owner, observed, store.Document())
	doomed := resource.Doomed{Objects: observed.Objects, Missing: plan.Forget}
	return plan, unblocked(ctx, c, owner, kinds, doomed, tell)
}

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

// Apply deletes what the plan names, proves by a fresh look that nothing is
// left, and only then drops the state.
func Apply(ctx context.Context, run *provision.Run, kinds []resource.Handler, plan *provision.Plan) (*provision.Result, error) {
	result, err := run.Apply(ctx, plan)
	if err != nil {
		return result, err
	}
	observed, err := provision.Observe(ctx, run.Clients, run.Owner, kinds)
	if err != nil {
		return result, fmt.Errorf("prove that nothing is left: %w", err)
	}
	if left := observed.Remaining(); len(left) > 0 {
		return result, &Remaining{left}
	}
	return result, run.Store.Clear()
}
