package report

import (
	"bytes"
	"fmt"
	"strings"
)

// Drill writes what came of a drill: the verdict first, then what was broken and
// what users saw, predicted against measured, the timeline, and what to do next.
// File is where a report was written; "" is nowhere.
//
// Where that is higher than the window, the verdict is its last line, too.
func (s Streams) Drill(doc Drill, file string) {
	var text bytes.Buffer
	to := s
	to.Out = &text
	to.drill(doc, file)
	if _, height := s.size(); s.OutTerminal && bytes.Count(text.Bytes(), []byte("\n")) > height-2 {
		lines(&text, "", s.verdict(doc))
	}
	_, _ = s.Out.Write(text.Bytes()) // nobody is left to tell
}

// verdict is the line that says what came of a drill.
func (s Streams) verdict(doc Drill) string {
	st := s.outStyles()
	symbol, style := doc.look(st)
	return style.Bold(true).Render(symbol+" "+doc.verdict()) + gap + st.strong.Render(doc.title()) + gap + st.muted.Render(doc.place())
}

func (s Streams) drill(doc Drill, file string) {
	st := s.outStyles()
	symbol, style := doc.look(st)
	width, _ := s.size()
	lines(s.Out, s.verdict(doc))
	lines(s.Out, wrap(doc.broken(), width)...)
	lines(s.Out, wrap(doc.seen(), width)...)
	for _, reason := range doc.Reasons {
		for i, line := range wrap(oneLine(reason), width-len(gap)) {
			if i == 0 {
				line = symbol + line[1:]
			} else {
				line = gap + line
			}
			lines(s.Out, style.Render(gap+line))
		}
	}
	if doc.Restored {
		lines(s.Out, gap+st.good.Render(symbolGood+" restored: "+doc.undone()))
	} else {
		lines(s.Out, gap+st.bad.Bold(true).Render(symbolBad+" restored: "+doc.undone()))
	}
	s.compared(st, doc)
	s.latencies(st, doc)
	lines(s.Out, "", st.strong.Render("Timeline"))
	lines(s.Out, doc.picture(st, room{width: width, bars: 1 + width/160, stretch: true})...)
	for _, line := range wrap(doc.legend(), width) {
		lines(s.Out, st.muted.Render(line))
	}
	lines(s.Out, "")
	if file != "" {
		lines(s.Out, "Report: "+st.accent.Render(file))
	}
	for _, sentence := range doc.next() {
		lines(s.Out, hang(sentence, width)...)
	}
	if file == "" && doc.Verdict == verdictPass {
		lines(s.Out, "--report FILE.html writes it as a page, too.")
	}
}

// compared writes predicted and measured side by side.
func (s Streams) compared(st styles, doc Drill) {
	rows := [][]string{{"", st.muted.Render("predicted"), st.muted.Render("measured"), ""}}
	for _, c := range doc.comparisons() {
		verdict := st.good.Render(symbolGood + " " + c.verdict)
		switch {
		case c.missed:
			verdict = st.bad.Render(symbolBad + " " + c.verdict)
		case !doc.isBroken():
			verdict = st.muted.Render(symbolPaused + " " + c.verdict)
		}
		rows = append(rows, []string{c.what, c.predicted, c.measured, verdict})
	}
	lines(s.Out, "")
	lines(s.Out, columns(rows, s.width())...)
	width, _ := s.size()
	if times := doc.times(); times != "" {
		for _, line := range wrap(times, width) {
			lines(s.Out, st.muted.Render(line))
		}
	}
}

// times are the drill's own, in a line.
func (d Drill) times() string {
	var parts []string
	add := func(what string, s *float64) {
		if s != nil {
			parts = append(parts, what+" "+seconds(*s))
		}
	}
	m := d.Measured
	add("in place", m.InjectionSeconds)
	add("first error", m.FirstErrorSeconds)
	add("last error", m.LastErrorSeconds)
	add("shifted away", m.ShiftSeconds)
	if len(parts) == 0 {
		return ""
	}
	return "after the fault: " + strings.Join(parts, ", ")
}

// phase is a part of a drill with its latencies.
type phase struct {
	name, span string
	DrillLatency
}

func (d Drill) phases() []phase {
	return []phase{
		{"before", "before the fault", d.Latency.Before},
		{"during", "from the fault to the recovery", d.Latency.During},
		{"after", "after the recovery", d.Latency.After},
	}
}

// cells are a phase's latencies, in words.
func (p phase) cells() []string {
	if p.Requests == 0 {
		return []string{"–", "–", "–", "–", "0"}
	}
	return []string{latency(p.P50), latency(p.P90), latency(p.P99), latency(p.Max), thousands(p.Requests)}
}

// latencies writes those of the answers before, during and after the fault.
func (s Streams) latencies(st styles, doc Drill) {
	rows := [][]string{{st.muted.Render("latency")}}
	for _, name := range []string{"p50", "p90", "p99", "max", "answers"} {
		rows[0] = append(rows[0], st.muted.Render(fmt.Sprintf("%7s", name)))
	}
	for _, p := range doc.phases() {
		row := []string{p.name}
		for _, cell := range p.cells() {
			row = append(row, fmt.Sprintf("%7s", cell))
		}
		rows = append(rows, row)
	}
	lines(s.Out, "")
	lines(s.Out, columns(rows, s.width())...)
}
