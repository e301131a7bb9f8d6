package drillreport

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// tellEvery is how many seconds lie between two lines about a drill where there
// is no terminal.
const tellEvery = 5

// Live shows on Err how a drill goes: on a terminal as a picture that
// moves, elsewhere as a line for each phase, for each change of a target's
// state, and every five seconds. It is safe for concurrent use.
type Live struct {
	live *terminal.Live

	doc    drillresult.Drill
	phase  string
	since  time.Time // of the phase
	told   map[string]string
	toldAt int // the second of the timeline that the last line was about
}

// NewLive begins to show a drill. The caller must call Stop, also
// after an error: until then the terminal's cursor is hidden.
func NewLive(s terminal.Streams) *Live {
	w := newLiveAt(s, time.Now)
	w.live.Start()
	return w
}

func newLiveAt(s terminal.Streams, now func() time.Time) *Live {
	w := &Live{since: now(), told: map[string]string{}}
	w.live = terminal.NewLive(s, now, w.block)
	return w
}

// Begin shows, once and to stay, what is planned and predicted.
func (w *Live) Begin(doc drillresult.Drill) {
	w.live.Update(func() {
		w.doc = doc
		w.live.Say(planned(doc, w.live.Styles)...)
	})
}

// Phase says what is being done now.
func (w *Live) Phase(text string) {
	w.live.Update(func() {
		text = terminal.OneLine(text)
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
func (w *Live) Line(text string) { w.live.Line(text) }

// Warn is Line for what should be known, and stopped nothing: it is marked.
func (w *Live) Warn(text string) { w.live.Warn(text) }

// Show takes in what was measured so far.
func (w *Live) Show(timeline terminal.List[drillresult.Second]) {
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
func (w *Live) Stop() { w.live.Stop(func() {}) }

// planned is what is planned and predicted.
func planned(d drillresult.Drill, st terminal.Styles) []string {
	row := func(label, text string) string {
		return terminal.Gap + st.Muted.Render(fmt.Sprintf("%-9s", label)) + terminal.Gap + text
	}
	out := []string{
		st.Strong.Render(d.Title()) + terminal.Gap + st.Muted.Render(d.Place()+", seed "+fmt.Sprint(d.Load.Seed)),
		row("fault", "for "+terminal.Briefly(d.Load.FaultSeconds)+": "+d.Plan()),
		row("load", fmt.Sprintf("%s a second to %s", drillresult.CountRequests(d.Load.Rate), terminal.OneLine(d.URL))),
		row("predicted", "detected in "+drillresult.Span(d.Predicted.DetectSeconds)+": "+d.Detection()),
	}
	for _, text := range d.ExpectedErrors() {
		out = append(out, row("", text))
	}
	for _, text := range d.ExpectedAlarms() {
		out = append(out, row("", text))
	}
	return append(out,
		row("", d.Recovery()),
		row("objective", d.Asked()), "")
}

// tell writes the changes of the targets' states, and from time to time how the
// requests fare.
func (w *Live) tell() {
	now := w.doc.Timeline[len(w.doc.Timeline)-1]
	if now.Targets != nil {
		for _, t := range w.doc.Lanes() {
			state, before := now.State(t.Instance), w.told[t.Instance]
			if state != before && before != "" {
				w.live.Say(fmt.Sprintf("%4ds  %s is %s, was %s", now.Second, strings.TrimSpace(terminal.OneLine(t.Instance)+" "+inZone(t)), terminal.OneLine(state), terminal.OneLine(before)))
			}
			w.told[t.Instance] = state
		}
	}
	if now.Second >= w.toldAt+tellEvery {
		w.toldAt = now.Second - now.Second%tellEvery
		w.live.Say(fmt.Sprintf("%4ds  %s", now.Second, w.doc.Counted()))
	}
}

func inZone(t drillresult.Victim) string {
	if t.Zone == "" {
		return ""
	}
	return "in " + terminal.OneLine(t.Zone)
}

// block is the moving part: the phase, what comes next, the picture, and counts.
func (w *Live) block(now time.Time, width, height int) []string {
	st, d := w.live.Styles, w.doc
	title := "failover drill"
	if d.Scenario != "" {
		title = terminal.OneLine(d.Scenario) + " drill"
	}
	head := strings.Join(terminal.NotEmpty(st.Spin(now)+" "+st.Strong.Render(title), w.phase, st.Muted.Render(terminal.Duration(max(now.Sub(w.since), 0)))), terminal.Gap)
	if len(d.Timeline) == 0 {
		return []string{head}
	}
	out := []string{head, terminal.Gap + st.Muted.Render(d.Coming())}
	r := room{width: width, bars: 1, ahead: true}
	lanes := len(d.Lanes())
	const others = 13 // head, next, a line each of bars, p99 and windows, marks, counts
	if free := height - others - lanes; free < 0 {
		r.lanes = max(lanes+free-1, 1)
	} else {
		r.bars = min(1+free/5, 6)
	}
	out = append(out, picture(d, st, r)...)
	return slices.Concat(out, []string{terminal.Gap + d.Counted()})
}
