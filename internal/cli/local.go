package cli

import "github.com/spf13/cobra"

// NewLocal is `platformctl local …`.
func NewLocal(g *Global) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "local",
		Short: "The local cloud by itself",
		Long: `The local cloud is a simulator of the AWS APIs that carries real traffic. up
starts it in the background when it is needed, and down stops it when nothing
is left in it. These commands are for using it by itself.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLocalServe(g), newLocalStatus(g), newLocalLogs(g), newLocalFaults(g), newLocalStop(g))
	return cmd
}
