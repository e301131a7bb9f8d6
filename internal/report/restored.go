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

// Restored writes which drills were undone.
func (s Streams) Restored(doc Restored) {
	if len(doc.Drills) == 0 {
		lines(s.Out, "No drill left anything behind.")
		return
	}
	lines(s.Out, "Undone: "+strings.Join(doc.Drills, ", ")+". platformctl status shows whether all is healthy again.")
}

// Drill writes what came of a drill.
func (s Streams) Drill(doc Drill) { lines(s.Out, doc.Verdict) }
