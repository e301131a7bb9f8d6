package observe

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pace is how often a wait polls: after the first pause, then after a quarter of
// the time that it has taken so far, then after the usual pause each time, and where it
// is long after a share of it.
type Pace struct {
	first time.Duration
	usual time.Duration
	share time.Duration
}

// The paces. Polling adds about a fortieth at most to long waits for what is made,
// which a run is made of and its user waits for, and about a tenth to those for what
// goes: that takes fewer calls. Only what may be ready within a moment is polled
// sooner than after two thirds of the usual pause: after 100 ms, or a tenth of it.

// Fast is the pace for what may be ready within a moment.
func Fast(usual time.Duration) Pace {
	return Pace{first: max(100*time.Millisecond, usual/10), usual: usual, share: 40}
}

// Normal is the pace for what is made.
func Normal(usual time.Duration) Pace { return Pace{first: usual * 2 / 3, usual: usual, share: 40} }

// Slow is the pace for what is deleted.
func Slow(usual time.Duration) Pace { return Pace{first: usual * 2 / 3, usual: usual, share: 10} }

// ShortPause is the usual pause where nothing is known to take its time.
const ShortPause = 300 * time.Millisecond

const longestPause = 5 * time.Second

// Pause is the time until the next poll of a wait that has taken so long.
func (p Pace) Pause(waited time.Duration) time.Duration {
	short := min(max(waited/4, p.first), p.usual)
	return jitter(max(short, min(waited/p.share, longestPause)))
}

// jitter keeps the kinds from marching in step.
func jitter(d time.Duration) time.Duration { return d + time.Duration(rand.Int64N(int64(d)/10+1)) }

// Sleep waits for a time, or until the context ends.
func Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
