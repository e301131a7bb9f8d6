// Package apply carries a plan out: each step begins the moment that what it needs
// is done. A creation is an intent, a call and a record; everything else is one
// loop that observes, compares, changes and waits. It decides nothing about what is
// to be done: that is the plan's.
//
// It has more than 1,500 lines because all steps of a run share one execution: its waits, its
// journal and what it knows of each object.
package apply

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// grace is how long a call under way may go on after an interrupt.
const grace = 10 * time.Second

// Run is what an apply works with.
type Run struct {
	Clients *awsapi.Clients
	Owner   awsapi.Owner
	Store   *state.Store
	// Events hears what happens, from several goroutines at once. May be nil.
	Events func(Event)
	// Replans says that the caller makes another plan after an StalePlan. Else
	// what it names is waited for like anything else that uses the object.
	Replans bool
	// Second is as in observe.Pacer.
	Second time.Duration
}

// Apply does what the plan says. A step begins the moment that its own needs
// are done. When one fails, or the context ends, no other begins; the calls
// under way finish and are recorded, and another plan goes on
// from there. The result is valid with an error, too.
func (r *Run) Apply(ctx context.Context, p *plan.Plan) (*Result, error) {
	began := time.Now()
	x := &execution{
		Run:     r,
		journal: journal{r.Store},
		ids:     map[resource.Key]string{},
		polls:   &pollers{clients: r.Clients, owner: r.Owner},
		runs:    map[*plan.Step]*stepRun{},
		slack:   p.Slack(),
	}
	var stop context.CancelCauseFunc
	x.begin, stop = context.WithCancelCause(ctx)
	defer stop(nil)
	calls, cancelCalls := withGrace(ctx)
	defer cancelCalls()

	if err := p.Check(); err != nil {
		return &Result{}, err
	}
	if err := x.adopt(p); err != nil {
		return &Result{}, err
	}
	for _, step := range p.Steps {
		x.runs[step] = &stepRun{step: step, done: make(chan struct{})}
	}
	var all sync.WaitGroup
	for _, step := range p.Steps {
		all.Go(func() {
			run := x.runs[step]
			defer close(run.done)
			if run.err = x.runStep(calls, run); run.err != nil && !errors.Is(run.err, errSkipped) {
				stop(run.err)
			}
		})
	}
	all.Wait()

	result, err := x.result(p)
	result.Duration = time.Since(began)
	if err == nil {
		err = x.journal.forget(p.Forget...)
	}
	return result, err
}

// withGrace is a context that ends some time after its parent does, so that
// calls under way at an interrupt can finish.
func withGrace(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// execution is one Apply under way.
type execution struct {
	*Run
	// begin ends when no step may begin any more and no wait goes on, because
	// the run was interrupted or a step failed. It is kept here because it is
	// the state of the run as a whole, beside the context of each call.
	begin   context.Context
	journal journal
	polls   *pollers
	runs    map[*plan.Step]*stepRun
	slack   map[*plan.Step]time.Duration

	mu  sync.Mutex
	ids map[resource.Key]string
}

// adopt records, in one write, all that the plan found that the state did not
// know or knew otherwise.
func (x *execution) adopt(p *plan.Plan) error {
	for _, step := range p.Steps {
		if step.Node != nil && step.Object != nil && step.Action != plan.Replace {
			x.ids[step.Key] = step.Object.ID
		}
	}
	var adopted []resource.Record
	for _, step := range p.Steps {
		if step.Object == nil {
			continue
		}
		record := step.Record
		if needs := x.handlesOf(step.Node); needs != nil && len(needs) == len(step.Node.Needs) {
			switch {
			case step.Action == plan.Keep:
				record.Needs = needs
			case record.Needs == nil:
				record.Needs = needs
			}
		}
		if known, ok := x.journal.find(record.Key, record.ID); !ok || !sameNeeds(known, record) || known.Deleting != record.Deleting || known.GivenUp != record.GivenUp {
			if record.Since.IsZero() {
				record.Since = time.Now().UTC()
			}
			adopted = append(adopted, record)
		}
	}
	return x.journal.record(adopted...)
}

func sameNeeds(a, b resource.Record) bool {
	return (a.Needs == nil) == (b.Needs == nil) && slices.Equal(a.Needs, b.Needs)
}

// handlesOf are the handles of the objects that a node needs, as far as they
// are there.
func (x *execution) handlesOf(node *resource.Node) []string {
	if node == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	handles := []string{} // not nil: known to need nothing
	for _, key := range node.Needs {
		if id := x.ids[key]; id != "" {
			handles = append(handles, resource.Handle(key.Kind, id))
		}
	}
	return handles
}

func (x *execution) setID(key resource.Key, id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ids[key] = id
}

func (x *execution) idOf(step *plan.Step) string {
	if step.Action == plan.Delete {
		return step.Object.ID
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ids[step.Key]
}

// idsOf are the IDs that a node's spec may refer to.
func (x *execution) idsOf(node *resource.Node) map[resource.Key]string {
	x.mu.Lock()
	defer x.mu.Unlock()
	ids := map[resource.Key]string{}
	for _, key := range node.Needs {
		ids[key] = x.ids[key]
	}
	return ids
}

func (x *execution) tell(step *plan.Step, what EventType, detail string, took time.Duration) {
	if x.Events == nil {
		return
	}
	x.Events(Event{
		Type: what, Key: step.Key, Action: step.Action, ID: x.idOf(step),
		Detail: detail, At: time.Now(), Took: took,
	})
}
