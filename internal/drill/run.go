package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/scaling"
)

// Outcome is what came of a drill.
type Outcome struct {
	Plan    *Plan
	Result  measure.Result
	Verdict Verdict
	// Reasons say why it isn't a pass.
	Reasons []string
	// Restored says that the fault was, Recovered that all targets were
	// healthy again after that.
	Restored, Recovered bool
	// Replaced are the instances that an Auto Scaling group put in others' places, and ReplacedWithin how long that took from
	// the fault; nil where it put none, or not all.
	Replaced       []scaling.Replacement
	ReplacedWithin *time.Duration
	// Booted is how long the slowest of them took from being registered to being healthy; nil where none did.
	Booted *time.Duration
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

// Run breaks, measures and restores. Once the fault is injected it is restored
// whatever happens: an error, a panic, and the end of ctx, too, which ends the
// drill early. Its error is nil where the outcome tells all; NotRestored where
// the fault is still there; Unsteady where nothing was broken.
func (p *Plan) Run(ctx context.Context, watch Watcher) (*Outcome, error) {
	drilling, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	watch = calm{watch, fail}
	recorder := measure.NewRecorder(p.Entry.Instances())
	observation, end := p.observe(drilling, recorder, watch, fail)
	defer end()

	watch.Phase("measuring before the fault")
	if err := observation.wait(drilling, p.Options.Before, nil); err != nil {
		return nil, err
	}
	if err := p.isSteady(recorder.Result(), observation.last.Load()); err != nil {
		return nil, err
	}
	if err := p.journal.Write(p.Entry); err != nil {
		return nil, err
	}
	p.announce(ctx, watch, "begins", fmt.Sprintf("platformctl breaks something of %s on purpose: scenario %s, %s, for about %s. Alarms until it ends are its doing.",
		p.Entry.Platform, p.Entry.Scenario, strings.Join(p.Entry.Instances(), ", "), p.Options.Duration))
	stopped := p.breakAndRestore(drilling, recorder, observation, watch)
	outcome := &Outcome{Plan: p}
	var notRestored *NotRestored
	outcome.Restored = !errors.As(stopped, &notRestored)
	if outcome.Restored && drilling.Err() == nil {
		outcome.Recovered = p.recover(drilling, recorder, observation, watch) == nil
	}
	if p.Options.RequireAlarm && outcome.Restored && stopped == nil {
		p.listen(drilling, observation, watch)
	}
	p.note(ctx, watch, recorder, time.Now())
	p.announce(ctx, watch, "has ended", map[bool]string{true: "What was broken is restored. What rings from now on is none of the drill's, but for alarms that are late by minutes.",
		false: "What was broken could not be restored: platformctl failover-drill --restore tries again."}[outcome.Restored])
	watch.Phase("waiting for the last answers")
	end()
	if drilling.Err() != nil && ctx.Err() == nil && stopped == nil {
		stopped = context.Cause(drilling)
	}
	recorder.Mark(measure.Ended, time.Now())
	outcome.Result = recorder.Result()
	outcome.takeReplacements(recorder)
	return outcome, outcome.judge(ctx, stopped)
}

// isSteady says, just before the fault, whether all went well so far.
func (p *Plan) isSteady(before measure.Result, last *measure.Look) error {
	var reasons []string
	switch {
	case before.Stray > 0:
		reasons = append(reasons, fmt.Sprintf("%d of %d requests failed before anything was broken", before.Stray, before.Overall.Total))
	case before.Overall.Total == 0:
		reasons = append(reasons, fmt.Sprintf("%s answered no request within %s", p.page.URL, p.Options.Before))
	}
	switch {
	case last == nil:
		reasons = append(reasons, "the targets' states could not be read")
	case !p.isHealthy(last.States):
		reasons = append(reasons, "a target became unhealthy before anything was broken")
	}
	if len(reasons) > 0 {
		return &fault.Unsteady{Reasons: reasons}
	}
	return nil
}

// breakAndRestore injects the fault, keeps it for its time, and restores it. Its error
// says why the fault ended early.
func (p *Plan) breakAndRestore(ctx context.Context, recorder *measure.Recorder, o *observation, watch Watcher) (stopped error) {
	defer func() {
		watch.Phase("restoring the fault")
		recorder.Mark(measure.Restore, time.Now())
		// Not even an interrupt may leave the fault behind.
		restoring, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*fault.RestoreTimeout)
		defer cancel()
		if err := restore(restoring, p.clients, p.scenario, p.Entry); err != nil {
			stopped = errors.Join(&NotRestored{p.Entry, err}, stopped)
		} else if err := p.journal.Clear(); err != nil {
			stopped = errors.Join(err, stopped)
		}
	}()
	defer catch(func(panicked error) { stopped = panicked })
	broken, cancel := context.WithTimeoutCause(ctx, p.Options.Longest, &abort{fmt.Sprintf("the fault lasted longer than %s", p.Options.Longest)})
	defer cancel()
	watch.Phase("injecting the fault")
	if err := p.scenario.Mark(broken, p.clients, p.Entry); err != nil {
		return early(broken, fmt.Errorf("mark what is to be broken: %w", err))
	}
	guarded, unguard := context.WithCancelCause(broken)
	guard := p.guard(guarded, unguard, recorder)
	defer guard.Wait()
	defer unguard(nil)
	now := time.Now()
	recorder.Mark(measure.Fault, now)
	p.rings.broken(now)
	if err := p.scenario.Inject(guarded, p.clients, p.Entry); err != nil {
		return early(guarded, fmt.Errorf("inject the fault: %w", err))
	}
	recorder.Mark(measure.Broken, time.Now())
	watch.Phase("the fault is in place")
	return o.wait(guarded, p.Options.Duration, p.provenEarly(now))
}

// provenEarly says when the fault needs no longer last: once all alarms were raised for which it lasts longer than it else would. Nil
// where it lasts its time.
func (p *Plan) provenEarly(began time.Time) func(measure.Look) bool {
	if !p.Options.RequireAlarm || p.asked.Duration > 0 {
		return nil
	}
	enough := p.Situation.Enough(p.Options.Longest)
	return func(look measure.Look) bool { return look.At.Sub(began) >= enough && p.rings.proven() }
}

// listen waits for the alarms that were predicted, until they must have been raised.
func (p *Plan) listen(ctx context.Context, o *observation, watch Watcher) {
	if p.rings.proven() {
		return
	}
	watch.Phase("waiting for the alarms")
	_ = o.wait(ctx, max(p.rings.until()-time.Since(p.rings.fault), 0), func(measure.Look) bool { return p.rings.proven() })
}

// early is why a fault ended early: the end of ctx, where that is why a call
// failed.
func early(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// guard ends the fault when too many requests fail, or an alarm is raised that it is to end for. AWS's own calls may fail in a
// fault, too: a look that fails is none.
func (p *Plan) guard(ctx context.Context, end context.CancelCauseFunc, recorder *measure.Recorder) *sync.WaitGroup {
	var guard sync.WaitGroup
	if p.Options.AbortBelow == 0 && len(p.Options.AbortOnAlarm) == 0 {
		return &guard
	}
	guard.Go(func() {
		defer catch(end)
		every(ctx, guardEvery, func() {
			if alarm := p.rings.ends(p.Options); alarm != "" {
				end(&abort{"the alarm " + alarm + " was raised"})
			}
			if p.Options.AbortBelow > 0 && p.tooBad(recorder.SinceFault()) {
				end(&abort{fmt.Sprintf("fewer than %g %% of the requests succeeded since the fault", p.Options.AbortBelow)})
			}
		})
	})
	return &guard
}

// guardEvery is the time between two looks at the requests that failed.
const guardEvery = 500 * time.Millisecond

// fewest is how many requests a guard wants to have seen.
const fewest = 20

func (p *Plan) tooBad(c measure.Count) bool {
	return c.Total >= fewest && c.Availability() < p.Options.AbortBelow
}

// recover waits until all targets are healthy again, and measures for a while
// after that.
func (p *Plan) recover(ctx context.Context, recorder *measure.Recorder, o *observation, watch Watcher) error {
	watch.Phase(p.waitsFor())
	waiting, cancel := context.WithTimeout(ctx, p.Prediction.Recover.Max+fault.RestoreTimeout)
	defer cancel()
	asked := time.Now()
	err := o.wait(waiting, -1, func(look measure.Look) bool {
		return look.At.After(asked) && p.isRecovered(waiting, look)
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
	if o.Plan.Options.RequireAlarm {
		o.Reasons = append(o.Reasons, o.silent()...)
	}
	if !o.Recovered {
		o.Reasons = append(o.Reasons, o.Plan.neverRecovered())
	}
	o.Verdict = Pass
	if len(o.Reasons) > 0 {
		o.Verdict = Fail
	}
	return nil
}
