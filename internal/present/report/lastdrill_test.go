package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestStatus_TellsOfTheLastDrill(t *testing.T) {
	last := &drillresult.Last{ID: "20261122T232704Z-4fbece", Scenario: "zone", Verdict: "fail", Began: "2026-11-22T23:27:04Z", Availability: 86.7983, Failed: 254, Restored: true}
	running := &drillresult.Last{ID: last.ID, Scenario: "zone", Running: true}
	left := &drillresult.Last{ID: last.ID, Scenario: "zone"}
	passed := &drillresult.Last{Scenario: "drain", Verdict: "pass", Began: "2026-11-22T23:27:04Z", Availability: 100, Restored: true}
	var got []string
	for _, l := range []*drillresult.Last{last, passed, running, left} {
		var out bytes.Buffer
		s := both(&out)
		s.Width = 120
		report.Status{Platform: "shop", Target: "local", Health: "healthy", Drill: l}.Show(s)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		got = append(got, lines[len(lines)-1])
	}
	want := []string{
		"last drill  ✗ fail  zone  254 failed, 86.79 % available  2026-11-22 23:27 UTC",
		"last drill  ✓ pass  drain  0 failed, 100 % available  2026-11-22 23:27 UTC",
		"~ The zone drill 20261122T232704Z-4fbece runs now: what is broken is its doing, and it restores it.",
		"✗ The zone drill 20261122T232704Z-4fbece left its fault behind: platformctl failover-drill --restore restores it.",
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
