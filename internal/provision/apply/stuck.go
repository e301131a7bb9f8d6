package apply

import (
	"errors"
	"time"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// askEvery is how often a kind is asked whether there is hope for an object, at
// the most: it may have to call AWS to tell.
const askEvery = 5 * time.Second

// NeverReady is the error of a wait that was ended because there is no hope.
type NeverReady struct{ Reason string }

// Error says why there is none.
func (e *NeverReady) Error() string { return e.Reason }

// hope is what one wait knows of the prospects of its object.
type hope struct {
	asked time.Time
	lost  time.Time // since when there is none; zero: there is
}

// hopeless ends the wait for an object that its kind has called hopeless for
// long enough. Not to know is no reason to end it.
func (x *execution) hopeless(h *hope, step *plan.Step, object resource.Object) error {
	if step.Handler.Stuck == nil || time.Since(h.asked) < askEvery {
		return nil
	}
	h.asked = time.Now()
	diagnosis, err := step.Handler.Stuck(x.begin, x.Clients, object)
	switch {
	case err != nil || diagnosis.Reason == "":
		h.lost = time.Time{}
	case h.lost.IsZero():
		h.lost = time.Now()
	case time.Since(h.lost) >= diagnosis.Confirm:
		return &NeverReady{Reason: diagnosis.Reason}
	}
	return nil
}

// giveUp records that an object which carries another one was waited for in
// vain, so that the next run replaces what it carries instead of waiting again.
func (x *execution) giveUp(step *plan.Step, err error) error {
	var never *NeverReady
	var timeout *Timeout
	if step.Handler.Serves == nil || step.Action == plan.Delete || !errors.As(err, &never) && !errors.As(err, &timeout) {
		return nil
	}
	record, ok := x.known(resource.Record{Key: step.Key, ID: x.idOf(step)})
	if !ok {
		return nil
	}
	record.GivenUp = true
	return x.Store.Put(record)
}
