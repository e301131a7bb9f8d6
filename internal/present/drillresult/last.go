package drillresult

// Last is a platform's last failover drill, as `status` shows it.
type Last struct {
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
	// Restored says that its fault was; Running that it goes on now.
	Restored bool `json:"restored"`
	Running  bool `json:"running"`
}

// Last is what a status shows of a drill.
func (d Drill) Last() *Last {
	return &Last{
		ID: d.ID, Scenario: d.Scenario, Verdict: d.Verdict, Began: d.Began,
		Availability: d.Availability, Failed: d.Requests.Failed, Restored: d.Restored,
	}
}

// IsOpen says that a drill's fault may be there now.
func (l *Last) IsOpen() bool { return l != nil && (l.Running || !l.Restored) }
