package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/complete"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

type localFaultsOptions struct {
	*session.Global
	None bool
}

func newLocalFaults(g *session.Global) *cobra.Command {
	o := &localFaultsOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "faults [FILE]",
		Short: "Show the faults that the local cloud makes, or replace them",
		Long: `Show the faults that the running local cloud makes, or replace them by those of
a file, in YAML. They end with its process.` + help.Exits(map[int]string{
			exit.OK: "", exit.Failed: "the local cloud is not running", exit.WrongUsage: "wrong usage, or a wrong file; the faults are as they were",
		}),
		Example: `  platformctl local faults               # show them
  platformctl local faults faults.yaml   # replace them
  platformctl local faults --none`,
		ValidArgsFunction: complete.Files("yaml", "yml"),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && o.None {
				return exit.Usage{Err: fmt.Errorf("%s takes one file, or --none", cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runLocalFaults(cmd.Context(), o, args) },
	}
	cmd.Flags().BoolVar(&o.None, "none", false, "make none any more")
	return cmd
}

func runLocalFaults(ctx context.Context, o *localFaultsOptions, files []string) error {
	home, err := endpoint.Home(o.Get)
	if err != nil {
		return err
	}
	var now faults.Config
	switch {
	case len(files) == 1:
		if _, err := readFaults(o.Global, files[0]); err != nil { // with the file's name, and before anything is touched
			return exit.Usage{Err: err}
		}
		text, err := readFile(o.Global, files[0])
		if err != nil {
			return exit.Usage{Err: err}
		}
		if now, err = daemon.SetFaults(ctx, home, text); err != nil {
			return err
		}
	case o.None:
		now, err = daemon.SetFaults(ctx, home, nil)
	default:
		now, err = daemon.GetFaults(ctx, home)
	}
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(now)
	if err != nil {
		return errors.Join(errors.New("write the faults"), err)
	}
	return o.Emit(now, func() { fmt.Fprint(o.Streams.Out, string(text)) })
}
