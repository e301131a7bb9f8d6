package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// How a change is repeated: AWS may show the old values for a moment, or have
// taken back what it accepted.
const (
	changeShows    = 5 * time.Second
	changeAttempts = 4
)

// known is what is certain of an object when its reconciliation begins.
type known struct {
	// status is that of this moment; none where it is not known.
	status resource.Status
	// listed says that a list has shown the object: when none does any more, it is gone.
	listed bool
	// asWanted says that the plan has found no difference: only the status is in question.
	asWanted bool
	// since is when AWS began to make the object; zero where it is not known.
	since time.Time
	// accepted says that AWS has accepted all that is wanted, so that a status alone can
	// end the wait; changed is when it accepted the last change.
	accepted bool
	changed  time.Time
}

// reconcile brings an object to what its spec says, and waits until it is so and the
// object is ready: it observes, compares, changes, and observes again.
func (x *execution) reconcile(calls context.Context, step *plan.Step, record resource.Record, from known) error {
	request := x.request(step, record, nil)
	for attempt := 0; ; attempt++ {
		object, changes, err := x.untilReady(step, request, from)
		if undone := x.takenBack(step, object, changes, attempt > 0 || from.asWanted); err == nil && undone != nil {
			return undone
		}
		switch {
		case err != nil || len(changes) == 0:
			return err
		case resource.NeedsReplacement(changes):
			return fmt.Errorf("it can't be changed to what is wanted: %s", reported(changes))
		case attempt == changeAttempts:
			return fmt.Errorf("AWS accepts the change, but doesn't show it: %s", reported(changes))
		}
		if err := x.change(calls, step, request, object, changes); err != nil {
			return err
		}
		from = known{status: object.Status, listed: from.listed, changed: time.Now()}
	}
}

// reported says what AWS reports in place of what is wanted.
func reported(changes []resource.Change) string {
	texts := make([]string, len(changes))
	for i, c := range changes {
		texts[i] = fmt.Sprintf("AWS reports %s %s, want %s", c.Field, orNone(c.Have), orNone(c.Want))
	}
	return strings.Join(texts, "; ")
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// untilReady lists until the object is ready and as wanted, or until it has differed
// for as long as AWS may show the values from before a change: then it returns the
// object as listed, and the differences.
func (x *execution) untilReady(step *plan.Step, request resource.Request, from known) (object resource.Object, changes []resource.Change, err error) {
	if from.status.Phase == resource.Pending {
		x.tellReason(step, from.status.Reason)
	}
	stuck, missingSince := stuckness{}, time.Time{}
	err = x.await(step, "it to be ready", wait{known: from.status, since: from.since, certain: from.accepted}, func(objects []resource.Object) (bool, error) {
		i := indexOf(objects, request.ID)
		if i < 0 {
			// A new object is made, and not listed yet. Of another one, by now no list can be so late.
			if missingSince.IsZero() {
				missingSince = time.Now()
			}
			if from.listed && time.Since(missingSince) >= observe.VisibleAfter {
				return false, errGone
			}
			return false, nil
		}
		missingSince = time.Time{}
		object = objects[i]
		if from.asWanted && step.Handler.TakenBack != nil {
			changes = x.diff(step, object, request)
			return x.isReady(step, object, &stuck)
		}
		if from.asWanted || from.accepted && !from.changed.IsZero() {
			return x.isReady(step, object, &stuck) // the list may be older than the change
		}
		if changes = x.diff(step, object, request); len(changes) > 0 {
			return time.Since(from.changed) >= changeShows, nil
		}
		return x.isReady(step, object, &stuck)
	})
	return object, changes, stuck.timedOut(err)
}

// isReady says whether an object is ready, and tells what it waits for.
func (x *execution) isReady(step *plan.Step, object resource.Object, stuck *stuckness) (bool, error) {
	switch status := object.Status; status.Phase {
	case resource.Ready:
		return true, nil
	case resource.Failed, resource.Gone, resource.Deleting:
		return false, &failedError{object}
	default:
		x.tellReason(step, status.Reason)
		return false, x.endWhereStuck(stuck, step, object)
	}
}

// update makes an existing object what its spec says.
func (x *execution) update(calls context.Context, step *plan.Step) error {
	record := step.Record
	record.Needs = union(record.Needs, x.handlesOf(step.Node))
	if err := x.journal.record(record); err != nil {
		return err
	}
	if err := x.reconcile(calls, step, record, known{listed: true}); err != nil {
		return err
	}
	record.Needs = x.handlesOf(step.Node)
	return x.journal.record(record)
}

// diff is what of a step's spec an object does not have.
func (x *execution) diff(step *plan.Step, object resource.Object, request resource.Request) []resource.Change {
	return step.Handler.Diff(step.Node, object, request.IDs, x.Owner.StableTags(step.Key.String(), plan.TagName(step.Key)))
}

func (x *execution) change(calls context.Context, step *plan.Step, request resource.Request, object resource.Object, changes []resource.Change) error {
	_, err := retryPropagating(x.begin, func() (struct{}, error) {
		err := step.Handler.Update(calls, request, object, changes)
		if awsapi.IsPropagating(err) {
			x.tellReason(step, awsapi.Text(err))
		}
		return struct{}{}, err
	})
	return err
}

// union are the handles of both lists, each once.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func indexOf(objects []resource.Object, id string) int {
	return slices.IndexFunc(objects, func(o resource.Object) bool { return o.ID == id })
}
