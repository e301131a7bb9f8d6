package apply

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// create makes the object of a step in a generation: the intent, the call, and the
// record of its ID. What the call couldn't say, and the wait, are reconcile's.
func (x *execution) create(calls context.Context, step *plan.Step, generation int) (resource.Record, error) {
	record := resource.Record{Key: step.Key, Generation: generation}
	// The object may not be as its creation and the changes after it left it, where an
	// earlier run may have made it, as another configuration wanted it; or its kind says so.
	unconfirmed := x.journal.knows(step.Key)
	doubt := func() { unconfirmed = true }
	id, err := x.callCreate(calls, step, &record, doubt)
	if awsapi.IsTokenConflict(err) {
		// The token made an object that has ended since, or that was asked for
		// otherwise by a run that was cut short.
		if err := x.clearAway(calls, step, record); err != nil {
			return record, err
		}
		record.Generation++
		id, err = x.callCreate(calls, step, &record, doubt)
	}
	if err != nil {
		return record, err
	}
	// AWS may not list the object for a while, counted from its reply.
	record.ID, record.Since = id, time.Now().UTC()
	if err := x.journal.record(record); err != nil {
		return record, fmt.Errorf("%s was made as %s, but could not be recorded: %w", step.Key, id, err)
	}
	x.setID(step.Key, id)
	from := x.complete(calls, step, x.request(step, record, doubt))
	from.since, from.accepted = record.Since, from.accepted && !unconfirmed
	if from.accepted && from.status.Phase == resource.Ready {
		return record, nil
	}
	return record, x.reconcile(calls, step, record, from)
}

// complete asks for what the create call couldn't say, where the kind knows what its
// call has made, and returns what is known of the object then.
func (x *execution) complete(calls context.Context, step *plan.Step, request resource.Request) known {
	if step.Handler.AsCreated == nil {
		return known{}
	}
	object := step.Handler.AsCreated(request, request.ID)
	missing := x.diff(step, object, request)
	switch {
	case len(missing) == 0:
		return known{status: object.Status, accepted: true}
	case resource.NeedsReplacement(missing) || x.change(calls, step, request, object, missing) != nil:
		// It may have been there already, and not as created: it is listed.
		return known{status: object.Status}
	}
	return known{status: object.Status, accepted: true, changed: time.Now()}
}

// ambiguousAttempts is how often a creation without a token is asked for when
// AWS's replies get lost.
const ambiguousAttempts = 5

// callCreate makes the call, each time after the intent to make it.
func (x *execution) callCreate(calls context.Context, step *plan.Step, record *resource.Record, doubt func()) (string, error) {
	record.Token = x.journal.token(record.Key, record.Generation)
	record.Needs = x.handlesOf(step.Node)
	for attempt := 1; ; attempt++ {
		id, err := retryPropagating(x.begin, func() (string, error) {
			if err := x.journal.intend(record); err != nil {
				return "", err
			}
			return step.Handler.Create(calls, x.request(step, *record, doubt))
		})
		if err == nil || !step.Handler.NotIdempotent || !awsapi.IsAmbiguous(err) || attempt == ambiguousAttempts {
			return id, err
		}
		// Whether AWS acted is not known, and asking again would make a second
		// object.
		x.tell(step, Waiting, "AWS to show whether it was made, since the reply was lost", 0)
		if object, err := x.findLost(step, record.Token); object.ID != "" || err != nil {
			return object.ID, err
		}
	}
}

// findLost looks for an object whose creation was not answered, by the mark of the
// call in its tags; one without an ID where it can't be there.
func (x *execution) findLost(step *plan.Step, token string) (found resource.Object, err error) {
	began := time.Now()
	err = x.await(step, "AWS to show whether it was made", wait{}, func(objects []resource.Object) (bool, error) {
		i := slices.IndexFunc(objects, func(o resource.Object) bool { return o.Tags[awsapi.TagOperation] == token })
		if i >= 0 && objects[i].Status.Phase != resource.Gone {
			found = objects[i]
		}
		return i >= 0 || time.Since(began) >= observe.VisibleAfter, nil
	})
	return found, err
}

// clearAway deletes what a token made otherwise than it is wanted now, or
// forgets the intent where that has ended. The plan didn't know of it, because
// AWS didn't list it yet, and so nothing is built on it.
func (x *execution) clearAway(calls context.Context, step *plan.Step, record resource.Record) error {
	object, err := x.findLost(step, record.Token)
	if err != nil {
		return err
	}
	if object.ID == "" {
		return x.journal.forget(record)
	}
	record.ID = object.ID
	x.tell(step, Waiting, object.ID+", which an earlier run asked for otherwise, to be deleted", 0)
	if err := x.deleteSurplus(calls, step, object, record); err != nil {
		return fmt.Errorf("delete what an earlier run asked for otherwise, %s: %w", object.ID, err)
	}
	return nil
}

func (x *execution) request(step *plan.Step, record resource.Record, unconfirmed func()) resource.Request {
	return resource.Request{
		Clients:     x.Clients,
		Owner:       x.Owner,
		Node:        step.Node,
		Generation:  record.Generation,
		Token:       record.Token,
		Tags:        x.Owner.TagsFor(step.Key.String(), plan.TagName(step.Key), record.Generation, record.Token),
		IDs:         x.idsOf(step.Node),
		ID:          record.ID,
		Unconfirmed: unconfirmed,
	}
}

// propagationWindow is how long AWS may take until all of its parts know of a
// new object. IAM is the slowest.
const propagationWindow = 2 * time.Minute

// retryPropagating repeats a call that fails only because a part of AWS has
// not heard yet of an object that exists, until begin ends: then the step has not
// begun, which is no fault of its own.
func retryPropagating[T any](begin context.Context, call func() (T, error)) (value T, err error) {
	_, _ = backoff.Retry(begin, func() (T, error) { // which calls once at least
		if value, err = call(); err != nil && !awsapi.IsPropagating(err) {
			return value, backoff.Permanent(err)
		}
		return value, err
	}, backoff.WithBackOff(&backoff.ExponentialBackOff{
		InitialInterval: 200 * time.Millisecond, RandomizationFactor: 0.2, Multiplier: 1.6, MaxInterval: 5 * time.Second,
	}), backoff.WithMaxElapsedTime(propagationWindow))
	if awsapi.IsPropagating(err) && begin.Err() != nil {
		return value, errSkipped
	}
	return value, err
}
