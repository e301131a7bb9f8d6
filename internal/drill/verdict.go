package drill

import (
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/drill/measure"
)

// Verdict is what came of a drill.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Aborted Verdict = "aborted"
)

// Objective is what a drill is measured against.
type Objective struct {
	// Availability is the share of the requests, in percent, that must succeed
	// from the fault until all targets are healthy again.
	Availability float64
	// AsPredicted makes Availability what is predicted at the least, cut to hundredths.
	AsPredicted bool
	// MaxErrors is how many requests may fail at the most; nil: as many as
	// Availability allows.
	MaxErrors *int
	// MaxDetect is how soon the load balancer must have noticed; 0: at any time.
	MaxDetect time.Duration
}

// missed says which parts of the objective were missed, a sentence each.
func (o Objective) missed(r measure.Result) []string {
	var missed []string
	say := func(format string, values ...any) { missed = append(missed, fmt.Sprintf(format, values...)) }
	if !o.available(r) {
		missed = append(missed, "fewer requests succeeded than the objective asks for")
	}
	if o.MaxErrors != nil && r.Window.Failed > *o.MaxErrors {
		say("%d requests failed, at most %d may", r.Window.Failed, *o.MaxErrors)
	}
	switch {
	case o.MaxDetect <= 0:
	case r.Detect == nil:
		say("the fault was never detected, and should have been within %s", o.MaxDetect)
	case *r.Detect > o.MaxDetect:
		say("the fault was detected after %s, and should have been within %s", r.Detect.Round(time.Millisecond), o.MaxDetect)
	}
	return missed
}

// available says whether the share of requests that the objective asks for succeeded.
func (o Objective) available(r measure.Result) bool { return r.Window.Availability() >= o.Availability }
