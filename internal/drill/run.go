package drill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/drill/load"
	"github.com/platformctl/platformctl/internal/drill/measure"
)

// Outcome is what came of a drill.
type Outcome struct {
	Plan    *Plan
	Result  measure.Result
	Verdict Verdict
	// Reasons say why it isn't a pass.
	Reasons []string
	// Restored says that the fault was undone, Recovered that all targets were
	// healthy again after that.
	Restored, Recovered bool
}

// Watcher is told of a drill while it runs, by two goroutines at once.
type Watcher interface {
	// Phase says what is being done now.
	Phase(text string)
	// Second comes about once a second with all that was measured so far.
	Second(result measure.Result)
}

// abort is why a fault was ended early.
type abort struct{ reason string }

func (a *abort) Error() string { return a.reason }

// Run breaks, measures and mends. Once the fault is injected it is undone
// whatever happens: an error, a panic, and the end of ctx, too, which ends the
// drill early. Its error is nil where the outcome tells all; NotRestored where
// the fault is still there; Unsteady where nothing was broken.
func (p *Plan) Run(ctx context.Context, watch Watcher) (*Outcome, error) {
	recorder := measure.NewRecorder(p.Entry.instances())
	observation, end := p.observe(ctx, recorder, watch)
	defer end()

	watch.Phase("measuring before the fault")
	if err := observation.wait(ctx, p.Options.Before, nil); err != nil {
		return nil, err
	}
	if before := recorder.Result(); before.Stray > 0 {
		return nil, &Unsteady{[]string{fmt.Sprintf("%d of %d requests failed before anything was broken", before.Stray, before.Overall.Total)}}
	}
	if err := p.journal.Write(p.Entry); err != nil {
		return nil, err
	}
	stopped := p.breakAndMend(ctx, recorder, observation, watch)
	outcome := &Outcome{Plan: p}
	var notRestored *NotRestored
	outcome.Restored = !errors.As(stopped, &notRestored)
	if outcome.Restored && ctx.Err() == nil {
		outcome.Recovered = p.recover(ctx, recorder, observation, watch) == nil
	}
	watch.Phase("waiting for the last answers")
	end()
	recorder.Mark(measure.Ended, time.Now())
	outcome.Result = recorder.Result()
	return outcome, outcome.judge(ctx, stopped)
}

// breakAndMend injects the fault, keeps it for its time, and undoes it. Its error
// says why the fault ended early.
func (p *Plan) breakAndMend(ctx context.Context, recorder *measure.Recorder, o *observation, watch Watcher) (stopped error) {
	defer func() {
		watch.Phase("undoing the fault")
		recorder.Mark(measure.Cure, time.Now())
		// Not even an interrupt may leave the fault behind.
		mending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*mendTimeout)
		defer cancel()
		if err := Mend(mending, p.clients, p.journal, []Entry{p.Entry}); err != nil {
			stopped = errors.Join(err, stopped)
		}
	}()
	broken, cancel := context.WithTimeoutCause(ctx, p.Options.Longest, &abort{fmt.Sprintf("the fault lasted longer than %s", p.Options.Longest)})
	defer cancel()
	watch.Phase("injecting the fault")
	recorder.Mark(measure.Fault, time.Now())
	guarded, unguard := context.WithCancelCause(broken)
	defer unguard(nil)
	o.guard(func() {
		if p.tooBad(recorder.SinceFault()) {
			unguard(&abort{fmt.Sprintf("fewer than %g %% of the requests succeeded since the fault", p.Options.AbortBelow)})
		}
	})
	defer o.guard(nil)
	if err := p.scenario.inject(guarded, p.clients, p.Entry); err != nil {
		if cause := context.Cause(guarded); cause != nil {
			return cause
		}
		return fmt.Errorf("inject the fault: %w", err)
	}
	recorder.Mark(measure.Broken, time.Now())
	watch.Phase("the fault is in place")
	return o.wait(guarded, p.Options.Duration, nil)
}

// fewest is how many requests a guard wants to have seen.
const fewest = 20

func (p *Plan) tooBad(c measure.Count) bool {
	return p.Options.AbortBelow > 0 && c.Total >= fewest && c.Availability() < p.Options.AbortBelow
}

// recover waits until all targets are healthy again, and measures for a while
// after that.
func (p *Plan) recover(ctx context.Context, recorder *measure.Recorder, o *observation, watch Watcher) error {
	watch.Phase("waiting for all targets to be healthy")
	waiting, cancel := context.WithTimeout(ctx, p.Prediction.Recover.Max+mendTimeout)
	defer cancel()
	asked := time.Now()
	err := o.wait(waiting, -1, func(look measure.Look) bool {
		return look.At.After(asked) && p.isHealthy(look.States)
	})
	if err != nil {
		return err
	}
	recorder.Mark(measure.Recovered, time.Now())
	watch.Phase("measuring after the recovery")
	return o.wait(ctx, p.Options.After, nil)
}

// judge gives the verdict, and decides what of it is an error.
func (o *Outcome) judge(ctx context.Context, stopped error) error {
	var early *abort
	switch {
	case !o.Restored:
		o.Verdict, o.Reasons = Aborted, []string{stopped.Error()}
		return stopped
	case ctx.Err() != nil:
		o.Verdict, o.Reasons = Aborted, []string{"interrupted"}
		return ctx.Err()
	case errors.As(stopped, &early):
		o.Verdict, o.Reasons = Aborted, []string{early.reason}
		return nil
	case stopped != nil:
		o.Verdict, o.Reasons = Aborted, []string{stopped.Error()}
		return stopped
	}
	o.Reasons = o.Plan.Options.missed(o.Result)
	if !o.Recovered {
		o.Reasons = append(o.Reasons, "the targets did not all become healthy again after the fault was undone")
	}
	o.Verdict = Pass
	if len(o.Reasons) > 0 {
		o.Verdict = Fail
	}
	return nil
}

// observation is the load and the looks at the targets that go on all through a
// drill.
type observation struct {
	looks chan measure.Look

	mu    sync.Mutex
	check func()
}

// guard sets what is called after each look; nil for nothing.
func (o *observation) guard(check func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.check = check
}

// observe begins the load and the looks. They go on when ctx ends, because the
// fault has to be undone then, until end is called, which may be repeated.
func (p *Plan) observe(ctx context.Context, recorder *measure.Recorder, watch Watcher) (o *observation, end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	o = &observation{looks: make(chan measure.Look)}
	recorder.Mark(measure.Began, time.Now())
	var both sync.WaitGroup
	both.Go(func() {
		// Its options were checked when the drill was prepared.
		_ = load.Run(ctx, p.Options.load(p.url), recorder.Sample)
	})
	both.Go(func() {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for {
			// A look that fails is none; the next comes soon.
			if states, err := healthOf(ctx, p.clients, p.Entry.TargetGroup); err == nil {
				look := measure.Look{At: time.Now(), States: states}
				recorder.Look(look.At, states)
				o.mu.Lock()
				check := o.check
				o.mu.Unlock()
				if check != nil {
					check()
				}
				select {
				case o.looks <- look:
				default: // nobody waits for one
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	both.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				watch.Second(recorder.Result())
			}
		}
	})
	return o, func() { cancel(); both.Wait() }
}

// wait waits for d, or until a look shows what it waits for; a negative d is for
// ever. It fails with the cause of ctx's end.
func (o *observation) wait(ctx context.Context, d time.Duration, enough func(measure.Look) bool) error {
	var over <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-over:
			return nil
		case look := <-o.looks:
			if enough != nil && enough(look) {
				return nil
			}
		}
	}
}
