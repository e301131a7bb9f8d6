package accesslog

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// mostPaths is how many paths a summary tells apart. Further ones count as OtherPaths.
const mostPaths = 10_000

// OtherPaths stands for all paths beyond those that a summary tells apart.
const OtherPaths = "(others)"

// mostTargets is how many targets a summary tells apart: twice what a platform can have.
const mostTargets = 1000

// Summary is what many requests come to. It takes the same memory for any number of them.
type Summary struct {
	Requests, Failed int64
	From, To         time.Time // of the first and the last
	Classes          map[string]int64
	Targets          map[string]*Share // by address; "" those that were sent to none
	paths            map[string]*Share
}

// Share is what one target or one path has of the requests.
type Share struct {
	Name             string
	Requests, Failed int64
	times            [64 * 4]uint32 // of the requests, by fourths of powers of two, in microseconds
	timed            int64
}

// NewSummary returns a summary of nothing.
func NewSummary() *Summary {
	return &Summary{Classes: map[string]int64{}, Targets: map[string]*Share{}, paths: map[string]*Share{}}
}

// Add adds a request.
func (s *Summary) Add(e Entry) {
	s.Requests++
	if e.Failed() {
		s.Failed++
	}
	if s.From.IsZero() || e.Time.Before(s.From) {
		s.From = e.Time
	}
	if e.Time.After(s.To) {
		s.To = e.Time
	}
	s.Classes[e.Class()]++
	share(s.Targets, e.TargetAddress(), mostTargets).add(e)
	share(s.paths, e.Path, mostPaths).add(e)
}

func share(all map[string]*Share, name string, most int) *Share {
	if of := all[name]; of != nil {
		return of
	}
	if len(all) >= most {
		name = OtherPaths
		if of := all[name]; of != nil {
			return of
		}
	}
	of := &Share{Name: name}
	all[name] = of
	return of
}

func (s *Share) add(e Entry) {
	s.Requests++
	if e.Failed() {
		s.Failed++
	}
	if took, ok := e.Took(); ok {
		s.times[bucket(took)]++
		s.timed++
	}
}

// bucket is the fourth of a power of two in which a time is.
func bucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < 4 {
		return int(us)
	}
	power := bits.Len64(us) - 1
	return power*4 + int(us>>(power-2)&3)
}

// ceiling is the longest time of a bucket.
func ceiling(bucket int) time.Duration {
	if bucket < 4 {
		return time.Duration(bucket) * time.Microsecond
	}
	power, quarter := bucket/4, uint64(bucket%4)
	return time.Duration((4+quarter+1)<<(power-2)-1) * time.Microsecond
}

// Within is the time within which the given share of the requests was answered, such as 0.95: at most a fifth too long. False:
// the load balancer has timed none.
func (s *Share) Within(share float64) (time.Duration, bool) {
	if s.timed == 0 {
		return 0, false
	}
	left := int64(share * float64(s.timed))
	for i, n := range s.times {
		if left -= int64(n); left < 0 || left == 0 && share >= 1 {
			return ceiling(i), true
		}
	}
	return ceiling(len(s.times) - 1), true
}

// Slowest are the paths whose requests took longest, by the time within which 95 in 100 of them were answered.
func (s *Summary) Slowest(most int) []*Share {
	var all []*Share
	for _, of := range s.paths {
		if of.timed > 0 {
			all = append(all, of)
		}
	}
	slices.SortFunc(all, func(a, b *Share) int {
		x, _ := a.Within(0.95)
		y, _ := b.Within(0.95)
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), most)]
}
