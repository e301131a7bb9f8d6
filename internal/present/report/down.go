package report

import (
	"fmt"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Down is the document of `down`.
type Down struct {
	Platform string `json:"platform"`
	Deleted  int    `json:"deleted"`
	// Remaining is what a fresh look after the teardown still found.
	Remaining       terminal.List[Remaining] `json:"remaining"`
	DurationSeconds float64                  `json:"duration_seconds"`
	APICalls        int                      `json:"api_calls"`
	CriticalPath    terminal.List[Link]      `json:"critical_path"`
	// Notes say what AWS keeps of what was deleted, though nobody needs to do anything about it.
	Notes []string `json:"notes,omitempty"`
}

// Remaining is an object that is still there.
type Remaining struct {
	Key string `json:"key"`
	ID  string `json:"id"`
}

// Show writes what was deleted, where the time went, and what is left.
func (doc Down) Show(s terminal.Streams) {
	st := s.OutStyles()
	name := st.Strong.Render(doc.Platform)
	took := fmt.Sprintf("in %s, with %s", terminal.Seconds(doc.DurationSeconds), terminal.Plural(doc.APICalls, "API call"))
	if len(doc.Remaining) > 0 {
		s.Text(st.Bad.Render(terminal.SymbolBad) + " " + name + " is not down yet: " + terminal.Plural(doc.Deleted, "object") + " deleted, " + took)
		terminal.Lines(s.Out, "", st.Strong.Render("Still there"))
		rows := make([][]string, 0, len(doc.Remaining))
		for _, left := range doc.Remaining {
			rows = append(rows, []string{st.Bad.Render(terminal.SymbolBad) + " " + left.Key, left.ID})
		}
		s.Table(rows...)
		terminal.Lines(s.Out, "", s.Hint("platformctl down goes on from there."))
		return
	}
	if doc.Deleted == 0 {
		s.Text(st.Good.Render(terminal.SymbolGood) + " there was nothing of " + name + " to delete; nothing is left, " + took)
		return
	}
	s.Text(st.Good.Render(terminal.SymbolGood) + " " + name + " is down: " + terminal.Plural(doc.Deleted, "object") + " deleted, nothing is left, " + took)
	for _, note := range doc.Notes {
		s.Text(st.Muted.Render(terminal.SymbolPaused) + " " + terminal.Sentence(note))
	}
	criticalPath(s, st, doc.CriticalPath, doc.DurationSeconds)
}
