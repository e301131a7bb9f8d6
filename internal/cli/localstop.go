package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/localcloud"
)

func newLocalStop(g *Global) *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "Stop the local cloud; its world stays on disk",
		Long: `Stop the local cloud, and with it all that it serves. Its world stays on disk:
the next up or local serve goes on with it.` +
			exits(map[int]string{ExitOK: "it doesn't run any more, or never did", ExitFailed: "", ExitUsage: ""}),
		Example: `  platformctl local stop`,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runLocalStop(cmd.Context(), g) },
	}
}

func runLocalStop(ctx context.Context, g *Global) error {
	home, err := localcloud.Home(g.get)
	if err != nil {
		return err
	}
	stopped, err := localcloud.Stop(ctx, home)
	if err != nil {
		return err
	}
	return g.emit(struct {
		Stopped bool `json:"stopped"`
	}{stopped}, func() {
		if stopped {
			g.streams().Done("the local cloud has stopped; its world is kept in " + localcloud.Directory(home))
			return
		}
		g.streams().Nothing("the local cloud was not running")
	})
}
