package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/provision/verify"
	"github.com/platformctl/platformctl/internal/resource"
)

type statusOptions struct {
	*Global
	Watch    bool
	Interval time.Duration
	NoProbe  bool
}

// NewStatus is `platformctl status`.
func NewStatus(g *Global) *cobra.Command {
	o := &statusOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is there, whether it is healthy, and whether it drifted",
		Long: `Show what is there, whether it is healthy, and whether it drifted from the
configuration. It changes nothing, but restores a drill that was killed.` + help.Exits(map[int]string{
			exit.OK: "healthy and as configured, or wholly absent; the end of --watch", exit.Failed: "could not find out", exit.WrongUsage: "",
			exit.Unhealthy: "not healthy, or drifted", exit.Interrupted: "interrupted",
		}),
		Example: `  platformctl status
  platformctl status --watch --interval 10s
  platformctl status -o json`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.Watch, "watch", false, "keep it live until interrupted, with requests, errors and response times of the last half hour")
	cmd.Flags().DurationVar(&o.Interval, "interval", 2*time.Second, "with --watch: time between two looks, 1s or more")
	cmd.Flags().BoolVar(&o.NoProbe, "no-probe", false, "judge by the targets' health alone, without fetching the page")
	return cmd
}

// shortestInterval is how soon --watch may look again.
const shortestInterval = time.Second

func runStatus(ctx context.Context, o *statusOptions) error {
	if o.Watch && o.JSON() {
		return exit.Usage{Err: errors.New("--watch is for people: it can't be used with --output json")}
	}
	if o.Watch && o.Interval < shortestInterval {
		return exit.Usage{Err: fmt.Errorf("--interval must be at least %s, got %s: each look is some twenty API calls", shortestInterval, o.Interval)}
	}
	s, err := o.Open(ctx, false)
	if err != nil {
		return err
	}
	defer s.EndEmpty(ctx)
	if o.Watch {
		return watchStatus(ctx, s, o)
	}
	document, err := readBooted(ctx, s, o.NoProbe)
	if err != nil {
		return err
	}
	if err := o.Emit(document, func() { document.Show(o.Present()) }); err != nil {
		return err
	}
	if !allIsWell(document) {
		return exit.Status{Code: exit.Unhealthy}
	}
	return nil
}

// watchStatus shows the status again and again, until it is interrupted.
func watchStatus(ctx context.Context, s *session.Session, o *statusOptions) error {
	watch := report.NewWatch(o.Present(), o.Interval)
	defer watch.Stop()
	seen := &trafficSeen{}
	for {
		document, err := readStatus(ctx, s, o.NoProbe)
		if ctx.Err() != nil {
			return nil // interrupting is how a watch ends
		}
		if err != nil {
			return err
		}
		document.Traffic = seen.read(ctx, s, document, time.Now())
		watch.Show(document, time.Now())
		if o.ReaderLeft() {
			return nil // nobody watches any more
		}
		if err := o.WriteError(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(o.Interval):
		}
	}
}

// allIsWell says whether a status deserves exit code 0. A platform that is not
// there at all is as it should be after a down.
func allIsWell(document report.Status) bool {
	if document.Health == string(blueprint.Absent) {
		return true
	}
	return document.Health == string(blueprint.Healthy) && len(document.Blockers) == 0 &&
		!slices.ContainsFunc(document.Resources, func(r report.Resource) bool { return len(r.Drift) > 0 })
}

// bootWithin is how long instances of a local cloud that was started again may take to boot.
const bootWithin = 10 * time.Second

// readBooted is readStatus, which waits for the instances' first health checks where the local cloud was started again.
func readBooted(ctx context.Context, s *session.Session, noProbe bool) (document report.Status, err error) {
	check := s.Config.LoadBalancer.HealthCheck
	until := s.Began.Add(bootWithin + time.Duration(check.Healthy+1)*check.Interval)
	err = observe.Poll(ctx, func() (bool, error) {
		document, err = readStatus(ctx, s, noProbe)
		waits := s.StartedAgain && (document.Health == string(blueprint.Down) || document.Health == string(blueprint.Degraded))
		return !waits || time.Now().After(until), err
	})
	return document, err
}

func readStatus(ctx context.Context, s *session.Session, noProbe bool) (report.Status, error) {
	view, err := provision.Inspect(ctx, s.Clients, s.Config, s.Store)
	if err != nil {
		return report.Status{}, err
	}
	restored, running, err := s.RestoreUnlocked(ctx, view.Observed.Objects)
	if err == nil && len(restored) > 0 {
		view, err = provision.Inspect(ctx, s.Clients, s.Config, s.Store)
	}
	if err != nil {
		return report.Status{}, err
	}
	objects := view.Observed.Objects
	health := healthOf(view)
	front, err := s.Front(ctx, blueprint.DNSName(objects))
	if err != nil {
		return report.Status{}, err
	}
	var reached verify.Reached
	probe := ""
	if front.Page.URL != "" && !noProbe && health == blueprint.Healthy {
		reached = front.Reach(ctx)
		if probe = reached.Fault(); probe != "" || len(reached.Astray) > 0 {
			health = blueprint.Degraded
		}
	}
	var https *report.HTTPS
	var insecure []verify.Cause
	if health != blueprint.Absent {
		if https, insecure, err = secured(ctx, s, objects); err != nil {
			return report.Status{}, err
		}
	}
	misled := view.Plan.Refused()
	if (len(insecure) > 0 || len(misled) > 0) && health == blueprint.Healthy {
		health = blueprint.Degraded
	}
	document := report.Status{
		Platform: s.Config.Name, Target: string(s.Config.Target), Region: s.Config.Region,
		URL: front.Page.URL, Health: string(health), Probe: probe, Zones: zonesOf(objects),
		Targets: loadbalancing.Targets(objects), Resources: []report.Resource{}, HTTPS: https,
	}
	if document.Drill, err = lastDrill(s, running); err != nil {
		return report.Status{}, err
	}
	var blocked *preflight.Blocked
	if errors.As(view.Unknowable(), &blocked) {
		document.Blockers = report.BlockersOf(blocked.Blockers)
	}
	if health != blueprint.Absent {
		var notes []string
		document.AutoScaling, notes = scaled(ctx, s, view)
		document.Alarms, document.Dashboard = alarmsOf(objects), dashboardOf(s, objects)
		document.Notes = append(document.Notes, unconfirmed(objects)...)
		if !document.Drill.IsOpen() { // which did that itself
			document.Notes = append(document.Notes, notes...)
		}
	}
	for _, step := range misled {
		reached.Astray = slices.DeleteFunc(reached.Astray, func(c verify.Cause) bool { return c.Resource == step.Key.String() })
		insecure = append(insecure, verify.Cause{Resource: step.Key.String(), Message: step.Refused.Text, Hint: step.Refused.Hint})
	}
	document.Problems = problemsOf(view, document, append(insecure, reached.Astray...))
	for i := range document.Problems {
		document.Problems[i].Hint = s.Present().Hint(document.Problems[i].Hint)
	}
	if health != blueprint.Absent {
		document.Empty = slices.DeleteFunc(slices.Clone(document.Zones), func(zone string) bool { return slices.Contains(view.Zones, zone) })
		document.Resources, document.Protect = resourceDocuments(view.Plan), s.Config.Protect
		nameProtected(ctx, s, document.Resources, view)
		if view.Plan.Pending() {
			document.Notes = slices.Concat(document.Notes, s.OtherSettings(), refusals(view.Plan), refused(document.Resources, view.Plan))
			switch {
			case len(view.Plan.Impact()) > 0:
				document.Notes = append(document.Notes, "users would notice what up does to repair it: it asks first, or wants --allow-disruption")
			case s.Config.Protect && len(view.Plan.Replacing()) > 0:
				document.Notes = append(document.Notes, "up would replace what is protected (protect: true): it wants --unprotect")
			}
		}
	}
	document.Notes = append(document.Notes, s.SharedName()...)
	document.Notes = append(document.Notes, s.EarlierNames()...)
	return document, nil
}

// healthOf is the health of what can be told to be the platform's. While its own has lost its tag nobody can tell that
// it is down, or not there.
func healthOf(view *provision.View) blueprint.Health {
	health := blueprint.HealthOf(view.Observed.Objects, view.LostTargets())
	if len(view.Observed.Untagged) > 0 && (health == blueprint.Down || health == blueprint.Absent) {
		return blueprint.Degraded
	}
	return health
}

// problemsOf are the reasons for a health that isn't healthy. A drill that runs is the reason
// for all that it breaks.
func problemsOf(view *provision.View, document report.Status, more []verify.Cause) []report.Problem {
	problems := []report.Problem{}
	switch blueprint.Health(document.Health) {
	case blueprint.Healthy, blueprint.Absent:
		return problems
	}
	if document.Drill.IsOpen() {
		return append(problems, report.Problem{Message: "a failover drill has broken something", Hint: "wait for its end, or platformctl failover-drill --restore"})
	}
	for _, step := range view.Plan.Listed() {
		if blocker, ok := view.Observed.Untagged[resource.Handle(step.Key.Kind, step.ID())]; ok {
			problems = append(problems, report.Problem{Resource: step.Key.String(), Message: strings.Join(step.Reasons, ", "), Hint: blocker.Lift})
		}
	}
	problems = append(problems, problemDocuments((verify.Inspection{Plan: view.Plan, Objects: view.Observed.Objects}).Causes())...)
	problems = append(problems, problemDocuments(more)...)
	if document.Probe != "" {
		problems = append(problems, report.Problem{Probed: true, Message: "the page did not come: " + document.Probe, Hint: "platformctl up looks for the cause; --no-probe judges by the targets alone"})
	}
	return problems
}

// problemDocuments are causes as documents have them.
func problemDocuments(causes []verify.Cause) []report.Problem {
	var problems []report.Problem
	for _, cause := range causes {
		problems = append(problems, report.Problem{Resource: cause.Resource, Message: cause.Message, Hint: cause.Hint, Transient: cause.Transient})
	}
	return problems
}

// resourceDocuments are all objects, each with how it differs from the
// configuration.
func resourceDocuments(p *plan.Plan) []report.Resource {
	documents := []report.Resource{}
	for _, step := range p.Listed() {
		drift := []string{}
		if step.Action != plan.Keep || step.Untagged() {
			drift = append(drift, step.Reasons...)
		}
		documents = append(documents, report.Resource{
			Key: step.Key.String(), Kind: step.Key.Kind, ID: step.ID(), Phase: string(step.Status().Phase), Drift: drift,
		})
	}
	return documents
}

// nameProtected notes what AWS would refuse to end, and then what else is kept as found. Documents are those of the plan.
func nameProtected(ctx context.Context, s *session.Session, documents []report.Resource, view *provision.View) {
	teller := preflight.Teller{Detail: s.SayVerbose}
	for _, blocker := range preflight.Protected(ctx, s.Clients, blueprint.Kinds(), view.Observed.Objects, teller) {
		for i := range documents {
			if resource.Handle(documents[i].Kind, documents[i].ID) == blocker.Handle() {
				documents[i].Protected = append(documents[i].Protected, blocker.Protection)
			}
		}
	}
	for i, step := range view.Plan.Listed() {
		for _, change := range step.Kept {
			if !change.Protects || len(documents[i].Protected) == 0 {
				documents[i].Kept = append(documents[i].Kept, change.Field+": "+change.Have)
			}
		}
	}
}

// refusals say what up would not begin with, and what to do about each.
func refusals(p *plan.Plan) (notes []string) {
	for _, step := range p.Refused() {
		notes = append(notes, "up would not begin with "+step.Key.String()+": "+step.Refused.Hint)
	}
	return notes
}

// refused says that AWS would refuse what up does to repair an object, which is protected.
func refused(documents []report.Resource, p *plan.Plan) []string {
	for _, step := range p.Listed() {
		i := slices.IndexFunc(documents, func(r report.Resource) bool { return r.Key == step.Key.String() && r.ID == step.ID() })
		if (step.Action == plan.Replace || step.Action == plan.Delete) && i >= 0 && len(documents[i].Protected) > 0 {
			return []string{"AWS would refuse to end what up replaces or deletes, so that up would not begin: platformctl plan names it, and what lifts the protection"}
		}
	}
	return nil
}

func zonesOf(objects []resource.Object) []string {
	for _, object := range objects {
		if entrance, ok := loadbalancing.EntranceOf(object); ok {
			return entrance.Zones
		}
	}
	return []string{}
}

// lastDrill is the drill that runs now, or else the last one of this target, region and account: platforms of the same name
// elsewhere have the same history. It is nil where there was none.
func lastDrill(s *session.Session, running bool) (*drillresult.Last, error) {
	if running {
		entry, err := journal.Of(s.Store.Path()).Read()
		if entry != nil {
			return &drillresult.Last{ID: entry.ID, Scenario: entry.Scenario, Began: entry.Began.Format(time.RFC3339), Running: true}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	platform := s.Drilled(nil)
	last, err := journal.Last(journal.HistoryOf(s.Store.Path()), func(d *drillresult.Drill) bool {
		return d.Target == platform.Target && d.Region == platform.Region && (d.Account == "" || d.Account == platform.Account)
	})
	if err != nil || last == nil {
		return nil, err
	}
	shown := last.Last()
	if !running {
		// What it could not restore itself was restored since: a status that finds
		// anything left of a drill restores it first.
		shown.Restored = true
	}
	return shown, nil
}
