package report

import (
	"fmt"
	"strings"
	"time"
)

// LastDrill is a platform's last failover drill, as `status` shows it.
type LastDrill struct {
	ID       string `json:"id"`
	Scenario string `json:"scenario"`
	// Verdict is pass, fail or aborted; "" of a drill without one, because it
	// runs, or was killed.
	Verdict string `json:"verdict"`
	// Began is when it began, in RFC 3339.
	Began string `json:"began"`
	// Availability is the share of its requests that succeeded, in percent, and
	// Failed how many didn't.
	Availability float64 `json:"availability"`
	Failed       int     `json:"failed"`
	// Restored says that its fault was undone; Running that it goes on now.
	Restored bool `json:"restored"`
	Running  bool `json:"running"`
}

// Last is what a status shows of a drill.
func (d Drill) Last() *LastDrill {
	return &LastDrill{
		ID: d.ID, Scenario: d.Scenario, Verdict: d.Verdict, Began: d.Began,
		Availability: d.Availability, Failed: d.Requests.Failed, Restored: d.Restored,
	}
}

// isOpen says that a drill's fault may be there now.
func (l *LastDrill) isOpen() bool { return l != nil && (l.Running || !l.Restored) }

// lastDrill tells of the last failover drill: its verdict in a line, or that its
// fault is still there.
func (s Streams) lastDrill(st styles, last *LastDrill) {
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
