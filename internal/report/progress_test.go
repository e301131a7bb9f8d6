package report

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
)

// story is a run with a clock of its own.
type story struct {
	*Progress
	clock time.Time
}

func newStory(s Streams) *story {
	st := &story{clock: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	st.Progress = newProgress(s, "up shop", func() time.Time { return st.clock })
	return st
}

func (s *story) after(d time.Duration) { s.clock = s.clock.Add(d) }

func (s *story) event(what provision.EventType, action provision.Action, key, id, detail string, took time.Duration) {
	parsed, err := resource.ParseKey(key)
	if err != nil {
		panic(err)
	}
	s.Event(provision.Event{Type: what, Key: parsed, Action: action, ID: id, Detail: detail, At: s.clock, Took: took})
}

// tell tells the same story to any progress.
func tell(s *story, look func()) {
	s.Note("reading what is there")
	look()
	s.Total(5)
	s.event(provision.Started, provision.Create, "vpc/main", "", "", 0)
	s.after(300 * time.Millisecond)
	s.event(provision.Done, provision.Create, "vpc/main", "vpc-0a1", "", 300*time.Millisecond)
	s.event(provision.Started, provision.Create, "nat-gateway/a", "", "", 0)
	s.event(provision.Started, provision.Replace, "instance/web-a-1", "i-0old", "", 0)
	s.event(provision.Started, provision.Delete, "subnet/private-c", "subnet-1", "", 0)
	s.event(provision.Started, provision.Delete, "subnet/private-c", "subnet-2", "", 0) // a surplus copy
	s.after(time.Second)
	for range 3 {
		s.event(provision.Waiting, provision.Create, "nat-gateway/a", "nat-0c3", "pending", 0)
	}
	s.event(provision.Waiting, provision.Delete, "subnet/private-c", "subnet-2", "eni-1 (ELB\napp/x) to be gone", 0)
	s.event(provision.Done, provision.Delete, "subnet/private-c", "subnet-1", "", time.Second)
	s.after(61 * time.Second)
	look()
	s.event(provision.Waiting, provision.Create, "nat-gateway/a", "nat-0c3", "still pending", 0)
	s.event(provision.Waiting, provision.Create, "nat-gateway/a", "nat-0c3", "pending", 0)
	s.event(provision.Erred, provision.Replace, "instance/web-a-1", "i-0old", "InsufficientInstanceCapacity:\nno t3.micro here", 62*time.Second)
	s.event(provision.Done, provision.Delete, "subnet/private-c", "subnet-2", "", 62*time.Second)
	s.Line("12:01:02 DescribeNatGateways")
	look()
	s.Stop()
	s.Stop()
	s.event(provision.Done, provision.Create, "vpc/late", "vpc-1", "", 0)
}

func TestProgressInPlainLines(t *testing.T) {
	want := strings.TrimPrefix(`
reading what is there
creating vpc/main
vpc/main created (vpc-0a1) in 0.3s
creating nat-gateway/a
replacing instance/web-a-1
deleting subnet/private-c
deleting subnet/private-c
nat-gateway/a is waiting: pending
subnet/private-c is waiting: eni-1 (ELB app/x) to be gone
subnet/private-c deleted (subnet-1) in 1.0s
nat-gateway/a is waiting: still pending
instance/web-a-1 failed after 1m02s: InsufficientInstanceCapacity: no t3.micro here
subnet/private-c deleted (subnet-2) in 1m02s
12:01:02 DescribeNatGateways
nat-gateway/a not finished after 1m02s, was waiting: pending
`, "\n")
	for name, s := range map[string]Streams{
		"no terminal":           {Color: true, OutTerminal: true},
		"terminal, NO_COLOR":    {Terminal: true},
		"neither":               {},
		"narrow, but no window": {Width: 10},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			s.Err = &out
			st := newStory(s)
			tell(st, st.redraw)
			if diff := cmp.Diff(want, out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestProgressOnATerminal(t *testing.T) {
	screen := newTerminal(t, 76, 24)
	s := newStory(Streams{Err: screen, Terminal: true, Color: true, Size: screen.size})
	var seen []string
	tell(s, func() {
		s.redraw()
		seen = append(seen, screen.text())
		if !screen.hidden {
			t.Error("the cursor flickers behind the block")
		}
	})
	want := []string{
		`⠋ up shop  reading what is there  0.0s`,

		`✓ vpc/main created (vpc-0a1) in 0.3s
✓ subnet/private-c deleted (subnet-1) in 1.0s
  ⠸ creating nat-gateway/a      1m02s  waiting: pending
  ⠸ replacing instance/web-a-1  1m02s
  ⠸ deleting subnet/private-c   1m02s  waiting: eni-1 (ELB app/x) to be go…
⠸ up shop  2 of 5 done, 3 running  1m02s`,

		`✓ vpc/main created (vpc-0a1) in 0.3s
✓ subnet/private-c deleted (subnet-1) in 1.0s
✗ instance/web-a-1 failed after 1m02s: InsufficientInstanceCapacity: no t3…
✓ subnet/private-c deleted (subnet-2) in 1m02s
12:01:02 DescribeNatGateways
  ⠸ creating nat-gateway/a  1m02s  waiting: pending
⠸ up shop  3 of 5 done, 1 running  1m02s`,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	end := `✓ vpc/main created (vpc-0a1) in 0.3s
✓ subnet/private-c deleted (subnet-1) in 1.0s
✗ instance/web-a-1 failed after 1m02s: InsufficientInstanceCapacity: no t3…
✓ subnet/private-c deleted (subnet-2) in 1m02s
12:01:02 DescribeNatGateways
– nat-gateway/a not finished after 1m02s, was waiting: pending`
	if diff := cmp.Diff(end, screen.text()); diff != "" {
		t.Errorf("after Stop, -want +got:\n%s", diff)
	}
	writes := screen.writes
	s.redraw() // a tick that was on its way
	if screen.writes != writes {
		t.Errorf("drawn after Stop:\n%s", screen.text())
	}
	if screen.hidden || screen.column != 0 || screen.wrapped > 0 {
		t.Errorf("after Stop: cursor hidden %v, in column %d; %d lines wrapped", screen.hidden, screen.column, screen.wrapped)
	}
}

// A block that is higher than the window, in a window that is made narrower
// while it runs, leaves nothing behind.
func TestProgressInASmallWindow(t *testing.T) {
	screen := newTerminal(t, 60, 10)
	s := newStory(Streams{Err: screen, Terminal: true, Color: true, Size: screen.size})
	for i := range 200 {
		s.event(provision.Started, provision.Create, fmt.Sprintf("instance/web-a-%d", i+1), "", "", 0)
	}
	s.redraw()
	want := `  ⠋ creating instance/web-a-1     0.0s
  ⠋ creating instance/web-a-2     0.0s
  ⠋ creating instance/web-a-3     0.0s
  … and 197 more
⠋ up shop  200 running  0.0s`
	if diff := cmp.Diff(want, screen.text()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	screen.shrink(20)
	s.redraw()
	want = `  ⠋ creating insta…
  ⠋ creating insta…
  ⠋ creating insta…
  … and 197 more
⠋ up shop  200 run…`
	if diff := cmp.Diff(want, screen.text()); diff != "" {
		t.Errorf("narrower, -want +got:\n%s", diff)
	}
	for i := range 200 {
		s.event(provision.Done, provision.Create, fmt.Sprintf("instance/web-a-%d", i+1), "", "", 0)
		if i%7 == 0 {
			s.redraw()
		}
	}
	s.Stop()
	all := strings.Split(screen.text(), "\n")
	if len(all) != 200 || screen.wrapped > 0 {
		t.Errorf("%d lines are left, and %d wrapped; want 200 and none", len(all), screen.wrapped)
	}
	for i, line := range all {
		if want := fit(fmt.Sprintf("✓ instance/web-a-%d created in 0.0s", i+1), 19); line != want {
			t.Errorf("line %d is %q, want %q", i, line, want)
		}
	}
}

func TestProgressRedrawsTenTimesASecondWhateverHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		screen := newTerminal(t, 80, 24)
		p := NewProgress(Streams{Err: screen, Terminal: true, Color: true}, "up shop")
		key := resource.Key{Kind: "vpc", Name: "main"}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 500 { // two seconds
					p.Event(provision.Event{Type: provision.Started, Key: key, Action: provision.Create, At: time.Now()})
					<-time.After(4 * time.Millisecond) // on the bubble's clock
					p.Event(provision.Event{Type: provision.Done, Key: key, Action: provision.Create, At: time.Now()})
				}
			})
		}
		all.Wait()
		p.Stop()
		// Twenty pictures, and at Stop the last lines and the cursor.
		if screen.writes < 19 || screen.writes > 22 {
			t.Errorf("%d writes in two seconds, want about 20", screen.writes)
		}
		if lines := strings.Count(screen.text(), "\n") + 1; lines != 2000 {
			t.Errorf("%d lines, want one for each of 2000 steps", lines)
		}
	})
}

// A run that is over before the first picture shows its lines alone.
func TestShortProgressDrawsNoBlock(t *testing.T) {
	screen := newTerminal(t, 80, 24)
	s := newStory(Streams{Err: screen, Terminal: true, Color: true})
	s.Note("reading what is there")
	s.Stop()
	if screen.writes != 0 {
		t.Errorf("%d writes: %q", screen.writes, screen.text())
	}
}

// A second interrupt ends the process where it stands.
func TestRestoreGivesTheCursorBack(t *testing.T) {
	screen := newTerminal(t, 80, 24)
	streams := Streams{Err: screen, Out: screen, Terminal: true, OutTerminal: true, Color: true}
	s := newStory(streams)
	s.redraw()
	streams.Restore()
	if screen.hidden {
		t.Error("the cursor is still hidden")
	}
	var out bytes.Buffer
	Streams{Err: &out, Out: &out, Terminal: true}.Restore()
	Streams{Err: &out, Out: &out, Color: true}.Restore()
	if out.Len() > 0 {
		t.Errorf("%q where no cursor was ever hidden", out.String())
	}
}

func TestWatch(t *testing.T) {
	show := func(w *Watch, texts ...string) {
		for _, text := range texts {
			w.Show(func(s Streams) { lines(s.Out, text) })
		}
		w.Stop()
		w.Stop()
	}
	t.Run("in place on a terminal", func(t *testing.T) {
		screen := newTerminal(t, 20, 6)
		show(NewWatch(Streams{Out: screen, OutTerminal: true, Color: true, Size: screen.size}),
			"healthy\na\nb\nc\nd\ne\nf", "degraded\na line that is far too wide", "down")
		if got := screen.text(); got != "down" || screen.hidden || screen.wrapped > 0 {
			t.Errorf("%q is left, cursor hidden %v, %d wrapped", got, screen.hidden, screen.wrapped)
		}
	})
	t.Run("no more than the window holds", func(t *testing.T) {
		screen := newTerminal(t, 20, 4)
		show(NewWatch(Streams{Out: screen, OutTerminal: true, Color: true, Size: screen.size}), "a\nb\nc\nd")
		if got := screen.text(); got != "a\nb\n  … and 2 more" {
			t.Errorf("%q", got)
		}
	})
	t.Run("below each other elsewhere", func(t *testing.T) {
		for _, s := range []Streams{{Color: true, Terminal: true}, {OutTerminal: true}} {
			var out bytes.Buffer
			s.Out = &out
			show(NewWatch(s), "healthy\n2 objects", "down")
			if got := out.String(); got != "healthy\n2 objects\n\ndown\n" {
				t.Errorf("%q", got)
			}
		}
	})
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                         "0.0s",
		49 * time.Millisecond:     "0.0s",
		12345 * time.Millisecond:  "12.3s",
		59960 * time.Millisecond:  "1m00s",
		61 * time.Second:          "1m01s",
		59*time.Minute + 59700e6:  "1h00m",
		time.Hour + 2*time.Minute: "1h02m",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
	}
}
