package progress

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/present/terminal/terminaltest"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// story is a run with a clock of its own.
type story struct {
	*Progress
	clock time.Time
}

func newStory(s terminal.Streams) *story {
	st := &story{clock: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	st.Progress = newAt(s, "up shop", func() time.Time { return st.clock })
	return st
}

func (s *story) after(d time.Duration) { s.clock = s.clock.Add(d) }

func (s *story) event(what apply.EventType, action plan.Action, name, id, detail string, took time.Duration) {
	s.Event(apply.Event{Type: what, Key: parsed(name), Action: action, ID: id, Detail: detail, At: s.clock, Took: took})
}

func parsed(name string) resource.Key {
	key, err := resource.ParseKey(name)
	if err != nil {
		panic(err)
	}
	return key
}

// tell tells the same story to any progress.
func tell(s *story, look func()) {
	s.Note("reading what is there")
	look()
	s.Plan([]plan.Upcoming{
		{Key: parsed("vpc/main"), Action: plan.Create},
		{Key: parsed("nat-gateway/a"), Action: plan.Create, Needs: []int{0}},
		{Key: parsed("route-table/private-a"), Action: plan.Create, Needs: []int{0, 1}},
		{Key: parsed("instance/web-a-1"), Action: plan.Replace},
		{Key: parsed("instance/web-a-2"), Action: plan.Create, Needs: []int{2}},
		{Key: parsed("registration/web-a-1"), Action: plan.Create, Needs: []int{3}},
		{Key: parsed("subnet/private-c"), Action: plan.Delete, ID: "subnet-1"},
		{Key: parsed("subnet/private-c"), Action: plan.Delete, ID: "subnet-2"},
	}, time.Second)
	s.event(apply.Started, plan.Create, "vpc/main", "", "", 0)
	s.after(300 * time.Millisecond)
	s.event(apply.Done, plan.Create, "vpc/main", "vpc-0a1", "", 300*time.Millisecond)
	s.event(apply.Started, plan.Create, "nat-gateway/a", "", "", 0)
	s.event(apply.Started, plan.Replace, "instance/web-a-1", "i-0old", "", 0)
	s.event(apply.Started, plan.Delete, "subnet/private-c", "subnet-1", "", 0)
	s.event(apply.Started, plan.Delete, "subnet/private-c", "subnet-2", "", 0) // a surplus copy
	s.after(time.Second)
	for range 3 {
		s.event(apply.Waiting, plan.Create, "nat-gateway/a", "nat-0c3", "pending", 0)
	}
	s.event(apply.Waiting, plan.Delete, "subnet/private-c", "subnet-2", "eni-1 (ELB\napp/x) to be gone", 0)
	s.event(apply.Done, plan.Delete, "subnet/private-c", "subnet-1", "", time.Second)
	s.after(61 * time.Second)
	look()
	s.event(apply.Waiting, plan.Create, "nat-gateway/a", "nat-0c3", "still pending", 0)
	s.event(apply.Waiting, plan.Create, "nat-gateway/a", "nat-0c3", "pending", 0)
	s.event(apply.Erred, plan.Replace, "instance/web-a-1", "i-0old", "InsufficientInstanceCapacity:\nno t3.micro here", 62*time.Second)
	s.event(apply.Done, plan.Delete, "subnet/private-c", "subnet-2", "", 62*time.Second)
	s.Line("12:01:02 DescribeNatGateways")
	look()
	s.Stop()
	s.Stop()
	s.event(apply.Done, plan.Create, "vpc/late", "vpc-1", "", 0)
}

func TestProgress_PlainLinesWithoutTerminal(t *testing.T) {
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
	for name, s := range map[string]terminal.Streams{
		"no terminal":           {Color: true, OutTerminal: true},
		"full, no terminal":     {Full: true},
		"no terminal, no color": {},
		"narrow, but no window": {Width: 10},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			s.Err = &out
			st := newStory(s)
			tell(st, st.live.Redraw)
			if diff := testenv.Diff(want, out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestProgress_RedrawsBlockOnTerminal(t *testing.T) {
	screen := terminaltest.New(t, 76, 24)
	s := newStory(terminal.Streams{Err: screen, Terminal: true, Color: true, Size: screen.Size})
	var seen []string
	tell(s, func() {
		s.live.Redraw()
		seen = append(seen, screen.Text())
		if !screen.Hidden {
			t.Error("the cursor flickers behind the block")
		}
	})
	want := []string{
		`⠋ up shop   0.0s
  reading what is there  0.0s`,

		`⠸ up shop  1m02s  2 of 8 done, 3 running  ███████░░░░░░░░░░░░░░░░░░░░░░░░
  running                    for  waiting
  + nat-gateway/a          1m02s  pending
  ± instance/web-a-1       1m02s
  - subnet/private-c       1m02s  eni-1 (ELB app/x) to be gone
  next                            after
  + route-table/private-a         nat-gateway/a
  + registration/web-a-1          instance/web-a-1
  then  instance/web-a-2
  done  vpc/main, subnet/private-c`,

		`✗ instance/web-a-1 failed after 1m02s: InsufficientInstanceCapacity: no
  t3.micro here
12:01:02 DescribeNatGateways
⠸ up shop  1m02s  3 of 8 done, 1 running, 1 failed  ███████░░░░░░░░░░░░░░
  running            for  waiting
  + nat-gateway/a  1m02s  pending
  done  vpc/main, 2 subnets`,
	}
	if diff := testenv.Diff(want, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	end := `✗ instance/web-a-1 failed after 1m02s: InsufficientInstanceCapacity: no
  t3.micro here
12:01:02 DescribeNatGateways
✓ created vpc/main
✓ deleted 2 subnets
– nat-gateway/a not finished after 1m02s, was waiting: pending`
	if diff := testenv.Diff(end, screen.Text()); diff != "" {
		t.Errorf("after Stop, -want +got:\n%s", diff)
	}
	writes := screen.Writes
	s.live.Redraw() // a tick that was on its way
	if screen.Writes != writes {
		t.Errorf("drawn after Stop:\n%s", screen.Text())
	}
	if screen.Hidden || screen.Column != 0 || screen.Wrapped > 0 {
		t.Errorf("after Stop: cursor hidden %v, in column %d; %d lines wrapped", screen.Hidden, screen.Column, screen.Wrapped)
	}
}

// A block that is higher than the window, in a window that is made narrower
// while it runs, leaves nothing behind.
func TestProgress_FitsSmallWindow(t *testing.T) {
	screen := terminaltest.New(t, 60, 10)
	s := newStory(terminal.Streams{Err: screen, Terminal: true, Color: true, Size: screen.Size})
	for i := range 200 {
		s.event(apply.Started, plan.Create, fmt.Sprintf("instance/web-a-%d", i+1), "", "", 0)
	}
	s.live.Redraw()
	want := `⠋ up shop   0.0s  0 of 200 done, 200 running  ░░░░░░░░░░░
  running            for  waiting
  + 200 instances   0.0s`
	if diff := testenv.Diff(want, screen.Text()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	screen.Shrink(20)
	s.live.Redraw()
	want = `⠋ up shop   0.0s  …
  running         …
  + 200 instances …`
	if diff := testenv.Diff(want, screen.Text()); diff != "" {
		t.Errorf("narrower, -want +got:\n%s", diff)
	}
	for i := range 200 {
		s.event(apply.Done, plan.Create, fmt.Sprintf("instance/web-a-%d", i+1), "", "", 0)
		if i%7 == 0 {
			s.live.Redraw()
		}
	}
	s.Stop()
	if got := screen.Text(); got != "✓ created\n  200 instances" || screen.Wrapped > 0 {
		t.Errorf("%d lines wrapped, and this is left:\n%s", screen.Wrapped, got)
	}
}

// With -v every step has a line of its own, above the block.
func TestProgress_FullPrintsLinePerStep(t *testing.T) {
	screen := terminaltest.New(t, 60, 10)
	s := newStory(terminal.Streams{Err: screen, Terminal: true, Size: screen.Size, Full: true})
	for i := range 200 {
		s.event(apply.Started, plan.Create, fmt.Sprintf("instance/web-a-%d", i+1), "", "", 0)
	}
	for i := range 199 {
		s.event(apply.Done, plan.Create, fmt.Sprintf("instance/web-a-%d", i+1), fmt.Sprintf("i-%d", i+1), "", time.Second)
		if i%7 == 0 {
			s.live.Redraw()
		}
	}
	s.Stop()
	all := strings.Split(screen.Text(), "\n")
	if len(all) != 200 || screen.Wrapped > 0 {
		t.Fatalf("%d lines are left, and %d wrapped; want 200 and none", len(all), screen.Wrapped)
	}
	for i, line := range all[:199] {
		if want := fmt.Sprintf("✓ instance/web-a-%d created (i-%d) in 1.0s", i+1, i+1); line != want {
			t.Errorf("line %d is %q, want %q", i, line, want)
		}
	}
	if all[199] != "– instance/web-a-200 not finished after 0.0s" {
		t.Errorf("the last line is %q", all[199])
	}
}

func TestProgress_RedrawsTenTimesASecondUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		screen := terminaltest.New(t, 80, 24)
		p := New(terminal.Streams{Err: screen, Terminal: true, Color: true, Full: true}, "up shop")
		key := resource.Key{Kind: "vpc", Name: "main"}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 500 { // two seconds
					p.Event(apply.Event{Type: apply.Started, Key: key, Action: plan.Create, At: time.Now()})
					<-time.After(4 * time.Millisecond) // on the bubble's clock
					p.Event(apply.Event{Type: apply.Done, Key: key, Action: plan.Create, At: time.Now()})
				}
			})
		}
		all.Wait()
		p.Stop()
		// Twenty pictures, and at Stop the last lines and the cursor.
		if screen.Writes < 19 || screen.Writes > 22 {
			t.Errorf("%d writes in two seconds, want about 20", screen.Writes)
		}
		if lines := strings.Count(screen.Text(), "\n") + 1; lines != 2000 {
			t.Errorf("%d lines, want one for each of 2000 steps", lines)
		}
	})
}

// A run that is over before the first picture shows its lines alone.
func TestProgress_ShortRunDrawsNoBlock(t *testing.T) {
	screen := terminaltest.New(t, 80, 24)
	s := newStory(terminal.Streams{Err: screen, Terminal: true, Color: true})
	s.Note("reading what is there")
	s.Stop()
	if screen.Writes != 0 {
		t.Errorf("%d writes: %q", screen.Writes, screen.Text())
	}
}

// A second interrupt ends the process where it stands.
func TestShowCursor_AfterInterruptedProgress(t *testing.T) {
	screen := terminaltest.New(t, 80, 24)
	streams := terminal.Streams{Err: screen, Out: screen, Terminal: true, OutTerminal: true, Color: true}
	s := newStory(streams)
	s.live.Redraw()
	streams.ShowCursor()
	if screen.Hidden {
		t.Error("the cursor is still hidden")
	}
	var out bytes.Buffer
	terminal.Streams{Err: &out, Out: &out, Color: true}.ShowCursor()
	if out.Len() > 0 {
		t.Errorf("%q where no cursor was ever hidden", out.String())
	}
}

// TestWarn_IsMarkedAndFoldedAboveTheBlock has a warning that is wider than the window: all of it is shown, broken between words.
func TestWarn_IsMarkedAndFoldedAboveTheBlock(t *testing.T) {
	const text = "not checked beforehand, since AWS didn't answer within 2s: permissions on *, permissions on instances"
	screen := terminaltest.New(t, 40, 12)
	s := newStory(terminal.Streams{Err: screen, Terminal: true, Color: true, Size: screen.Size})
	s.Note("asking")
	s.Warn(text)
	s.Line("12:01:02 DescribeNatGateways of a name that is long")
	s.live.Redraw()
	want := `! not checked beforehand, since AWS
  didn't answer within 2s: permissions
  on *, permissions on instances
12:01:02 DescribeNatGateways of a
  name that is long
`
	if got := screen.Text(); !strings.HasPrefix(got, want) || !strings.Contains(got[len(want):], "up shop") {
		t.Errorf("want above the block\n%s\ngot\n%s", want, got)
	}
	s.Stop()
	s.Warn("web.instances is 1, for 3 zones: there will be none in two")
	want += `! web.instances is 1, for 3 zones:
  there will be none in two`
	if diff := testenv.Diff(want, screen.Text()); diff != "" || screen.Wrapped > 0 {
		t.Errorf("%d lines wrapped; after Stop, -want +got:\n%s", screen.Wrapped, diff)
	}

	var plain bytes.Buffer
	s = newStory(terminal.Streams{Err: &plain})
	s.Warn(text)
	s.Stop()
	if diff := testenv.Diff("! "+text+"\n", plain.String()); diff != "" {
		t.Errorf("where there is no terminal, -want +got:\n%s", diff)
	}
}
