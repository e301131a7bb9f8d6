package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/atomicfile"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/cli/complete"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/present/drillreport"
	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/plan"
)

type drillOptions struct {
	*Global
	drill.Options
	MaxErrors int
	// Asked is the objective as it was given by a flag; "" leaves it to the configuration.
	Asked   string
	Report  string
	Restore bool
}

// NewFailoverDrill is `platformctl failover-drill`.
func NewFailoverDrill(g *Global) *cobra.Command {
	o := &drillOptions{Global: g, Options: drill.Defaults()}
	cmd := &cobra.Command{
		Use:   "failover-drill",
		Short: "Break one thing under load, measure what users see, restore, and give a verdict",
		Long: `Break one thing of the platform under load, measure what its users see,
restore it, and give a verdict.

  instance  stop one instance (the default)
  process   end Nginx on one instance, through Systems Manager
  zone      cut one zone's subnets off: those of the instances (--scope
            targets), or those of the load balancer, too (--scope all)
  drain     planned maintenance: deregister an instance, wait, stop it

What will be seen is predicted first, from the target group's own settings. The
fault is restored whatever happens: on Ctrl-C, too, and after a kill by the next
up, status, down or failover-drill --restore.

An Auto Scaling group replaces an instance that is stopped, or whose Nginx is
dead: that is what is predicted and measured then. --keep-instance suspends
what would replace it, and resumes that afterwards. drain puts its instance on
standby.

Where the configuration has monitoring, the drill says which alarms the fault
raises and when, and which were raised; those who hear them are told that it is
a drill. --require-alarm makes that a part of the verdict.` + help.Exits(map[int]string{
			exit.OK: "passed", exit.Failed: "could not run, was aborted, or could not restore", exit.WrongUsage: "",
			exit.Missed: "ended and restored, but missed its objective", exit.Locked: "", exit.Interrupted: "interrupted, and restored",
		}),
		Example: `  platformctl failover-drill
  platformctl failover-drill --scenario zone --scope all --report zone.html
  platformctl failover-drill --scenario process --availability predicted
  platformctl failover-drill --scenario drain --rate 200 --max-errors 0
  platformctl failover-drill --keep-instance
  platformctl failover-drill --require-alarm --abort-on-alarm checkout-errors`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("seed") {
				o.Seed = rand.Uint64N(1_000_000) //nolint:gosec // which instance is to fail is no secret
			}
			if cmd.Flags().Changed("max-errors") {
				o.Options.MaxErrors = &o.MaxErrors
			}
			if err := o.takeObjective(); err != nil {
				return exit.Usage{Err: err}
			}
			return runDrill(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Scenario, "scenario", o.Scenario, strings.Join(fault.Scenarios(), ", "))
	f.StringVar(&o.Instance, "instance", "", "the instance to break (default: one by chance)")
	f.StringVar(&o.Zone, "zone", "", "the zone to break, or whose instance to break (default: one by chance)")
	f.StringVar(&o.Scope, "scope", o.Scope, "of the scenario zone: targets, or all for the load balancer's node, too")
	f.BoolVar(&o.Keep, "keep-instance", false, "keep the Auto Scaling group from replacing what is broken, and restore it")
	f.Uint64Var(&o.Seed, "seed", 0, "which instance or zone chance chooses (default: another each time, and printed)")
	f.IntVar(&o.Rate, "rate", o.Rate, "requests a second, half of them on connections that are kept alive")
	f.IntVar(&o.Concurrency, "concurrency", 0, "most requests under way at once (default: as many as come due)")
	f.DurationVar(&o.RequestTimeout, "request-timeout", o.RequestTimeout, "how long a user waits for an answer")
	f.DurationVar(&o.Duration, "duration", 0, "how long the fault lasts (default: until all of its effects have been seen)")
	f.DurationVar(&o.Longest, "max-duration", o.Longest, "how long the fault may last at the most, its injection included")
	f.StringVar(&o.Asked, "availability", "", "percent of the requests that must succeed, or predicted: the least\nthat is predicted (default: as the configuration's drill says)")
	f.Float64Var(&o.AbortBelow, "abort-below", 0, "end the fault early when fewer percent of the requests succeed")
	f.BoolVar(&o.RequireAlarm, "require-alarm", false, "the alarms that the fault raises for certain must be raised and tell:\nit lasts until then")
	f.StringSliceVar(&o.AbortOnAlarm, "abort-on-alarm", nil, "end the fault early when an alarm of this name is raised; can be repeated")
	f.IntVar(&o.MaxErrors, "max-errors", 0, "requests that may fail (default: as --availability says)")
	f.DurationVar(&o.MaxDetect, "max-detect", 0, "how soon the load balancer must notice (default: at any time)")
	f.StringVar(&o.Report, "report", "", "write a report to this file, too: .html or .md")
	f.BoolVar(&o.Restore, "restore", false, "only restore what an earlier drill left behind")
	completesDrill(g, cmd, o)
	return cmd
}

// takeObjective reads the objective that a flag gives.
func (o *drillOptions) takeObjective() error {
	if o.Asked == "" || o.Asked == objectivePredicted {
		o.AsPredicted = o.Asked != ""
		return nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(o.Asked, "%"), 64)
	if err != nil || !(percent > 0 && percent <= 100) {
		return fmt.Errorf("--availability must be a percentage above 0 and at most 100, or %s, not %q", objectivePredicted, o.Asked)
	}
	o.Availability = percent
	return nil
}

// objectivePredicted asks of a platform what is predicted of it.
const objectivePredicted = "predicted"

func runDrill(ctx context.Context, o *drillOptions) error {
	if err := o.Check(); err != nil {
		return exit.Usage{Err: err}
	}
	if err := drillreport.CheckFile(o.Report); err != nil {
		return exit.Usage{Err: err}
	}
	if err := o.reportCanBeWritten(); err != nil {
		return exit.Usage{Err: err}
	}
	o.NeverAsks = true
	s, err := o.Open(ctx, true)
	if err != nil {
		return err
	}
	defer s.EndEmpty(ctx)
	if o.Asked == "" {
		o.Availability = s.Config.Drill.Objective(o.Scenario)
	}
	watch := drillreport.NewLive(o.Present())
	defer watch.Stop()
	o.Say = watch.Line
	watch.Phase("reading what is there")
	view, err := provision.InspectBeforeChange(ctx, s.Clients, s.Config, s.Store, watch.Phase)
	if err != nil {
		return err
	}
	restored, err := s.RestoreFirst(ctx, view.Observed.Objects, watch.Warn)
	if err != nil {
		return err
	}
	if o.Restore {
		watch.Stop()
		document := drillreport.Restored{Platform: s.Config.Name, Restored: true, Drills: restored}
		return o.Emit(document, func() { document.Show(o.Present()) })
	}
	if len(restored) > 0 {
		if view, err = provision.InspectBeforeChange(ctx, s.Clients, s.Config, s.Store, watch.Phase); err != nil {
			return err
		}
	}
	platform, err := drillPlatform(ctx, s, view)
	if err != nil {
		return err
	}
	if o.Booted, err = bootedBefore(s); err != nil {
		return err
	}
	journal := journal.Of(s.Store.Path())
	plan, err := drill.Prepare(ctx, s.Clients, journal, platform, o.Options)
	if errors.As(err, new(*drill.WrongChoice)) {
		return exit.Usage{Err: err}
	}
	if err != nil {
		return err
	}
	watch.Begin(drillDocument(&drill.Outcome{Plan: plan}, s))
	outcome, err := plan.Run(ctx, watchedDrill{watch})
	if outcome == nil {
		return err
	}
	watch.Stop()
	return o.drillEnd(ctx, outcome, err, o.keep(s, drillDocument(outcome, s)))
}

// reportCanBeWritten finds out before anything is broken.
func (o *drillOptions) reportCanBeWritten() error {
	if o.Report == "" {
		return nil
	}
	file, err := atomicfile.Create(o.Report, 0o644)
	if err == nil {
		err = file.Cleanup()
	}
	var reason *fs.PathError // which names the file beside it that is written first
	if errors.As(err, &reason) {
		err = reason.Err
	}
	if err != nil {
		return fmt.Errorf("--report %q can't be written: %w", o.Report, err)
	}
	return nil
}

// watchedDrill turns what is measured into what is shown.
type watchedDrill struct{ *drillreport.Live }

// Second implements drill.Watcher.
func (w watchedDrill) Second(result measure.Result) { w.Show(timelineOf(result)) }

// keep keeps and shows what came of a drill.
func (o *drillOptions) keep(s *session.Session, document drillresult.Drill) error {
	err := journal.HistoryOf(s.Store.Path()).Keep(document.ID, document)
	file := o.Report
	if file != "" {
		if failed := drillreport.WriteFile(file, document); failed != nil {
			file, err = "", errors.Join(err, failed)
		}
	}
	return errors.Join(err, o.Emit(document, func() { drillreport.Show(o.Present(), document, file) }))
}

// drillEnd is a drill's exit code. The document has said the rest, but not that a
// fault is there still, or that the document could not be kept.
func (o *drillOptions) drillEnd(ctx context.Context, outcome *drill.Outcome, err, keeping error) error {
	say := func(err error) {
		_, failure := exit.Explain(context.WithoutCancel(ctx), err) // an interrupt doesn't explain it
		failure.Error.Hint = o.Present().Hint(failure.Error.Hint)
		failure.Show(o.Present())
	}
	code := exit.OK
	switch {
	case errors.As(err, new(*drill.NotRestored)):
		say(err)
		code = exit.Failed
	case ctx.Err() != nil:
		code = exit.Interrupted
	case outcome.Verdict == drill.Fail:
		code = exit.Missed
	case outcome.Verdict == drill.Aborted:
		code = exit.Failed
	}
	if keeping != nil {
		say(keeping)
		code = cmp.Or(code, exit.Failed)
	}
	if code != exit.OK {
		return exit.Status{Code: code}
	}
	return nil
}

// drillPlatform is what a drill has to know of the platform.
func drillPlatform(ctx context.Context, s *session.Session, view *provision.View) (drill.Platform, error) {
	objects := view.Observed.Objects
	p := s.Drilled(objects)
	front, err := s.Front(ctx, blueprint.DNSName(objects))
	if err != nil {
		return p, err
	}
	p.Page = front.Choose(ctx)
	for _, change := range report.ChangesOf(view.Plan) {
		if change.Action != string(plan.Keep) {
			p.Drift = append(p.Drift, change.String())
		}
	}
	return p, nil
}

// completesDrill completes the flags of failover-drill.
func completesDrill(g *Global, cmd *cobra.Command, o *drillOptions) {
	complete.Flags(cmd, map[string]complete.Func{
		"scenario":       complete.NoFiles(func(*cobra.Command) []string { return fault.Scenarios() }),
		"availability":   complete.NoFiles(func(*cobra.Command) []string { return []string{objectivePredicted} }),
		"abort-on-alarm": complete.NoFiles(func(*cobra.Command) []string { return nil }),
		"scope":          complete.NoFiles(func(*cobra.Command) []string { return fault.Scopes() }),
		"zone":           complete.Zones(g),
		"instance":       complete.Instances(g, &o.Zone),
		"report":         complete.Files("html", "md"),
	})
}
