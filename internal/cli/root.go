package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// NewRoot is the command line as a whole.
func NewRoot(g *Global) *cobra.Command {
	root := &cobra.Command{
		Use:   "platformctl",
		Short: "A highly available web platform on AWS, and the proof that it fails over",
		Long: `platformctl puts a highly available web platform on AWS by calling the AWS APIs
directly, and takes it down without leaving anything behind.

Without a configuration it works on its own local cloud: no account, no cost.

Exit codes: 0 done · 1 failed · 2 wrong usage or configuration, nothing was
touched · 3 not healthy, drifted or (plan --exit-code) changes pending ·
4 a drill missed its objective · 5 another run holds the state's lock · 130 interrupted, the same command goes on`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			g.command = cmd
			if g.Output != "text" && g.Output != "json" {
				return usageError{fmt.Errorf("--output %q: allowed are text and json", g.Output)}
			}
			return nil
		},
	}
	root.SuggestionsMinimumDistance = 2 // letters between what was typed and what was meant
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		// What comes after the mistake was not read, but -o json may be there.
		g.Output = outputOf(g.Args)
		return usageError{err}
	})

	flags := root.PersistentFlags()
	flags.StringVarP(&g.Config, "config", "c", "", "configuration file (default platform.yaml, else the built-in local platform)")
	flags.String("target", "", "local or aws (default: what the configuration says)")
	flags.StringVar(&g.State, "state", "", "state file (default .platformctl/<name>.json)")
	flags.StringVarP(&g.Output, "output", "o", "text", "text or json")
	flags.BoolVar(&g.NoColor, "no-color", false, "no colours")
	flags.BoolVarP(&g.Yes, "yes", "y", false, "don't ask before acting on AWS")
	flags.BoolVarP(&g.Verbose, "verbose", "v", false, "tell of every API call")

	root.AddCommand(
		NewUp(g), NewStatus(g), NewFailoverDrill(g), NewDown(g), NewPlan(g), NewInit(g), NewLocal(g), NewVersion(g),
	)
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

// noArguments refuses arguments as wrong usage.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasParent() || !cmd.HasSubCommands() {
		return usageError{fmt.Errorf("%s takes no arguments, but got %q", cmd.CommandPath(), args)}
	}
	hint := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("; did you mean %q?", near[0])
	}
	return usageError{fmt.Errorf("there is no command %q%s", args[0], hint)}
}
