package report_test

import (
	"bytes"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// both are streams into one buffer.
func both(out *bytes.Buffer) terminal.Streams {
	return terminal.Streams{Out: out, Err: out, Terminal: true, OutTerminal: true, Width: 100}
}
