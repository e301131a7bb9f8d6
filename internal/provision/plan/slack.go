package plan

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
)

// Slack is, by step, how much later than expected the step may end without anything
// that comes later ending later for it. It goes by what the kinds expect of AWS, in
// AWS's time.
func (p *Plan) Slack() map[*Step]time.Duration {
	order := p.inOrder()
	ends, left := map[*Step]time.Duration{}, map[*Step]time.Duration{}
	whole := time.Duration(0)
	for _, step := range order {
		for _, need := range step.Needs {
			ends[step] = max(ends[step], ends[need]+need.HoldOf(step).Usual)
		}
		ends[step] += step.expected()
		whole = max(whole, ends[step])
	}
	for _, step := range slices.Backward(order) {
		for _, need := range step.Needs {
			left[need] = max(left[need], need.HoldOf(step).Usual+step.expected()+left[step])
		}
	}
	slack := map[*Step]time.Duration{}
	for _, step := range order {
		slack[step] = whole - ends[step] - left[step]
	}
	return slack
}

// inOrder are the steps, each after those that it needs.
func (p *Plan) inOrder() []*Step {
	var order []*Step
	done := map[*Step]bool{}
	var add func(*Step)
	add = func(step *Step) {
		if done[step] {
			return
		}
		done[step] = true
		for _, need := range step.Needs {
			add(need)
		}
		order = append(order, step)
	}
	for _, step := range p.Steps {
		add(step)
	}
	return order
}

// expected is how long the step usually takes.
func (s *Step) expected() time.Duration {
	switch {
	case s.Container != nil || s.Action == Keep && s.Status().Phase == resource.Ready:
		return 0
	case s.Action == Delete:
		return s.Handler.Gone.Usual
	case s.Action == Update:
		return 0
	}
	return s.Handler.Ready.Usual
}

// HoldOf is what of the step's object, when it is deleted, keeps AWS from deleting that
// of another step; the zero value where nothing does.
func (s *Step) HoldOf(other *Step) resource.Hold {
	if s.Action != Delete || other.Action != Delete || !slices.Contains(s.Handler.Holds.Kinds, other.Key.Kind) ||
		s.Record.Needs != nil && !slices.Contains(s.Record.Needs, other.Object.Handle()) {
		return resource.Hold{}
	}
	return s.Handler.Holds
}
