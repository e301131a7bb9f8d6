package drillreport

import (
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Restored is the document of `failover-drill --restore`.
type Restored struct {
	Platform string `json:"platform"`
	// Restored says that no drill's fault is left.
	Restored bool `json:"restored"`
	// Drills are those that were restored.
	Drills terminal.List[string] `json:"drills"`
}

// Show writes which drills were restored.
func (doc Restored) Show(s terminal.Streams) {
	st := s.OutStyles()
	if len(doc.Drills) == 0 {
		s.Text(st.Good.Render(terminal.SymbolGood) + " No drill of " + st.Strong.Render(terminal.OneLine(doc.Platform)) + " left anything behind.")
		return
	}
	s.Text(st.Good.Render(terminal.SymbolGood) + " Restored: " + terminal.OneLine(strings.Join(doc.Drills, ", ")) + ".")
	s.Table([]string{s.Hint("platformctl status --watch shows whether all is healthy again.")})
}
