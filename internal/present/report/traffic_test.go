package report

import (
	"bytes"
	"testing"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision/traffic"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestShowTraffic_DrawsABarAMinute(t *testing.T) {
	for name, test := range map[string]struct {
		traffic *traffic.Traffic
		want    string
	}{
		"nobody asked": {nil, ""},
		"idle":         {&traffic.Traffic{Requests: make([]float64, 5), Errors: make([]float64, 5), P95: make([]float64, 5)}, "\n  requests  none in the last 5 minutes\n"},
		"busy": {&traffic.Traffic{Requests: []float64{0, 1, 600, 1200, 0}, Errors: []float64{0, 0, 0, 3, 0}, P95: []float64{0, 0.012, 0.012, 0.0961, 0}}, `
  requests    ·▁▄█·  1,200 a minute
  errors      ···█·  3 a minute
  95% within  ·▁▁█·  97 ms
`},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			s := terminal.Streams{Out: &out}
			showTraffic(s, s.OutStyles(), test.traffic)
			if diff := testenv.Diff(test.want, out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
