// Package apply carries a plan out: each step begins the moment that what it needs
// is done. A creation is an intent, a call and a record; everything else is one
// loop that observes, compares, changes and waits. It decides nothing about what is
// to be done: that is the plan's.
package apply

import (
	"context"
	"errors"
	"fmt"
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
	// what was unplanned is waited for like any other thing in the way.
	Replans bool
	// Pause is how long the waits for what takes AWS its time pause at most while they
	// are short. Who asks more often is told no sooner worth mentioning, of what takes
	// minutes. Zero, or less than that: 300 ms.
	Pause time.Duration
}

// StepError is the failure of one step.
type StepError struct {
	Key    resource.Key
	Action plan.Action
	ID     string
	Err    error
}

// Error says what was done to what when it failed.
func (e *StepError) Error() string {
	if e.ID != "" {
		return fmt.Sprintf("%s %s (%s): %s", e.Action, e.Key, e.ID, awsapi.Text(e.Err))
	}
	return fmt.Sprintf("%s %s: %s", e.Action, e.Key, awsapi.Text(e.Err))
}

// Unwrap is the cause.
func (e *StepError) Unwrap() error { return e.Err }

// errSkipped marks a step that was not begun because one that it needs, or any
// other, failed.
var errSkipped = errors.New("not begun")

// Apply does what the plan says. A step begins the moment that its own needs
// are done. When one fails, or the context ends, no other begins; the calls
// under way finish and are recorded, and the same plan, made anew, goes on
// from there. The result is valid with an error, too.
func (r *Run) Apply(ctx context.Context, p *plan.Plan) (*Result, error) {
	began := time.Now()
	x := &execution{
		Run:   r,
		ids:   map[resource.Key]string{},
		polls: &pollers{clients: r.Clients, owner: r.Owner},
		runs:  map[*plan.Step]*stepRun{},
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
		err = r.forget(p.Forget)
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
	begin context.Context
	polls *pollers
	runs  map[*plan.Step]*stepRun

	mu  sync.Mutex
	ids map[resource.Key]string
}

// stepRun is one step under way.
type stepRun struct {
	step   *plan.Step
	done   chan struct{}
	err    error
	timing *Timing
	// unsure says that the object may not be as its creation and the changes after it
	// left it: the state had a record of it before it was made, or its kind says so.
	unsure bool
	// anew says that the object that the plan saw was gone, and is being made anew.
	anew bool
	// reason is why the step waits, as was told last.
	reason string
}

// ended says that the step has been done, or has failed.
func (r *stepRun) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
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
		if known, ok := x.known(record); !ok || !sameNeeds(known, record) || known.Deleting != record.Deleting || known.GivenUp != record.GivenUp {
			if record.Since.IsZero() {
				record.Since = time.Now().UTC()
			}
			adopted = append(adopted, record)
		}
	}
	if len(adopted) == 0 {
		return nil
	}
	return x.Store.Update(func(d *state.Document) {
		for _, record := range adopted {
			d.Put(record)
		}
	})
}

func (x *execution) known(record resource.Record) (found resource.Record, ok bool) {
	x.Store.Read(func(d *state.Document) { found, ok = d.Find(record.Key, record.ID) })
	return found, ok
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

// runStep waits for the step's needs and runs it.
func (x *execution) runStep(calls context.Context, run *stepRun) error {
	var after *Timing
	for _, need := range run.step.Needs {
		other := x.runs[need]
		select {
		case <-other.done:
		case <-x.begin.Done():
			return errSkipped
		}
		if other.err != nil {
			return errSkipped
		}
		if after == nil || other.timing.End.After(after.End) {
			after = other.timing
		}
	}
	if x.begin.Err() != nil {
		return errSkipped
	}
	step := run.step
	report := step.Reported()
	run.timing = &Timing{Key: step.Key, Start: time.Now(), after: after, idle: !report}
	if report {
		x.tell(step, Started, "", 0)
	}
	err := x.do(calls, step)
	if unnoted := x.giveUp(step, err); unnoted != nil {
		err = errors.Join(err, unnoted)
	}
	run.timing.End = time.Now()
	took := run.timing.End.Sub(run.timing.Start)
	if errors.Is(err, errSkipped) {
		return err
	}
	if err != nil {
		x.tell(step, Erred, awsapi.Text(err), took)
		return &StepError{Key: step.Key, Action: step.Action, ID: x.idOf(step), Err: err}
	}
	if report {
		x.tell(step, Done, "", took)
	}
	return nil
}

func (x *execution) do(calls context.Context, step *plan.Step) error {
	switch step.Action {
	case plan.Create, plan.Replace:
		return x.create(calls, step)
	case plan.Update:
		return x.update(calls, step)
	case plan.Delete:
		return x.delete(calls, step)
	default:
		if step.Object.Status.Phase == resource.Pending {
			return x.orMakeAnew(calls, step, step.Record, x.untilReady(step, step.Object))
		}
		return nil
	}
}

// result sums up, and joins what failed. An interrupt is reported as such.
func (x *execution) result(p *plan.Plan) (*Result, error) {
	result := &Result{}
	var errs []error
	skipped := false
	for _, step := range p.Steps {
		run := x.runs[step]
		if errors.Is(run.err, errSkipped) {
			skipped = true
			continue
		}
		if run.err != nil {
			errs = append(errs, run.err)
			continue
		}
		result.timings = append(result.timings, run.timing)
		switch {
		case step.Action == plan.Create:
			result.Created++
		case step.Action == plan.Update:
			result.Updated++
		case step.Action == plan.Replace:
			result.Replaced++
		case step.Action == plan.Delete && !step.Supersedes:
			result.Deleted++
		case step.Action == plan.Keep:
			result.Unchanged++
		}
	}
	if len(errs) > 0 {
		return result, errors.Join(errs...)
	}
	if skipped {
		return result, context.Cause(x.begin)
	}
	return result, nil
}

// forget drops the records of objects that are no longer there. Of a name that
// was used again, the state has the successor's record by now.
func (r *Run) forget(records []resource.Record) error {
	if len(records) == 0 {
		return nil
	}
	return r.Store.Update(func(d *state.Document) {
		for _, record := range records {
			if known, ok := d.Find(record.Key, record.ID); ok && !record.Intent() && known.Generation != record.Generation {
				continue
			}
			d.Remove(record)
		}
	})
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
