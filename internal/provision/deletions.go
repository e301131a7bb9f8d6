package provision

import (
	"fmt"
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// addDeletions plans the deletion of all that no node works on: what the
// blueprint doesn't name any more, surplus copies, and old generations.
func (p *planner) addDeletions() {
	for _, object := range p.observed.Objects {
		if object.Status.Phase == resource.Gone {
			continue
		}
		node := p.graph.Node(object.Key)
		step := &Step{
			Key: object.Key, Action: Delete, Generation: object.Generation,
			handler: p.handlers[object.Key.Kind], object: &object, record: p.recordOf(object),
		}
		switch {
		case node == nil:
			step.Reasons = []string{"not in the configuration"}
		case p.current[object.Handle()] && p.steps[object.Key].Action != Replace:
			continue
		case p.current[object.Handle()]:
			step.supersedes = true
			step.Reasons = []string{fmt.Sprintf("replaced by generation %d", p.steps[object.Key].Generation)}
		case object.Status.Phase == resource.Deleting:
			step.supersedes = true
			step.Reasons = []string{"going away"}
		default:
			step.supersedes = true
			step.Reasons = []string{"surplus copy"}
		}
		p.deletes = append(p.deletes, step)
	}
}

// orderDeletions adds what each deletion needs. An object goes after
// everything that was built on it, and its own successor, is dealt with; and
// no capacity goes before new capacity of its kind has come.
func (p *planner) orderDeletions() {
	p.findContainers()
	for _, d := range p.deletes {
		if d.container != nil {
			d.needs = append(d.needs, d.container)
			continue
		}
		if d.handler.DeleteBeforeCreate {
			if successor := p.steps[d.Key]; successor != nil {
				// Only when all is ready for the successor, so that the gap
				// between the two is short.
				d.needs = slices.Clone(successor.needs)
				successor.needs = append(successor.needs, d)
				continue
			}
		}
		for _, step := range p.makes {
			if d.Turn != "" && step.node.Batch != "" {
				if p.endsAfter(d, step) {
					d.needs = append(d.needs, step)
				}
				continue
			}
			// Of what takes turns, an earlier run may have made what isn't ready yet.
			comes := step.Action == Create || step.Action == Replace || step.node.Batch != ""
			sameKind := step.Key.Kind == d.Key.Kind && comes
			if sameKind || step.Key == d.Key || step.object != nil && p.builtOn(step, d) {
				d.needs = append(d.needs, step)
			}
		}
		for _, other := range p.deletes {
			if other == d || !p.builtOn(other, d) {
				continue
			}
			switch {
			case other.container == nil:
				d.needs = append(d.needs, other)
			case other.container.Key.Kind != d.Key.Kind && other.handler.Serves == nil:
				// It isn't in another one of d's kind, whatever the order of kinds says; and
				// what carries is no reason to wait when all goes.
				d.needs = append(d.needs, other.container)
			}
		}
	}
	slices.SortStableFunc(p.deletes, func(a, b *Step) int { return p.rank[b.Key.Kind] - p.rank[a.Key.Kind] })
}

// findContainers finds the deletions that come with another one. In a
// replacement there are none: there, what is in the old container is taken
// out with care.
func (p *planner) findContainers() {
	whole := map[string]*Step{}
	for _, d := range p.deletes {
		if !d.supersedes {
			whole[d.object.Handle()] = d
		}
	}
	for _, d := range p.deletes {
		if d.handler.DeletedWith != nil {
			d.container = whole[d.handler.DeletedWith(d.object.ID)]
		}
	}
}

// builtOn reports whether step a's present object was built on step b's: by
// its record, and where the state knows nothing of it by the order of kinds.
func (p *planner) builtOn(a, b *Step) bool {
	if p.service.carried[b.Key.Kind] && a.handler.Serves != nil {
		return a.handler.Serves(a.object.ID) == b.object.Handle()
	}
	if a.record.Needs != nil {
		return slices.Contains(a.record.Needs, b.object.Handle())
	}
	if slices.Contains(b.record.Needs, a.object.Handle()) {
		return false
	}
	return p.rank[a.Key.Kind] > p.rank[b.Key.Kind]
}
