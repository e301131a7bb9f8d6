package drillreport

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Show writes what came of a drill: the verdict first, then what was broken and
// what users saw, predicted against measured, the timeline, and what to do next.
// File is where a report was written; "" is nowhere.
//
// Where that is higher than the window, the verdict is its last line, too.
func Show(s terminal.Streams, doc drillresult.Drill, file string) {
	var text bytes.Buffer
	to := s
	to.Out = &text
	show(to, doc, file)
	if _, height := s.WindowSize(); s.OutTerminal && bytes.Count(text.Bytes(), []byte("\n")) > height-2 {
		terminal.Lines(&text, "", headline(s, doc))
	}
	_, _ = s.Out.Write(text.Bytes()) // nobody is left to tell
}

// headline is the line that says what came of a drill.
func headline(s terminal.Streams, doc drillresult.Drill) string {
	st := s.OutStyles()
	symbol, style := doc.Look(st)
	return style.Bold(true).Render(symbol+" "+doc.VerdictInCapitals()) + terminal.Gap + st.Strong.Render(doc.Title()) + terminal.Gap + st.Muted.Render(doc.Place())
}

func show(s terminal.Streams, doc drillresult.Drill, file string) {
	st := s.OutStyles()
	symbol, style := doc.Look(st)
	width, _ := s.WindowSize()
	terminal.Lines(s.Out, headline(s, doc))
	terminal.Lines(s.Out, terminal.Wrap(doc.Broken(), width)...)
	terminal.Lines(s.Out, terminal.Wrap(doc.Seen(), width)...)
	for _, reason := range doc.Reasons {
		for i, line := range terminal.Wrap(terminal.Sentence(reason), width-len(terminal.Gap)) {
			if i == 0 {
				line = symbol + line[1:]
			} else {
				line = terminal.Gap + line
			}
			terminal.Lines(s.Out, style.Render(terminal.Gap+line))
		}
	}
	if why := doc.Why(); why != "" {
		terminal.Lines(s.Out, terminal.Wrap(why, width)...)
	}
	if doc.Restored {
		terminal.Lines(s.Out, terminal.Gap+st.Good.Render(terminal.SymbolGood+" restored: "+doc.RestoredInWords()))
	} else {
		terminal.Lines(s.Out, terminal.Gap+st.Bad.Bold(true).Render(terminal.SymbolBad+" restored: "+doc.RestoredInWords()))
	}
	showCompared(s, st, doc)
	for _, sentence := range doc.Rang() {
		terminal.Lines(s.Out, terminal.Wrap(sentence, width)...)
	}
	showLatencies(s, st, doc)
	terminal.Lines(s.Out, "", st.Strong.Render("Timeline"))
	terminal.Lines(s.Out, picture(doc, st, room{width: width, bars: 1 + width/160, stretch: true})...)
	for _, line := range terminal.Wrap(legend(doc), width) {
		terminal.Lines(s.Out, st.Muted.Render(line))
	}
	terminal.Lines(s.Out, "")
	if file != "" {
		terminal.Lines(s.Out, "Report: "+st.Accent.Render(file))
	}
	for _, sentence := range doc.Next() {
		terminal.Lines(s.Out, terminal.Hang(s.Hint(sentence), width)...)
	}
	for _, link := range doc.Links() {
		page, _, _ := strings.Cut(link.URL, "#") // with its chapter it is wider than a terminal
		terminal.Lines(s.Out, link.Text+":", terminal.Gap+page)
	}
	if file == "" && doc.Verdict == drillresult.VerdictPass {
		terminal.Lines(s.Out, "--report FILE.html writes it as a page, too.")
	}
}

// showCompared writes predicted and measured side by side.
func showCompared(s terminal.Streams, st terminal.Styles, doc drillresult.Drill) {
	rows := [][]string{{"", st.Muted.Render("predicted"), st.Muted.Render("measured"), ""}}
	for _, c := range doc.Comparisons() {
		verdict := st.Good.Render(terminal.SymbolGood + " " + c.Verdict)
		switch {
		case c.Missed:
			verdict = st.Bad.Render(terminal.SymbolBad + " " + c.Verdict)
		case !doc.IsBroken():
			verdict = st.Muted.Render(terminal.SymbolPaused + " " + c.Verdict)
		}
		rows = append(rows, []string{c.What, c.Predicted, c.Measured, verdict})
	}
	terminal.Lines(s.Out, "")
	terminal.Lines(s.Out, terminal.Columns(rows, s.LineWidth())...)
	width, _ := s.WindowSize()
	if times := doc.Times(); times != "" {
		for _, line := range terminal.Wrap(times, width) {
			terminal.Lines(s.Out, st.Muted.Render(line))
		}
	}
}

// showLatencies writes those of the answers before, during and after the fault.
func showLatencies(s terminal.Streams, st terminal.Styles, doc drillresult.Drill) {
	rows := [][]string{{st.Muted.Render("latency")}}
	for _, name := range []string{"p50", "p90", "p99", "max", "answers"} {
		rows[0] = append(rows[0], st.Muted.Render(fmt.Sprintf("%7s", name)))
	}
	for _, p := range doc.Phases() {
		row := []string{p.Name}
		for _, cell := range p.Cells() {
			row = append(row, fmt.Sprintf("%7s", cell))
		}
		rows = append(rows, row)
	}
	terminal.Lines(s.Out, "")
	terminal.Lines(s.Out, terminal.Columns(rows, s.LineWidth())...)
}
