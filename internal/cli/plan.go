package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
)

type planOptions struct {
	*Global
	ExitCode bool
}

// NewPlan is `platformctl plan`.
func NewPlan(g *Global) *cobra.Command {
	o := &planOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what up would do, and why, without doing it",
		Long: `Show what up would do, and why, without doing it. It reads, and changes nothing.` + help.Exits(map[int]string{
			exit.OK: "the plan is made, whether or not there is anything to do", exit.Failed: "could not find out", exit.WrongUsage: "",
			exit.Unhealthy: "with --exit-code: changes are pending, or a drill is to be restored", exit.Interrupted: "interrupted",
		}),
		Example: `  platformctl plan
  platformctl plan --exit-code   # find drift, every night
  PLATFORMCTL_NETWORK_ZONES=3 platformctl plan`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPlan(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.ExitCode, "exit-code", false, "exit with 3 where changes are pending")
	return cmd
}

func runPlan(ctx context.Context, o *planOptions) error {
	s, err := o.Open(ctx, false)
	if err != nil {
		return err
	}
	defer s.EndEmpty(ctx)
	view, err := provision.Inspect(ctx, s.Clients, s.Config, s.Store)
	if err != nil {
		return err
	}
	drills, err := s.Unfinished(view.Observed.Objects)
	if err != nil {
		return err
	}
	if view.Uneven != "" {
		s.Present().Warn(view.Uneven)
	}
	document := documentOf(ctx, s, view)
	blockers, err := provision.Refusals(ctx, view, s.ProtectionOfUp(), preflight.Teller{Detail: s.SayVerbose, Say: s.Present().Warn})
	if err != nil {
		return err
	}
	document.Blockers = report.BlockersOf(blockers)
	for _, d := range drills {
		document.Drills = append(document.Drills, report.UnfinishedDrill{ID: d.ID, Scenario: d.Scenario})
	}
	if view.Plan.Pending() {
		document.Notes = append(s.OtherSettings(), refusals(view.Plan)...)
	}
	document.Notes = append(document.Notes, replaced(view.Plan)...)
	document.Notes = append(document.Notes, s.SharedName()...)
	document.Notes = append(document.Notes, s.ProtectedNames(len(view.Observed.Remaining()) > 0)...)
	document.Notes = append(document.Notes, s.EarlierNames()...)
	if err := o.Emit(document, func() { document.Show(o.Present()) }); err != nil {
		return err
	}
	if o.ExitCode && (view.Plan.Pending() || len(drills) > 0) {
		return exit.Status{Code: exit.Unhealthy}
	}
	return nil
}

// replaced says which instances are replaced that a plan has no objects of.
func replaced(p *plan.Plan) []string {
	for _, step := range p.Listed() {
		if step.Action != plan.Update || !autoscaling.ReplacesInstances(step.Changes) || step.Object == nil {
			continue
		}
		if group, ok := step.Object.Live.(autoscaling.LiveGroup); ok {
			return []string{fmt.Sprintf("an instance refresh replaces the %s of %s, each new one before an old one goes",
				terminal.Plural(len(group.Instances), "instance"), step.Key)}
		}
	}
	return nil
}

// question is how many lines a question takes beneath a plan, at most.
const question = 2

// documentOf is a view's plan with its title.
func documentOf(ctx context.Context, s *session.Session, view *provision.View) report.Plan {
	document := planDocument(ctx, s, view.Plan, provision.CostOf(view))
	if len(view.Observed.Remaining()) == 0 && len(view.Observed.Untagged) == 0 {
		document.Makes = &report.Makes{
			Zones: view.Spanned, CIDR: view.Config.Network.CIDR.String(), Egress: string(view.Config.Network.Egress),
			Instances: view.Config.Web.Desired(), InstanceType: view.Config.Web.InstanceType,
			Min: view.Config.Web.AutoScaling.Min, Max: view.Config.Web.AutoScaling.Max,
		}
	}
	return document
}

// planDocument is a plan with its title.
func planDocument(ctx context.Context, s *session.Session, p *plan.Plan, cost provision.Cost) report.Plan {
	document := report.NewPlan(p, cost)
	document.Platform, document.Target, document.Region = s.Config.Name, string(s.Config.Target), s.Config.Region
	document.Account = s.Store.Document().Account
	if s.Config.Protect {
		for _, step := range p.Replacing() {
			document.Protected = append(document.Protected, step.Key.String())
		}
	}
	document.AccountAlias = accountAlias(ctx, s)
	return document
}

// accountAlias is the name that people gave the account; "" on the local cloud, and where AWS doesn't tell of one soon, or may not.
func accountAlias(ctx context.Context, s *session.Session) string {
	if s.Config.Target != config.TargetAWS {
		return ""
	}
	asking, cancel := context.WithTimeout(awsapi.WithPatience(ctx, preflight.Budget), preflight.Budget)
	defer cancel()
	alias, err := s.Clients.AccountAlias(asking)
	if err != nil {
		s.SayVerbose("AWS doesn't tell the account's alias: " + awsapi.Text(err))
	}
	return alias
}
