package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/provision/verify"
)

type upOptions struct {
	*Global
	NoProbe     bool
	NoPreflight bool
	Unprotect   bool
	// AllowDisruption says yes to what users will notice, where nobody is asked.
	AllowDisruption bool
}

// NewUp is `platformctl up`.
func NewUp(g *Global) *cobra.Command {
	o := &upOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Make the platform what the configuration says",
		Long: `Make the platform what the configuration says, and wait until its page comes
back from every zone. Safe to repeat: the second run changes nothing, and a run
that was cut short goes on. A new version of the instances that fails is taken
back: the one before serves on, and the exit code is 1.

Before it makes anything it asks AWS whether the account's quotas have room and
the caller's policies allow it, and names all that is missing at once. Where it
would delete or replace what is protected, it doesn't begin.

On AWS it shows the plan and asks first, unless --yes is given. What users will
notice, such as another address, needs --allow-disruption where it doesn't ask.
With protect: true in the configuration, replacing anything but instances one
zone after another, and another name, need --unprotect.` + help.Exits(map[int]string{
			exit.OK:         "the platform is as configured, and its page comes back from every zone",
			exit.Failed:     "failed, or not confirmed; the same command goes on",
			exit.WrongUsage: "", exit.Locked: "", exit.Interrupted: "",
		}),
		Example: `  platformctl up                            # as platform.yaml says
  platformctl up -c production.yaml --yes   # from a script
  PLATFORMCTL_WEB_INSTANCES=4 platformctl up`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runUp(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.NoPreflight, "no-preflight", false, "don't ask about quotas and permissions before the first object is made")
	cmd.Flags().BoolVar(&o.AllowDisruption, "allow-disruption", false, "go on though users will notice it, where nobody is asked")
	cmd.Flags().BoolVar(&o.Unprotect, "unprotect", false, "go on although the configuration says protect: true")
	cmd.Flags().BoolVar(&o.NoProbe, "no-probe", false, "end on the targets' health, without fetching the page")
	return cmd
}

func runUp(ctx context.Context, o *upOptions) error {
	s, err := o.Open(ctx, true)
	if err != nil {
		return err
	}
	defer s.End()
	protection := s.Protection(o.Unprotect)

	streams := o.Present()
	progress := o.Progress(streams, "up "+s.Config.Name)
	defer progress.Stop()
	for _, note := range s.SharedName() {
		progress.Warn(note)
	}
	progress.Note("reading what is there")
	var view *provision.View
	err = s.Phase("observe", func() (err error) {
		view, err = provision.InspectBeforeChange(ctx, s.Clients, s.Config, s.Store, progress.Note)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.RefuseRename(protection, len(view.Observed.Remaining()) > 0); err != nil {
		return err
	}
	restored, err := s.RestoreFirst(ctx, view.Observed.Objects, progress.Warn)
	if err == nil && len(restored) > 0 {
		view, err = provision.InspectBeforeChange(ctx, s.Clients, s.Config, s.Store, progress.Note)
	}
	if err != nil {
		return err
	}
	if view.Plan.Pending() && view.Uneven != "" {
		progress.Warn(view.Uneven)
	}
	if err := view.Unknowable(); err != nil {
		return err
	}
	if err := protection.Replacing(view.Plan); err != nil {
		return err
	}
	if impact := view.Plan.Impact(); len(impact) > 0 && !o.AllowDisruption && !s.Asks() {
		return report.NewDisruption(impact)
	}
	if view.Plan.Pending() {
		progress.Note("asking whether AWS would refuse any of it")
		err = s.Phase("preflight", func() error {
			return provision.Preflight(ctx, view, !o.NoPreflight, protection, preflight.Teller{Detail: s.SayVerbose, Say: progress.Warn})
		})
		if err != nil {
			return err
		}
	}
	if view.Plan.Pending() {
		progress.Stop()
		show := func() { documentOf(ctx, s, view).ShowAbove(streams.OnErr(), question) }
		if err := s.MayAct(ctx, show, "Make these changes on AWS?"); err != nil {
			return err
		}
		progress = o.Progress(streams, "up "+s.Config.Name)
		defer progress.Stop()
	}
	for _, note := range s.EarlierNames() {
		progress.Warn(note)
	}
	if err := s.RecordOrigin(); err != nil {
		return err
	}
	if err := provision.Unprotect(ctx, view, protection); err != nil {
		return err
	}
	progress.Plan(view.Plan.Upcoming(), s.Second)
	proofs := &proofs{https: s.Config.LoadBalancer.HTTPS, progress: progress}
	refreshes := &refreshes{progress: progress}
	hear := func(e apply.Event) { refreshes.hear(e); proofs.hear(e) }
	run := &apply.Run{Clients: s.Clients, Owner: view.Owner, Store: s.Store, Events: hear, Second: s.Second}
	result, err := run.Apply(ctx, view.Plan)
	if err == nil {
		err = provision.RecordApplied(s.Store, s.Config)
	}
	platform := verify.Platform{
		Clients: s.Clients, Owner: view.Owner, Zones: view.Zones, Objects: view.Observed.Objects,
		Records: s.Store.Document().Records, Front: s.Front, NoFetch: o.NoProbe, Inspect: inspection(s),
	}
	if err != nil {
		refreshes.interrupted(ctx)
		failed := proofs.with(verify.Explain(ctx, platform, provision.ExplainZone(view, s.Store, err)))
		return takeBack(ctx, s, view, run, progress, failed)
	}
	var served verify.Served
	err = s.Phase("verify", func() (err error) {
		served, err = verify.Page(ctx, platform, progress.Note)
		return err
	})
	if err != nil {
		return err
	}
	progress.Stop()
	document := upDocument(s, result, served)
	return o.Emit(document, func() { document.Show(streams) })
}

// inspection reads the platform once more, to see why it doesn't serve.
func inspection(s *session.Session) verify.Inspect {
	return func(ctx context.Context) (verify.Inspection, error) {
		view, err := provision.Inspect(ctx, s.Clients, s.Config, s.Store)
		if err != nil {
			return verify.Inspection{}, err
		}
		return verify.Inspection{Plan: view.Plan, Objects: view.Observed.Objects}, nil
	}
}

func upDocument(s *session.Session, result *apply.Result, served verify.Served) report.Up {
	return report.Up{
		Platform: s.Config.Name, URL: served.URL, Problems: problemDocuments(served.Astray), LivePage: s.LivePage(), Dashboard: dashboardURL(s.Config),
		Created: result.Created, Updated: result.Updated, Replaced: result.Replaced,
		Deleted: result.Deleted, Unchanged: result.Unchanged,
		DurationSeconds: s.Elapsed(), APICalls: s.Clients.Ledger.Calls(),
		CriticalPath: criticalPath(s, result),
	}
}

// criticalPath is what the command's time went into: the steps of the plan's
// critical path, and what came before and after them.
func criticalPath(s *session.Session, result *apply.Result) []report.Link {
	phase := func(name string) report.Link {
		return report.Link{Key: name, Seconds: s.Phases[name].Round(time.Millisecond).Seconds()}
	}
	links := []report.Link{phase("connect"), phase("observe")}
	if s.Phases["preflight"] >= time.Millisecond { // it asked
		links = append(links, phase("preflight"))
	}
	for _, link := range result.CriticalPath() {
		links = append(links, report.Link{Key: link.Key.String(), Action: string(link.Action), Seconds: link.Seconds})
	}
	return append(links, phase("verify"))
}
