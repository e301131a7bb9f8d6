package local

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

func newLocalStop(g *session.Global) *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "Stop the local cloud; its world stays on disk",
		Long: `Stop the local cloud, and with it all that it serves. Its world stays on disk:
the next up or local serve goes on with it.` +
			help.Exits(map[int]string{exit.OK: "it doesn't run any more, or never did", exit.Failed: "", exit.WrongUsage: ""}),
		Example: `  platformctl local stop`,
		Args:    help.NoArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runLocalStop(cmd.Context(), g) },
	}
}

func runLocalStop(ctx context.Context, g *session.Global) error {
	home, err := endpoint.Home(g.Get)
	if err != nil {
		return err
	}
	stopped, err := daemon.Stop(ctx, home)
	if err != nil {
		return err
	}
	return g.Emit(struct {
		Stopped bool `json:"stopped"`
	}{stopped}, func() {
		if stopped {
			g.Present().Done("the local cloud has stopped; its world is kept in " + endpoint.Directory(home))
			return
		}
		g.Present().Nothing("the local cloud was not running")
	})
}
