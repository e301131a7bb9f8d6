package cli

import (
	"context"
	"fmt"

	"github.com/platformctl/platformctl/internal/atomicfile"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/diagram"
	"github.com/platformctl/platformctl/internal/provision"
)

// What `diagram` and `runbook` share: the platform as it can be drawn, and a text that
// goes to a file or to standard output.

// drawn is the platform, as planned or as it is. Also gets what else the command asks
// for of the latter, while its session is open.
func drawn(ctx context.Context, g *Global, planned bool, also func(*session.Session, *provision.View) error) (diagram.Platform, config.Config, error) {
	if planned {
		cfg, graph, err := offline(g)
		if err != nil {
			return diagram.Platform{}, cfg, err
		}
		return diagram.New(cfg, graph, diagram.Seen{}), cfg, nil
	}
	s, err := g.Open(ctx, false)
	if err != nil {
		return diagram.Platform{}, config.Config{}, err
	}
	defer s.EndEmpty(ctx)
	view, err := provision.Inspect(ctx, s.Clients, s.Config, s.Store)
	if err != nil {
		return diagram.Platform{}, s.Config, err
	}
	if err := also(s, view); err != nil {
		return diagram.Platform{}, s.Config, err
	}
	seen := diagram.See(view)
	front, err := s.Front(ctx, blueprint.DNSName(view.Observed.Objects))
	if err != nil {
		return diagram.Platform{}, s.Config, err
	}
	seen.URL = front.Page.URL
	return diagram.New(s.Config, view.Graph, seen), s.Config, nil
}

// emitText emits a document with a text: into a file, which is replaced in one go and
// which told tells of, or without one into a field of the document. A relative name is
// in the working directory.
func emitText(g *Global, file, text string, document any, field *string, told string) error {
	if file == "" {
		*field = text
	} else if err := atomicfile.Write(g.InDir(file), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return g.Emit(document, func() {
		if file == "" {
			fmt.Fprint(g.Streams.Out, text)
			return
		}
		fmt.Fprintln(g.Streams.Out, told)
	})
}
