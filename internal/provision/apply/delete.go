package apply

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// delete deletes the object and waits until it is gone. AWS refuses while something is
// in the way; that is waited for, by name. What is gone with its container, or is going
// already, isn't asked for.
//
// What makes nothing ends with its record, and what Delete has released stays without one.
func (x *execution) delete(calls context.Context, step *plan.Step) error {
	record := step.Record
	if step.Handler.MakesNothing {
		return x.journal.forget(record)
	}
	going := step.Object.Status.Phase == resource.Deleting
	record.Deleting = true
	if !going {
		if err := x.journal.intend(&record); err != nil {
			return err
		}
	}
	// By now AWS knows the object everywhere, so that its answer can be trusted.
	old := time.Since(step.Record.Since) >= observe.VisibleAfter
	ask := !going && step.Container == nil
	for attempt := 0; ; attempt++ {
		if ask {
			err := x.askToDelete(calls, step, record, old && attempt == 0)
			var released *resource.Released
			if errors.As(err, &released) {
				x.tell(step, Waiting, released.Why, 0)
				return x.journal.forget(record)
			}
			if err != nil {
				return err
			}
		}
		if x.Replans && (old && ask && !step.Handler.AsynchronousDelete || step.Container != nil) {
			// It is gone, or went with its container, and the caller proves at the end
			// that nothing is left. Until then it is on record as one that goes: the next
			// run may still be shown it.
			if going {
				return x.journal.record(record)
			}
			return nil
		}
		// How long it may be listed as it was before there is something to do about it.
		patience := time.Duration(math.MaxInt64)
		switch {
		case going:
			// A target that was draining, and was registered again since; or a list
			// that doesn't show the end of something yet, as others did before.
			patience = observe.VisibleAfter
		case ask && attempt < changeAttempts:
			patience = changeShows // it is so new that AWS didn't know it when asked
		}
		stays, err := x.untilGone(step, record.ID, patience)
		switch {
		case err != nil || stays && going:
			return err
		case !stays:
			return x.journal.forget(record)
		}
	}
}

// untilGone lists until the object is gone, or until it has not been going for so long
// that it stays.
func (x *execution) untilGone(step *plan.Step, id string, patience time.Duration) (stays bool, err error) {
	var from wait
	if step.Handler.AsynchronousDelete && step.Handler.PollStatus == nil {
		from.known.Phase = resource.Deleting
	}
	if step.Object.Status.Phase == resource.Deleting {
		from.since = step.Record.Since
	}
	began := time.Now()
	err = x.await(step, "it to be gone", from, func(objects []resource.Object) (bool, error) {
		i := indexOf(objects, id)
		if i < 0 || objects[i].Status.Phase == resource.Gone {
			return true, nil
		}
		stays = objects[i].Status.Phase != resource.Deleting && time.Since(began) >= patience
		return stays, nil
	})
	return stays, err
}

// askToDelete sends the delete call until AWS takes it. That it doesn't know the
// object may mean that it is gone, or that it is new: the first is believed when
// it can't be the second any more. What the plan saw may be all that there is of the
// object: then it is deleted as it was seen, unless AWS refuses that.
func (x *execution) askToDelete(calls context.Context, step *plan.Step, record resource.Record, asSeen bool) error {
	deadline, cancel := x.deadline(step)
	defer cancel()
	began := time.Now()
	trusted := began.Add(observe.VisibleAfter)
	if since := step.Record.Since; !since.IsZero() && since.Before(began) {
		trusted = since.Add(observe.VisibleAfter)
	}
	what := "AWS to know it"
	held := x.heldFor(step)
	if held.what != "" {
		what = held.what
		x.tellReason(step, what)
		if observe.Sleep(deadline, time.Until(held.from)) != nil {
			return waitError(x.begin, "waited for "+what)
		}
	}
	for refusals, lookAt := 1, 2; ; refusals++ {
		var err error
		asSeen = asSeen && refusals == 1 && step.Handler.DeleteObserved != nil
		if asSeen {
			err = step.Handler.DeleteObserved(calls, x.Clients, record, *step.Object)
		}
		if !asSeen || awsapi.IsInUse(err) {
			err = step.Handler.Delete(calls, x.Clients, record)
		}
		unknown := awsapi.IsNotFound(err)
		if err == nil || unknown && !time.Now().Before(trusted) {
			return nil
		}
		if !unknown && !awsapi.IsInUse(err) {
			return err
		}
		pause := x.pacer().Unexpected().Pause(time.Since(began))
		if time.Now().Before(held.until) {
			pause, lookAt = held.pace.UnderWay(time.Since(held.since)), refusals+1
		}
		// What is in the way is looked up at the 2nd, 8th, 32nd, 64th … refusal that
		// wasn't foreseen: it takes several calls, seldom changes, and is often gone
		// after a moment.
		if !unknown && refusals >= lookAt {
			lookAt = refusals + min(3*refusals, 32)
			if what, err = x.inTheWay(calls, step, record, err); err != nil {
				return err
			}
			x.tell(step, Waiting, what, 0)
		}
		select {
		case <-deadline.Done():
			return waitError(x.begin, "waited for "+what)
		case <-time.After(pause):
		}
	}
}

// held says that AWS still uses an object, for something that it has deleted.
type held struct {
	what string // for people; "" where it doesn't
	// since is when that was deleted, and from and until are when AWS is expected to
	// release the object, at the earliest and the latest.
	since, from, until time.Time
	pace               observe.Pace
}

// heldFor is what holds a step's object longest, of what the plan has deleted.
func (x *execution) heldFor(step *plan.Step) (last held) {
	for _, need := range step.Needs {
		hold := need.HoldOf(step)
		pace := x.pacer().Gone(hold.Expectation, x.slack[step])
		since := x.runs[need].timing.End
		if least, most := pace.Window(); since.Add(most).After(last.until) && most > 0 {
			what := fmt.Sprintf("AWS to release the %s of %s (%s)", hold.What, need.Key, need.ID())
			last = held{what: what, since: since, from: since.Add(least), until: since.Add(most), pace: pace}
		}
	}
	return last
}

// inTheWay is the sentence that says why AWS won't delete. It fails where waiting
// is of no use, because nobody deletes what is in the way.
func (x *execution) inTheWay(ctx context.Context, step *plan.Step, record resource.Record, refusal error) (string, error) {
	if step.Handler.Blockers != nil {
		if blockers, err := step.Handler.Blockers(ctx, x.Clients, record.ID); err == nil && len(blockers) > 0 {
			if own := x.unplanned(blockers); x.Replans && len(own) > 0 {
				return "", &StalePlan{own}
			}
			return resource.Sentence(blockers) + " to be gone", nil
		}
	}
	return "AWS to release it (" + awsapi.Message(refusal) + ")", nil
}
