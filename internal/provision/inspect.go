// Package provision holds the verbs of a platform: inspect it, and inspect it before
// a change. What they are made of is below: observe lists what is there, plan
// compares it with what should be, preflight asks whether AWS would allow that,
// apply does it, and verify fetches the page as a user would. Each of them knows
// only those before it, and no kind of AWS object by name but verify.
package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/dns"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// View is a platform as it should be, as it is, and the difference.
type View struct {
	Config config.Config
	// Zones are those that must serve: each has an instance.
	Zones []string
	// Spanned are those that the platform's network has a part in.
	Spanned []string
	// Available are all zones of the region.
	Available []string
	// Uneven says which zones have no instance though the platform spans them, or why the others couldn't do without one; "" for neither.
	Uneven   string
	Owner    awsapi.Owner
	Graph    *resource.Graph
	Observed *observe.Observation
	Plan     *plan.Plan
}

// Preflight asks AWS whether a view's plan can be carried out: see preflight.Check, which is
// left out where advice is false, and preflight.Removable, with the platform's protection.
func Preflight(ctx context.Context, view *View, advice bool, protection preflight.Protection, teller preflight.Teller) error {
	var making error
	var asking sync.WaitGroup
	if domain := &view.Owner.Domain; advice && domain.Zone != "" {
		// What isn't known is left out of the question about permissions.
		domain.ZoneID, _ = dns.ZoneID(ctx, view.Observed.Clients(), domain.Zone)
	}
	if advice {
		asking.Go(func() {
			making = preflight.Check(ctx, preflight.Subject{
				Clients: view.Observed.Clients(), Owner: view.Owner, Graph: view.Graph, Plan: view.Plan, Kinds: blueprint.Kinds(),
			}, teller)
		})
	}
	removal := view.removal(protection)
	removal.Permissions = advice
	ending := preflight.Removable(ctx, removal, teller)
	asking.Wait()
	return errors.Join(ending, making)
}

// Unknowable refuses a view's plan while what is the platform's own has lost the tag that says so: see preflight.Unknowable.
func (v *View) Unknowable() error { return preflight.Unknowable(v.Observed.Untagged) }

// Refusals are why up would not begin with a view's plan: what AWS would refuse of what it ends, and what has lost its tag.
// Nothing is changed, and nobody's permissions are asked about.
func Refusals(ctx context.Context, view *View, protection preflight.Protection, teller preflight.Teller) ([]resource.Blocker, error) {
	err := view.Unknowable()
	if err == nil && view.Plan.Pending() {
		err = Preflight(ctx, view, false, protection, teller)
	}
	var blocked *preflight.Blocked
	if errors.As(err, &blocked) {
		return blocked.Blockers, nil
	}
	return nil, err
}

// Unprotect takes off what the configuration had protected of what a view's plan deletes: see preflight.Unprotect.
func Unprotect(ctx context.Context, view *View, protection preflight.Protection) error {
	return preflight.Unprotect(ctx, view.removal(protection))
}

func (v *View) removal(protection preflight.Protection) preflight.Removal {
	return preflight.Removal{
		Clients: v.Observed.Clients(), Owner: v.Owner, Kinds: blueprint.Kinds(), Plan: v.Plan,
		Observed: v.Observed.Objects, Protection: protection,
	}
}

// ZoneRefused is the error of an object that AWS can't make in its zone, and the zones that
// would do.
type ZoneRefused struct {
	Zone   string
	Others []string
	Err    error
}

// Error is AWS's refusal.
func (e *ZoneRefused) Error() string { return e.Err.Error() }

// Unwrap is AWS's refusal.
func (e *ZoneRefused) Unwrap() error { return e.Err }

// ExplainZone adds to an apply's error the zones that would do, where AWS refused one.
func ExplainZone(view *View, store *state.Store, err error) error {
	refused := blueprint.RefusedZones(store.Document().Records, view.Available)
	if awsapi.CauseOf(err) != awsapi.Zone || len(refused) == 0 {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(view.Available), func(zone string) bool { return slices.Contains(refused, zone) })
	return &ZoneRefused{Zone: strings.Join(refused, ", "), Others: others, Err: err}
}

// OwnerOf is the owner of all that a configuration describes, and of what the state has: names that the platform was served under.
func OwnerOf(cfg config.Config, doc state.Document) awsapi.Owner {
	owner := awsapi.Owner{Platform: cfg.Name, Region: cfg.Region, Tags: cfg.Tags}
	if https := cfg.LoadBalancer.HTTPS; https.On() {
		owner.Domain = awsapi.Domain{Look: true, Names: https.Names(), Zone: https.HostedZone}
	}
	owner.AutoScaling = cfg.Web.AutoScaling.On()
	owner.Bucket = cfg.Logs.On() || cfg.Web.Site != ""
	owner.Monitoring, owner.Notify = cfg.Monitoring.On(), cfg.Monitoring.Notify
	kinds, groups, buckets, alarms := blueprint.NamesKinds(), blueprint.GroupKinds(), blueprint.BucketKinds(), blueprint.MonitoringKinds()
	for _, record := range doc.Records {
		owner.Monitoring = owner.Monitoring || slices.Contains(alarms, record.Key.Kind)
		owner.Bucket = owner.Bucket || slices.Contains(buckets, record.Key.Kind)
		owner.AutoScaling = owner.AutoScaling || slices.Contains(groups, record.Key.Kind)
		if slices.Contains(kinds, record.Key.Kind) {
			owner.Domain.Look = true
			owner.Domain.Records = append(owner.Domain.Records, record.ID)
		}
	}
	return owner
}

// Inspect reads all that there is and plans what should be. It changes nothing.
func Inspect(ctx context.Context, c *awsapi.Clients, cfg config.Config, store *state.Store) (*View, error) {
	return inspect(ctx, c, cfg, store, observe.All)
}

// InspectBeforeChange is Inspect before a change: it waits for what an earlier run made, or
// asked to be deleted, a moment ago and AWS doesn't show yet.
func InspectBeforeChange(ctx context.Context, c *awsapi.Clients, cfg config.Config, store *state.Store, tell func(string)) (*View, error) {
	consistent := func(ctx context.Context, c *awsapi.Clients, o awsapi.Owner, kinds []resource.Handler) (*observe.Observation, error) {
		return observe.Consistent(ctx, c, o, kinds, store.Document(), observe.ForUp, tell)
	}
	began := time.Now()
	var view *View
	err := observe.Poll(ctx, func() (last bool, err error) {
		if view, err = inspect(ctx, c, cfg, store, consistent); err != nil {
			return false, err
		}
		key, ok := view.Plan.MaybeGoing()
		if !ok || time.Since(began) >= observe.VisibleAfter {
			return true, nil
		}
		tell(fmt.Sprintf("waiting up to %s for AWS to show whether %s goes, which was to be deleted a moment ago", observe.VisibleAfter, key))
		return false, nil
	})
	if err != nil || view.Plan.Count(plan.Create)+view.Plan.Count(plan.Replace) == 0 || !observe.StateLost(store.Document(), view.Observed) {
		return view, err
	}
	// The state of this platform was lost. What it would be asked to make may
	// have been made a moment ago, and not be listed yet.
	return inspect(ctx, c, cfg, store, func(ctx context.Context, c *awsapi.Clients, o awsapi.Owner, kinds []resource.Handler) (*observe.Observation, error) {
		doc := store.Document()
		doc.UnknownUntil = time.Now()
		return observe.Consistent(ctx, c, o, kinds, doc, observe.ForUp, tell)
	})
}

type observing func(context.Context, *awsapi.Clients, awsapi.Owner, []resource.Handler) (*observe.Observation, error)

func inspect(ctx context.Context, c *awsapi.Clients, cfg config.Config, store *state.Store, observing observing) (*View, error) {
	view := &View{Config: cfg, Owner: OwnerOf(cfg, store.Document())}
	kinds := blueprint.Kinds()
	var zones []string
	err := LookAsAccount(ctx, c, store, func(ctx context.Context) (err error) {
		view.Observed, err = observing(ctx, c, view.Owner, kinds)
		if err == nil && !view.Owner.Domain.Look && loadbalancing.HasTLS(view.Observed.Objects) {
			// The state was lost, and with it what the certificate and the records are known by.
			view.Owner.Domain.Look, view.Owner.Domain.Lost = true, true
			view.Observed, err = observing(ctx, c, view.Owner, kinds)
		}
		if err == nil {
			view.Observed = view.Observed.Identify(store.Document().Records)
		}
		return err
	}, func(ctx context.Context) (err error) {
		zones, err = blueprint.AvailableZones(ctx, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	facts, err := blueprint.Discover(ctx, c, cfg, zones, view.Observed.Objects, store.Document().Records)
	if err != nil {
		return nil, err
	}
	if view.Graph, err = blueprint.Build(cfg, facts); err != nil {
		return nil, err
	}
	view.Available, view.Uneven = zones, blueprint.Uneven(cfg, facts.Zones)
	for _, zone := range facts.Zones {
		view.Spanned = append(view.Spanned, zone.Name)
	}
	view.Zones = blueprint.ServingZones(cfg, facts.Zones)
	doc := store.Document()
	view.Plan = plan.Make(view.Graph, kinds, view.Owner, view.Observed, doc)
	if view.Observed.Untagged, err = preflight.Untagged(ctx, view.removal(preflight.Protection{}), preflight.Teller{}); err != nil {
		return nil, err
	}
	if len(view.Observed.Untagged) > 0 {
		view.Plan = plan.Make(view.Graph, kinds, view.Owner, view.Observed, doc)
	}
	explain(view, doc, zones, facts)
	return view, refuse(ctx, view)
}

// refuse asks for what a view's plan would make whether there is a place for it, and says in the plan where there isn't.
func refuse(ctx context.Context, view *View) error {
	for _, kind := range blueprint.Kinds() {
		if kind.Unplaceable == nil {
			continue
		}
		steps := map[resource.Key]*plan.Step{}
		var creations []resource.Creation
		for _, step := range view.Plan.Steps {
			if step.Key.Kind == kind.Name && step.Action == plan.Create {
				steps[step.Key], creations = step, append(creations, resource.Creation{Node: step.Node, Generation: step.Generation})
			}
		}
		if len(creations) == 0 {
			continue
		}
		problems, err := kind.Unplaceable(ctx, view.Observed.Clients(), view.Owner, creations)
		if err != nil {
			return fmt.Errorf("ask whether each new %s has a place: %w", kind.Name, err)
		}
		for _, problem := range problems {
			if step := steps[problem.Key]; step != nil {
				step.Refused, step.Reasons = &problem, []string{problem.Text}
			}
		}
	}
	return nil
}

// LookAsAccount looks at several things at once, and beside them asks whose credentials
// these are. The error of that comes before all others: it explains them.
func LookAsAccount(ctx context.Context, c *awsapi.Clients, store *state.Store, looks ...func(context.Context) error) error {
	group, together := errgroup.WithContext(ctx)
	var unbound error
	group.Go(func() error {
		unbound = BindAccount(ctx, c, store)
		return unbound
	})
	for _, look := range looks {
		group.Go(func() error { return look(together) })
	}
	err := group.Wait()
	return cmp.Or(unbound, err)
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

// LostTargets is how many targets the state has that aren't there any more: AWS drops a target
// some time after its instance was terminated. Of an Auto Scaling group it is how many it is to have and hasn't.
func (v *View) LostTargets() (lost int) {
	for _, object := range v.Observed.Objects {
		if group, ok := object.Live.(autoscaling.LiveGroup); ok && object.Status.Phase != resource.Deleting && object.Status.Phase != resource.Gone {
			lost += group.Lost()
		}
	}
	for _, step := range v.Plan.Listed() {
		if step.Key.Kind == loadbalancing.RegistrationKind().Name && step.Lost {
			lost++
		}
	}
	return lost
}
