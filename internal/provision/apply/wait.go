package apply

import (
	"context"
	"time"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// defaultTimeout bounds a wait where the kind says nothing.
const defaultTimeout = 10 * time.Minute

// tellReason tells why a step waits, once.
func (x *execution) tellReason(step *plan.Step, reason string) {
	if run := x.runs[step]; run.reason != reason {
		run.reason = reason
		x.tell(step, Waiting, reason, 0)
	}
}

// await waits for a check on the kind's list, until the kind's deadline. The wait is
// without its ID and pace.
func (x *execution) await(step *plan.Step, what string, wait wait, check check) error {
	ctx, cancel := x.deadline(step)
	defer cancel()
	last := resource.Status{}
	wait.id, wait.pace, wait.diagnosed = x.idOf(step), x.paceOf(step), step.Handler.Stuck != nil
	err := x.polls.await(ctx, step.Handler, wait, func(objects []resource.Object) (bool, error) {
		if i := indexOf(objects, wait.id); i >= 0 {
			last = objects[i].Status
		}
		return check(objects)
	})
	if err == nil || !isContextError(err) {
		return err
	}
	sentence := "waited for " + what
	if last.Reason != "" {
		sentence += "; it is " + string(last.Phase) + ": " + last.Reason
	}
	return waitError(x.begin, sentence)
}

// deadline bounds a wait by its kind's timeout and by the run's end.
func (x *execution) deadline(step *plan.Step) (context.Context, context.CancelFunc) {
	timeout := step.Handler.Timeout
	if step.Action == plan.Delete && step.Handler.DeleteTimeout != 0 {
		timeout = step.Handler.DeleteTimeout
	}
	if timeout == 0 {
		timeout = defaultTimeout
	}
	return context.WithTimeout(x.begin, timeout)
}

// Timeout is the error of a wait that took too long.
type Timeout struct {
	Sentence string
	// Own is as NeverReady's.
	Own bool
}

// Error says what was waited for.
func (e *Timeout) Error() string { return "timed out: " + e.Sentence }

// waitError is the error of a wait that was ended: by its own deadline, or
// because the run as a whole ends, which is no fault of this step.
func waitError(begin context.Context, sentence string) error {
	if begin.Err() != nil {
		return errSkipped
	}
	return &Timeout{Sentence: sentence}
}
