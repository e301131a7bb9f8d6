package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/present/report"
)

// NewVersion is `platformctl version`.
func NewVersion(g *Global) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Print the version, as the Go toolchain stamped it into the program.` +
			exits(map[int]string{ExitOK: "", ExitUsage: ""}),
		Example: `  platformctl version
  platformctl version -o json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			document := version()
			return g.emit(document, func() { g.streams().Version(document) })
		},
	}
}

// version reads what the Go toolchain stamped into the binary.
func version() report.Version {
	v := report.Version{Version: "(devel)", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			v.Commit = setting.Value
		}
	}
	return v
}
