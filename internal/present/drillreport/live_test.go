package drillreport_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/present/drillreport"
	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/present/terminal/terminaltest"
	"github.com/platformctl/platformctl/internal/testenv"
)

// planned is a drill's document as it is before anything was measured.
func planned(doc drillresult.Drill) drillresult.Drill {
	plan := doc
	plan.Timeline, plan.Moments, plan.Answers, plan.Verdict, plan.Restored = nil, nil, nil, "", false
	plan.Requests, plan.Overall, plan.Measured, plan.Compared = drillresult.Requests{}, drillresult.Requests{}, drillresult.Measured{}, nil
	return plan
}

// replay tells a watch what a real drill told it, a second at a time. Look is
// called at each.
func replay(doc drillresult.Drill, w *drillreport.Live, clock *time.Time, look func(second int)) {
	w.Phase("reading what is there")
	w.Begin(planned(doc))
	w.Phase("measuring before the fault")
	phases := map[string]string{
		"fault": "injecting the fault", "fault is in place": "the fault is in place", "restore": "waiting for all targets to be healthy",
		"all healthy": "measuring after the recovery", "load ends": "waiting for the last answers",
	}
	for i, second := range doc.Timeline {
		*clock = clock.Add(time.Second)
		for _, mark := range second.Marks {
			if phase := phases[mark]; phase != "" {
				w.Phase(phase)
			}
		}
		w.Show(doc.Timeline[:i+1])
		look(i)
	}
}

func TestLive_RedrawsOnTerminal(t *testing.T) {
	for name, size := range map[string][2]int{"80x24": {80, 24}, "200x50": {200, 50}} {
		for _, drilled := range []string{"zone-targets", "aborted"} {
			t.Run(drilled+"/"+name, func(t *testing.T) {
				doc := drill(t, drilled)
				screen := terminaltest.New(t, size[0], size[1])
				clock := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
				w := drillreport.NewLiveAt(terminal.Streams{Err: screen, Terminal: true, Color: true, Size: screen.Size}, func() time.Time { return clock })
				w.Redraw()
				var seen strings.Builder
				replay(doc, w, &clock, func(second int) {
					if second == 20 {
						w.Line("12:00:21 DescribeTargetHealth")
					}
					w.Redraw()
					switch second {
					case 2, 10, 25, 37, len(doc.Timeline) - 1:
						fmt.Fprintf(&seen, "===== second %d\n%s\n", second, screen.Text())
					}
					if !screen.Hidden {
						t.Error("the cursor flickers behind the picture")
					}
				})
				w.Stop()
				w.Stop()
				w.Phase("late")
				w.Show(doc.Timeline)
				w.Redraw()
				fmt.Fprintf(&seen, "===== in the end\n%s\n", screen.Text())
				testenv.Golden(t, drilled+".live."+name+".txt", seen.String())
				if screen.Hidden || screen.Wrapped > 0 {
					t.Errorf("the cursor is hidden: %t; %d lines were too wide", screen.Hidden, screen.Wrapped)
				}
				if strings.Contains(screen.Text(), "a second ") && strings.Contains(screen.Text(), "peak") {
					t.Error("the picture is still there")
				}
			})
		}
	}
}

func TestLive_PlainLinesWithoutTerminal(t *testing.T) {
	for _, name := range drills() {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			clock := time.Now()
			w := drillreport.NewLiveAt(terminal.Streams{Err: &out, Color: true}, func() time.Time { return clock })
			replay(drill(t, name), w, &clock, func(second int) {
				w.Redraw()
				if second == 3 {
					w.Phase("measuring before the fault") // again
					w.Line("12:00:03 DescribeTargetHealth")
				}
			})
			w.Stop()
			testenv.Golden(t, name+".plain.txt", out.String())
		})
	}
}

// Many targets and a low window: the victims are what must be seen.
func TestLive_ShowsVictimsAmongManyTargets(t *testing.T) {
	doc := drill(t, "zone-targets")
	for i := range 30 {
		doc.Targets = append(doc.Targets, drillresult.Victim{Instance: fmt.Sprintf("i-%017d", i), Zone: "us-east-1a"})
	}
	screen := terminaltest.New(t, 80, 24)
	clock := time.Now()
	w := drillreport.NewLiveAt(terminal.Streams{Err: screen, Terminal: true, Color: true, Size: screen.Size}, func() time.Time { return clock })
	replay(doc, w, &clock, func(int) { w.Redraw() })
	victim := doc.Victims[0].Instance
	for _, want := range []string{doc.Victims[0].Zone + " i-…" + victim[len(victim)-6:], "more", "requests failed"} {
		lines := strings.Split(screen.Text(), "\n")
		if !strings.Contains(strings.Join(lines[max(len(lines)-23, 0):], "\n"), want) {
			t.Errorf("%q isn't on the screen:\n%s", want, screen.Text())
		}
	}
	w.Stop()
}

// Requests count once they are answered, which takes a user's patience where a
// zone is silent.
func TestLive_CountsUnansweredRequests(t *testing.T) {
	var out bytes.Buffer
	w := drillreport.NewLiveAt(terminal.Streams{Err: &out}, time.Now)
	w.Begin(drillresult.Drill{Load: drillresult.Load{Rate: 1200}})
	out.Reset()
	second := func(n, answered int, marks ...string) drillresult.Second {
		return drillresult.Second{Second: n, Requests: answered, ByClass: map[string]int{"2xx": answered}, Marks: marks}
	}
	w.Show(terminal.List[drillresult.Second]{second(4, 1200), second(5, 700), second(6, 3)})
	w.Show(terminal.List[drillresult.Second]{second(8, 1200), second(9, 0), second(10, 0)})
	timeline := terminal.List[drillresult.Second]{second(0, 1200, "fault")}
	for i := 1; i < 16; i++ {
		timeline = append(timeline, second(i, 0))
	}
	timeline[0].Requests = 0
	w.Show(timeline)
	want := "   6s  none of 1,903 requests failed (100 %); about 500 wait for an answer\n" +
		"  10s  none of 1,200 requests failed (100 %); about 1,200 wait for an answer\n" +
		"  15s  no answer yet since the fault; about 18,000 wait for an answer\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	w.Stop()
}
