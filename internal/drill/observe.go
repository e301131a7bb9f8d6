package drill

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/drill/measure"
)

// observation is the load and the looks at the targets that go on all through a
// drill.
type observation struct {
	looks chan measure.Look
	last  atomic.Pointer[measure.Look]
}

// observe begins the load and the looks. They go on when ctx ends, because the
// fault has to be restored then, until end is called, which may be repeated. What
// breaks down in them is handed to fail.
func (p *Plan) observe(ctx context.Context, recorder *measure.Recorder, watch Watcher, fail context.CancelCauseFunc) (o *observation, end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	o = &observation{looks: make(chan measure.Look)}
	recorder.Mark(measure.Began, time.Now())
	var all sync.WaitGroup
	all.Go(func() {
		defer catch(fail)
		if err := p.send(ctx, p.Options.load(p.page), recorder.Sample); err != nil {
			fail(fmt.Errorf("make the load: %w", err))
		}
	})
	all.Go(func() {
		defer catch(fail)
		look := func() {
			// A look that fails is none; the next comes soon.
			states, err := p.look(ctx)
			if err != nil {
				return
			}
			seen := measure.Look{At: time.Now(), States: states}
			recorder.Look(seen.At, states)
			o.last.Store(&seen)
			select {
			case o.looks <- seen:
			default: // nobody waits for one
			}
		}
		look()
		every(ctx, lookEvery, look)
	})
	if p.rings != nil {
		all.Go(func() {
			defer catch(fail)
			p.rings.watch(ctx, recorder)
		})
	}
	all.Go(func() {
		defer catch(fail)
		every(ctx, time.Second, func() { watch.Second(recorder.Result()) })
	})
	return o, func() { cancel(); all.Wait() }
}

// every does something again and again, until ctx ends.
func every(ctx context.Context, d time.Duration, do func()) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
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
