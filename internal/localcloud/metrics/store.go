// Package metrics keeps what was measured: series of data points, one a minute, for the three hours past. Who measures is
// no business of it, nor who asks: the server notes what the traffic did, and CloudWatch answers from it.
//
// A store is bounded: so many series, and so many minutes of each. What AWS keeps for longer is gone here.
package metrics

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// Interval is the time that a data point stands for.
	Interval = time.Minute
	// Delay is how long after the end of its minute, or of its five, a data point of AWS's own can be seen. AWS publishes no figure; an
	// alarm on the instances in service for two periods of a minute was seen 142 s after one had gone, which this gives in 120 to 180 s.
	// No latency shortens it.
	Delay = time.Minute
	// Kept is how long data points are kept.
	Kept = 3 * time.Hour
	// MostSeries is how many series a store has at most; that which nobody added to for the longest time gives way.
	MostSeries = 2000
)

// Dimension is a name and a value that tell a metric from others of its name.
type Dimension struct{ Name, Value string }

// Metric names what was measured.
type Metric struct {
	Region, Namespace, Name string
	Dimensions              []Dimension // in any order
}

func (m Metric) key(unit string) string {
	var b strings.Builder
	for _, part := range []string{m.Region, m.Namespace, m.Name, unit} {
		b.WriteString(part + "\x00")
	}
	for _, d := range Sorted(m.Dimensions) {
		b.WriteString(d.Name + "\x01" + d.Value + "\x00")
	}
	return b.String()
}

// Sorted are dimensions by name.
func Sorted(list []Dimension) []Dimension {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Dimension) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value)) })
	return list
}

// series are the data points of a metric in one unit, by the Unix time of their minutes.
type series struct {
	Metric Metric
	Unit   string
	Points map[int64]*Point
	Last   int64 // the latest minute
	Came   int64 `json:",omitempty"` // the minute at whose beginning its point came
}

// Store keeps series. Its methods may be called from any goroutine.
type Store struct {
	mu     sync.Mutex
	now    func() time.Time
	series map[string]*series
}

// New makes an empty store that goes by a clock.
func New(now func() time.Time) *Store { return &Store{now: now, series: map[string]*series{}} }

// Len is how many series there are.
func (s *Store) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.series)
}

// Add adds what was measured to the data point of the minute that a time is in. It reports whether it was kept: what is too
// old isn't.
func (s *Store) Add(m Metric, unit string, at time.Time, p Point) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	minute, oldest := at.Truncate(Interval).Unix(), s.now().Add(-Kept).Unix()
	if minute < oldest || p.Count <= 0 {
		return false
	}
	key := m.key(unit)
	one := s.series[key]
	if one == nil {
		s.makeRoom(oldest)
		m.Dimensions = Sorted(m.Dimensions)
		one = &series{Metric: m, Unit: unit, Points: map[int64]*Point{}}
		s.series[key] = one
	}
	if have := one.Points[minute]; have != nil {
		have.add(p)
	} else {
		p.Buckets = maps.Clone(p.Buckets)
		one.Points[minute] = &p
	}
	if minute > one.Last {
		one.Last, one.Came = minute, s.now().Truncate(Interval).Unix()
	}
	if len(one.Points) > int(Kept/Interval) {
		maps.DeleteFunc(one.Points, func(at int64, _ *Point) bool { return at < oldest })
	}
	return true
}

// makeRoom forgets series whose points are all too old, and if need be the one that is the longest without a new one.
func (s *Store) makeRoom(oldest int64) {
	if len(s.series) < MostSeries {
		return
	}
	maps.DeleteFunc(s.series, func(_ string, one *series) bool { return one.Last < oldest })
	if len(s.series) < MostSeries {
		return
	}
	stalest := ""
	for key, one := range s.series {
		if stalest == "" || one.Last < s.series[stalest].Last || one.Last == s.series[stalest].Last && key < stalest {
			stalest = key
		}
	}
	delete(s.series, stalest)
}

// Listed is a metric that has data points.
type Listed struct {
	Metric
	Unit string
	Last time.Time // the minute of the latest
}

// List lists the metrics of a region, in a stable order; those of several units once for each.
func (s *Store) List(region string) (all []Listed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest := s.now().Add(-Kept).Unix()
	for _, key := range slices.Sorted(maps.Keys(s.series)) {
		if one := s.series[key]; one.Metric.Region == region && one.Last >= oldest {
			all = append(all, Listed{one.Metric, one.Unit, time.Unix(one.Last, 0).UTC()})
		}
	}
	return all
}

// Datapoint is what a metric was in a period that begins at a time.
type Datapoint struct {
	At   time.Time
	Unit string
	Point
}

// Read reads a metric from one time on until another, excluded, in periods; those without data are left out. A unit of ""
// takes the points of every unit, each unit for itself.
func (s *Store) Read(m Metric, unit string, from, to time.Time, period time.Duration) []Datapoint {
	return s.read(m, unit, from, to, period, 0)
}

// read leaves out the latest point of a series that came less than a time ago.
func (s *Store) read(m Metric, unit string, from, to time.Time, period, ago time.Duration) []Datapoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	type slot struct {
		at   int64
		unit string
	}
	merged, seconds := map[slot]*Point{}, int64(period/time.Second)
	oldest := s.now().Add(-Kept).Unix()
	read := func(one *series) {
		late := ago > 0 && s.now().Before(time.Unix(one.Came, 0).Add(ago))
		for at, p := range one.Points {
			if late && at == one.Last || at < from.Unix() || at >= to.Unix() || at < oldest {
				continue
			}
			in := slot{at - at%seconds, one.Unit}
			if merged[in] == nil {
				merged[in] = &Point{}
			}
			merged[in].add(*p)
		}
	}
	if unit != "" {
		if one := s.series[m.key(unit)]; one != nil {
			read(one)
		}
	} else {
		prefix := m.key("")
		for _, one := range s.series {
			if one.Metric.key("") == prefix {
				read(one)
			}
		}
	}
	out := make([]Datapoint, 0, len(merged))
	for in, p := range merged {
		out = append(out, Datapoint{time.Unix(in.at, 0).UTC(), in.unit, *p})
	}
	slices.SortFunc(out, func(a, b Datapoint) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Unit, b.Unit)) })
	return out
}

// Seen is Read of what CloudWatch shows: AWS's own data points come late.
func (s *Store) Seen(m Metric, unit string, from, to time.Time, period time.Duration) []Datapoint {
	if !strings.HasPrefix(m.Namespace, "AWS/") {
		return s.Read(m, unit, from, to, period)
	}
	return s.read(m, unit, from, to, period, Delay)
}
