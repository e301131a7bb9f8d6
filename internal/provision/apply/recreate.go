package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// failedError says of an object that it will never be ready.
type failedError struct{ object resource.Object }

// Error says what became of it, and why.
func (e *failedError) Error() string {
	return fmt.Sprintf("it is %s: %s; the same command replaces it", e.object.Status.Phase, plan.ReasonOf(e.object.Status))
}

// convergeOrRemake is converge for a new object. One that failed later only
// because a part of AWS had not yet heard of what it stands on is deleted and
// made once more, in the next generation: the old one's token would bring it
// back. If that fails, too, it isn't that.
func (x *execution) convergeOrRemake(calls context.Context, step *plan.Step, record resource.Record) error {
	err := x.converge(calls, step, record)
	var failed *failedError
	if !errors.As(err, &failed) || !failed.object.Status.Transient || x.begin.Err() != nil {
		return err
	}
	x.tellReason(step, record.ID+" to be deleted, which failed ("+failed.object.Status.Reason+"); it is made once more")
	old := &plan.Step{
		Key: step.Key, Action: plan.Delete, Generation: record.Generation,
		Handler: step.Handler, Object: &failed.object, Record: record, Supersedes: true,
	}
	if err := x.delete(calls, old); err != nil {
		return fmt.Errorf("delete %s, which failed (%s): %w", record.ID, failed.object.Status.Reason, err)
	}
	next := resource.Record{Key: step.Key, Generation: record.Generation + 1}
	if next.ID, err = x.createOnce(calls, step, &next); err != nil {
		return err
	}
	next.Since = time.Now().UTC()
	if err := x.Store.Put(next); err != nil {
		return fmt.Errorf("%s was made as %s, but could not be recorded: %w", step.Key, next.ID, err)
	}
	x.setID(step.Key, next.ID)
	return x.converge(calls, step, next)
}

// errGone is the error of a wait for an object that the plan saw, and that isn't there.
// It ends in orMakeAnew.
var errGone = errors.New("it is gone since it was looked at")

// absence is how long one wait has not seen its object.
type absence struct{ since time.Time }

// missed is errGone where the plan saw the object, and by now no list can be so late.
func (x *execution) missed(a *absence, step *plan.Step) error {
	if a.since.IsZero() {
		a.since = time.Now()
	}
	met := (step.Action == plan.Update || step.Action == plan.Keep) && !x.runs[step].anew
	if met && time.Since(a.since) >= observe.VisibleAfter {
		return errGone
	}
	return nil
}

// orMakeAnew makes an object that the plan saw in a list that was late, or that somebody
// has deleted since, in the next generation. Any other error stays.
func (x *execution) orMakeAnew(calls context.Context, step *plan.Step, record resource.Record, err error) error {
	if !errors.Is(err, errGone) {
		return err
	}
	x.tellReason(step, record.ID+" is gone since it was looked at; it is made anew")
	if err := x.Store.Remove(record); err != nil {
		return err
	}
	x.runs[step].anew = true
	step.Generation = record.Generation + 1
	return x.create(calls, step)
}
