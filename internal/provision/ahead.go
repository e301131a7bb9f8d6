package provision

import (
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// Ahead is a step that is to come, for whoever shows progress: one that will
// tell of itself by events.
type Ahead struct {
	Key    resource.Key
	Action Action
	// ID is that of what a deletion deletes: one key can have several.
	ID string
	// Needs are the places, in the list, of the steps that it waits for.
	Needs []int
}

// Ahead are the steps that do something, or wait for something. What stays as
// it is hands its own needs on.
func (p *Plan) Ahead() []Ahead {
	var ahead []Ahead
	needs := map[*Step][]int{}
	for _, step := range p.Steps {
		if step.reported() {
			needs[step] = []int{len(ahead)}
			next := Ahead{Key: step.Key, Action: step.Action}
			if step.Action == Delete {
				next.ID = step.ID()
			}
			ahead = append(ahead, next)
		}
	}
	var of func(step *Step) []int
	of = func(step *Step) []int {
		places := []int{}
		for _, need := range step.needs {
			if _, known := needs[need]; !known {
				needs[need] = of(need)
			}
			places = append(places, needs[need]...)
		}
		slices.Sort(places)
		return slices.Compact(places)
	}
	for _, step := range p.Steps {
		if step.reported() {
			ahead[needs[step][0]].Needs = of(step)
		}
	}
	return ahead
}
