package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/complete"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
)

// The forms of a diagram.
const (
	formatSVG     = "svg"
	formatMermaid = "mermaid"
)

type diagramOptions struct {
	*Global
	Format  string
	File    string
	Planned bool
}

// NewDiagram is `platformctl diagram`.
func NewDiagram(g *Global) *cobra.Command {
	o := &diagramOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "diagram",
		Short: "Draw the platform as it is, as SVG or Mermaid",
		Long: `Draw the platform: Availability Zones as lanes, the way in from the internet to
the instances, and their way out. Each object has its ID and a sign with a word
for how it is: what drifted, is missing or unwell is drawn so, and listed.
Where nothing is there, the configuration is drawn. It changes nothing.

The SVG is one file without anything from elsewhere, and follows the reader's
light or dark scheme. Mermaid is text that GitHub and others draw.` + help.Exits(map[int]string{exit.OK: "drawn, however the platform is", exit.Failed: "", exit.WrongUsage: ""}),
		Example: `  platformctl diagram --file shop.svg
  platformctl diagram --format mermaid
  platformctl diagram --planned --file plan.svg -c configs/aws.yaml`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDiagram(cmd.Context(), o) },
	}
	cmd.Flags().StringVar(&o.Format, "format", "", "svg or mermaid (default: by the file's name, else svg)")
	cmd.Flags().StringVar(&o.File, "file", "", "write it to a file (default: standard output; an SVG not to a terminal)")
	cmd.Flags().BoolVar(&o.Planned, "planned", false, "draw the configuration alone, and ask nobody what is there")
	complete.Flags(cmd, map[string]complete.Func{"format": complete.Words(formatSVG+"\tdrawn, for a browser", formatMermaid+"\ttext that GitHub draws")})
	return cmd
}

// diagramDocument is the document of `diagram`.
type diagramDocument struct {
	Platform string `json:"platform"`
	Target   string `json:"target"`
	Region   string `json:"region"`
	// Health is as in `status`; "" where nobody looked.
	Health string `json:"health"`
	// Planned says that the drawing is of the configuration alone.
	Planned bool   `json:"planned"`
	Format  string `json:"format"`
	File    string `json:"file"`    // "" where Diagram has the drawing
	Diagram string `json:"diagram"` // "" where it is in the file
}

func runDiagram(ctx context.Context, o *diagramOptions) error {
	format, err := o.format()
	if err != nil {
		return err
	}
	if format == formatSVG && o.File == "" && o.Streams.OutTerminal && !o.JSON() {
		return exit.Usage{Err: errors.New("an SVG is not for a terminal: name a file, as in --file platform.svg, or send it somewhere; --format mermaid is text")}
	}
	platform, _, err := drawn(ctx, o.Global, o.Planned, func(s *session.Session, view *provision.View) error {
		drills, err := s.Unfinished(view.Observed.Objects)
		for _, d := range drills {
			// What it broke is drawn once the load balancer has noticed.
			s.Warn(errors.New(report.UnfinishedDrill{ID: d.ID, Scenario: d.Scenario}.String()))
		}
		return err
	})
	if err != nil {
		return err
	}
	text := platform.SVG()
	if format == formatMermaid {
		text = platform.Mermaid()
	}
	document := diagramDocument{
		Platform: platform.Name, Target: platform.Target, Region: platform.Region, Health: platform.Health, Planned: platform.Planned(),
		Format: format, File: o.File,
	}
	what := platform.Health
	if document.Planned {
		what = "as planned"
	}
	return emitText(o.Global, o.File, text, &document, &document.Diagram, fmt.Sprintf("Drew %s (%s) to %s.", platform.Name, what, o.File))
}

// format is what the flag says, or else the file's name.
func (o *diagramOptions) format() (string, error) {
	if o.Format != "" {
		if o.Format != formatSVG && o.Format != formatMermaid {
			return "", exit.Usage{Err: fmt.Errorf("--format %q: allowed are svg and mermaid", o.Format)}
		}
		return o.Format, nil
	}
	switch strings.ToLower(filepath.Ext(o.File)) {
	case ".mmd", ".mermaid":
		return formatMermaid, nil
	case "", ".svg":
		return formatSVG, nil
	default:
		return "", exit.Usage{Err: fmt.Errorf("--file %q: the name must end in .svg or .mmd, or --format must say which it is", o.File)}
	}
}
