package report_test

import (
	"bytes"

	"github.com/platformctl/platformctl/internal/present/report"
)

// both are streams into one buffer.
func both(out *bytes.Buffer) report.Streams {
	return report.Streams{Out: out, Err: out, Terminal: true, OutTerminal: true, Width: 100}
}
