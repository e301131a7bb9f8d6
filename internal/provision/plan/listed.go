package plan

import (
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// Listed are the steps that people are told of, one an object: a deletion that
// completes a replacement is part of it. What shows or counts steps goes by it.
func (p *Plan) Listed() []*Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s *Step) bool { return s.Completes })
}

// Count is the number of listed steps with an action.
func (p *Plan) Count(action Action) int {
	n := 0
	for _, s := range p.Listed() {
		if s.Action == action {
			n++
		}
	}
	return n
}

// Dropped are the records of Forget whose key no step makes again: what they tell of was
// deleted behind the tool's back, and nothing takes its place.
func (p *Plan) Dropped() []resource.Record {
	return slices.DeleteFunc(slices.Clone(p.Forget), func(r resource.Record) bool {
		return slices.ContainsFunc(p.Steps, func(s *Step) bool { return s.Key == r.Key && s.Action != Delete })
	})
}
