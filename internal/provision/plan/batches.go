package plan

import (
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// What is replaced in batches, a zone at a time, is ordered here. Nothing else in
// a plan is different: the steps are the same, and each of them waits for more.

// service is who serves, as far as one object puts another into service: an
// instance serves by its registration, everything else by being ready.
type service struct {
	served  map[string]bool   // the kinds whose objects others put into service
	ready   map[string]bool   // by handle: the objects that are in service
	givenUp map[string]string // by handle: why an object that should have put it into service did not
}

func (s service) has(object resource.Object) bool {
	if s.served[object.Key.Kind] {
		return s.ready[object.Handle()]
	}
	return object.Status.Phase == resource.Ready
}

func (p *planner) serviceOf() service {
	s := service{served: map[string]bool{}, ready: map[string]bool{}, givenUp: map[string]string{}}
	for _, node := range p.graph.Nodes() {
		if node.Batch == "" || node.Handler.Serves == nil {
			continue
		}
		for _, need := range node.Needs {
			if p.graph.Node(need).Batch == node.Batch {
				s.served[need.Kind] = true
			}
		}
	}
	for _, object := range p.observed.Objects {
		handler := p.handlers[object.Key.Kind]
		if handler.Serves == nil {
			continue
		}
		serves := handler.Serves(object.ID)
		switch object.Status.Phase {
		case resource.Ready:
			s.ready[serves] = true
		case resource.Pending:
			if record, ok := p.doc.Find(object.Key, object.ID); ok && record.GivenUp {
				s.givenUp[serves] = "not ready in time: " + ReasonOf(object.Status)
			}
		}
	}
	return s
}

// assignBatches marks the steps that are in batches: the replacements of nodes that
// have one, and the deletions that complete them. None do where what the old
// ones stand on is itself replaced, as with another VPC: then old and new are
// two platforms side by side, of which the old one is whole to the end. Nor
// where the old ones won't do any more, as when the load balancer asks all of
// them for another path: then the new ones are needed all at once.
func (p *planner) assignBatches() {
	if !p.batchesAreApart() || p.batchesAreInvalidated() {
		return
	}
	batchOf := func(s *Step) string {
		if node := p.graph.Node(s.Key); node != nil {
			return node.Batch
		}
		return ""
	}
	var ends []*Step
	for _, d := range p.deletes {
		if d.Supersedes && batchOf(d) != "" {
			ends = append(ends, d)
		}
	}
	for _, under := range p.deletes {
		if !under.Supersedes || batchOf(under) != "" {
			continue
		}
		for _, d := range ends {
			if p.builtOn(d, under) {
				return
			}
		}
	}
	for _, s := range p.makes {
		// What is new goes with what it is built on.
		if s.Action == Replace || s.Action == Create && slices.ContainsFunc(s.Needs, func(need *Step) bool { return need.Batch != "" }) {
			s.Batch = s.Node.Batch
		}
	}
	// While an object of a later batch doesn't serve, one that serves beside those
	// that are exchanged makes up for it, and so stays to the end.
	all := p.allCovered()
	for _, d := range ends {
		if all || !p.service.has(*d.Object) || p.exchanged(d.Key) == d.Object.Handle() {
			d.Batch = batchOf(d)
		}
	}
}

// exchanged is the handle of the object of a key from which another one takes
// over: the one that the key stands for, else the newest that serves.
func (p *planner) exchanged(key resource.Key) string {
	if chosen := p.steps[key].Object; chosen != nil && p.service.has(*chosen) {
		return chosen.Handle()
	}
	newest, handle := 0, ""
	for _, object := range p.observed.Copies(key) {
		if p.service.has(object) && object.Generation > newest {
			newest, handle = object.Generation, object.Handle()
		}
	}
	return handle
}

// batchesAreApart reports whether nothing is built on what is in a batch but what
// is in the same one. Otherwise a batch would have to wait for a later one.
func (p *planner) batchesAreApart() bool {
	for _, node := range p.graph.Nodes() {
		for _, need := range node.Needs {
			if batch := p.graph.Node(need).Batch; batch != "" && batch != node.Batch {
				return false
			}
		}
	}
	return true
}

// batchesAreInvalidated reports whether what is in batches stands on something whose
// change invalidates it.
func (p *planner) batchesAreInvalidated() bool {
	return slices.ContainsFunc(p.makes, func(s *Step) bool {
		return s.Node.Batch != "" && slices.ContainsFunc(s.Needs, func(need *Step) bool { return need.invalidates })
	})
}

// covered reports whether a key has an object in service beside this one, from
// which the key's successor is going to take over.
func (p *planner) covered(d *Step) bool {
	stays := p.steps[d.Key].Object
	return stays != nil && stays.Handle() != d.Object.Handle() && p.service.has(*stays)
}

// allCovered reports whether every object that is to be replaced serves.
func (p *planner) allCovered() bool {
	for _, s := range p.makes {
		if s.Batch != "" && (s.Object == nil || !p.service.has(*s.Object)) {
			return false
		}
	}
	return true
}

// early reports whether a deletion makes room before anything else is made: of
// a new version that failed, or was overtaken by another change. It takes no
// capacity away.
func (p *planner) early(d *Step) bool {
	return d.Batch != "" && p.covered(d) && (!p.service.has(*d.Object) || p.allCovered())
}

// endsAfter reports whether the deletion of an old object waits for a step: for
// all that is to be there, ready, but for later batches. So there is
// never less than is wanted, and a new version that isn't healthy ends it all.
func (p *planner) endsAfter(d, step *Step) bool {
	if step.Key.Kind != d.Key.Kind {
		return step.Object != nil && !p.early(d) && step.Node.Batch == d.Batch && p.builtOn(step, d)
	}
	if step.Batch != "" {
		return step.Batch == d.Batch && !p.early(d)
	}
	return !p.early(d) || p.service.has(*d.Object)
}

// orderBatches lets each batch begin once those before it have ended, and when
// there is room.
func (p *planner) orderBatches() {
	place := map[string]int{}
	for _, node := range p.graph.Nodes() {
		if _, ok := place[node.Batch]; !ok {
			place[node.Batch] = len(place)
		}
	}
	for _, step := range p.makes {
		if step.Batch == "" {
			continue
		}
		for _, d := range p.deletes {
			if d.Batch != "" && (place[d.Batch] < place[step.Batch] || p.early(d)) {
				step.Needs = append(step.Needs, d)
			}
		}
	}
}
