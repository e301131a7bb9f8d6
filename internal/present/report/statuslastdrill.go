package report

import (
	"fmt"
	"strings"
	"time"
)

// showLastDrill tells of the last failover drill: its verdict in a line, or that its
// fault is still there.
func showLastDrill(s Streams, st styles, last *LastDrill) {
	if last == nil {
		return
	}
	name := strings.Join(present(oneLine(last.Scenario), "drill", oneLine(last.ID)), " ")
	switch {
	case last.Running:
		s.text("", st.caution.Render(symbolUpdate+" The "+name+" runs now: what is broken is its doing, and it puts it back."))
	case !last.Restored:
		s.text("", st.bad.Render(symbolBad+" The "+name+" left its fault behind: platformctl failover-drill --restore undoes it."))
	default:
		symbol, style := verdictLook(st, last.Verdict)
		began := oneLine(last.Began)
		if at, err := time.Parse(time.RFC3339, last.Began); err == nil {
			began = at.UTC().Format("2006-01-02 15:04 UTC")
		}
		s.text("", fmt.Sprintf("last drill  %s  %s  %s failed, %s available  %s", style.Render(symbol+" "+oneLine(last.Verdict)),
			oneLine(last.Scenario), thousands(last.Failed), share(last.Availability), st.muted.Render(began)))
	}
}
