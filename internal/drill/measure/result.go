package measure

import (
	"maps"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/drill/load"
)

// Count is how a number of requests fared.
type Count struct {
	Total, Failed int
	ByClass       map[load.Class]int
}

func (c *Count) add(s load.Sample) {
	c.Total++
	if s.Class.Failed() {
		c.Failed++
	}
	if c.ByClass == nil {
		c.ByClass = map[load.Class]int{}
	}
	c.ByClass[s.Class]++
}

// Availability is the share of requests that succeeded, in percent; 100 of none.
func (c Count) Availability() float64 {
	if c.Total == 0 {
		return 100
	}
	return 100 * float64(c.Total-c.Failed) / float64(c.Total)
}

// Latencies are percentiles of the answered requests of a phase.
type Latencies struct {
	Requests           int
	P50, P90, P99, Max time.Duration
}

// Second is one second of a drill.
type Second struct {
	// At is the second, counted from the first thing that was seen.
	At int
	Count
	// P99 is the 99th percentile of the latencies of the answered requests.
	P99 time.Duration
	// Targets are the targets' states at its end, by instance.
	Targets map[string]string
	// Marks are the moments within it.
	Marks []Mark
}

// Result is what a drill measured. What never happened is nil.
type Result struct {
	// Overall are all requests, Window those due from the fault to the recovery.
	Overall, Window Count
	// Kept are those of Window that used kept-alive connections.
	Kept Count
	// FirstError and LastError are when the first and the last request was due
	// that failed, from the fault.
	FirstError, LastError *time.Duration
	// Detect is from the fault to the first look at which a victim wasn't healthy.
	Detect *time.Duration
	// Shift is from the fault to when the last request was due that failed before
	// the restoring: from then on all went elsewhere.
	Shift *time.Duration
	// Injection is how long the fault took to be in place.
	Injection *time.Duration
	// Recover is from the restoring to all targets healthy.
	Recover *time.Duration
	// Stray is how many requests failed that were due before the fault.
	Stray int
	// Before, During and After are the latencies before the fault, from there to
	// the recovery, and after that.
	Before, During, After Latencies
	// ByInstance and ByZone count the answers.
	ByInstance, ByZone map[string]int
	Timeline           []Second
	Marks              map[Mark]time.Duration // from the first thing that was seen
}

// Result works out what was measured so far.
func (r *Recorder) Result() Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	result := Result{ByInstance: map[string]int{}, ByZone: map[string]int{}, Marks: map[Mark]time.Duration{}}
	began := r.began()
	for mark, at := range r.marks {
		result.Marks[mark] = at.Sub(began)
	}
	fault, broken := r.marks[Fault]
	restore, restored := r.marks[Restore]
	recovered, isWell := r.marks[Recovered]
	var before, during, after []time.Duration
	for _, s := range r.samples {
		result.Overall.add(s)
		if s.Instance != "" {
			result.ByInstance[s.Instance]++
			result.ByZone[s.Zone]++
		}
		phase := &during
		switch {
		case !broken || s.Due.Before(fault):
			phase = &before
			if s.Class.Failed() {
				result.Stray++
			}
		case isWell && s.Due.After(recovered):
			phase = &after
		default:
			result.Window.add(s)
			if s.Kept {
				result.Kept.add(s)
			}
		}
		if !s.Class.Failed() {
			*phase = append(*phase, s.Latency)
			continue
		}
		if broken && !s.Due.Before(fault) {
			since := s.Due.Sub(fault)
			if result.FirstError == nil {
				result.FirstError = &since
			}
			result.LastError = &since
			if !restored || s.Due.Before(restore) {
				result.Shift = &since
			}
		}
	}
	result.Before, result.During, result.After = latenciesOf(before), latenciesOf(during), latenciesOf(after)
	result.Detect = r.detected(fault, broken)
	result.Injection = r.between(Fault, Broken)
	result.Recover = r.between(Restore, Recovered)
	result.Timeline = r.timeline(began)
	return result
}

// began is the first thing that was seen.
func (r *Recorder) began() time.Time {
	moments := slices.Collect(maps.Values(r.marks))
	for _, look := range r.looks {
		moments = append(moments, look.At)
	}
	if len(r.samples) > 0 {
		moments = append(moments, r.samples[0].Due)
	}
	if len(moments) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(moments, time.Time.Compare)
}

func (r *Recorder) between(from, to Mark) *time.Duration {
	a, ok := r.marks[from]
	b, done := r.marks[to]
	if !ok || !done {
		return nil
	}
	d := b.Sub(a)
	return &d
}

func (r *Recorder) detected(fault time.Time, broken bool) *time.Duration {
	if !broken {
		return nil
	}
	for _, look := range r.looks {
		if look.At.Before(fault) {
			continue
		}
		for victim := range r.victims {
			if look.States[victim] != Healthy {
				d := look.At.Sub(fault)
				return &d
			}
		}
	}
	return nil
}

// timeline has a row for each second from the start to the last thing seen.
func (r *Recorder) timeline(began time.Time) []Second {
	second := func(at time.Time) int { return int(at.Sub(began) / time.Second) }
	last := -1
	for _, s := range r.samples {
		last = max(last, second(s.Due))
	}
	for _, at := range r.marks {
		last = max(last, second(at))
	}
	for _, look := range r.looks {
		last = max(last, second(look.At))
	}
	seconds := make([]Second, last+1)
	answered := make([][]time.Duration, last+1)
	for i := range seconds {
		seconds[i].At = i
	}
	for _, s := range r.samples {
		i := second(s.Due)
		seconds[i].add(s)
		if !s.Class.Failed() {
			answered[i] = append(answered[i], s.Latency)
		}
	}
	for i := range seconds {
		seconds[i].P99 = latenciesOf(answered[i]).P99
	}
	next := 0
	var states map[string]string
	for i := range seconds {
		for ; next < len(r.looks) && second(r.looks[next].At) <= i; next++ {
			states = r.looks[next].States
		}
		seconds[i].Targets = states
	}
	for _, mark := range slices.SortedFunc(maps.Keys(r.marks), func(a, b Mark) int { return r.marks[a].Compare(r.marks[b]) }) {
		i := second(r.marks[mark])
		seconds[i].Marks = append(seconds[i].Marks, mark)
	}
	return seconds
}

// latenciesOf are exact: every request's latency is kept.
func latenciesOf(all []time.Duration) Latencies {
	if len(all) == 0 {
		return Latencies{}
	}
	slices.Sort(all)
	// The smallest latency that at least this share of the requests didn't exceed.
	at := func(percent int) time.Duration { return all[(len(all)*percent+99)/100-1] }
	return Latencies{len(all), at(50), at(90), at(99), all[len(all)-1]}
}
