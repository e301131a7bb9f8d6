package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// showLastDrill tells of the last failover drill: its verdict in a line, or that its
// fault is still there.
func showLastDrill(s terminal.Streams, st terminal.Styles, last *drillresult.Last) {
	if last == nil {
		return
	}
	name := strings.Join(terminal.NotEmpty(terminal.OneLine(last.Scenario), "drill", terminal.OneLine(last.ID)), " ")
	switch {
	case last.Running:
		s.Text("", st.Caution.Render(terminal.SymbolUpdate+" The "+name+" runs now: what is broken is its doing, and it restores it."))
	case !last.Restored:
		s.Text("", st.Bad.Render(s.Hint(terminal.SymbolBad+" The "+name+" left its fault behind: platformctl failover-drill --restore restores it.")))
	default:
		symbol, style := drillresult.VerdictLook(st, last.Verdict)
		began := terminal.OneLine(last.Began)
		if at, err := time.Parse(time.RFC3339, last.Began); err == nil {
			began = at.UTC().Format("2006-01-02 15:04 UTC")
		}
		s.Text("", fmt.Sprintf("last drill  %s  %s  %s failed, %s available  %s", style.Render(symbol+" "+terminal.OneLine(last.Verdict)),
			terminal.OneLine(last.Scenario), terminal.Thousands(last.Failed), drillresult.Share(last.Availability), st.Muted.Render(began)))
	}
}
