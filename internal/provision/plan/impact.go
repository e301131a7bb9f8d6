package plan

import (
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// Impact is what users of the platform notice of a plan.
type Impact = resource.Impact

// Impact is what users will notice while the plan is carried out, as far as kinds declare it; each thing once.
// Where nothing was ever put into service, as after a first run that failed, there are none.
func (p *Plan) Impact() []Impact {
	if !slices.ContainsFunc(p.Steps, func(s *Step) bool { return s.Object != nil && (s.Handler.Serves != nil || s.Handler.Capacity) }) {
		return nil
	}
	var all []Impact
	for _, step := range p.Listed() {
		if step.Object == nil || step.Action == Keep || step.Action == Create || step.Status().Phase == resource.Deleting {
			continue
		}
		t := resource.Transition[resource.Spec, any]{
			Changes: step.Changes, Replaced: step.Action == Replace, DependentsReplaced: p.dependentsReplaced(step),
		}
		for _, impact := range step.Handler.Impact(step.Node, *step.Object, t) {
			if !slices.Contains(all, impact) {
				all = append(all, impact)
			}
		}
	}
	return all
}

// dependentsReplaced reports whether a step that waits for this one replaces an object.
func (p *Plan) dependentsReplaced(step *Step) bool {
	return slices.ContainsFunc(p.Steps, func(s *Step) bool { return s.Action == Replace && slices.Contains(s.Needs, step) })
}
