package dataplane

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/health"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
)

// Stats are the running counters of everything, for people to watch.
type Stats struct {
	LoadBalancers []LoadBalancerStats `json:"load_balancers"`
}

// LoadBalancerStats are a load balancer's counters.
type LoadBalancerStats struct {
	ARN   string      `json:"arn"`
	Name  string      `json:"name"`
	Nodes []NodeStats `json:"nodes"`
}

// NodeStats are a node's counters. Requests that no target answered are among them.
type NodeStats struct {
	Zone        string `json:"zone"`
	SubnetID    string `json:"subnet_id"`
	Reachable   bool   `json:"reachable"` // by clients, at one port at least
	InDNS       bool   `json:"in_dns"`
	Connections int    `json:"connections"`
	proxy.Counts
	Targets []TargetStats `json:"targets"`
}

// TargetStats are a target's counters as one node keeps them.
type TargetStats struct {
	TargetGroupARN string       `json:"target_group_arn"`
	InstanceID     string       `json:"instance_id"`
	Port           int          `json:"port"`
	Zone           string       `json:"zone"`
	State          health.State `json:"state"` // in this node's view
	Reason         string       `json:"reason,omitempty"`
	InFlight       int64        `json:"in_flight"`
	proxy.Counts
}

// Stats reads all counters.
func (p *Plane) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Clock.Now()
	out := Stats{LoadBalancers: []LoadBalancerStats{}}
	for _, lb := range p.loadBalancers {
		ls := LoadBalancerStats{ARN: lb.spec.ARN, Name: lb.spec.Name, Nodes: []NodeStats{}}
		for subnet, n := range lb.nodes {
			ls.Nodes = append(ls.Nodes, NodeStats{
				Zone: n.proxy.Zone, SubnetID: subnet, Reachable: n.spec.Load().reachable(), InDNS: n.inDNS(now),
				Connections: n.proxy.Connections(), Counts: n.proxy.Counts(), Targets: n.stats(),
			})
		}
		slices.SortFunc(ls.Nodes, func(a, b NodeStats) int { return strings.Compare(a.Zone+a.SubnetID, b.Zone+b.SubnetID) })
		out.LoadBalancers = append(out.LoadBalancers, ls)
	}
	slices.SortFunc(out.LoadBalancers, func(a, b LoadBalancerStats) int { return strings.Compare(a.ARN, b.ARN) })
	return out
}

func (n *node) stats() []TargetStats {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := []TargetStats{}
	for key, t := range n.targets {
		status := t.checker.Status()
		if t.draining {
			status = health.DeregistrationInProgress()
		}
		out = append(out, TargetStats{
			TargetGroupARN: key.group, InstanceID: key.instance, Port: key.port, Zone: t.proxy.Zone,
			State: status.State, Reason: status.Reason, InFlight: t.proxy.InFlight(), Counts: t.proxy.Counts(),
		})
	}
	slices.SortFunc(out, func(a, b TargetStats) int {
		return strings.Compare(a.TargetGroupARN+a.InstanceID, b.TargetGroupARN+b.InstanceID)
	})
	return out
}
