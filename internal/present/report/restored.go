package report

import "strings"

// Restored is the document of `failover-drill --restore`.
type Restored struct {
	Platform string `json:"platform"`
	// Restored says that no drill's fault is left.
	Restored bool `json:"restored"`
	// Drills are those that were undone.
	Drills List[string] `json:"drills"`
}

// Show writes which drills were undone.
func (doc Restored) Show(s Streams) {
	st := s.outStyles()
	if len(doc.Drills) == 0 {
		s.text(st.good.Render(symbolGood) + " No drill of " + st.strong.Render(oneLine(doc.Platform)) + " left anything behind.")
		return
	}
	s.text(st.good.Render(symbolGood) + " Undone: " + oneLine(strings.Join(doc.Drills, ", ")) + ".")
	s.table([]string{"platformctl status --watch shows whether all is healthy again."})
}
