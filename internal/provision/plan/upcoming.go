package plan

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
)

// Upcoming is a step that is to come, for what shows progress: one that will
// tell of itself by events.
type Upcoming struct {
	Key    resource.Key
	Action Action
	// ID is that of what a deletion deletes: one key can have several.
	ID string
	// Expected is how long it usually takes AWS; zero where that isn't known, or is at once.
	Expected time.Duration
	// Needs are the places, in the list, of the steps that it waits for.
	Needs []int
}

// Upcoming are the steps that do something, or wait for something. What stays as
// it is hands its own needs on.
func (p *Plan) Upcoming() []Upcoming {
	var upcoming []Upcoming
	needs := map[*Step][]int{}
	for _, step := range p.Steps {
		if step.Reported() {
			needs[step] = []int{len(upcoming)}
			next := Upcoming{Key: step.Key, Action: step.Action, Expected: step.expected()}
			if step.Action == Delete {
				next.ID = step.ID()
			}
			upcoming = append(upcoming, next)
		}
	}
	var of func(step *Step) []int
	of = func(step *Step) []int {
		places := []int{}
		for _, need := range step.Needs {
			if _, known := needs[need]; !known {
				needs[need] = of(need)
			}
			places = append(places, needs[need]...)
		}
		slices.Sort(places)
		return slices.Compact(places)
	}
	for _, step := range p.Steps {
		if step.Reported() {
			upcoming[needs[step][0]].Needs = of(step)
		}
	}
	return upcoming
}
