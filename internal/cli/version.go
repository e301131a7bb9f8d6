package cli

import (
	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
)

// NewVersion is `platformctl version`.
func NewVersion(g *Global) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version, as the Go toolchain stamped it into the program.` +
			help.Exits(map[int]string{exit.OK: "", exit.WrongUsage: ""}),
		Example: `  platformctl version
  platformctl version -o json`,
		Args: help.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			document := session.Version()
			return g.Emit(document, func() { document.Show(g.Present()) })
		},
	}
}
