package proxy

import "sync/atomic"

// Group is a target group as one node sees it.
type Group struct {
	ARN              string
	LeastOutstanding bool
	// Zone limits the node to the targets of its own zone (cross-zone load balancing off); "" means all zones.
	Zone string
	// Targets are those that may get new requests: registered, not draining, not unused.
	Targets []*Target
	// Turn is the round robin's place; it outlives the Group.
	Turn *atomic.Uint64
}

// pick chooses the target of one request, nil if there is none. Where no target is
// healthy, the group fails open: all get requests.
func (g *Group) pick() *Target {
	healthy, all := 0, 0
	for _, t := range g.Targets {
		if g.Zone == "" || t.Zone == g.Zone {
			all++
			if t.healthy.Load() {
				healthy++
			}
		}
	}
	if all == 0 {
		return nil
	}
	open := healthy == 0
	n := healthy
	if open {
		n = all
	}
	turn := int(g.Turn.Add(1) % uint64(n))
	var best *Target
	var least int64
	for round := range 2 { // the second round wraps around to those before turn
		i := 0
		for _, t := range g.Targets {
			if g.Zone != "" && t.Zone != g.Zone || !open && !t.healthy.Load() {
				continue
			}
			inTurn := i >= turn
			i++
			if inTurn != (round == 0) {
				continue
			}
			if !g.LeastOutstanding {
				return t
			}
			if n := t.inFlight.Load(); best == nil || n < least {
				best, least = t, n
			}
		}
	}
	if best == nil { // a target fell ill between the two counts
		return g.Targets[0]
	}
	return best
}

// group spreads a forward action's requests by weight.
func (a *Action) group() *Group {
	total := 0
	for _, w := range a.Forward {
		total += w.Weight
	}
	if total == 0 || len(a.Forward) == 1 {
		if len(a.Forward) > 0 && (total > 0 || len(a.Forward) == 1) {
			return a.Forward[0].Group
		}
		return nil
	}
	turn := int(a.turns.Add(1) % uint64(total))
	for _, w := range a.Forward {
		if turn < w.Weight {
			return w.Group
		}
		turn -= w.Weight
	}
	return nil
}
