package provision

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// View is a platform as it should be, as it is, and the difference.
type View struct {
	Config config.Config
	// Zones are those that must serve: each has an instance.
	Zones    []string
	Owner    awsapi.Owner
	Graph    *resource.Graph
	Observed *Observation
	Plan     *Plan
}

// OwnerOf is the owner of all that a configuration describes.
func OwnerOf(cfg config.Config) awsapi.Owner {
	return awsapi.Owner{Platform: cfg.Name, Region: cfg.Region, Tags: cfg.Tags}
}

// Look reads all that there is and plans what should be. It changes nothing.
func Look(ctx context.Context, c *awsapi.Clients, cfg config.Config, store *state.Store) (*View, error) {
	return look(ctx, c, cfg, store, Observe)
}

// LookAgain is Look before a change: it waits for what an earlier run made, or
// asked to be deleted, a moment ago and AWS doesn't show yet.
func LookAgain(ctx context.Context, c *awsapi.Clients, cfg config.Config, store *state.Store, tell func(string)) (*View, error) {
	settled := func(ctx context.Context, c *awsapi.Clients, o awsapi.Owner, kinds []resource.Handler) (*Observation, error) {
		return Settled(ctx, c, o, kinds, store.Document(), ForUp, tell)
	}
	began := time.Now()
	var view *View
	err := Until(ctx, func() (last bool, err error) {
		if view, err = look(ctx, c, cfg, store, settled); err != nil {
			return false, err
		}
		key, ok := view.Plan.maybeGoing()
		if !ok || time.Since(began) >= VisibleAfter {
			return true, nil
		}
		tell(fmt.Sprintf("waiting up to %s for AWS to show whether %s goes, which was to be deleted a moment ago", VisibleAfter, key))
		return false, nil
	})
	if err != nil || view.Plan.Count(Create)+view.Plan.Count(Replace) == 0 || !withoutState(store.Document(), view.Observed) {
		return view, err
	}
	// The state of this platform was lost. What it would be asked to make may
	// have been made a moment ago, and not be listed yet.
	return look(ctx, c, cfg, store, func(ctx context.Context, c *awsapi.Clients, o awsapi.Owner, kinds []resource.Handler) (*Observation, error) {
		doc := store.Document()
		doc.UnknownUntil = time.Now()
		return Settled(ctx, c, o, kinds, doc, ForUp, tell)
	})
}

type observing func(context.Context, *awsapi.Clients, awsapi.Owner, []resource.Handler) (*Observation, error)

func look(ctx context.Context, c *awsapi.Clients, cfg config.Config, store *state.Store, observing observing) (*View, error) {
	view := &View{Config: cfg, Owner: OwnerOf(cfg)}
	kinds := blueprint.Kinds()
	var zones []string
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		view.Observed, err = observing(together, c, view.Owner, kinds)
		return err
	})
	group.Go(func() error { return BindAccount(together, c, store) })
	group.Go(func() (err error) {
		zones, err = blueprint.AvailableZones(together, c)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	facts, err := blueprint.Discover(ctx, c, cfg, zones, view.Observed.Objects)
	if err != nil {
		return nil, err
	}
	if view.Graph, err = blueprint.Build(cfg, facts); err != nil {
		return nil, err
	}
	view.Zones = blueprint.ServingZones(cfg, facts.Zones)
	view.Plan = MakePlan(view.Graph, kinds, view.Owner, view.Observed, store.Document())
	return view, nil
}

// BindAccount asks whose credentials these are, once a run, and refuses a state
// of another account.
func BindAccount(ctx context.Context, c *awsapi.Clients, store *state.Store) error {
	if store.Bound() {
		return nil
	}
	caller, err := c.Caller(ctx)
	if err != nil {
		return fmt.Errorf("ask AWS whose credentials these are: %w", err)
	}
	return store.BindAccount(caller.Account)
}
