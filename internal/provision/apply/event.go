package apply

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// EventType is what happened to a step.
type EventType string

// The events of a step, in the order in which they come.
const (
	Started EventType = "started"
	Waiting EventType = "waiting" // for what the Detail says; may come again
	Done    EventType = "done"
	Erred   EventType = "failed"
)

// Event tells whoever shows progress what a step does.
type Event struct {
	Type   EventType
	Key    resource.Key
	Action plan.Action
	ID     string
	Detail string
	At     time.Time
	// Took is the time since Started; in Done and Erred.
	Took time.Duration
}

// Timing is when a step ran.
type Timing struct {
	Key   resource.Key
	Start time.Time
	End   time.Time
	// after is the need that was ready last.
	after *Timing
	// idle says that the step had nothing to do.
	idle bool
}

// Result is what an apply did.
type Result struct {
	Created, Updated, Replaced, Deleted, Unchanged int
	Duration                                       time.Duration
	timings                                        []*Timing
}

// Link is one step of the critical path.
type Link struct {
	Key     resource.Key
	Seconds float64
}

// CriticalPath is the chain of steps that the run's time is made of: each
// began when the one before it ended, and the last one ended last.
func (r *Result) CriticalPath() []Link {
	if len(r.timings) == 0 {
		return nil
	}
	last := slices.MaxFunc(r.timings, func(a, b *Timing) int { return a.End.Compare(b.End) })
	var path []Link
	for t := last; t != nil; t = t.after {
		if !t.idle {
			path = append(path, Link{t.Key, t.End.Sub(t.Start).Round(time.Millisecond).Seconds()})
		}
	}
	slices.Reverse(path)
	return path
}
