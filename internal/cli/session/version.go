package session

import (
	"runtime"
	"runtime/debug"

	"github.com/platformctl/platformctl/internal/present/report"
)

// Version reads what the Go toolchain stamped into the binary.
func Version() report.Version {
	v := report.Version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Commit = setting.Value
		case "vcs.time":
			v.Time = setting.Value
		}
	}
	return v
}
