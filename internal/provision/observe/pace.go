package observe

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
)

const (
	// ShortPause is the usual pause where nothing is known to take its time.
	ShortPause = 300 * time.Millisecond
	// usualPause is that where something takes AWS its time: seldom enough for its
	// throttling of a whole account's calls.
	usualPause    = 4 * time.Second
	shortestPause = 100 * time.Millisecond
	longestPause  = 5 * time.Second
	// longestOverdue is for what takes longer than any did before.
	longestOverdue = 15 * time.Second
)

// The shares of the time waited that long waits pause, where no expectation is known: a
// run's user waits for what is made; that what goes is noticed later takes fewer calls.
const (
	shareMade = 40
	shareGone = 10
)

// The pauses when something is most likely to be done, in seconds for an expectation
// that is a second wide. They grow with the root of the width: the sum of calls and lost
// time is least so. A minute's width makes 0.7 s, or 2.7 s for what goes.
const (
	dueMade = 0.09
	dueGone = 0.35
)

// slackShare is the part of the time for which the rest of the run is busy elsewhere
// that a wait may lose.
const slackShare = 4

// Pacer makes the paces for one cloud.
type Pacer struct {
	// Second is how long a second of AWS's takes: less on a local cloud that is faster.
	// Zero: expectations say nothing of this cloud.
	Second time.Duration
}

// Made is the pace of a wait for what AWS makes. slack is for how long nothing else
// waits for it, in AWS's time.
func (p Pacer) Made(e resource.Expectation, slack time.Duration) Pace {
	return p.pace(e, shareMade, dueMade, slack)
}

// Gone is the pace of a wait for what AWS deletes, or releases.
func (p Pacer) Gone(e resource.Expectation, slack time.Duration) Pace {
	return p.pace(e, shareGone, dueGone, slack)
}

// Unexpected is the pace of a wait for something that AWS takes its time for, and nobody
// knows how much.
func (p Pacer) Unexpected() Pace { return slowly(p.usual(), shareGone) }

// Fast is the pace for what may be done within a moment, wherever it is.
func Fast() Pace { return Pace{first: shortestPause, usual: ShortPause, share: shareMade} }

func slowly(usual time.Duration, share int) Pace {
	return Pace{first: usual * 2 / 3, usual: usual, share: time.Duration(share)}
}

func (p Pacer) usual() time.Duration {
	return max(time.Duration(usualPause.Seconds()*float64(p.Second)), ShortPause)
}

func (p Pacer) pace(e resource.Expectation, share int, weight float64, slack time.Duration) Pace {
	pace := slowly(ShortPause, share)
	if !e.IsZero() {
		pace = slowly(p.usual(), share)
	}
	if !e.IsZero() && e.Least < time.Second {
		pace.first = max(p.usual()/20, shortestPause)
	}
	if e.Usual > 0 && p.Second > 0 {
		width := e.Most - e.Least
		pace.expected, pace.second = e, p.Second
		pace.due = max(seconds(weight*math.Sqrt(width.Seconds())), min(slack/slackShare, width/4))
	}
	return pace
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Pace is how often a wait polls: after the first pause, then after a quarter of
// the time that it has taken so far, then after the usual pause each time, and where it
// is long after a share of it; unless AWS is at something of which it is known how long
// that takes.
type Pace struct {
	first, usual time.Duration
	share        time.Duration

	// expected and due, the shortest pause, are in AWS's time, of which a second takes so long.
	expected    resource.Expectation
	due, second time.Duration
}

// Pause is the time until the next poll of a wait that has taken so long, where AWS
// isn't known to be at it.
func (p Pace) Pause(waited time.Duration) time.Duration {
	short := min(max(waited/4, p.first), p.usual)
	return jitter(max(short, min(waited/p.share, longestPause)))
}

// Since is when AWS began what a wait is for, which began later: not the time that
// was recorded where it should have ended long ago, so that it isn't that which is under way.
func (p Pace) Since(recorded, began time.Time) time.Time {
	if took := began.Sub(recorded); took >= 0 && took <= p.inCloudTime(p.expected.Most) {
		return recorded
	}
	return began
}

// UnderWay is the time until the next poll of what AWS has been at for so long: a third
// of the least that it takes before it can be done, or a half of what goes, short pauses
// when it is due, and longer ones again when it is overdue.
func (p Pace) UnderWay(waited time.Duration) time.Duration {
	if p.due == 0 {
		return p.Pause(waited)
	}
	pause := p.pause(p.inAWSTime(waited))
	return jitter(max(p.inCloudTime(pause), shortestPause))
}

// Window is the least and the most that is expected; zero where nothing is.
func (p Pace) Window() (least, most time.Duration) {
	return p.inCloudTime(p.expected.Least), p.inCloudTime(p.expected.Most)
}

func (p Pace) inCloudTime(d time.Duration) time.Duration {
	return seconds(d.Seconds() * p.second.Seconds())
}

func (p Pace) inAWSTime(d time.Duration) time.Duration {
	return seconds(d.Seconds() / p.second.Seconds())
}

// pause is UnderWay in AWS's time.
func (p Pace) pause(t time.Duration) time.Duration {
	const hardly = 3 // how much longer pauses are where it is hardly likely
	// They grow with the root of how much less likely it is than at the usual time.
	longer := func(fromEdge, toUsual time.Duration) time.Duration {
		return seconds(p.due.Seconds() * min(hardly, math.Sqrt(float64(toUsual)/float64(fromEdge))))
	}
	switch e := p.expected; {
	case t < e.Least:
		early := e.Least / 3
		if p.share == shareGone {
			early = e.Least / 2
		}
		return min(max(early, hardly*p.due), e.Least-t)
	case t < e.Usual:
		return min(longer(t-e.Least, e.Usual-e.Least), max(p.due, e.Usual-t))
	case t < e.Most:
		return longer(e.Most-t, e.Most-e.Usual)
	default:
		return max(hardly*p.due, min(t/shareMade, longestOverdue))
	}
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
