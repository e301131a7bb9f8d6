package report

import (
	"bytes"
	"fmt"
)

// Show writes what came of a drill: the verdict first, then what was broken and
// what users saw, predicted against measured, the timeline, and what to do next.
// File is where a report was written; "" is nowhere.
//
// Where that is higher than the window, the verdict is its last line, too.
func Show(s Streams, doc Drill, file string) {
	var text bytes.Buffer
	to := s
	to.Out = &text
	show(to, doc, file)
	if _, height := s.size(); s.OutTerminal && bytes.Count(text.Bytes(), []byte("\n")) > height-2 {
		lines(&text, "", headline(s, doc))
	}
	_, _ = s.Out.Write(text.Bytes()) // nobody is left to tell
}

// headline is the line that says what came of a drill.
func headline(s Streams, doc Drill) string {
	st := s.outStyles()
	symbol, style := doc.look(st)
	return style.Bold(true).Render(symbol+" "+doc.verdict()) + gap + st.strong.Render(doc.title()) + gap + st.muted.Render(doc.place())
}

func show(s Streams, doc Drill, file string) {
	st := s.outStyles()
	symbol, style := doc.look(st)
	width, _ := s.size()
	lines(s.Out, headline(s, doc))
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
	showCompared(s, st, doc)
	showLatencies(s, st, doc)
	lines(s.Out, "", st.strong.Render("Timeline"))
	lines(s.Out, picture(doc, st, room{width: width, bars: 1 + width/160, stretch: true})...)
	for _, line := range wrap(legend(doc), width) {
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

// showCompared writes predicted and measured side by side.
func showCompared(s Streams, st styles, doc Drill) {
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

// showLatencies writes those of the answers before, during and after the fault.
func showLatencies(s Streams, st styles, doc Drill) {
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
