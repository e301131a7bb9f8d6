package drillreport_test

import (
	"bytes"
	"flag"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

var _ = flag.Bool("update", false, "write testdata again")

// both are streams into one buffer.
func both(out *bytes.Buffer) terminal.Streams {
	return terminal.Streams{Out: out, Err: out, Terminal: true, OutTerminal: true, Width: 100}
}
