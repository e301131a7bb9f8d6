package plan

import (
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
			Handler: p.handlers[object.Key.Kind], Object: &object, Record: p.recordOf(object),
		}
		switch {
		case node == nil && len(p.graph.Nodes()) == 0:
			// All goes, and nobody has to be told why.
		case node == nil:
			step.Reasons = []string{"not in the configuration"}
		case p.current[object.Handle()] && p.steps[object.Key].Action != Replace:
			continue
		case p.current[object.Handle()]:
			step.Supersedes, step.Completes = true, true
			step.Reasons = []string{"another takes its place"}
		case object.Status.Phase == resource.Deleting:
			step.Supersedes = true
			step.Reasons = []string{"going away"}
		case p.steps[object.Key].Action == Keep && object.Generation < p.steps[object.Key].Generation:
			step.Supersedes = true
			step.Reasons = []string{"another has taken its place"}
		default:
			step.Supersedes = true
			step.Reasons = []string{"one too many"}
		}
		p.deletes = append(p.deletes, step)
	}
}

// orderDeletions adds what each deletion needs. An object goes after
// everything that was built on it, and its own successor, is dealt with; and
// no capacity goes before new capacity of its kind has come.
func (p *planner) orderDeletions() {
	entrances := p.deletedEntrances()
	p.findContainers(len(entrances) > 0)
	for _, d := range p.deletes {
		if d.Container != nil {
			d.Needs = append(d.Needs, d.Container)
			continue
		}
		if d.Batch == "" && p.isEntered(d) {
			d.Needs = append(d.Needs, entrances...)
		}
		if d.Handler.DeleteBeforeCreate {
			if successor := p.steps[d.Key]; successor != nil {
				// Only when all is ready for the successor, so that the gap
				// between the two is short.
				d.Needs = slices.Clone(successor.Needs)
				successor.Needs = append(successor.Needs, d)
				continue
			}
		}
		for _, step := range p.makes {
			if d.Batch != "" && step.Node.Batch != "" {
				if p.endsAfter(d, step) {
					d.Needs = append(d.Needs, step)
				}
				continue
			}
			// Of what is in batches, an earlier run may have made what isn't ready yet.
			comes := step.Action == Create || step.Action == Replace || step.Node.Batch != ""
			sameKind := step.Key.Kind == d.Key.Kind && comes || step.Handler.Capacity && d.Handler.Capacity
			if d.Handler.Entrance || sameKind || step.Key == d.Key || step.Object != nil && p.builtOn(step, d) {
				d.Needs = append(d.Needs, step)
			}
		}
		for _, other := range p.deletes {
			if other == d || !p.builtOn(other, d) {
				continue
			}
			whole := other
			if other.Container != nil {
				whole = other.Container
			}
			switch {
			case d.Handler.Entrance && whole.Batch == "" && p.isEntered(whole):
				// Requests reach it by d, so it waits for d itself, whatever the order of kinds says.
			case other.Container == nil:
				d.Needs = append(d.Needs, other)
			case other.Container.Key.Kind != d.Key.Kind && other.Handler.Serves == nil:
				// It isn't in another one of d's kind, whatever the order of kinds says; and
				// what puts others into service is no reason to wait when all goes.
				d.Needs = append(d.Needs, other.Container)
			}
		}
	}
	slices.SortStableFunc(p.deletes, func(a, b *Step) int { return p.rank[b.Key.Kind] - p.rank[a.Key.Kind] })
}

// deletedEntrances are the deletions of what users come in by.
func (p *planner) deletedEntrances() (entrances []*Step) {
	for _, d := range p.deletes {
		if d.Handler.Entrance {
			entrances = append(entrances, d)
		}
	}
	return entrances
}

// isEntered reports whether requests reach an object by what goes as a whole.
func (p *planner) isEntered(d *Step) bool {
	return d.Handler.Capacity && d.Handler.DeletedWith == nil || slices.ContainsFunc(p.deletes, func(other *Step) bool {
		return other.Container != nil && other.Handler.Serves != nil && other.Handler.Serves(other.Object.ID) == d.Object.Handle()
	})
}

// findContainers finds the deletions that come with another one. In a replacement
// what is in the old container is taken out with care instead, unless the entrance
// goes, too, and nothing that stays is built on the container: then no request
// reaches it any more.
func (p *planner) findContainers(entranceGoes bool) {
	whole := map[string]*Step{}
	for _, d := range p.deletes {
		if !d.Supersedes || entranceGoes && !p.isStoodOn(d) {
			whole[d.Object.Handle()] = d
		}
	}
	for _, d := range p.deletes {
		if d.Handler.DeletedWith != nil {
			d.Container = whole[d.Handler.DeletedWith(d.Object.ID)]
		}
	}
}

// isStoodOn reports whether an object that stays is built on what a step deletes.
func (p *planner) isStoodOn(d *Step) bool {
	return slices.ContainsFunc(p.makes, func(s *Step) bool {
		return s.Object != nil && s.Action != Replace && p.builtOn(s, d)
	})
}

// builtOn reports whether step a's present object was built on step b's: by
// its record, and where the state knows nothing of it by the order of kinds.
func (p *planner) builtOn(a, b *Step) bool {
	if p.service.served[b.Key.Kind] && a.Handler.Serves != nil {
		return a.Handler.Serves(a.Object.ID) == b.Object.Handle()
	}
	if a.Record.Needs != nil {
		return slices.Contains(a.Record.Needs, b.Object.Handle())
	}
	if slices.Contains(b.Record.Needs, a.Object.Handle()) {
		return false
	}
	return p.rank[a.Key.Kind] > p.rank[b.Key.Kind]
}
