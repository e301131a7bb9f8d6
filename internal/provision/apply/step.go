package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// StepError is the failure of one step.
type StepError struct {
	Key    resource.Key
	Action plan.Action
	ID     string
	Err    error
}

// Error says what was done to what when it failed.
func (e *StepError) Error() string {
	if e.ID != "" {
		return fmt.Sprintf("%s %s (%s): %s", e.Action, e.Key, e.ID, awsapi.Text(e.Err))
	}
	return fmt.Sprintf("%s %s: %s", e.Action, e.Key, awsapi.Text(e.Err))
}

// Unwrap is the cause.
func (e *StepError) Unwrap() error { return e.Err }

// errSkipped marks a step that was not begun because one that it needs, or any
// other, failed.
var errSkipped = errors.New("not begun")

// stepRun is one step under way.
type stepRun struct {
	step   *plan.Step
	done   chan struct{}
	err    error
	timing *Timing
	// reason is why the step waits, as was told last.
	reason string
	// undone is why this run has asked AWS to undo the change; the zero value: it hasn't.
	undone resource.Diagnosis
	// console is what the instance had written that showed why.
	console string
}

// ended says that the step has been done, or has failed.
func (r *stepRun) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// runStep waits for the step's needs and runs it.
func (x *execution) runStep(calls context.Context, run *stepRun) error {
	var after *Timing
	for _, need := range run.step.Needs {
		other := x.runs[need]
		select {
		case <-other.done:
		case <-x.begin.Done():
			return errSkipped
		}
		if other.err != nil {
			return errSkipped
		}
		if after == nil || other.timing.End.After(after.End) {
			after = other.timing
		}
	}
	if x.begin.Err() != nil {
		return errSkipped
	}
	step := run.step
	report := step.Reported()
	run.timing = &Timing{Key: step.Key, Action: step.Action, Start: time.Now(), after: after, idle: !report}
	if report {
		x.tell(step, Started, "", 0)
	}
	err := x.do(calls, step)
	if unnoted := x.giveUp(step, err); unnoted != nil {
		err = errors.Join(err, unnoted)
	}
	run.timing.End = time.Now()
	took := run.timing.End.Sub(run.timing.Start)
	if errors.Is(err, errSkipped) {
		return err
	}
	if err != nil {
		x.tell(step, Erred, awsapi.Text(err), took)
		return &StepError{Key: step.Key, Action: step.Action, ID: x.idOf(step), Err: err}
	}
	if report {
		x.tell(step, Done, "", took)
	}
	return nil
}

func (x *execution) do(calls context.Context, step *plan.Step) error {
	switch step.Action {
	case plan.Create, plan.Replace:
		record, err := x.create(calls, step, step.Generation)
		return x.recreateFailed(calls, step, record, err)
	case plan.Update:
		return x.recreateGone(calls, step, x.update(calls, step))
	case plan.Delete:
		return x.delete(calls, step)
	}
	if step.Object.Status.Phase != resource.Pending {
		return nil
	}
	from := known{status: step.Object.Status, since: step.Record.Since, listed: true, asWanted: true}
	return x.recreateGone(calls, step, x.reconcile(calls, step, step.Record, from))
}
