package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// tellEvery is how many seconds lie between two lines about a drill where there
// is no terminal.
const tellEvery = 5

// DrillWatch shows on Err how a drill goes: on a terminal as a picture that
// moves, elsewhere as a line for each phase, for each change of a target's
// state, and every five seconds. It is safe for concurrent use.
type DrillWatch struct {
	live *Live

	doc    Drill
	phase  string
	since  time.Time // of the phase
	told   map[string]string
	toldAt int // the second of the timeline that the last line was about
}

// NewDrillWatch begins to show a drill. Whoever begins it must call Stop, also
// after an error: until then the terminal's cursor is hidden.
func NewDrillWatch(s Streams) *DrillWatch {
	w := newDrillWatch(s, time.Now)
	w.live.Start()
	return w
}

func newDrillWatch(s Streams, now func() time.Time) *DrillWatch {
	w := &DrillWatch{since: now(), told: map[string]string{}}
	w.live = NewLive(s, now, w.block)
	return w
}

// Begin shows, once and to stay, what is planned and predicted.
func (w *DrillWatch) Begin(doc Drill) {
	w.live.Update(func() {
		w.doc = doc
		w.live.Say(planned(doc, w.live.Styles)...)
	})
}

// Phase says what is being done now.
func (w *DrillWatch) Phase(text string) {
	w.live.Update(func() {
		text = oneLine(text)
		if text == w.phase {
			return
		}
		w.phase, w.since = text, w.live.Now()
		if !w.live.InPlace && text != "" {
			w.live.Say(text)
		}
	})
}

// Line writes a line of its own, such as one of a log, without disturbing the
// picture.
func (w *DrillWatch) Line(text string) { w.live.Line(text) }

// Show takes in what was measured so far.
func (w *DrillWatch) Show(timeline List[DrillSecond]) {
	w.live.Update(func() {
		if len(timeline) == 0 {
			return
		}
		w.doc.Timeline = timeline
		if !w.live.InPlace {
			w.tell()
		}
	})
}

// Stop ends the watch, and may be called again. Nothing of the picture is left
// on the terminal: the summary shows it whole.
func (w *DrillWatch) Stop() { w.live.Stop(func() {}) }

// planned is what is planned and predicted.
func planned(d Drill, st styles) []string {
	row := func(label, text string) string { return gap + st.muted.Render(fmt.Sprintf("%-9s", label)) + gap + text }
	out := []string{
		st.strong.Render(d.title()) + gap + st.muted.Render(d.place()+", seed "+fmt.Sprint(d.Load.Seed)),
		row("fault", "for "+briefly(d.Load.FaultSeconds)+": "+d.plan()),
		row("load", fmt.Sprintf("%s a second to %s", requests(d.Load.Rate), oneLine(d.URL))),
		row("predicted", "detected in "+span(d.Predicted.DetectSeconds)+": "+d.detection()),
	}
	for _, text := range d.errors() {
		out = append(out, row("", text))
	}
	return append(out,
		row("", d.recovery()),
		row("objective", objective(d.SLO.Availability)+" of the requests succeed"), "")
}

// tell writes the changes of the targets' states, and from time to time how the
// requests fare.
func (w *DrillWatch) tell() {
	now := w.doc.Timeline[len(w.doc.Timeline)-1]
	if now.Targets != nil {
		for _, t := range w.doc.lanes() {
			state, before := now.state(t.Instance), w.told[t.Instance]
			if state != before && before != "" {
				w.live.Say(fmt.Sprintf("%4ds  %s is %s, was %s", now.Second, strings.TrimSpace(oneLine(t.Instance)+" "+inZone(t)), oneLine(state), oneLine(before)))
			}
			w.told[t.Instance] = state
		}
	}
	if now.Second >= w.toldAt+tellEvery {
		w.toldAt = now.Second - now.Second%tellEvery
		w.live.Say(fmt.Sprintf("%4ds  %s", now.Second, w.doc.counted()))
	}
}

func inZone(t DrillVictim) string {
	if t.Zone == "" {
		return ""
	}
	return "in " + oneLine(t.Zone)
}

// counted is how the requests fared so far: those since the fault, once there
// is one.
func (d Drill) counted() string {
	all := tally(d.Timeline)
	since := ""
	if fault, broken := d.when(markFault); broken {
		all, since = tally(d.Timeline[min(int(fault), len(d.Timeline)):]), " since the fault"
	}
	text := all.users() + ")" + since
	if all.Total == 0 {
		text = "no answer yet" + since
	}
	if all.Failed > 0 {
		text += ": " + failures(all.ByClass)
	}
	// Requests count once they are answered; the last second still goes on.
	waiting := 0
	for _, second := range d.Timeline[:len(d.Timeline)-1] {
		waiting += max(d.Load.Rate-second.Requests, 0)
	}
	if waiting > max(2, d.Load.Rate/10) {
		text += fmt.Sprintf("; about %s wait for an answer", thousands(waiting))
	}
	return text
}

// coming is what is to be expected next.
func (d Drill) coming() string {
	seconds := float64(len(d.Timeline))
	fault, broken := d.when(markFault)
	restore, cured := d.when(markRestore)
	_, healthy := d.when(markRecovered)
	_, detected := d.detected()
	ago := func(at float64) string { return briefly(float64(int(max(seconds-at, 0)))) + " ago" }
	switch {
	case healthy:
		return "next: the verdict"
	case cured:
		return "next: all healthy, predicted " + span(d.Predicted.RecoverSeconds) + " after the cure, which was " + ago(restore)
	case detected:
		in, ok := d.when(markBroken)
		if !ok {
			return "next: the fault is in place; it began " + ago(fault)
		}
		return "next: the fault is undone, in " + briefly(float64(int(max(in+d.Load.FaultSeconds-seconds, 0))))
	case broken:
		return "next: detection, predicted " + span(d.Predicted.DetectSeconds) + " after the fault, which was " + ago(fault)
	case len(d.Timeline) > 0:
		return "next: the fault"
	}
	return ""
}

// block is the moving part: the phase, what comes next, the picture, and counts.
func (w *DrillWatch) block(now time.Time, width, height int) []string {
	st, d := w.live.Styles, w.doc
	title := "failover drill"
	if d.Scenario != "" {
		title = oneLine(d.Scenario) + " drill"
	}
	head := strings.Join(present(st.spin(now)+" "+st.strong.Render(title), w.phase, st.muted.Render(duration(max(now.Sub(w.since), 0)))), gap)
	if len(d.Timeline) == 0 {
		return []string{head}
	}
	out := []string{head, gap + st.muted.Render(d.coming())}
	r := room{width: width, bars: 1, ahead: true}
	lanes := len(d.lanes())
	const others = 13 // head, next, a line each of bars, p99 and windows, marks, counts
	if free := height - others - lanes; free < 0 {
		r.lanes = max(lanes+free-1, 1)
	} else {
		r.bars = min(1+free/5, 6)
	}
	out = append(out, picture(d, st, r)...)
	return slices.Concat(out, []string{gap + d.counted()})
}
