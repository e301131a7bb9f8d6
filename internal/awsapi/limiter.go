package awsapi

import (
	"context"
	"math"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/time/rate"
)

// How the limiter moves: down by half, up by one call a second each second,
// and off again after half a minute without a refusal. All but one of AWS's own
// buckets get back one call a second or more, so going slower only loses time.
const (
	slowestRate   = 1.0 // calls a second
	backOff       = 0.5
	speedUp       = 1.0 // calls a second, each second
	freeAfter     = 30 * time.Second
	measureWithin = time.Second
)

// Limiter paces the calls of a run. All clients share one. While AWS throttles
// nothing it only looks on; an operation that AWS throttles is slowed down to
// half of its rate and speeds up again with time. Each operation has its own
// pace, because AWS throttles by operation, too: NAT gateways are refused long
// before a describe is, and must not hold it up.
type Limiter struct {
	mu    sync.Mutex
	paces map[string]*pace
}

// pace is how fast one operation may go.
type pace struct {
	// turn is held by the one who waits for its time. The others wait for it,
	// so that none has its time set at a rate that has risen since.
	turn   chan struct{}
	limit  *rate.Limiter // rate.Inf while AWS doesn't throttle
	recent []time.Time   // of the attempts within measureWithin
	slowed time.Time     // when it was last slowed down
	from   float64       // the rate that it was slowed down to, a second
}

// wait waits for the operation's turn. It returns the context's error if that
// ends first.
func (l *Limiter) wait(ctx context.Context, operation string) error {
	p := l.of(operation)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	}
	l.mu.Lock()
	now := time.Now()
	p.raise(now)
	delay := p.limit.ReserveN(now, 1).DelayFrom(now)
	l.mu.Unlock()
	if delay > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(delay):
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p.note(time.Now())
	return nil
}

// refused hears of a throttled attempt. One that was sent before the operation
// was last slowed down says nothing of the pace since.
func (l *Limiter) refused(operation string, sent time.Time) {
	p := l.of(operation)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !sent.Before(p.slowed) {
		p.slow(time.Now())
	}
}

func (l *Limiter) of(operation string) *pace {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paces == nil {
		l.paces = map[string]*pace{}
	}
	p := l.paces[operation]
	if p == nil {
		p = &pace{turn: make(chan struct{}, 1), limit: rate.NewLimiter(rate.Inf, 1)}
		l.paces[operation] = p
	}
	return p
}

// note counts an attempt.
func (p *pace) note(now time.Time) {
	old := 0
	for old < len(p.recent) && now.Sub(p.recent[old]) > measureWithin {
		old++
	}
	p.recent = append(p.recent[old:], now)
}

// slow halves the rate: that which was measured, or allowed if that is less.
func (p *pace) slow(now time.Time) {
	current := min(float64(p.limit.Limit()), float64(len(p.recent))/measureWithin.Seconds())
	p.from = max(slowestRate, current*backOff)
	p.slowed = now
	p.limit.SetLimitAt(now, rate.Limit(p.from))
}

// raise sets the rate that is due by now.
func (p *pace) raise(now time.Time) {
	if p.slowed.IsZero() {
		return
	}
	since := now.Sub(p.slowed)
	due := p.from + speedUp*since.Seconds()
	if since >= freeAfter {
		p.slowed = time.Time{}
		due = math.Inf(1)
	}
	limit := rate.Limit(due)
	if math.IsInf(due, 1) {
		limit = rate.Inf
	}
	p.limit.SetLimitAt(now, limit)
}

// pace puts the limiter before every attempt of every call: after the
// SDK's own loop of attempts, so that a repeated attempt waits for its turn,
// too.
func (l *Limiter) pace(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("limiter",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
			middleware.FinalizeOutput, middleware.Metadata, error,
		) {
			operation := operationName(ctx)
			if err := l.wait(ctx, operation); err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
			sent := time.Now()
			out, metadata, err := next.HandleFinalize(ctx, in)
			if isThrottle(err) {
				l.refused(operation, sent)
			}
			return out, metadata, err
		}), retryMiddleware, middleware.After)
}

// retryMiddleware is the SDK's name of its loop of attempts.
const retryMiddleware = "Retry"

// operationName is the call's operation, such as "EC2.CreateVpc".
func operationName(ctx context.Context) string {
	return awsmiddleware.GetServiceID(ctx) + "." + awsmiddleware.GetOperationName(ctx)
}
