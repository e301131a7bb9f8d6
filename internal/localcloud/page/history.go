package page

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// How much is remembered for a page that is opened later: a minute of traffic, and what happened last.
const (
	keptMoments = 60
	keptEvents  = 200
)

const (
	every  = time.Second            // between two moments
	breath = 250 * time.Millisecond // between two looks, however often the world changes
)

// Moment are the traffic's counters as they were once. A load balancer's node goes by "<load balancer> <subnet>", an
// instance by its ID.
type Moment struct {
	Now      time.Time               `json:"now"`
	Counters map[string]proxy.Counts `json:"counters"`
}

// Event is something that happened to a platform, in words.
type Event struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"`
	Mood string    `json:"mood"` // good, waiting, caution, bad; "" without such a meaning
	vpc  string
}

// history is what a page that is opened late is told. It is bounded.
type history struct {
	mu      sync.Mutex
	moments []Moment
	events  []Event
	next    int // number of the next event

	notes  map[string]map[string]note // by VPC and thing, as last told; Follow's alone
	states []string                   // of the data plane, as of then
}

// Follow remembers what happens until ctx ends. It sleeps until something changes; only where there is a load balancer it wakes
// once a second, and reads its counters.
func (p *Page) Follow(ctx context.Context) {
	var counted time.Time
	var known <-chan struct{} // closed once the world is another than that of the notes
	for ctx.Err() == nil {
		changed := p.options.World.Changed() // before reading, so that no change is missed
		stats, now := p.options.Plane.Stats(), p.options.Clock.Now()
		if len(stats.LoadBalancers) > 0 && now.Sub(counted) >= every {
			counted = now
			p.history.count(now, stats)
		}
		if states := statesOf(stats); known != changed || !slices.Equal(states, p.history.states) {
			if p.tell(now) == nil {
				known, p.history.states = changed, states
			}
		}
		p.rest(ctx, changed, counted.Add(every).Sub(now), len(stats.LoadBalancers) > 0)
	}
}

// rest returns when there is something to look at again, or ctx has ended.
func (p *Page) rest(ctx context.Context, changed <-chan struct{}, until time.Duration, counting bool) {
	var tick <-chan time.Time
	if counting {
		timer := p.options.Clock.NewTimer(until)
		defer timer.Stop()
		tick = timer.C()
	}
	select {
	case <-changed:
		pause := p.options.Clock.NewTimer(breath)
		defer pause.Stop()
		select {
		case <-pause.C():
		case <-ctx.Done():
		}
	case <-tick:
	case <-ctx.Done():
	}
}

// statesOf are the states that the data plane alone decides.
func statesOf(stats dataplane.Stats) (states []string) {
	for _, b := range stats.LoadBalancers {
		for _, n := range b.Nodes {
			in := "out"
			if n.InDNS {
				in = "in"
			}
			states = append(states, b.ARN, n.SubnetID, in)
			for _, t := range n.Targets {
				states = append(states, t.InstanceID, string(t.State), t.Reason)
			}
		}
	}
	return states
}

// count remembers the counters of a moment.
func (h *history) count(now time.Time, stats dataplane.Stats) {
	moment := Moment{Now: now.UTC(), Counters: map[string]proxy.Counts{}}
	for _, b := range stats.LoadBalancers {
		for _, n := range b.Nodes {
			moment.Counters[b.Name+" "+n.SubnetID] = n.Counts
			for _, t := range n.Targets {
				moment.Counters[t.InstanceID] = moment.Counters[t.InstanceID].Plus(t.Counts)
			}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moments = append(h.moments[max(0, len(h.moments)-keptMoments+1):], moment)
}

// tell remembers what is different from what was told before.
func (p *Page) tell(now time.Time) error {
	notes := map[string]map[string]note{}
	order := map[string][]string{}
	err := p.options.World.View("", func(tx *world.Tx) error {
		for _, s := range subjects(tx) {
			d := &drawing{page: p, tx: s.tx, vpc: s.vpc, stats: p.options.Plane.Stats(), brief: true}
			notes[s.vpc.ID], order[s.vpc.ID] = notesOf(d.draw(s.name))
		}
		return nil
	})
	if err != nil {
		return err
	}
	h := &p.history
	h.mu.Lock()
	defer h.mu.Unlock()
	for vpc, things := range notes {
		for _, event := range differences(h.notes[vpc], things, order[vpc]) {
			event.Time, event.vpc = now.UTC(), vpc
			h.remember(event)
		}
	}
	h.notes = notes
	return nil
}

// remember adds an event. The lock is the caller's.
func (h *history) remember(event Event) {
	h.events = append(h.events[max(0, len(h.events)-keptEvents+1):], event)
	h.next++
}

// since are a VPC's events from a number on, and what to ask for the next time. With a negative number they are all that are
// remembered, and the moments come with them.
func (h *history) since(vpc string, from int) (events []Event, moments []Moment, next int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	events, moments = []Event{}, []Moment{}
	if from < 0 || from > h.next { // or the local cloud was started again, and counts from 0
		from = 0
		moments = append(moments, h.moments...)
	}
	for i, event := range h.events {
		if h.next-len(h.events)+i >= from && event.vpc == vpc {
			events = append(events, event)
		}
	}
	return events, moments, h.next
}
