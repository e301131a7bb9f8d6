package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/teardown"
)

type downOptions struct {
	*Global
	Unprotect bool
}

// NewDown is `platformctl down`.
func NewDown(g *Global) *cobra.Command {
	o := &downOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Take everything down, and prove that nothing is left",
		Long: `Take everything down that carries the platform's tags, in the order that AWS
wants, and end only after a fresh look shows that nothing is left. A run that
was cut short goes on. Nothing without the platform's tags is touched. Where AWS
would refuse any of it, it names what is protected or in the way, and ends.

On AWS it shows the plan and has the platform's name typed, unless --yes is
given. A configuration with protect: true needs --unprotect, too. What another
directory made needs -c where nobody is asked.` + help.Exits(map[int]string{
			exit.OK:         "a fresh look showed that nothing is left",
			exit.Failed:     "failed, blocked by what is in the way or protected, or not confirmed",
			exit.WrongUsage: "", exit.Locked: "", exit.Interrupted: "",
		}),
		Example: `  platformctl down
  platformctl down --unprotect   # though the configuration says protect: true
  platformctl down --target aws --yes -o json`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDown(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.Unprotect, "unprotect", false, "go on although the configuration says protect: true")
	cmd.Flags().BoolVar(&g.Force, "force", false, "go on although the state's lock is held by a run that is known to be dead")
	return cmd
}

func runDown(ctx context.Context, o *downOptions) error {
	s, err := o.Open(ctx, true)
	if err != nil {
		return err
	}
	streams, down := o.Present(), false
	defer func() {
		if stopped := s.EndEmpty(ctx); stopped && down && !o.JSON() {
			streams.Text("Nothing is left in the local cloud, so it stopped, too, and its live page with it.")
		}
	}()
	if err := s.RefuseShared(); err != nil {
		return err
	}

	progress := o.Progress(streams, "down "+s.Config.Name)
	defer progress.Stop()
	for _, note := range s.SharedName() {
		progress.Warn(note)
	}
	progress.Note("reading what is there")
	owner, kinds := provision.OwnerOf(s.Config, s.Store.Document()), blueprint.Kinds()
	if doc := s.Store.Document(); !doc.Known() {
		// The state was lost: nothing says that there is no certificate, and no Auto Scaling group without instances.
		owner.AutoScaling = true
		owner.Domain.Look, owner.Domain.Lost = true, !owner.Domain.Look
	}
	protection := s.Protection(o.Unprotect)
	restore := func(ctx context.Context, objects []resource.Object) (bool, error) {
		restored, err := s.RestoreFirst(ctx, objects, progress.Warn)
		return len(restored) > 0, err
	}
	var plan *plan.Plan
	err = s.Phase("observe", func() (err error) {
		plan, err = teardown.Plan(ctx, s.Clients, owner, kinds, s.Store, protection, restore, progress.Note)
		return err
	})
	if err != nil {
		return err
	}
	if plan.Pending() {
		progress.Stop()
		show := func() {
			planDocument(ctx, s, plan, provision.CostOfTeardown(plan, owner.Region)).ShowAbove(streams.OnErr(), question)
		}
		if err := s.MayDelete(ctx, show); err != nil {
			return err
		}
		progress = o.Progress(streams, "down "+s.Config.Name)
		defer progress.Stop()
	}
	if err := teardown.Unprotect(ctx, s.Clients, kinds, plan, protection); err != nil {
		return err
	}
	progress.Plan(plan.Upcoming(), s.Second)
	run := &apply.Run{Clients: s.Clients, Owner: owner, Store: s.Store, Events: progress.Event, Second: s.Second}
	var result *apply.Result
	err = s.Phase("delete", func() (err error) {
		result, err = teardown.Apply(ctx, run, kinds, plan)
		return err
	})
	if err != nil {
		return err
	}
	progress.Stop()
	s.ForgetOrigin()
	document := report.Down{
		Platform: s.Config.Name, Deleted: result.Deleted, Remaining: []report.Remaining{},
		DurationSeconds: s.Elapsed(), APICalls: s.Clients.Ledger.Calls(), Notes: remains(plan, kinds),
	}
	// What followed the deletions is the proof that nothing is left.
	s.Phases["verify"] = max(s.Phases["delete"]-result.Duration, 0)
	if result.Deleted > 0 {
		document.CriticalPath = criticalPath(s, result)
	}
	down = true
	return o.Emit(document, func() { document.Show(streams) })
}
