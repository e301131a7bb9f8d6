package dataplane

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/health"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
)

// node is a load balancer node that runs: its proxy, and its own view of targets.
type node struct {
	plane *Plane
	index int
	proxy *proxy.Node
	spec  atomic.Pointer[Node]
	// failingSince is when it began to fail (Unix nanoseconds), 0 while it doesn't.
	failingSince atomic.Int64

	mu      sync.Mutex
	targets map[targetKey]*nodeTarget
	turns   map[string]*atomic.Uint64 // round robin's place by group
	meters  map[string]*proxy.Meter   // by group
	going   []func()                  // ends what is no target any more; see letGo
}

// targetKey names a target of one group.
type targetKey struct {
	group, instance string
	port            int
}

func newNode(p *Plane, spec Node, index int) *node {
	n := &node{plane: p, index: index, targets: map[targetKey]*nodeTarget{}, turns: map[string]*atomic.Uint64{}, meters: map[string]*proxy.Meter{}}
	n.spec.Store(&spec)
	n.proxy = &proxy.Node{
		Zone: spec.Zone, Clock: p.options.Clock,
		Reachable: func(port int) bool { return n.spec.Load().ClientReach[port].Allowed },
		Blocked: func(port int) bool {
			v := n.spec.Load().ClientReach[port]
			return !v.Allowed && !v.Established
		},
	}
	return n
}

// apply brings the node's targets in line with the groups that the load balancer sends traffic to.
func (n *node) apply(lb LoadBalancer, spec Node, v view) {
	n.spec.Store(&spec)
	n.mu.Lock()
	defer n.mu.Unlock()
	wanted, off := map[targetKey]bool{}, map[targetKey]func(*nodeTarget){}
	for _, arn := range groupsOf(lb) {
		group, ok := v.groups[arn]
		if !ok {
			continue
		}
		if n.turns[arn] == nil {
			n.turns[arn] = new(atomic.Uint64)
		}
		for _, t := range group.Targets {
			key := targetKey{arn, t.InstanceID, t.Port}
			if status, unused := v.unused(group, t); unused && t.DrainingSince.IsZero() {
				off[key] = (*nodeTarget).leave
				if status.Reason == health.ReasonInvalidState {
					off[key] = (*nodeTarget).retire
				}
				continue
			}
			running := n.targets[key]
			if running != nil && running.draining && t.DrainingSince.IsZero() { // registered again
				running.close()
				running = nil
			}
			if running == nil && !t.DrainingSince.IsZero() {
				continue // never had any traffic from this node
			}
			wanted[key] = true
			if running == nil {
				running = n.newTarget(lb, group, t, v)
				n.targets[key] = running
			}
			running.apply(group, t, n.verdicts(spec, group, t, v))
		}
	}
	for key, t := range n.targets {
		if wanted[key] {
			continue
		}
		end := off[key]
		if end == nil {
			end = (*nodeTarget).close
		}
		n.going = append(n.going, func() { end(t) })
		delete(n.targets, key)
	}
}

// letGo ends what apply found to be no target any more. Until the listeners had their new configuration, requests went to it.
func (n *node) letGo() {
	n.mu.Lock()
	going := n.going
	n.going = nil
	n.mu.Unlock()
	for _, end := range going {
		end()
	}
}

func (n *node) verdicts(spec Node, group *TargetGroup, t Target, v view) map[int]Verdict {
	verdicts := map[int]Verdict{}
	for _, port := range []int{t.Port, healthPort(group, t)} {
		verdicts[port] = Verdict{Allowed: true}
		if v.topology.Reach != nil {
			verdicts[port] = v.topology.Reach(spec, t.InstanceID, port)
		}
	}
	return verdicts
}

// action translates an action into the node's own groups and targets.
func (n *node) action(a Action, lb LoadBalancer, v view) proxy.Action {
	if a.Forward == nil {
		return proxy.Action{Redirect: a.Redirect, Fixed: a.Fixed}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	var weighted []proxy.WeightedGroup
	for _, f := range a.Forward {
		group := v.groups[f.ARN]
		if group == nil {
			continue
		}
		g := &proxy.Group{ARN: f.ARN, LeastOutstanding: group.Algorithm == "least_outstanding_requests", Turn: n.turns[f.ARN]}
		if group.CrossZone == "false" || group.CrossZone != "true" && !lb.CrossZone {
			g.Zone = n.proxy.Zone
		}
		for _, t := range group.Targets {
			if running := n.targets[targetKey{f.ARN, t.InstanceID, t.Port}]; running != nil && t.DrainingSince.IsZero() {
				g.Targets = append(g.Targets, &running.proxy)
			}
		}
		for key, running := range n.targets {
			if key.group == f.ARN {
				running.zonal = g.Zone != ""
			}
		}
		weighted = append(weighted, proxy.WeightedGroup{Group: g, Weight: f.Weight})
	}
	return proxy.Forward(weighted...)
}

// hasHealthyTarget reports whether the node has a healthy target among those that it may send requests to.
func (n *node) hasHealthyTarget() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, t := range n.targets {
		if t.isHealthy.Load() && (!t.zonal || t.proxy.Zone == n.proxy.Zone) {
			return true
		}
	}
	return false
}

func (n *node) inDNS(now time.Time) bool {
	since := n.failingSince.Load()
	return since == 0 || now.Sub(time.Unix(0, since)) < dnsTimeToLive
}

func (n *node) close() {
	n.mu.Lock()
	for key, t := range n.targets {
		t.close()
		delete(n.targets, key)
	}
	n.mu.Unlock()
	n.plane.run(n.proxy.Close)
}

// groupsOf lists the target groups that a load balancer's listeners name.
func groupsOf(lb LoadBalancer) []string {
	var arns []string
	seen := map[string]bool{}
	add := func(a Action) {
		for _, f := range a.Forward {
			if !seen[f.ARN] {
				seen[f.ARN] = true
				arns = append(arns, f.ARN)
			}
		}
	}
	for _, l := range lb.Listeners {
		add(l.Default)
		for _, r := range l.Rules {
			add(r.Action)
		}
	}
	return arns
}
