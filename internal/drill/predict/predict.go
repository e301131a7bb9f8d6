// Package predict says, before anything is broken, what a failover drill's
// users will see: how soon the load balancer notices, how many requests fail
// and in which way, and how soon all is well again. It is arithmetic on the
// target group's own settings, and nothing else: no clock, no calls.
//
// Sources: Elastic Load Balancing, Application Load Balancers, "Health checks
// for Application Load Balancer target groups" (interval, timeout, thresholds,
// the reasons of a target's state) and "Troubleshoot your Application Load
// Balancers" (502, 503, 504, the connection timeout of 10 s). The document
// docs/failover-drill.md derives each formula.
package predict

import (
	"math"
	"time"
)

// Effect is what a fault does to those targets that it takes, as the load
// balancer sees it.
type Effect string

const (
	// Refuses is when the host lives, and answers each connection with a reset.
	Refuses Effect = "refuses"
	// Silent is when packets get lost on the way.
	Silent Effect = "silent"
	// Stops is when the instance shuts down: it refuses at first, and is silent then.
	Stops Effect = "stops"
	// Drains is when the target was deregistered before it was stopped.
	Drains Effect = "drains"
)

// ConnectTimeout is how long a load balancer tries to connect to a target
// before it answers 504.
// Source: "Troubleshoot your Application Load Balancers", HTTP 504.
const ConnectTimeout = 10 * time.Second

// NodeLeaves is how soon clients stop to be sent to a load balancer's node
// whose zone is cut off: the time to live of its name, and the time that the
// name service takes to see that the node is gone.
// Source: Elastic Load Balancing User Guide, "How Elastic Load Balancing works"
// (60 s of time to live); the other part isn't published, and is taken as the
// 30 s of three of Route 53's fast health checks.
func NodeLeaves() Window { return Window{0, 90 * time.Second} }

// Boot is how long an instance takes from its start to a web server that
// answers. AWS publishes no limit; 16 to 34 s were seen until "running", and
// the system's own start comes after that.
func Boot() Window { return Window{0, 2 * time.Minute} }

// Situation is what is known before the fault.
type Situation struct {
	Effect Effect
	// Interval, Timeout, Healthy and Unhealthy are the target group's health
	// check settings.
	Interval, Timeout  time.Duration
	Healthy, Unhealthy int
	// Drain is the group's deregistration delay.
	Drain time.Duration
	// Targets are the healthy ones, Broken how many of them the fault takes.
	Targets, Broken int
	// Nodes are the load balancer's zones, LostNodes how many of them the fault
	// cuts off from their users.
	Nodes, LostNodes int
	// Rate is in requests a second, all over the load balancer.
	Rate int
	// UserTimeout is how long a user waits for an answer.
	UserTimeout time.Duration
	// Duration is how long the fault lasts.
	Duration time.Duration
	// Look is the time between two looks at the targets' health: what is seen
	// is seen that much later at most.
	Look time.Duration
	// Group is what an Auto Scaling group does about the fault.
	Group Group
}

// Window is a span in which something is expected.
type Window struct{ Min, Max time.Duration }

func (w Window) plus(v Window) Window { return Window{w.Min + v.Min, w.Max + v.Max} }

// Errors is how many requests are expected to fail in one way.
type Errors struct {
	// Classes are the ways in which the users see it, such as "502".
	Classes  []string
	Min, Max int
}

// Prediction is what will be seen.
type Prediction struct {
	// Detect is from the fault to the first look that shows a victim as not
	// healthy.
	Detect Window
	// Recover is from the beginning of the restoring to all targets being healthy.
	Recover Window
	// LastError is when at the latest a request is due that fails, from the
	// fault; 0 where none should.
	LastError time.Duration
	Errors    []Errors
	// Replaced is from the fault to a new instance in each victim's place that is healthy; nil where nothing replaces them.
	Replaced *Window
}

// Failures is how many requests are expected to fail in all.
func (p Prediction) Failures() (least, most int) {
	for _, e := range p.Errors {
		least += e.Min
		most += e.Max
	}
	return least, most
}

// For predicts.
func For(s Situation) Prediction {
	p := Prediction{Detect: s.detect(), Recover: s.recover(), Replaced: s.replaced()}
	if s.Effect == Drains {
		return p
	}
	// Between the fault and its detection every node sends the victims their
	// share. Nodes check on their own, so the last may be an interval later
	// than the first; Max already is the worst of any.
	hit := Window{p.Detect.Min, min(p.Detect.Max, s.Duration)}
	hit.Min = min(hit.Min, hit.Max)
	p.Errors = append(p.Errors, s.errors(hit, s.Broken, s.Targets, s.classes()))
	p.LastError = hit.Max
	if s.LostNodes > 0 {
		leaves := NodeLeaves()
		leaves.Max = min(leaves.Max, s.Duration)
		p.Errors = append(p.Errors, s.errors(leaves, s.LostNodes, s.Nodes, []string{"timeout", "reset"}))
		p.LastError = max(p.LastError, leaves.Max)
	}
	return p
}

// detect is the time to a verdict of "unhealthy": after threshold failures in a
// row, of which the first may come at once or an interval after the fault. A
// refused check fails at once, a silent one after the check's timeout.
func (s Situation) detect() Window {
	first := time.Duration(s.Unhealthy-1) * s.Interval
	last := time.Duration(s.Unhealthy) * s.Interval
	w := Window{first, last}
	switch s.Effect {
	case Silent:
		w = Window{first + s.Timeout, last + s.Timeout}
	case Stops:
		// The load balancer hears from EC2 that the instance isn't running, at a
		// time that AWS doesn't publish: perhaps before any check fails.
		w = Window{0, last + s.Timeout}
	case Drains:
		w = Window{0, 0} // by the answer to the call
		if s.Group.Does == Spares {
			w = Activity() // which puts the instance on standby
		}
	}
	w.Max += s.Look
	return w
}

// recover is the time to a verdict of "healthy" once the cause is gone. A
// recovering target needs its whole threshold in a row, a newly registered one
// a single pass.
func (s Situation) recover() Window {
	recovering := Window{time.Duration(s.Healthy-1) * s.Interval, time.Duration(s.Healthy) * s.Interval}
	var w Window
	switch s.Effect {
	case Refuses:
		w = recovering
	case Silent:
		// A check that was under way gets through after all, and is the first that
		// passes; or it ends by its timeout first.
		w = Window{max(recovering.Min-s.Timeout, 0), recovering.Max + s.Timeout}
	case Stops:
		w = Window{0, recovering.Max + s.Timeout}.plus(Boot())
	case Drains:
		w = Window{0, s.Interval + s.Timeout}.plus(Boot())
	}
	if s.LostNodes > 0 {
		w = Window{w.Min, w.Max + NodeLeaves().Max}
	}
	w.Max += s.Look
	return s.recoverInGroup(w)
}

// classes are how a user sees a request that was sent to a victim.
func (s Situation) classes() []string {
	silence := "504"
	if s.UserTimeout <= ConnectTimeout {
		silence = "timeout"
	}
	switch s.Effect {
	case Refuses:
		return []string{"502"}
	case Silent:
		// A request on a connection that was open already waits for the idle
		// timeout, which is longer than users wait.
		if silence == "504" {
			return []string{"504", "timeout"}
		}
		return []string{silence}
	default:
		return []string{"502", silence}
	}
}

func (s Situation) errors(hit Window, part, whole int, classes []string) Errors {
	perSecond := 0.0
	if whole > 0 {
		perSecond = float64(s.Rate) * float64(part) / float64(whole)
	}
	return Errors{
		Classes: classes,
		Min:     int(math.Floor(perSecond * hit.Min.Seconds())),
		Max:     int(math.Ceil(perSecond * hit.Max.Seconds())),
	}
}
