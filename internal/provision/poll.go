package provision

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// The pace of waiting: a wait is looked at again after a tenth of the time
// that it has taken so far, so that looking adds little to waits of any length
// and a long wait makes few calls.
const (
	shortestPause = 50 * time.Millisecond
	longestPause  = 5 * time.Second
)

func pause(waited time.Duration) time.Duration {
	return jitter(min(max(waited/10, shortestPause), longestPause))
}

// jitter keeps the kinds from marching in step.
func jitter(d time.Duration) time.Duration { return d + time.Duration(rand.Int64N(int64(d)/10+1)) }

// pollers hold one poller a kind. All who wait for objects of a kind share its
// list calls: a hundred instances waiting cost one call a tick.
type pollers struct {
	clients *awsapi.Clients
	owner   awsapi.Owner

	mu    sync.Mutex
	kinds map[string]*poller
}

// check looks at a fresh list and says whether the wait is over.
type check func([]resource.Object) (done bool, err error)

// await lists the kind's objects, at once and then from time to time, until
// check is done or fails, or the context ends.
func (ps *pollers) await(ctx context.Context, handler resource.Handler, check check) error {
	ps.mu.Lock()
	if ps.kinds == nil {
		ps.kinds = map[string]*poller{}
	}
	p := ps.kinds[handler.Name]
	if p == nil {
		p = &poller{list: func(ctx context.Context) ([]resource.Object, error) {
			return handler.Observe(ctx, ps.clients.Snapshot(), ps.owner)
		}}
		ps.kinds[handler.Name] = p
	}
	ps.mu.Unlock()
	return p.await(ctx, check)
}

// poller shares the list calls of one kind. There is no goroutine behind it:
// whoever waits and finds nobody listing, lists for all.
type poller struct {
	list func(context.Context) ([]resource.Object, error)

	mu      sync.Mutex
	current *listing
}

// listing is one list call, under way or done.
type listing struct {
	started time.Time
	done    chan struct{}
	objects []resource.Object
	err     error
}

func (p *poller) await(ctx context.Context, check check) error {
	began := time.Now()
	notBefore := began
	for {
		l, err := p.after(ctx, notBefore)
		if err != nil {
			return err
		}
		if isContextError(l.err) && ctx.Err() == nil {
			// The wait that made the call ended; this one goes on.
			notBefore = time.Now()
			continue
		}
		if l.err != nil {
			return l.err
		}
		if done, err := check(l.objects); done || err != nil {
			return err
		}
		// Counted from the list and not from now, so that all who shared it
		// look again together.
		next := pause(l.started.Sub(began))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(l.started.Add(next))):
		}
		// A list that someone else began during the pause is fresh enough.
		notBefore = time.Now().Add(-next / 2)
	}
}

// after is the result of a list call that began no earlier than t.
func (p *poller) after(ctx context.Context, t time.Time) (*listing, error) {
	for {
		p.mu.Lock()
		l := p.current
		if l == nil || l.started.Before(t) && l.isDone() {
			l = &listing{started: time.Now(), done: make(chan struct{})}
			p.current = l
			p.mu.Unlock()
			l.objects, l.err = p.list(ctx)
			close(l.done)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return l, nil
		}
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.done:
		}
		if !l.started.Before(t) {
			return l, nil
		}
	}
}

func (l *listing) isDone() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
