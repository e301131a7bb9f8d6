package clock

import (
	"sync"
	"time"
)

// Fake is a Clock that stands still until Advance moves it. It is safe for use by several goroutines.
type Fake struct {
	mu     sync.Mutex
	moved  *sync.Cond // a timer was added or removed
	now    time.Time
	timers map[*fakeTimer]struct{}
}

// NewFake returns a clock standing at now.
func NewFake(now time.Time) *Fake {
	f := &Fake{now: now, timers: map[*fakeTimer]struct{}{}}
	f.moved = sync.NewCond(&f.mu)
	return f
}

// Now returns the time that the clock stands at.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// After is NewTimer without the means to stop it.
func (f *Fake) After(d time.Duration) <-chan time.Time { return f.NewTimer(d).C() }

// NewTimer returns a timer that fires when the clock is moved by d in all.
func (f *Fake) NewTimer(d time.Duration) Timer {
	t := &fakeTimer{clock: f, c: make(chan time.Time, 1)}
	t.Reset(d)
	return t
}

// Advance moves the clock by d and fires what becomes due, in order of time.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end := f.now.Add(d)
	for {
		var next *fakeTimer
		for t := range f.timers {
			if !t.due.After(end) && (next == nil || t.due.Before(next.due)) {
				next = t
			}
		}
		if next == nil {
			break
		}
		f.now = next.due
		delete(f.timers, next)
		next.c <- next.due
	}
	f.now = end
	f.moved.Broadcast()
}

// BlockUntil returns once n timers are waiting: the moment at which a test may
// advance the clock and know that everybody notices.
func (f *Fake) BlockUntil(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.timers) != n {
		f.moved.Wait()
	}
}

type fakeTimer struct {
	clock *Fake
	c     chan time.Time
	due   time.Time
}

func (t *fakeTimer) C() <-chan time.Time { return t.c }

func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	_, active := t.clock.timers[t]
	delete(t.clock.timers, t)
	select { // as in Go since 1.23, no stale time is received after Stop
	case <-t.c:
	default:
	}
	t.clock.moved.Broadcast()
	return active
}

func (t *fakeTimer) Reset(d time.Duration) bool {
	active := t.Stop()
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.due = t.clock.now.Add(d)
	if d <= 0 {
		t.c <- t.clock.now
		return active
	}
	t.clock.timers[t] = struct{}{}
	t.clock.moved.Broadcast()
	return active
}
