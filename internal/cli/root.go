package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/platformctl/platformctl/internal/cli/complete"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/initialize"
	"github.com/platformctl/platformctl/internal/cli/local"
	"github.com/platformctl/platformctl/internal/cli/session"
)

// NewRoot is the command line as a whole.
func NewRoot(g *Global) *cobra.Command {
	root := &cobra.Command{
		Use:   "platformctl",
		Short: "A highly available web platform on AWS, and the proof that it fails over",
		Long: `platformctl puts a highly available web platform on AWS by calling the AWS APIs
directly, and takes it down without leaving anything behind.

Without a configuration it works on its own local cloud: no account, no cost.` + help.Exits(map[int]string{
			exit.OK: "", exit.Failed: "", exit.WrongUsage: "", exit.Unhealthy: "", exit.Missed: "", exit.Locked: "", exit.Interrupted: "",
		}),
		Example: `  platformctl up               # a platform on this machine; prints its URL
  platformctl failover-drill   # break an instance, and see what its users see
  platformctl down             # take it away again`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          help.NoArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			g.Command = cmd
			if g.Output != "text" && g.Output != "json" {
				return exit.Usage{Err: fmt.Errorf("--output %q: allowed are text and json", g.Output)}
			}
			if g.JSON() && cmd.Parent() != nil && cmd.Parent().Name() == "completion" {
				return session.ErrHelpAsJSON
			}
			return nil
		},
	}
	show := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) { g.ShowHelp(func() { show(cmd, args) }) })
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		// What comes after the mistake was not read, but -o json may be there.
		g.Output = outputOf(g.Args)
		return exit.Usage{Err: err}
	})

	flags := root.PersistentFlags()
	flags.StringVarP(&g.Config, "config", "c", "", "configuration file (default platform.yaml, else the built-in local platform)")
	flags.String("target", "", "local or aws (default: what the configuration says)")
	flags.StringVar(&g.State, "state", "", "state file (default .platformctl/<name>.json)")
	flags.StringVarP(&g.Output, "output", "o", "text", "text or json")
	flags.BoolVar(&g.NoColor, "no-color", false, "no colours")
	flags.BoolVarP(&g.Yes, "yes", "y", false, "don't ask before acting on AWS")
	flags.BoolVarP(&g.Verbose, "verbose", "v", false, "tell of every API call, and sum nothing up")

	complete.Everywhere(g, root)

	root.AddCommand(
		NewUp(g), NewStatus(g), NewFailoverDrill(g), NewDown(g), NewPlan(g), NewList(g), NewLogs(g), NewDiagram(g), NewRunbook(g), initialize.New(g), local.New(g), NewVersion(g),
	)
	root.SetIn(g.In)
	root.SetOut(g.Streams.Out)
	root.SetErr(g.Streams.Err)
	root.SetUsageFunc(help.Usage)
	help.AddStandard(root)
	return root
}

// outputOf finds --output among arguments of which some are wrong.
func outputOf(args []string) string {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.SetOutput(io.Discard)
	output := flags.StringP("output", "o", "", "")
	_ = flags.Parse(args) // the mistake is reported already
	return *output
}
