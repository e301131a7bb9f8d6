package cli

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/state"
)

type listOptions struct {
	*Global
	AllRegions bool
}

// NewList is `platformctl list`.
func NewList(g *Global) *cobra.Command {
	o := &listOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List all platforms of the account and region",
		Long: `List every platform of the account and region, by the tags of its objects: its
health by its targets, its age, where its state is as far as this machine
knows, and what it costs a month. It changes nothing.

Target and region are the configuration's, as for every command.` + help.Exits(map[int]string{
			exit.OK: "listed, however the platforms are", exit.Failed: "could not find out", exit.WrongUsage: "", exit.Interrupted: "interrupted",
		}),
		Example: `  platformctl list
  platformctl list --target aws --all-regions
  platformctl list -o json`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runList(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.AllRegions, "all-regions", false, "look in every region that the account has enabled")
	return cmd
}

// regionsAtOnce is how many regions are looked at at the same time.
const regionsAtOnce = 8

func runList(ctx context.Context, o *listOptions) error {
	s, err := o.OpenCloud(ctx)
	if err != nil {
		return err
	}
	defer s.EndEmpty(ctx)
	caller, err := s.Clients.Caller(ctx)
	if err != nil {
		return fmt.Errorf("ask AWS whose credentials these are: %w", err)
	}
	regions := []string{s.Config.Region}
	if o.AllRegions {
		if regions, err = provision.Regions(ctx, s.Clients); err != nil {
			return err
		}
	}
	platforms, err := platformsIn(ctx, s, regions)
	if err != nil {
		return err
	}
	document := report.List{Target: string(s.Config.Target), Account: caller.Account, AccountAlias: accountAlias(ctx, s), Regions: regions}
	for _, platform := range platforms {
		document.Platforms = append(document.Platforms, listed(s, caller.Account, platform))
	}
	return o.Emit(document, func() { document.Show(o.Present(), time.Now(), s.Near) })
}

// platformsIn are the platforms of some regions. Of several, one that refuses the caller is left out, and told of: an
// organization may close regions.
func platformsIn(ctx context.Context, s *session.Session, regions []string) ([]provision.Platform, error) {
	found, refusals := make([][]provision.Platform, len(regions)), make([]error, len(regions))
	group, together := errgroup.WithContext(ctx)
	group.SetLimit(regionsAtOnce)
	for i, region := range regions {
		group.Go(func() error {
			clients, err := s.InRegion(together, region)
			if err == nil {
				found[i], err = provision.Platforms(together, clients, region)
			}
			if err != nil && len(regions) > 1 {
				err = fmt.Errorf("%s: %w", region, err)
				if awsapi.CauseOf(err) == awsapi.Permission {
					refusals[i] = err
					return nil
				}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	refused := 0
	for _, err := range refusals {
		if err != nil {
			refused++
		}
	}
	if refused == len(regions) {
		return nil, cmp.Or(refusals...)
	}
	for _, err := range refusals {
		if err != nil {
			s.Warn(fmt.Errorf("left out, since it can't be looked at: %w", err))
		}
	}
	return slices.Concat(found...), nil
}

// platformName is what the name of a platform can be made of: a tag can hold anything.
var platformName = regexp.MustCompile(`^[a-z0-9-]+$`)

// listed is one platform of the list.
func listed(s *session.Session, account string, p provision.Platform) report.ListedPlatform {
	platform := report.ListedPlatform{Name: p.Name, Region: p.Region, Health: string(p.Health()), Cost: p.Cost()}
	if since := p.Since(); !since.IsZero() {
		platform.Since = since.UTC().Format(time.RFC3339)
	}
	if platformName.MatchString(p.Name) {
		platform.State = s.StateOf(state.Identity{Platform: p.Name, Target: string(s.Config.Target), Account: account, Region: p.Region})
	}
	return platform
}
