// Package local has the commands of the local cloud by itself: serve, status, logs,
// faults, trust, mail and stop. What a command needs of the local cloud for its platform is in
// session.
package local

import (
	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
)

// New is `platformctl local …`.
func New(g *session.Global) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "local",
		Short: "The local cloud by itself",
		Long: `The local cloud is a simulator of the AWS APIs that carries real traffic. up
starts it in the background when it is needed, and down stops it when nothing
is left in it. These commands are for using it by itself. PLATFORMCTL_HOME moves
its files: two homes are two local clouds.` + help.Exits(map[int]string{exit.OK: "", exit.WrongUsage: ""}),
		Example: `  platformctl local status
  platformctl local serve --listen 127.0.0.1:4566
  PLATFORMCTL_HOME=/tmp/other platformctl up`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLocalServe(g), newLocalStatus(g), newLocalLogs(g), newLocalFaults(g), newLocalTrust(g), newLocalMail(g), newLocalStop(g))
	return cmd
}
