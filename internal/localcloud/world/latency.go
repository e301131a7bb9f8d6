package world

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Step is something that takes time. Each kind's file has its own.
type Step struct {
	Name string        // where a user waits for it, such as "nat-gateway available"
	Fast time.Duration // in the fast model
	AWS  time.Duration // as seen on AWS
	// Met says that traffic meets it, so that a drill measures it: it takes AWS's time
	// whatever the model, unless Options.Hurried says otherwise.
	Met bool
}

// Latency is a model of how long steps take that no traffic meets. The zero value is the
// fast one: a few hundred milliseconds where AWS takes minutes.
type Latency struct {
	divisor int // 0: fast; otherwise AWS's durations divided by this
}

// ParseLatency reads "fast", "aws", or "aws/N" for N times as fast as AWS (1–1000).
func ParseLatency(s string) (Latency, error) {
	if s == "" || s == "fast" {
		return Latency{}, nil
	}
	if s == "aws" {
		s = "aws/1"
	}
	if text, ok := strings.CutPrefix(s, "aws/"); ok {
		if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= 1000 {
			return Latency{divisor: n}, nil
		}
	}
	return Latency{}, fmt.Errorf("latency %q: must be fast, aws, or aws/N with N from 1 to 1000", s)
}

// String is the model's name as ParseLatency reads it.
func (l Latency) String() string {
	if l.divisor == 0 {
		return "fast"
	}
	return strings.TrimSuffix("aws/"+strconv.Itoa(l.divisor), "/1")
}

// Duration says how long a step takes that no traffic meets.
func (l Latency) Duration(s Step) time.Duration {
	if l.divisor == 0 {
		return s.Fast
	}
	return s.AWS / time.Duration(l.divisor)
}

// SetLatency changes how long steps take that begin from now on. What is under way
// already ends when it was to end.
func (w *World) SetLatency(l Latency) { w.latency.Store(&l) }

// Latency is how long things take at the moment.
func (w *World) Latency() Latency { return *w.latency.Load() }

func (w *World) duration(s Step) time.Duration {
	if s.Met && !w.options.Hurried {
		return s.AWS
	}
	return w.Latency().Duration(s)
}
