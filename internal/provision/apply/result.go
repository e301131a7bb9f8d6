package apply

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// Timing is when a step ran.
type Timing struct {
	Key    resource.Key
	Action plan.Action
	Start  time.Time
	End    time.Time
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
	Key resource.Key
	// Action is what was done: a replacement can be there twice, as what makes the new object and as what deletes the old one.
	Action  plan.Action
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
			path = append(path, Link{t.Key, t.Action, t.End.Sub(t.Start).Round(time.Millisecond).Seconds()})
		}
	}
	slices.Reverse(path)
	return path
}

// result sums up, and joins what failed. An interrupt is reported as such.
func (x *execution) result(p *plan.Plan) (*Result, error) {
	result := &Result{}
	var errs []error
	skipped := false
	for _, step := range p.Steps {
		run := x.runs[step]
		if errors.Is(run.err, errSkipped) {
			skipped = true
			continue
		}
		if run.err != nil {
			errs = append(errs, run.err)
			continue
		}
		result.timings = append(result.timings, run.timing)
		switch {
		case step.Action == plan.Create:
			result.Created++
		case step.Action == plan.Update:
			result.Updated++
		case step.Action == plan.Replace:
			result.Replaced++
		case step.Action == plan.Delete && !step.Completes:
			result.Deleted++
		case step.Action == plan.Keep:
			result.Unchanged++
		}
	}
	if len(errs) > 0 {
		return result, errors.Join(errs...)
	}
	if skipped {
		return result, context.Cause(x.begin)
	}
	return result, nil
}
