package drillreport_test

import (
	"bytes"
	"testing"

	"github.com/platformctl/platformctl/internal/present/drillreport"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestShow_NamesReplacement shows a drill whose victim an Auto Scaling group replaced.
func TestShow_NamesReplacement(t *testing.T) {
	var out bytes.Buffer
	streams := both(&out)
	streams.Width = 80
	drillreport.Show(streams, drill(t, "replaced"), "")
	testenv.Golden(t, "replaced.80.txt", out.String())
}
