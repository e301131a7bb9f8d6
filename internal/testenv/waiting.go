package testenv

import (
	"flag"
	"os"
	"runtime/debug"
)

// Waiting has as many as n of a package's parallel tests run at once: for those that wait, for health checks and for
// processes, more than they compute. Their memory is small, so garbage is collected less often: that takes a sixth of what they
// compute. It is for a TestMain; -parallel, which is read later, has the last word, and so has GOGC.
func Waiting(n string) {
	if err := flag.Set("test.parallel", n); err != nil {
		panic(err)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
