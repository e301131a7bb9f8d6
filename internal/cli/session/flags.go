package session

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/platformctl/platformctl/internal/present/runbook"
)

// PlatformFlags are the global flags that say which platform is meant, as they were given: each other
// command needs them, too.
func (g *Global) PlatformFlags() string {
	if g.Command == nil {
		return ""
	}
	var given []string
	g.Command.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "config", "target", "state":
			given = append(given, "--"+f.Name+" "+runbook.Quoted(f.Value.String()))
		}
	})
	return strings.Join(given, " ")
}
