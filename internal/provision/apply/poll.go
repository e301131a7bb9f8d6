package apply

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// paceOf is how often a wait for a step's object looks.
func (x *execution) paceOf(step *plan.Step) observe.Pace {
	usual := observe.ShortPause
	if step.Handler.ReadyIn == resource.Minutes {
		usual = x.slowPause()
	}
	switch {
	case step.Action == plan.Delete:
		return observe.Slow(usual)
	case step.Handler.ReadyIn == resource.Seconds:
		return observe.Fast(x.slowPause()) // what isn't ready within a moment takes its time
	}
	return observe.Normal(usual)
}

func (r *Run) slowPause() time.Duration { return max(r.Pause, observe.ShortPause) }

// listAgain is how long a wait goes by the cheaper look alone. What is checked may
// hang on more than a status, such as on how long it has been the same.
const listAgain = 15 * time.Second

// pollers hold one poller a kind. All who wait for objects of a kind share its
// list calls: a hundred instances waiting cost one call a tick.
type pollers struct {
	clients *awsapi.Clients
	owner   awsapi.Owner

	mu    sync.Mutex
	kinds map[string]*poller
}

// wait is what one wait is for.
type wait struct {
	id string
	// known is the status that the object had just now, as far as that is known.
	known resource.Status
	pace  observe.Pace
	// certain says that nothing but the status is in question: a watch that shows the
	// object ready ends the wait.
	certain bool
}

// check looks at a fresh list and says whether the wait is over.
type check func([]resource.Object) (done bool, err error)

// await lists the kind's objects, at once and then from time to time, until
// check is done or fails, or the context ends. Where the kind has a cheaper look,
// it lists again only when the status of the object with the ID has changed, and
// now and then. An object that is known to take its time, being in a phase that
// passes, isn't looked at at once.
func (ps *pollers) await(ctx context.Context, handler resource.Handler, wait wait, check check) error {
	ps.mu.Lock()
	if ps.kinds == nil {
		ps.kinds = map[string]*poller{}
	}
	p := ps.kinds[handler.Name]
	if p == nil {
		p = &poller{list: func(ctx context.Context, _ string) ([]resource.Object, error) {
			return handler.Observe(ctx, ps.clients.Snapshot(), ps.owner)
		}}
		if handler.PollStatus != nil {
			p.watch = &poller{list: func(ctx context.Context, id string) (objects []resource.Object, err error) {
				statuses, err := handler.PollStatus(ctx, ps.clients, ps.owner, id)
				for id, status := range statuses {
					objects = append(objects, resource.Object{ID: id, Status: status})
				}
				return objects, err
			}}
		}
		ps.kinds[handler.Name] = p
	}
	ps.mu.Unlock()
	return p.await(ctx, wait, check)
}

// passes says of a phase that it ends by itself, after some time.
func passes(phase resource.Phase) bool {
	return phase == resource.Pending || phase == resource.Deleting
}

// poller shares the list calls of one kind. There is no goroutine behind it:
// a wait that finds nobody listing lists for all.
type poller struct {
	list func(ctx context.Context, id string) ([]resource.Object, error)
	// watch tells of the objects' statuses alone; nil where list is as cheap.
	watch *poller

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

func (p *poller) await(ctx context.Context, wait wait, check check) error {
	began := time.Now()
	notBefore, listed := began, began
	look, last := p, wait.known
	if passes(wait.known.Phase) {
		if p.watch != nil {
			look = p.watch
		}
		if err := observe.Sleep(ctx, wait.pace.Pause(0)); err != nil {
			return err
		}
	}
	for {
		l, err := look.after(ctx, notBefore, wait.id)
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
		now := resource.Status{}
		if i := indexOf(l.objects, wait.id); i >= 0 {
			now = l.objects[i].Status
		}
		if look != p && now != last {
			if wait.certain && now.Phase == resource.Ready {
				return nil
			}
			look, notBefore = p, l.started
			continue
		}
		if look == p {
			if done, err := check(l.objects); done || err != nil {
				return err
			}
			last, listed = now, l.started
			if p.watch != nil && passes(now.Phase) {
				look = p.watch
			}
		}
		// Counted from the look and not from now, so that all who shared it
		// poll together.
		next := wait.pace.Pause(l.started.Sub(began))
		if err := observe.Sleep(ctx, time.Until(l.started.Add(next))); err != nil {
			return err
		}
		if time.Since(listed) >= listAgain {
			look = p
		}
		// A look that someone else began during the pause is fresh enough.
		notBefore = time.Now().Add(-next / 2)
	}
}

// after is the result of a list call that began no earlier than t. Where the caller
// has to make it, it does so for the object with the ID.
func (p *poller) after(ctx context.Context, t time.Time, id string) (*listing, error) {
	for {
		p.mu.Lock()
		l := p.current
		if l == nil || l.started.Before(t) && l.isDone() {
			l = &listing{started: time.Now(), done: make(chan struct{})}
			p.current = l
			p.mu.Unlock()
			l.objects, l.err = p.list(ctx, id)
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
