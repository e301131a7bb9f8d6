package predict

import "time"

// Alarm is an alarm that a fault raises if it lasts: one on targets, which goes by whole minutes.
type Alarm struct {
	// Period is how long one of its periods lasts; so many have to be Breaching, one after the other.
	Period    time.Duration
	Breaching int
	Watches   Watches
}

// Watches is what of the targets an alarm watches.
type Watches string

const (
	// Unhealthy is that none is unhealthy. One that is stopped, or drains, isn't: it is unused.
	Unhealthy Watches = "unhealthy"
	// Emptied is that a zone has a healthy one, of which the fault takes the last.
	Emptied Watches = "emptied"
	// Missing is that as many are healthy as there are to be.
	Missing Watches = "missing"
)

// AlarmDelay is from the end of a minute to its data being in CloudWatch, and looked at: nothing at best; two minutes of delay and
// the minute between two looks at worst. AWS publishes neither. An alarm of two minutes was seen 142 s after its cause.
func AlarmDelay() Window { return Window{0, 3 * time.Minute} }

// Raises is from the fault to the alarm; false where the fault may be over before that, or raises none.
func (s Situation) Raises(a Alarm) (Window, bool) {
	if !s.mayRaise(a) || s.Duration < s.lasts(a) {
		return Window{}, false
	}
	// The first of its periods may be one in which the fault was noticed at the end.
	begins, least := s.detect(), time.Duration(a.Breaching-1)*a.Period
	w := Window{begins.Min + least, s.lasts(a)}.plus(AlarmDelay())
	return w, true
}

// Lasting is how long the fault must last so that an alarm is raised for certain; false where it raises none however long it lasts.
func (s Situation) Lasting(a Alarm) (time.Duration, bool) {
	if !s.mayRaise(a) {
		return 0, false
	}
	return s.lasts(a), true
}

// lasts is until so many whole periods have gone by since the fault was noticed.
func (s Situation) lasts(a Alarm) time.Duration {
	return s.detect().Max + time.Duration(a.Breaching+1)*a.Period
}

// mayRaise says whether the fault is one that the alarm is for. A group that replaces the victims may be done before that.
func (s Situation) mayRaise(a Alarm) bool {
	switch {
	case s.Group.Does == Replaces || s.Group.Does == MayReplace:
		return false
	case a.Watches == Unhealthy:
		return s.Effect == Refuses || s.Effect == Silent
	}
	return true
}
