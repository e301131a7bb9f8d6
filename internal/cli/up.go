package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
)

type upOptions struct {
	*Global
	NoProbe     bool
	NoPreflight bool
}

// NewUp is `platformctl up`.
func NewUp(g *Global) *cobra.Command {
	o := &upOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Make the platform what the configuration says",
		Long: `Make the platform what the configuration says, and wait until its page comes
back from every zone. Safe to repeat: the second run changes nothing, and a run
that was cut short goes on.

Before it makes anything it asks AWS whether the account's quotas have room and
the caller's policies allow it, and names all that is missing at once.

On AWS it shows the plan and asks first, unless --yes is given.` + exits(map[int]string{
			ExitOK:     "the platform is as configured, and its page comes back from every zone",
			ExitFailed: "failed, or not confirmed; the same command goes on",
			ExitUsage:  "", ExitLocked: "", ExitInterrupted: "",
		}),
		Example: `  platformctl up                            # as platform.yaml says
  platformctl up -c production.yaml --yes   # from a script
  PLATFORMCTL_WEB_INSTANCES=4 platformctl up`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runUp(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.NoPreflight, "no-preflight", false, "don't ask about quotas and permissions before the first object is made")
	cmd.Flags().BoolVar(&o.NoProbe, "no-probe", false, "end on the targets' health, without fetching the page")
	return cmd
}

func runUp(ctx context.Context, o *upOptions) error {
	s, err := o.open(ctx, true)
	if err != nil {
		return err
	}
	defer s.end()

	streams := o.streams()
	progress := o.progress(streams, "up "+s.Config.Name)
	defer progress.Stop()
	progress.Note("reading what is there")
	var view *provision.View
	err = s.phase("observe", func() (err error) {
		view, err = provision.LookAgain(ctx, s.Clients, s.Config, s.Store, progress.Note)
		return err
	})
	if err != nil {
		return err
	}
	restored, err := s.restoreFirst(ctx, view.Observed.Objects, progress.Line)
	if err == nil && len(restored) > 0 {
		view, err = provision.LookAgain(ctx, s.Clients, s.Config, s.Store, progress.Note)
	}
	if err != nil {
		return err
	}
	if view.Plan.Pending() && !o.NoPreflight {
		progress.Note("asking whether the account has room for it, and allows it")
		err = s.phase("preflight", func() error {
			return provision.Preflight(ctx, view, s.sayVerbose)
		})
		if err != nil {
			return err
		}
	}
	if view.Plan.Pending() {
		progress.Stop()
		show := func() { onErr(streams).Plan(planDocument(view.Plan)) }
		if err := s.mayAct(ctx, show, "Make these changes on AWS?"); err != nil {
			return err
		}
		progress = o.progress(streams, "up "+s.Config.Name)
		defer progress.Stop()
	}
	progress.Plan(view.Plan.Ahead())
	run := &provision.Run{Clients: s.Clients, Owner: view.Owner, Store: s.Store, Events: progress.Event, Pause: s.pause}
	result, err := run.Apply(ctx, view.Plan)
	if err != nil {
		return s.explainTarget(ctx, view, err)
	}
	url := ""
	err = s.phase("verify", func() (err error) {
		url, err = s.verify(ctx, view, o.NoProbe, progress.Note)
		return err
	})
	if err != nil {
		return err
	}
	progress.Stop()
	document := upDocument(s, result, url)
	return o.emit(document, func() { streams.Up(document) })
}

// verify proves that the platform does what it is for, and returns its URL.
func (s *session) verify(ctx context.Context, view *provision.View, noProbe bool, tell func(string)) (string, error) {
	tell("fetching the page from every zone")
	dnsName, err := s.dnsName(ctx, view)
	if err != nil {
		return "", err
	}
	url, err := s.url(ctx, dnsName)
	if err != nil || noProbe {
		return url, err
	}
	missing := slices.Clone(view.Zones)
	fetch := func(ctx context.Context) (provision.Answer, error) {
		// The local cloud may open the port a moment after the listener.
		if url == "" {
			if url, err = s.url(ctx, dnsName); err != nil || url == "" {
				return provision.Answer{}, errors.Join(errors.New("the load balancer has no address yet"), err)
			}
		}
		answer, err := s.fetch(ctx, url)
		if missing = slices.DeleteFunc(missing, func(zone string) bool { return zone == answer.Zone }); len(missing) > 0 {
			tell("fetching the page from every zone; it has not come from " + strings.Join(missing, ", "))
		}
		return answer, err
	}
	if err := provision.Verify(ctx, view.Zones, fetch); err != nil {
		return "", errors.Join(err, consoles(ctx, s, view.Owner))
	}
	return url, nil
}

// dnsName is the name of the platform's load balancer, which AWS is asked for where it
// is not the one that the plan saw.
func (s *session) dnsName(ctx context.Context, view *provision.View) (string, error) {
	var now resource.Record
	for _, record := range s.Store.Document().Records {
		if record.Key.Kind == loadbalancing.LoadBalancerKind().Name && record.Generation > now.Generation {
			now = record
		}
	}
	for _, object := range view.Observed.Objects {
		if entrance, ok := loadbalancing.EntranceOf(object); ok && entrance.ARN == now.ID {
			return entrance.DNSName, nil
		}
	}
	var name string
	began := time.Now()
	err := provision.Until(ctx, func() (last bool, err error) {
		name, err = loadbalancing.DNSName(ctx, s.Clients, now.ID)
		if awsapi.IsNotFound(err) && time.Since(began) < provision.VisibleAfter {
			return false, nil // it is new, and not known everywhere
		}
		return true, err
	})
	return name, err
}

// fetch fetches the page once.
func (s *session) fetch(ctx context.Context, url string) (provision.Answer, error) {
	return provision.FetchPage(url, blueprint.InstanceHeader, blueprint.ZoneHeader)(ctx)
}

// unhealthy is the error of an instance that was made but never became healthy,
// with the end of its console: if Nginx didn't come up, that says why.
type unhealthy struct {
	err error
	// others says that the platform has healthy instances: the old ones, which
	// nobody touched.
	others bool
}

func (e *unhealthy) Error() string { return e.err.Error() }
func (e *unhealthy) Unwrap() error { return e.err }

// explainTarget tells more of a failure to get an instance healthy.
func (s *session) explainTarget(ctx context.Context, view *provision.View, failure error) error {
	var step *provision.StepError
	var timeout *provision.Timeout
	var never *provision.NeverReady
	if !errors.As(failure, &step) || step.Key.Kind != loadbalancing.RegistrationKind().Name ||
		!errors.As(failure, &timeout) && !errors.As(failure, &never) {
		return failure
	}
	told := &unhealthy{err: failure}
	if target, err := loadbalancing.ParseRegistrationID(step.ID); err == nil {
		told.err = errors.Join(failure, console(ctx, s, "instance/"+step.Key.Name, target.Instance))
	}
	if observed, err := provision.Observe(ctx, s.Clients, view.Owner, blueprint.Kinds()); err == nil {
		health := blueprint.HealthOf(observed.Objects)
		told.others = health == blueprint.Degraded || health == blueprint.Healthy
	}
	return told
}

func upDocument(s *session, result *provision.Result, url string) report.Up {
	return report.Up{
		Platform: s.Config.Name, URL: url,
		Created: result.Created, Updated: result.Updated, Replaced: result.Replaced,
		Deleted: result.Deleted, Unchanged: result.Unchanged,
		DurationSeconds: s.elapsed(), APICalls: s.Clients.Ledger.Calls(),
		CriticalPath: s.criticalPath(result),
	}
}

// criticalPath is what the command's time went into: the steps of the plan's
// critical path, and what came before and after them.
func (s *session) criticalPath(result *provision.Result) []report.Link {
	phase := func(name string) report.Link {
		return report.Link{Key: name, Seconds: s.phases[name].Round(time.Millisecond).Seconds()}
	}
	links := []report.Link{phase("connect"), phase("observe")}
	if s.phases["preflight"] >= time.Millisecond { // it asked
		links = append(links, phase("preflight"))
	}
	for _, link := range result.CriticalPath() {
		links = append(links, report.Link{Key: link.Key.String(), Seconds: link.Seconds})
	}
	return append(links, phase("verify"))
}

// consoleTail is how much of a console is shown, in bytes.
const consoleTail = 1500

// consoles is an error that shows what the instances that don't serve last
// wrote on their consoles, because there the reason is found.
func consoles(ctx context.Context, s *session, owner awsapi.Owner) error {
	observed, err := provision.Observe(ctx, s.Clients, owner, []resource.Handler{compute.InstanceKind().Handler()})
	if err != nil {
		return fmt.Errorf("look for the instances' consoles: %w", err)
	}
	var all []error
	for _, instance := range observed.Of(compute.InstanceKind().Name) {
		all = append(all, console(ctx, s, instance.Key.String(), instance.ID))
	}
	return errors.Join(all...)
}

// console is an error that shows what one instance last wrote on its console;
// nil where it wrote nothing.
func console(ctx context.Context, s *session, name, id string) error {
	text, err := awsapi.ConsoleOutput(ctx, s.Clients, id)
	if err != nil {
		return fmt.Errorf("console of %s (%s): %w", name, id, err)
	}
	if text == "" {
		return nil
	}
	if len(text) > consoleTail {
		text = "…" + text[len(text)-consoleTail:]
	}
	return fmt.Errorf("console of %s (%s):\n%s", name, id, text)
}
