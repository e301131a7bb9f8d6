package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/present/terminal/terminaltest"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestWatch(t *testing.T) {
	at := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	healthy := Status{
		Platform: "shop", Target: "local", Health: "healthy", Zones: []string{"a", "b"},
		Targets: []loadbalancing.Target{{Instance: "i-1", Zone: "a", State: "healthy"}, {Instance: "i-2", Zone: "b", State: "healthy"}},
	}
	worse := healthy
	worse.Health = "degraded"
	worse.Targets = []loadbalancing.Target{{Instance: "i-1", Zone: "a", State: "healthy"}, {Instance: "i-3", Zone: "b", State: "unhealthy", Reason: "Target.Timeout"}}
	show := func(w *Watch) {
		w.Show(healthy, at)
		w.Show(healthy, at.Add(2*time.Second))
		w.Show(worse, at.Add(4*time.Second))
		w.Stop()
		w.Stop()
	}
	t.Run("redraws in place on a terminal, below what changed", func(t *testing.T) {
		screen := terminaltest.New(t, 60, 16)
		show(NewWatch(terminal.Streams{Out: screen, OutTerminal: true, Color: true, Size: screen.Size}, 2*time.Second))
		want := `12:00:04  shop is degraded, was healthy
12:00:04  i-3 in b is unhealthy, was not there
12:00:04  i-2 is gone, was healthy
~ degraded  shop  local

  zone  instance  health
  a     i-1       ✓ healthy
  b     i-3       ✗ unhealthy  Target.Timeout

0 objects, all as configured

Nothing has drifted, so it may get well by itself:
  platformctl status --watch shows whether it does.

  at 12:00:04, and every 2s until Ctrl-C`
		if diff := testenv.Diff(want, screen.Text()); diff != "" || screen.Hidden || screen.Wrapped > 0 {
			t.Errorf("cursor hidden %v, %d wrapped, -want +got:\n%s", screen.Hidden, screen.Wrapped, diff)
		}
	})
	t.Run("cut to a small window", func(t *testing.T) {
		screen := terminaltest.New(t, 40, 6)
		w := NewWatch(terminal.Streams{Out: screen, OutTerminal: true, Size: screen.Size}, time.Minute)
		w.Show(healthy, at)
		w.Show(healthy, at)
		w.Stop()
		want := `✓ healthy  shop  local

  … and 6 more

  at 12:00:00, and every 1m00s until C…`
		if diff := testenv.Diff(want, screen.Text()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
	t.Run("appended where there is no terminal", func(t *testing.T) {
		var out bytes.Buffer
		show(NewWatch(terminal.Streams{Out: &out, Color: true, Terminal: true}, time.Second))
		if got := out.String(); strings.Count(got, "\n\n✓ healthy") != 1 || !strings.HasPrefix(got, "✓ healthy") || !strings.Contains(got, "\n\n~ degraded") {
			t.Errorf("%q", got)
		}
	})
}
