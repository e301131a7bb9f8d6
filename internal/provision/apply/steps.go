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
	"github.com/platformctl/platformctl/internal/state"
)

// propagationWindow is how long AWS may take until all of its parts know of a
// new object. IAM is the slowest.
const propagationWindow = 2 * time.Minute

// create makes the object: the intent, the call, the record of its ID, then
// what the call could not say, then the wait.
func (x *execution) create(calls context.Context, step *plan.Step) error {
	record := resource.Record{Key: step.Key, Generation: step.Generation}
	x.Store.Read(func(d *state.Document) {
		x.runs[step].unsure = slices.ContainsFunc(d.Records, func(r resource.Record) bool { return r.Key == step.Key })
	})
	id, err := x.createOnce(calls, step, &record)
	if awsapi.IsTokenConflict(err) {
		// The token made an object that has ended since, or that was asked for
		// otherwise by a run that was cut short.
		if err := x.clearAway(calls, step, record); err != nil {
			return err
		}
		record.Generation++
		id, err = x.createOnce(calls, step, &record)
	}
	if err != nil {
		return err
	}
	record.ID = id
	// AWS may not list the object for a while, counted from its reply.
	record.Since = time.Now().UTC()
	if err := x.Store.Put(record); err != nil {
		return fmt.Errorf("%s was made as %s, but could not be recorded: %w", step.Key, id, err)
	}
	x.setID(step.Key, id)
	return x.convergeOrRemake(calls, step, record)
}

// asMade is a new object as its creation left it, where its kind knows.
func (x *execution) asMade(step *plan.Step, record resource.Record) *resource.Object {
	if step.Handler.AsCreated == nil || step.Action == plan.Update {
		return nil
	}
	made := step.Handler.AsCreated(x.request(step, record), record.ID)
	return &made
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
		return x.Store.Remove(record)
	}
	record.ID = object.ID
	x.tell(step, Waiting, object.ID+", which an earlier run asked for otherwise, to be deleted", 0)
	surplus := &plan.Step{
		Key: step.Key, Action: plan.Delete, Generation: object.Generation,
		Handler: step.Handler, Object: &object, Record: record, Supersedes: true,
	}
	if err := x.delete(calls, surplus); err != nil {
		return fmt.Errorf("delete what an earlier run asked for otherwise, %s: %w", object.ID, err)
	}
	return nil
}

// createOnce writes the intent and makes the call.
func (x *execution) createOnce(calls context.Context, step *plan.Step, record *resource.Record) (string, error) {
	x.Store.Read(func(d *state.Document) { record.Token = d.Token(record.Key, record.Generation) })
	record.Needs = x.handlesOf(step.Node)
	for attempt := 1; ; attempt++ {
		id, err := retryPropagating(x.begin, func() (string, error) {
			record.Since = time.Now().UTC()
			if err := x.Store.Put(*record); err != nil {
				return "", err
			}
			return step.Handler.Create(calls, x.request(step, *record))
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

// ambiguousAttempts is how often a creation without a token is asked for when
// AWS's replies get lost.
const ambiguousAttempts = 5

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

// How an update is repeated: AWS may show the old values for a moment, or have
// taken back what it took.
const (
	updateShows   = 5 * time.Second
	updateRepeats = 4
)

// converge brings an object to what its spec says, and waits until it is so and
// the object is ready.
func (x *execution) converge(calls context.Context, step *plan.Step, record resource.Record) error {
	request := x.request(step, record)
	ready := x.readiness(step, record.ID)
	var updated time.Time
	made := x.asMade(step, record)
	var object resource.Object
	for repeats := 0; ; repeats++ {
		var changes []resource.Change
		certain := false
		if made != nil {
			object, made = *made, nil
			missing := step.Handler.Diff(step.Node, object, request.IDs, x.stableTags(step.Key))
			// Where it fails, it may have been there already, and not as made just
			// now: then there is reason to look.
			asked := len(missing) == 0
			if !asked && !resource.NeedsReplacement(missing) && x.change(calls, step, request, object, missing) == nil {
				asked, updated = true, time.Now()
			}
			// AWS has taken all that is wanted, so that its status alone matters; unless
			// an earlier run may have made it, as another configuration wanted it.
			certain = asked && !x.runs[step].unsure
			if certain && object.Status.Phase == resource.Ready {
				return nil
			}
		}
		var missing absence
		// What takes its time anyway isn't looked at at once.
		if object.Status.Phase == resource.Pending {
			x.tellReason(step, object.Status.Reason)
		}
		err := x.await(step, "it to be ready", wait{known: object.Status, certain: certain}, func(objects []resource.Object) (bool, error) {
			i := indexOf(objects, record.ID)
			if i < 0 {
				return false, x.missed(&missing, step) // else it is made, and not listed yet
			}
			missing = absence{}
			if certain && !updated.IsZero() {
				return ready(objects) // the list may be older than the update
			}
			object = objects[i]
			changes = step.Handler.Diff(step.Node, object, request.IDs, x.stableTags(step.Key))
			if len(changes) > 0 {
				return time.Since(updated) >= updateShows, nil
			}
			return ready(objects)
		})
		if err != nil || len(changes) == 0 {
			return err
		}
		switch {
		case resource.NeedsReplacement(changes):
			return fmt.Errorf("AWS has it otherwise than asked: %v", changes)
		case repeats == updateRepeats:
			return fmt.Errorf("AWS takes the change, but doesn't show it: %v", changes)
		}
		if err := x.change(calls, step, request, object, changes); err != nil {
			return err
		}
		updated = time.Now()
	}
}

// update makes an existing object what its spec says.
func (x *execution) update(calls context.Context, step *plan.Step) error {
	record := step.Record
	record.Needs = union(record.Needs, x.handlesOf(step.Node))
	if err := x.Store.Put(record); err != nil {
		return err
	}
	if err := x.converge(calls, step, record); err != nil {
		return x.orMakeAnew(calls, step, record, err)
	}
	record.Needs = x.handlesOf(step.Node)
	return x.Store.Put(record)
}

func (x *execution) change(calls context.Context, step *plan.Step, request resource.Request, object resource.Object, changes []resource.Change) error {
	_, err := retryPropagating(x.begin, func() (struct{}, error) {
		return struct{}{}, step.Handler.Update(calls, request, object, changes)
	})
	return err
}

func (x *execution) request(step *plan.Step, record resource.Record) resource.Request {
	return resource.Request{
		Clients:     x.Clients,
		Owner:       x.Owner,
		Node:        step.Node,
		Generation:  record.Generation,
		Token:       record.Token,
		Tags:        x.Owner.TagsFor(step.Key.String(), plan.TagName(step.Key), record.Generation, record.Token),
		IDs:         x.idsOf(step.Node),
		ID:          record.ID,
		Unconfirmed: func() { x.runs[step].unsure = true },
	}
}

func (x *execution) stableTags(key resource.Key) map[string]string {
	return x.Owner.StableTags(key.String(), plan.TagName(key))
}

// union are the handles of both lists, each once.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func sameNeeds(a, b resource.Record) bool {
	return (a.Needs == nil) == (b.Needs == nil) && slices.Equal(a.Needs, b.Needs)
}

func indexOf(objects []resource.Object, id string) int {
	return slices.IndexFunc(objects, func(o resource.Object) bool { return o.ID == id })
}

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
