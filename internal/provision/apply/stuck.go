package apply

import (
	"errors"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// askEvery is how often a kind is asked whether an object is stuck, at the most: it
// may have to call AWS to tell.
const askEvery = 5 * time.Second

// NeverReady is the error of a wait for an object that is stuck.
type NeverReady struct {
	Reason string
	// Own says that the cause lies in the object, or in the one that it puts into service:
	// the next plan replaces that one.
	Own bool
	// Suspect is the ID of the instance that shows it; "" where none does.
	Suspect string
}

// Error says why it is.
func (e *NeverReady) Error() string { return e.Reason }

// stuckness is what one wait knows of whether its object is stuck.
type stuckness struct {
	asked time.Time
	since time.Time // zero: it isn't
	// last is what its kind said last.
	last resource.Diagnosis
}

// endWhereStuck ends the wait for an object that its kind has called stuck for long
// enough. Not to know is no reason to end it.
func (x *execution) endWhereStuck(s *stuckness, step *plan.Step, object resource.Object) error {
	if step.Handler.Stuck == nil || time.Since(s.asked) < askEvery {
		return nil
	}
	s.asked = time.Now()
	diagnosis, err := step.Handler.Stuck(x.begin, x.Clients, object)
	if err == nil {
		s.last = diagnosis
	}
	switch {
	case err != nil || diagnosis.Reason == "":
		s.since = time.Time{}
	case s.since.IsZero():
		s.since = time.Now()
	case time.Since(s.since) < diagnosis.Confirm:
	case diagnosis.TakeBack != nil:
		return x.takeBack(step, diagnosis)
	default:
		return &NeverReady{Reason: diagnosis.Reason, Own: diagnosis.Own, Suspect: diagnosis.Suspect}
	}
	return nil
}

// timedOut adds to the time-out of a wait what the kind said of the object last.
func (s *stuckness) timedOut(err error) error {
	var timeout *Timeout
	if errors.As(err, &timeout) {
		timeout.Own = s.last.Own
	}
	return err
}

// giveUp records that an object didn't become ready which puts another one into service, for
// a cause that lies in that one: the next run replaces it instead of waiting again. For any
// other cause a new one would fare no better, and nothing that is healthy is ended for it.
// It records, too, that a zone can't have an object, so that the next run chooses another.
func (x *execution) giveUp(step *plan.Step, err error) error {
	if awsapi.CauseOf(err) == awsapi.Zone && (step.Action == plan.Create || step.Action == plan.Replace) {
		return x.journal.refused(step.Key, awsapi.Code(err))
	}
	var never *NeverReady
	var timeout *Timeout
	own := errors.As(err, &never) && never.Own || errors.As(err, &timeout) && timeout.Own
	if step.Handler.Serves == nil || step.Action == plan.Delete || !own {
		return nil
	}
	record, ok := x.journal.find(step.Key, x.idOf(step))
	if !ok {
		return nil
	}
	record.GivenUp = true
	return x.journal.record(record)
}
