package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/present/diagram"
	"github.com/platformctl/platformctl/internal/present/runbook"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
)

// endpointVariable sends every AWS tool elsewhere than to AWS.
const endpointVariable = "AWS_ENDPOINT_URL"

type runbookOptions struct {
	*Global
	File    string
	Generic bool
}

// NewRunbook is `platformctl runbook`.
func NewRunbook(g *Global) *cobra.Command {
	o := &runbookOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "runbook",
		Short: "Write what to do when something is wrong with this platform",
		Long: `Write the runbook of this platform, as Markdown: an instance is unhealthy, a
zone is lost, 5xx rise, deploy a new page, replace the image, scale, the state,
a stuck teardown, a drill that couldn't restore, the drill schedule. Each says
how you notice, what users see, what to look at, do and verify, and what not to
do, with this platform's own IDs, exact platformctl and aws commands and, on
AWS, links to the console. Where instances are unhealthy it is about the first
of them.

IDs change whenever instances are replaced: write it again then. It
changes nothing.` + help.Exits(map[int]string{exit.OK: "written, however the platform is", exit.Failed: "", exit.WrongUsage: ""}),
		Example: `  platformctl runbook --file runbook-shop.md
  platformctl runbook -c configs/aws.yaml
  platformctl runbook --generic --file runbook.md`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRunbook(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.File, "file", "", "write it to a file (default: standard output)")
	cmd.Flags().BoolVar(&o.Generic, "generic", false, "write it for any platform on AWS, with placeholders for IDs, and ask nobody what is there")
	return cmd
}

// runbookDocument is the document of `runbook`.
type runbookDocument struct {
	Platform string `json:"platform"`
	Target   string `json:"target"`
	Region   string `json:"region"`
	// Health is as in `status`; "" where nobody looked.
	Health  string `json:"health"`
	File    string `json:"file"`    // "" where Runbook has the text
	Runbook string `json:"runbook"` // "" where it is in the file
}

func runRunbook(ctx context.Context, o *runbookOptions) error {
	platform, err := o.platform(ctx)
	if err != nil {
		return err
	}
	document := runbookDocument{Platform: platform.Name, Target: platform.Target, Region: platform.Region, Health: platform.Health, File: o.File}
	return emitText(o.Global, o.File, platform.Markdown(), &document, &document.Runbook,
		fmt.Sprintf("Wrote the runbook of %s to %s.", platform.Name, o.File))
}

// platform is what the runbook is about.
func (o *runbookOptions) platform(ctx context.Context) (runbook.Platform, error) {
	p := runbook.Platform{Generic: o.Generic}
	seen, cfg, err := drawn(ctx, o.Global, o.Generic, func(s *session.Session, view *provision.View) error {
		p.Written, p.Directory, p.Flags, p.Variables = s.Began, s.Dir, o.PlatformFlags(), variablesGiven(o.Global)
		caller, err := s.Clients.Caller(ctx)
		if err != nil {
			return fmt.Errorf("ask AWS whose credentials these are: %w", err)
		}
		p.Account, p.Endpoint = caller.Account, s.Get(endpointVariable)
		if s.Home != "" {
			cloud, ok := daemon.Running(ctx, s.Home)
			if !ok {
				return &exit.LocalCloud{Err: fmt.Errorf("the local cloud in %s has stopped", s.Home)}
			}
			p.Endpoint, p.Machines = cloud.Endpoint, filepath.Join(cloud.Directory, "machines")
			p.HTTPS.Authority = cloud.CertificateAuthority
		}
		return describeHTTPS(ctx, s, view.Observed.Objects, &p.HTTPS)
	})
	if err != nil {
		return p, err
	}
	if o.Generic {
		cfg.Target = config.TargetAWS
	}
	describe(&p, seen, cfg)
	return p, nil
}

// describeHTTPS adds how the platform is served over TLS, if it is.
func describeHTTPS(ctx context.Context, s *session.Session, objects []resource.Object, h *runbook.HTTPS) error {
	https := s.Config.LoadBalancer.HTTPS
	if !https.On() {
		*h = runbook.HTTPS{}
		return nil
	}
	detail, err := certificateOf(ctx, s.Clients, https, objects)
	if err != nil {
		return err
	}
	front, err := s.Front(ctx, blueprint.DNSName(objects))
	if err != nil {
		return err
	}
	h.Domain, h.LoadBalancer = https.Domain, front.Page.LoadBalancer
	if detail != nil {
		h.Certificate = aws.ToString(detail.CertificateArn)
	}
	return nil
}

// variablesGiven are the tool's own variables, which the runbook's commands need,
// too.
func variablesGiven(g *Global) []string {
	var given []string
	for _, variable := range g.Env {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PLATFORMCTL_") && value != "" {
			given = append(given, name+"="+runbook.Quoted(value))
		}
	}
	slices.Sort(given)
	return given
}

// describe adds to a runbook's platform what a drawing shows of it.
func describe(p *runbook.Platform, drawn diagram.Platform, cfg config.Config) {
	p.Name, p.Target, p.Region, p.Health, p.URL = cfg.Name, string(cfg.Target), cfg.Region, drawn.Health, drawn.URL
	p.VPC, p.LoadBalancer, p.TargetGroup, p.Port = drawn.VPC.ID, drawn.Balancer.ID, drawn.TargetGroup.ID, blueprint.HTTPPort
	p.Drain, p.ImageParameter = cfg.LoadBalancer.DeregistrationDelay.Round(time.Second), compute.ImageParameter(cfg.Web.InstanceType)
	p.Wanted, p.Monitored = cfg.Web.Desired(), cfg.Monitoring.On()
	if scaling := cfg.Web.AutoScaling; scaling.On() {
		p.Group.Min, p.Group.Max = scaling.Min, scaling.Max
		for _, o := range drawn.Scaling {
			if o.Key.Kind == autoscaling.GroupKind().Name {
				p.Group.Name = o.ID
			}
		}
	}
	for _, g := range drawn.Groups {
		p.SecurityGroups = append(p.SecurityGroups, runbook.Named{Name: g.Key.Name, ID: g.ID})
	}
	for _, z := range drawn.Zones {
		if z.Private.Key == (resource.Key{}) {
			continue // a zone that leaves
		}
		zone := runbook.Zone{Name: z.Name, Public: z.Public.ID, Private: z.Private.ID, Table: z.Private.Table.ID}
		if z.NAT != nil {
			zone.NAT = z.NAT.ID
		}
		p.Zones = append(p.Zones, zone)
		for _, i := range z.Instances {
			instance := runbook.Instance{Name: i.Key.Name, ID: i.ID, Zone: z.Name, State: i.State.Word}
			p.Instances = append(p.Instances, instance)
		}
	}
	p.ZoneCount = len(p.Zones)
}
