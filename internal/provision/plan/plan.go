// Package plan compares what should be with what is there, and says what is to be
// done, and in which order. It is pure: it calls nobody, and changes nothing.
package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// Action is what a step does.
type Action string

// The actions.
const (
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
	Keep    Action = "keep"
)

// Step is one object's part of a plan.
type Step struct {
	Key    resource.Key
	Action Action
	// Generation is that of the object that will be there after the step; for
	// a deletion that of the object that will not.
	Generation int
	// Reasons say why, for people.
	Reasons []string
	// Follows says that the only reasons are the replacements of other objects.
	Follows bool
	// Kept is what the object has otherwise than it was made, and keeps.
	Kept []resource.Change
	// Changes are how the object that is there now differs from the node.
	Changes []resource.Change
	// Batch is the node's batch where the step waits for those before it.
	Batch string

	Handler resource.Handler
	Node    *resource.Node   // nil in a deletion
	Object  *resource.Object // what is there now; nil in a creation
	Record  resource.Record
	// Lost says of a creation that the state has an object of the key that isn't there any more.
	Lost bool
	// Refused is why up would not begin with a creation: there is no place for the object. Nil where there is one.
	Refused *resource.Problem
	// Marked says that the state has the object, which stays, as one to delete:
	// a teardown was cut short.
	Marked bool
	// invalidates says that what stands on the object doesn't do for it afterwards.
	invalidates bool
	// Container is the deletion that this one comes with: there is nothing to
	// do but to see that it did.
	Container *Step
	// Supersedes says of a deletion that the key stays, and has another object.
	Supersedes bool
	// Completes says that the deletion is the second half of a replacement of this plan, which
	// is named and counted for both. All other deletions are for themselves.
	Completes bool
	// Needs are the steps that it waits for.
	Needs []*Step
}

// Status is that of the object that is there now.
func (s *Step) Status() resource.Status {
	if s.Object == nil {
		return resource.Status{Phase: resource.Absent}
	}
	return s.Object.Status
}

// ID is what AWS calls the object that is there now.
func (s *Step) ID() string {
	if s.Object == nil {
		return ""
	}
	return s.Object.ID
}

// Reported says whether the step tells of itself: it does or awaits something.
func (s *Step) Reported() bool {
	return s.Action != Keep || s.Object.Status.Phase == resource.Pending
}

// Plan is what is to be done: first what is made, each after what it is built
// on, then what is deleted. Which step waits for which is the steps' own.
type Plan struct {
	Steps []*Step
	// Forget are records of objects that are no longer there.
	Forget []resource.Record
}

// Pending reports whether anything is to be done, or can't be done before a tag is put back.
func (p *Plan) Pending() bool {
	return slices.ContainsFunc(p.Steps, func(s *Step) bool { return s.Action != Keep || s.Untagged() })
}

// Refused are the steps with which up would not begin.
func (p *Plan) Refused() []*Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s *Step) bool { return s.Refused == nil })
}

// MaybeGoing is an object that is to stay and that an earlier run asked AWS to
// delete just now, as far as the state knows: AWS may only not show it yet.
func (p *Plan) MaybeGoing() (key resource.Key, ok bool) {
	i := slices.IndexFunc(p.Steps, func(s *Step) bool { return s.Marked && time.Since(s.Record.Since) < observe.VisibleAfter })
	if i < 0 {
		return resource.Key{}, false
	}
	return p.Steps[i].Key, true
}

// Make compares what should be with what is there. It is pure: the same
// arguments give the same plan, and nothing is touched. Kinds come in the
// order of their dependencies.
func Make(graph *resource.Graph, kinds []resource.Handler, owner awsapi.Owner, observed *observe.Observation, doc state.Document) *Plan {
	plan := makePlan(graph, kinds, owner, observed, doc, true)
	if plan.Check() != nil {
		// Where the state was lost, what was built on what is only guessed, and
		// that may be at odds with the batches.
		plan = makePlan(graph, kinds, owner, observed, doc, false)
		if plan.Check() != nil {
			// Where a part of it was lost, guesses may be at odds with what is known. They
			// are never with one another.
			doc.Records = slices.Clone(doc.Records)
			for i := range doc.Records {
				doc.Records[i].Needs = nil
			}
			plan = makePlan(graph, kinds, owner, observed, doc, false)
		}
	}
	return plan
}

func makePlan(graph *resource.Graph, kinds []resource.Handler, owner awsapi.Owner, observed *observe.Observation, doc state.Document, batches bool) *Plan {
	p := &planner{
		graph:    graph,
		owner:    owner,
		observed: observed,
		doc:      doc,
		rank:     map[string]int{},
		handlers: map[string]resource.Handler{},
		ids:      map[resource.Key]string{},
		current:  map[string]bool{},
		steps:    map[resource.Key]*Step{},
	}
	for i, kind := range kinds {
		p.rank[kind.Name], p.handlers[kind.Name] = i, kind
	}
	p.service = p.serviceOf()
	for _, node := range graph.Nodes() {
		p.addNode(node)
	}
	p.addDeletions()
	if batches {
		p.assignBatches()
	}
	p.orderDeletions()
	p.orderBatches()
	return &Plan{Steps: append(p.makes, p.deletes...), Forget: p.forgotten()}
}

type planner struct {
	graph    *resource.Graph
	owner    awsapi.Owner
	observed *observe.Observation
	doc      state.Document
	rank     map[string]int
	handlers map[string]resource.Handler

	service service
	ids     map[resource.Key]string // of the objects that stay
	current map[string]bool         // by handle: objects that a node's step works on
	steps   map[resource.Key]*Step
	makes   []*Step
	deletes []*Step
}

// addNode plans what becomes of one node.
func (p *planner) addNode(node *resource.Node) {
	step := &Step{Key: node.Key, Handler: node.Handler, Node: node}
	for _, need := range node.Needs {
		step.Needs = append(step.Needs, p.steps[need])
	}
	p.steps[node.Key] = step
	p.makes = append(p.makes, step)

	chosen := p.choose(node)
	if chosen == nil && p.addUntagged(step) {
		return
	}
	if chosen == nil {
		step.Action = Create
		step.Generation = p.nextGeneration(node.Key)
		step.Reasons = []string{"not there"}
		step.Lost = slices.ContainsFunc(p.doc.Records, func(r resource.Record) bool { return r.Key == node.Key && r.ID != "" && !r.Deleting })
		return
	}
	object := &chosen.object
	p.current[object.Handle()] = true
	step.Object = object
	step.Generation = object.Generation
	step.Record = p.recordOf(*object)
	if node.Handler.Kept != nil {
		step.Kept = node.Handler.Kept(node, *object)
	}
	if chosen.failure != "" {
		step.Reasons = append(step.Reasons, "failed: "+chosen.failure)
	}
	step.Changes = chosen.changes
	for _, change := range chosen.changes {
		step.Reasons = append(step.Reasons, change.String())
	}
	switch {
	case !chosen.fits():
		step.Action = Replace
		step.Generation = p.nextGeneration(node.Key)
		return
	case len(chosen.changes) > 0:
		step.Action = Update
		step.invalidates = slices.ContainsFunc(chosen.changes, func(c resource.Change) bool { return c.InvalidatesDependents })
	default:
		step.Action = Keep
	}
	p.ids[node.Key] = object.ID
	// It stays, though an earlier run may have been about to delete it.
	step.Marked, step.Record.Deleting = step.Record.Deleting, false
	if object.Status.Phase == resource.Ready {
		step.Record.GivenUp = false
	}
}

// candidate is an object that a node can have for its own.
type candidate struct {
	object  resource.Object
	changes []resource.Change
	failure string // why it is of no use; "" where it may be
}

// fits reports whether the object can become what the node says.
func (c *candidate) fits() bool { return c.failure == "" && !resource.NeedsReplacement(c.changes) }

// choose picks the object that a node stands for: one that fits, so that going
// back to what was there before makes nothing; else one that serves, so that
// it is what the successor takes over from; then the newest generation.
func (p *planner) choose(node *resource.Node) *candidate {
	tags := p.owner.StableTags(node.Key.String(), TagName(node.Key))
	var best *candidate
	for _, object := range p.observed.Copies(node.Key) {
		if object.Status.Phase == resource.Gone || object.Status.Phase == resource.Deleting {
			continue
		}
		c := &candidate{object: object, failure: p.service.givenUp[object.Handle()]}
		if object.Status.Phase == resource.Failed {
			c.failure = ReasonOf(object.Status)
		}
		c.changes = slices.DeleteFunc(node.Handler.Diff(node, object, p.ids, tags), p.isOurs)
		if best == nil || p.better(c, best) {
			best = c
		}
	}
	return best
}

// better compares two objects of one key. Of several copies of one generation
// the state's own is the better one, else the first by ID.
func (p *planner) better(a, b *candidate) bool {
	if fitsA, fitsB := a.fits(), b.fits(); fitsA != fitsB {
		return fitsA
	}
	if servesA, servesB := p.service.has(a.object), p.service.has(b.object); servesA != servesB {
		return servesA
	}
	if a.object.Generation != b.object.Generation {
		return a.object.Generation > b.object.Generation
	}
	if knowsA, knowsB := p.known(a.object), p.known(b.object); knowsA != knowsB {
		return knowsA
	}
	return a.object.ID < b.object.ID
}

// known reports whether the state has the object, and not as one to delete.
func (p *planner) known(object resource.Object) bool {
	record, ok := p.doc.Find(object.Key, object.ID)
	return ok && !record.Deleting
}

// nextGeneration is the generation to create: that of an intent whose outcome
// is unknown, so that its token is used again, else one more than ever was.
func (p *planner) nextGeneration(key resource.Key) int {
	latest := p.doc.Latest(key)
	for _, object := range p.observed.Copies(key) {
		if object.Generation >= latest {
			latest = object.Generation
		}
	}
	if record, ok := p.doc.Intent(key, latest); ok && !p.observed.Has(record) {
		return latest
	}
	return latest + 1
}

// recordOf is the state's record of an object, or one made up from its tags.
func (p *planner) recordOf(object resource.Object) resource.Record {
	if record, ok := p.doc.Find(object.Key, object.ID); ok {
		return record
	}
	if record, ok := p.doc.Intent(object.Key, object.Generation); ok {
		record.ID = object.ID
		return record
	}
	return resource.Record{Key: object.Key, Generation: object.Generation, ID: object.ID}
}

// forgotten are the records whose objects no list call returned.
func (p *planner) forgotten() []resource.Record {
	var gone []resource.Record
	for _, record := range p.doc.Records {
		if p.observed.Has(record) && !p.isGone(record) || p.withoutTag(record) != "" {
			continue
		}
		step := p.steps[record.Key]
		if step != nil && record.Intent() && step.Generation == record.Generation {
			continue // it is about to be tried again
		}
		gone = append(gone, record)
	}
	return gone
}

func (p *planner) isGone(record resource.Record) bool {
	return !slices.ContainsFunc(p.observed.Copies(record.Key), func(o resource.Object) bool {
		return o.Status.Phase != resource.Gone && (o.ID == record.ID || record.Intent() && o.Generation == record.Generation)
	})
}

// ReasonOf is why an object is as it is, as far as AWS says.
func ReasonOf(status resource.Status) string {
	if status.Reason == "" {
		return "no reason given"
	}
	return status.Reason
}

// TagName is an object's name in the Name tag, after the platform's.
func TagName(key resource.Key) string { return key.Kind + "-" + key.Name }

// Check makes sure that no step waits, by whatever way, for itself.
func (p *Plan) Check() error {
	const (
		unseen = iota
		open
		done
	)
	state := map[*Step]int{}
	var visit func(s *Step, path []*Step) error
	visit = func(s *Step, path []*Step) error {
		path = append(path, s)
		switch state[s] {
		case open:
			var names []string
			for _, step := range path {
				names = append(names, fmt.Sprintf("%s %s", step.Action, step.Key))
			}
			return fmt.Errorf("the plan goes in a circle, which is a fault of this program: %s", strings.Join(names, " ← "))
		case done:
			return nil
		}
		state[s] = open
		for _, need := range s.Needs {
			if err := visit(need, path); err != nil {
				return err
			}
		}
		state[s] = done
		return nil
	}
	for _, s := range p.Steps {
		if err := visit(s, nil); err != nil {
			return err
		}
	}
	return nil
}
