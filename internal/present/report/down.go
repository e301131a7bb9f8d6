package report

import "fmt"

// Down is the document of `down`.
type Down struct {
	Platform string `json:"platform"`
	Deleted  int    `json:"deleted"`
	// Remaining is what a fresh look after the teardown still found.
	Remaining       List[Remaining] `json:"remaining"`
	DurationSeconds float64         `json:"duration_seconds"`
	APICalls        int             `json:"api_calls"`
	CriticalPath    List[Link]      `json:"critical_path"`
}

// Remaining is an object that is still there.
type Remaining struct {
	Key string `json:"key"`
	ID  string `json:"id"`
}

// Show writes what was deleted, where the time went, and what is left.
func (doc Down) Show(s Streams) {
	st := s.outStyles()
	name := st.strong.Render(doc.Platform)
	took := fmt.Sprintf("in %s, with %s", seconds(doc.DurationSeconds), plural(doc.APICalls, "API call"))
	if len(doc.Remaining) > 0 {
		s.text(st.bad.Render(symbolBad) + " " + name + " is not down yet: " + plural(doc.Deleted, "object") + " deleted, " + took)
		lines(s.Out, "", st.strong.Render("Still there"))
		rows := make([][]string, 0, len(doc.Remaining))
		for _, left := range doc.Remaining {
			rows = append(rows, []string{st.bad.Render(symbolBad) + " " + left.Key, left.ID})
		}
		s.table(rows...)
		lines(s.Out, "", "platformctl down goes on from there.")
		return
	}
	if doc.Deleted == 0 {
		s.text(st.good.Render(symbolGood) + " there was nothing of " + name + " to delete; nothing is left, " + took)
		return
	}
	s.text(st.good.Render(symbolGood) + " " + name + " is down: " + plural(doc.Deleted, "object") + " deleted, nothing is left, " + took)
	criticalPath(s, st, doc.CriticalPath, doc.DurationSeconds)
}
