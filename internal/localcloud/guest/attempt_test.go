package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/guest/attempts"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
)

const endsProgram = 7

// TestGuest_EndsNotTwiceInUserData has user data end the process in which its instance boots, as what the kernel kills
// for its memory does.
func TestGuest_EndsNotTwiceInUserData(t *testing.T) {
	dir := os.Getenv("GUEST_TEST_DIR")
	o := options(t, nginx.Program{}, site)
	if dir != "" {
		o.Dir, o.Alone = dir, attempts.NewAlone()
		o.Egress = func() (bool, string) { os.Exit(endsProgram); return true, "" }
		g := open(t, o)
		g.Start()
		_ = g.Booted(t.Context())
		return
	}
	o.Dir = t.TempDir()
	for range attempts.Most {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestGuest_EndsNotTwiceInUserData$")
		child.Env = append(os.Environ(), "GUEST_TEST_DIR="+o.Dir)
		var exit *exec.ExitError
		if out, err := child.CombinedOutput(); !errors.As(err, &exit) || exit.ExitCode() != endsProgram {
			t.Fatalf("the process didn't end in the boot: %v\n%s", err, out)
		}
	}
	o.Egress = func() (bool, string) { t.Error("user data ran again"); return true, "" }
	g := open(t, o)
	for range 2 { // it is remembered, too
		g.Start()
		if err := g.Booted(t.Context()); err == nil || !strings.Contains(err.Error(), attempts.ErrEndsProgram.Error()) {
			t.Errorf("boot: %v", err)
		}
		g.Stop()
	}
	if console := g.Console(); !strings.Contains(console, "user data: platformctl: it isn't run again") {
		t.Errorf("console:\n%s", console)
	}
}

// begun reports how often something was begun, as the disk has it.
func begun(t *testing.T, g *Guest, what string) string {
	t.Helper()
	text, err := os.ReadFile(attempts.File(g.attemptsDir(), what))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func TestGuest_NotesWhatItBegins(t *testing.T) {
	o := options(t, nginx.Program{}, site)
	var g *Guest
	during := ""
	o.Egress = func() (bool, string) { during = begun(t, g, "boot"); return true, "" }
	g = open(t, o)
	g.Start()
	if err := g.Booted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if during != "1" || begun(t, g, "boot") != "" {
		t.Errorf("begun %q times during the boot, %q after it", during, begun(t, g, "boot"))
	}
	for _, script := range []string{"true", "false", "while true; do :; done", "("} {
		if _, err := g.Run(t.Context(), Script{ID: "X:1/2", Text: script}); err != nil {
			t.Errorf("%s: %v", script, err)
		}
		if n := begun(t, g, "script-X:1/2"); n != "" {
			t.Errorf("%s: begun %s times after it ended", script, n)
		}
	}
}

// TestGuest_EndsNotTwiceInScript has the mark that a process leaves which ended in a script.
func TestGuest_EndsNotTwiceInScript(t *testing.T) {
	o := options(t, nginx.Program{}, site)
	o.Alone = attempts.NewAlone()
	g := open(t, o)
	g.Start()
	if err := g.Booted(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended := func(times int) {
		file := attempts.File(g.attemptsDir(), "script-1")
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, fmt.Append(nil, times), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	ended(attempts.Most)
	if result, err := g.Run(t.Context(), Script{ID: "1", Text: "echo ran"}); !errors.Is(err, attempts.ErrEndsProgram) || result.Stdout != "" {
		t.Errorf("got %+v, %v", result, err)
	}
	if result, err := g.Run(t.Context(), Script{ID: "2", Text: "echo ran"}); err != nil || result.Stdout != "ran\n" {
		t.Errorf("another run of it: %+v, %v", result, err)
	}

	// The second time it runs when nothing else does that is under suspicion.
	ended(1)
	o.Alone <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if result, err := g.Run(ctx, Script{ID: "1", Text: "echo ran"}); !errors.Is(err, context.Canceled) || result.Stdout != "" {
		t.Errorf("beside others: %+v, %v", result, err)
	}
	<-o.Alone
	if result, err := g.Run(t.Context(), Script{ID: "1", Text: "echo ran"}); err != nil || result.Stdout != "ran\n" {
		t.Errorf("alone: %+v, %v", result, err)
	}
}

// TestGuest_KeepsTheNoteWhenAScriptIsUnwound has a script's goroutine end in the middle: what unwinds it, as a panic does,
// removes no note.
func TestGuest_KeepsTheNoteWhenAScriptIsUnwound(t *testing.T) {
	o := options(t, nginx.Program{}, "")
	watch := &endingClock{Clock: o.Clock}
	o.Clock = watch
	g := open(t, o)
	g.Start()
	if err := g.Booted(t.Context()); err != nil {
		t.Fatal(err)
	}
	watch.ends.Store(true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, err := g.Run(t.Context(), Script{ID: "1", Text: "sleep 1"})
		t.Errorf("it returned: %v", err)
	}()
	<-ended
	watch.ends.Store(false)
	if n := begun(t, g, "script-1"); n != "1" {
		t.Errorf("begun %q times", n)
	}
}

// endingClock ends the goroutine that asks it for a timer.
type endingClock struct {
	clock.Clock
	ends atomic.Bool
}

func (c *endingClock) NewTimer(d time.Duration) clock.Timer {
	if c.ends.Load() {
		runtime.Goexit()
	}
	return c.Clock.NewTimer(d)
}
