package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Problem is a reason for which the platform doesn't serve as it should.
type Problem struct {
	// Resource is the key of the object that it is about; "" of none.
	Resource string `json:"resource"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
	// Transient says that it ends by itself.
	Transient bool `json:"-"`
	// Probed says that it is what Status.Probe says.
	Probed bool `json:"-"`
}

// showProblems writes what is wrong although nothing has drifted, and what to do about it.
func (doc Status) showProblems(s terminal.Streams, st terminal.Styles) {
	lasting := slices.DeleteFunc(slices.Clone(doc.Problems), func(p Problem) bool { return p.Transient })
	const most = 3
	if len(lasting) == 0 {
		if len(doc.Problems) > 0 {
			s.Text("")
		}
		for _, p := range doc.Problems[:min(len(doc.Problems), most)] {
			s.Text(st.Caution.Render(terminal.SymbolUpdate) + " " + terminal.OneLine(strings.TrimPrefix(p.Resource+": "+p.Message, ": ")))
		}
		s.Text("", s.Hint("Nothing has drifted, so it may get well by itself: platformctl status --watch shows whether it does."))
		return
	}
	s.Text("", "Nothing has drifted.")
	said := ""
	for _, p := range lasting[:min(len(lasting), most)] {
		if !p.Probed { // which the first lines have said
			s.Text(st.Bad.Render(terminal.SymbolBad) + " " + terminal.OneLine(strings.TrimPrefix(p.Resource+": "+p.Message, ": ")))
		}
		if p.Hint != said {
			s.Text("  " + terminal.OneLine(p.Hint))
		}
		said = p.Hint
	}
	if more := len(lasting) - most; more > 0 {
		s.Text(fmt.Sprintf("… and %d more", more))
	}
}
