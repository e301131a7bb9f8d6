package predict

import (
	"math"
	"time"
)

// What a health check can't be faster than: the least that Elastic Load Balancing takes for a target group of instances.
// Source: Elastic Load Balancing API Reference, CreateTargetGroup.
const (
	leastInterval  = 5 * time.Second
	leastTimeout   = 2 * time.Second
	leastUnhealthy = 2
)

// How far a search for what meets an objective goes.
const (
	mostTargets  = 500
	mostZones    = 6
	mostDuration = time.Hour
)

// settle is how long a fault is kept after the last request should have failed.
const settle = 5 * time.Second

// Availability is the share of the requests, in percent, that succeed from the fault until all targets are healthy again: at
// the least and at the most.
func (s Situation) Availability() (least, most float64) {
	p := For(s)
	few, many := p.Failures()
	share := func(failed int, recovery time.Duration) float64 {
		all := float64(s.Rate) * (s.Duration + recovery).Seconds()
		if all <= 0 {
			return 100
		}
		return 100 * max(0, 1-float64(failed)/all)
	}
	return share(many, p.Recover.Min), share(few, p.Recover.Max)
}

// Enough is how long a fault must last to see all of what it does, and at most longest.
func (s Situation) Enough(longest time.Duration) time.Duration {
	if s.Effect == Drains {
		return settle
	}
	s.Duration = longest
	return min(For(s).LastError+ConnectTimeout+settle, longest)
}

// What can be changed so that a drill meets its objective.
const (
	ByHealthCheck = "health check"
	ByTargets     = "targets"
	ByZones       = "zones"
	ByDuration    = "duration"
)

// Way is a change after which a drill meets its objective, even where it goes as badly as predicted.
type Way struct {
	// By is what is changed first of all.
	By string
	// Situation is that of the drill then.
	Situation Situation
	// HealthCheck says that the health check was made as fast as it can be, too.
	HealthCheck bool
	// Least is the availability then, in percent.
	Least float64
}

// Ways are the smallest changes by which a drill meets an objective (an availability in percent), one for each thing that can
// be changed and helps. The duration is that of the fault in a changed situation. A zone drill takes one zone of all, the
// others one target. None are needed where the objective is met already.
func Ways(s Situation, objective float64, zone bool, duration func(Situation) time.Duration) []Way {
	if least, _ := s.Availability(); least >= objective {
		return nil
	}
	var ways []Way
	try := func(by string, changed Situation) bool {
		least, _ := changed.Availability()
		if least < objective {
			return false
		}
		tightened := changed.Interval != s.Interval || changed.Timeout != s.Timeout || changed.Unhealthy != s.Unhealthy
		ways = append(ways, Way{by, changed, tightened, least})
		return true
	}
	tight := s
	tight.Interval, tight.Timeout, tight.Unhealthy = min(s.Interval, leastInterval), min(s.Timeout, leastTimeout), min(s.Unhealthy, leastUnhealthy)
	tight.Duration = duration(tight)
	if tight != s {
		try(ByHealthCheck, tight)
	}
	by, most := ByTargets, mostTargets
	if zone {
		by, most = ByZones, mostZones
	}
	more := func(base Situation) bool {
		for n := base.Targets + 1; n <= most; n++ {
			if zone {
				base.Nodes = n
			}
			base.Targets, base.Broken = n, 1
			base.Duration = duration(base)
			if try(by, base) {
				return true
			}
		}
		return false
	}
	start := s
	if zone {
		start.Targets = s.Nodes
	}
	if !more(start) && tight != s {
		start = tight
		start.Targets = s.Targets
		if zone {
			start.Targets = s.Nodes
		}
		more(start)
	}
	if longer, ok := s.lasting(objective); ok {
		try(ByDuration, longer)
	}
	return ways
}

// lasting is the situation with a fault that lasts long enough, in whole seconds, to meet an objective.
func (s Situation) lasting(objective float64) (Situation, bool) {
	for range 10 { // a longer fault may fail more requests; that ends where all of its effects are seen
		if least, _ := s.Availability(); least >= objective {
			return s, true
		}
		if objective >= 100 {
			return s, false
		}
		p := For(s)
		_, failed := p.Failures()
		window := float64(failed) / float64(s.Rate) / (1 - objective/100)
		needed := time.Duration(math.Ceil(window-p.Recover.Min.Seconds())) * time.Second
		s.Duration = max(needed, s.Duration+time.Second)
		if s.Duration > mostDuration {
			return s, false
		}
	}
	return s, false
}
