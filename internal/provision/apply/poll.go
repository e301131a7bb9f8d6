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
	if step.Action == plan.Delete {
		return x.pacer().Gone(step.Handler.Gone, x.slack[step])
	}
	return x.pacer().Made(step.Handler.Ready, x.slack[step])
}

func (r *Run) pacer() observe.Pacer { return observe.Pacer{Second: r.Second} }

// listAgain is how long a wait goes by the cheaper look alone, where what is checked may
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
	// since is when AWS began what is waited for. Zero: when the wait begins.
	since time.Time
	// certain says that nothing but the status is in question: a watch that shows the
	// object ready ends the wait.
	certain bool
	// diagnosed says that it is asked in between whether the object is stuck.
	diagnosed bool
}

// check looks at a fresh list and says whether the wait is over.
type check func([]resource.Object) (done bool, err error)

// await lists the kind's objects, at once and then from time to time, until
// check is done or fails, or the context ends. Where the kind has a cheaper look,
// it lists again only when the status of the object with the ID has changed, and, unless
// nothing but that is in question, now and then. An object that is known to take its
// time, being in a phase that passes, isn't looked at at once. A look that another wait
// makes serves all.
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
			p.watch = &poller{each: true, list: func(ctx context.Context, id string) (objects []resource.Object, err error) {
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
	// each says that a list may tell of nothing but what it was made for.
	each bool
	// watch tells of the objects' statuses alone; nil where list is as cheap.
	watch *poller

	mu      sync.Mutex
	current *listing
	// ended is closed, and made again, when a listing ends.
	ended chan struct{}
}

// listing is one list call, under way or done.
type listing struct {
	started time.Time
	id      string // for which alone it was made; "" for all
	done    chan struct{}
	objects []resource.Object
	err     error
}

// tells says whether a listing that has ended is an answer for a wait.
func (l *listing) tells(id string) bool {
	return l.id == "" || l.id == id || indexOf(l.objects, id) >= 0
}

func (p *poller) await(ctx context.Context, wait wait, check check) error {
	began := time.Now()
	wait.since = wait.pace.Since(wait.since, began)
	notBefore, listed := began, began
	look, last := p, wait.known
	if passes(wait.known.Phase) {
		if p.watch != nil {
			look = p.watch
		}
		if err := look.pause(ctx, began, began.Add(wait.pace.UnderWay(began.Sub(wait.since))), wait.id); err != nil {
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
		if passes(now.Phase) {
			next = wait.pace.UnderWay(l.started.Sub(wait.since))
		}
		notBefore = l.started.Add(1)
		if err := look.pause(ctx, notBefore, l.started.Add(next), wait.id); err != nil {
			return err
		}
		if time.Since(listed) >= listAgain && (!wait.certain || wait.diagnosed) {
			look = p
		}
	}
}

// pause waits until a moment, or until a listing that began no earlier than another one
// tells of the object with the ID, because somebody else has asked.
func (p *poller) pause(ctx context.Context, notBefore, until time.Time, id string) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	for {
		p.mu.Lock()
		l, ended := p.current, p.ended
		if ended == nil {
			ended = make(chan struct{})
			p.ended = ended
		}
		p.mu.Unlock()
		if l != nil && !l.started.Before(notBefore) && l.isDone() && l.err == nil && l.tells(id) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		case <-ended:
		}
	}
}

// after is the result of a list call that began no earlier than t. Where the caller
// has to make it, it does so for the object with the ID.
func (p *poller) after(ctx context.Context, t time.Time, id string) (*listing, error) {
	for {
		p.mu.Lock()
		l := p.current
		if l == nil || l.isDone() && (l.started.Before(t) || !l.tells(id)) {
			l = &listing{started: time.Now(), done: make(chan struct{})}
			if p.each {
				l.id = id
			}
			p.current = l
			p.mu.Unlock()
			l.objects, l.err = p.list(ctx, id)
			p.end(l)
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
		if !l.started.Before(t) && l.tells(id) {
			return l, nil
		}
	}
}

// end hands a listing to all who wait.
func (p *poller) end(l *listing) {
	close(l.done)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		close(p.ended)
		p.ended = nil
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
