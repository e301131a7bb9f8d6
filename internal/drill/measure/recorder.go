// Package measure gathers what a failover drill sees (requests, the targets'
// states, the marks of the fault and of its end) and works out of it what the
// drill is about: availability, first and last error, the time to detect, to
// shift and to recover, and the latencies before, during and after.
//
// It neither sends nor breaks anything, and it looks at no clock.
package measure

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/drill/load"
)

// Healthy is the state of a target that takes requests, as AWS names it.
const Healthy = "healthy"

// Mark is a moment of a drill.
type Mark string

// The marks, in their order.
const (
	// Began is the start of the load.
	Began Mark = "load begins"
	// Fault is just before the call that injects the fault.
	Fault Mark = "fault"
	// Broken is when that call, and what it started, was done.
	Broken Mark = "fault is in place"
	// Restore is just before the first call that restores the fault.
	Restore Mark = "restore"
	// Recovered is when all targets were seen to be healthy again.
	Recovered Mark = "all healthy"
	// Ended is the end of the load.
	Ended Mark = "load ends"
)

// Raised is when an alarm began to ring.
func Raised(alarm string) Mark { return Mark("alarm " + alarm) }

// Look is one look at the targets' health.
type Look struct {
	At time.Time
	// States are the targets' states by instance.
	States map[string]string
}

// Recorder gathers. It may be used by several goroutines at once.
type Recorder struct {
	victims map[string]bool

	mu      sync.Mutex
	samples []load.Sample // in the order in which they were due
	looks   []Look
	marks   map[Mark]time.Time
}

// NewRecorder is a recorder for a fault that takes the given instances.
func NewRecorder(victims []string) *Recorder {
	r := &Recorder{victims: map[string]bool{}, marks: map[Mark]time.Time{}}
	for _, victim := range victims {
		r.victims[victim] = true
	}
	return r
}

// Sample records what became of a request.
func (r *Recorder) Sample(s load.Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Answers come nearly in the order of their requests: its place is near the end.
	place := len(r.samples)
	for place > 0 && r.samples[place-1].Due.After(s.Due) {
		place--
	}
	r.samples = slices.Insert(r.samples, place, s)
}

// Look records the targets' states.
func (r *Recorder) Look(at time.Time, states map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.looks) - 1; last >= 1 && maps.Equal(r.looks[last].States, states) && maps.Equal(r.looks[last-1].States, states) {
		r.looks[last].At = at // of an unchanged state only the first and the last look matter
		return
	}
	r.looks = append(r.looks, Look{at, maps.Clone(states)})
}

// Mark records a moment. Only the first of a kind counts.
func (r *Recorder) Mark(mark Mark, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, marked := r.marks[mark]; !marked {
		r.marks[mark] = at
	}
}

// At is when something happened; false where it didn't.
func (r *Recorder) At(mark Mark) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, happened := r.marks[mark]
	return at, happened
}

// SinceFault is how the requests fared that were due since the fault, so far:
// what a guard goes by.
func (r *Recorder) SinceFault() Count {
	r.mu.Lock()
	defer r.mu.Unlock()
	fault, broken := r.marks[Fault]
	var c Count
	for _, s := range r.samples {
		if broken && !s.Due.Before(fault) {
			c.add(s)
		}
	}
	return c
}

// Between is the time between two marks; nil where one of them isn't there.
func (r *Recorder) Between(from, to Mark) *time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.between(from, to)
}

// Booted is how long an instance took from the first look that showed it as a target to the first that showed it as healthy;
// nil where it was never healthy, or always.
func (r *Recorder) Booted(instance string) *time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var registered time.Time
	for _, look := range r.looks {
		state, there := look.States[instance]
		switch {
		case !there:
		case registered.IsZero() && state == Healthy:
			return nil
		case registered.IsZero():
			registered = look.At
		case state == Healthy:
			took := look.At.Sub(registered)
			return &took
		}
	}
	return nil
}
