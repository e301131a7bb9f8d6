package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// failedError says of an object that it will never be ready.
type failedError struct{ object resource.Object }

// Error says what became of it, and why.
func (e *failedError) Error() string {
	return fmt.Sprintf("it is %s: %s; the same command replaces it", e.object.Status.Phase, plan.ReasonOf(e.object.Status))
}

// errGone is the error of a wait for an object that the plan saw, and that isn't there.
var errGone = errors.New("it is gone since it was listed")

// recreateFailed makes an object once more, in the next generation, where the new one
// failed only because a part of AWS had not yet heard of what it stands on: the old
// one's token would bring it back. If that fails, too, it isn't that. Any other error
// stays.
func (x *execution) recreateFailed(calls context.Context, step *plan.Step, record resource.Record, err error) error {
	var failed *failedError
	if !errors.As(err, &failed) || !failed.object.Status.Transient || x.begin.Err() != nil {
		return err
	}
	x.tellReason(step, record.ID+" to be deleted, which failed ("+failed.object.Status.Reason+"); it is created once more")
	if err := x.deleteSurplus(calls, step, failed.object, record); err != nil {
		return fmt.Errorf("delete %s, which failed (%s): %w", record.ID, failed.object.Status.Reason, err)
	}
	_, err = x.create(calls, step, record.Generation+1)
	return err
}

// recreateGone makes an object in the next generation that the plan saw in a list that
// was late, or that somebody has deleted since. Any other error stays.
func (x *execution) recreateGone(calls context.Context, step *plan.Step, err error) error {
	if !errors.Is(err, errGone) {
		return err
	}
	x.tellReason(step, step.Record.ID+" is gone since it was listed; it is created again")
	if err := x.journal.forget(step.Record); err != nil {
		return err
	}
	record, err := x.create(calls, step, step.Record.Generation+1)
	return x.recreateFailed(calls, step, record, err)
}

// deleteSurplus deletes an object that a step has made, or found, and that won't do.
func (x *execution) deleteSurplus(calls context.Context, step *plan.Step, object resource.Object, record resource.Record) error {
	return x.delete(calls, &plan.Step{
		Key: step.Key, Action: plan.Delete, Generation: record.Generation,
		Handler: step.Handler, Object: &object, Record: record, Supersedes: true,
	})
}
