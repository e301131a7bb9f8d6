package metrics

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Point is what was measured within a time.
type Point struct {
	Count, Sum, Min, Max float64
	// Buckets are how many values there were of each size, for percentiles; see [BucketOf]. Points that were given by their
	// statistics have none.
	Buckets map[int]float64 `json:",omitempty"`
}

// One is a single value.
func One(value float64) Point { return Times(value, 1) }

// Times is a value that was there so many times.
func Times(value, count float64) Point {
	return Point{count, value * count, value, value, map[int]float64{BucketOf(value): count}}
}

// Observe adds one value.
func (p *Point) Observe(value float64) {
	if p.Count == 0 {
		p.Min, p.Max = value, value
	}
	if p.Buckets == nil {
		p.Buckets = map[int]float64{}
	}
	p.Count, p.Sum = p.Count+1, p.Sum+value
	p.Min, p.Max = min(p.Min, value), max(p.Max, value)
	p.Buckets[BucketOf(value)]++
}

func (p *Point) add(q Point) {
	if p.Count == 0 {
		p.Min, p.Max = q.Min, q.Max
	}
	p.Count, p.Sum = p.Count+q.Count, p.Sum+q.Sum
	p.Min, p.Max = min(p.Min, q.Min), max(p.Max, q.Max)
	if len(q.Buckets) > 0 && p.Buckets == nil {
		p.Buckets = map[int]float64{}
	}
	for bucket, n := range q.Buckets {
		p.Buckets[bucket] += n
	}
}

// Plus is what two points say together.
func (p Point) Plus(q Point) Point {
	p.Buckets = maps.Clone(p.Buckets)
	p.add(q)
	return p
}

// growth is how much larger the values of a bucket are than those of the one before.
const growth = 1.02

// zero is the bucket of values that aren't above it; negative ones have no percentiles here.
const zero = math.MinInt32

// BucketOf is the bucket that a value is in: percentiles are within 1 % of the values.
func BucketOf(value float64) int {
	if value <= 0 {
		return zero
	}
	return int(math.Round(math.Log(value) / math.Log(growth)))
}

// ValueOf is the value that stands for a bucket.
func ValueOf(bucket int) float64 {
	if bucket == zero {
		return 0
	}
	return math.Pow(growth, float64(bucket))
}

// The statistics by name.
const (
	SampleCount = "SampleCount"
	Average     = "Average"
	Sum         = "Sum"
	Minimum     = "Minimum"
	Maximum     = "Maximum"
)

// IsStatistic reports whether there is a statistic of that name: the five, or a percentile such as p99.9.
func IsStatistic(name string) bool {
	_, is := percentile(name)
	return is || slices.Contains([]string{SampleCount, Average, Sum, Minimum, Maximum}, name)
}

func percentile(name string) (percent float64, is bool) {
	text, is := strings.CutPrefix(name, "p")
	percent, err := strconv.ParseFloat(text, 64)
	return percent, is && err == nil && percent >= 0 && percent <= 100 && !strings.ContainsAny(text, "eExX+_n")
}

// Statistic is a point's value of a statistic. A percentile of what was given by its statistics is there only where all
// values are the same, or it was one.
func (p Point) Statistic(name string) (value float64, ok bool) {
	switch name {
	case SampleCount:
		return p.Count, true
	case Average:
		return p.Sum / p.Count, p.Count > 0
	case Sum:
		return p.Sum, true
	case Minimum:
		return p.Min, true
	case Maximum:
		return p.Max, true
	}
	percent, is := percentile(name)
	if !is {
		return 0, false
	}
	if p.Count == 1 || p.Min == p.Max {
		return p.Min, true
	}
	counted := 0.0
	for _, n := range p.Buckets {
		counted += n
	}
	if counted < p.Count || p.Min < 0 {
		return 0, false
	}
	rank, before := percent/100*p.Count, 0.0
	for _, bucket := range slices.Sorted(maps.Keys(p.Buckets)) {
		if before += p.Buckets[bucket]; before >= rank {
			return min(max(ValueOf(bucket), p.Min), p.Max), true
		}
	}
	return p.Max, true
}
