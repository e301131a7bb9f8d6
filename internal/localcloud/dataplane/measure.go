package dataplane

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
)

// Measures are what the traffic did since the last time that somebody asked.
type Measures struct {
	Nodes []NodeMeasures
	// Served are the requests that each instance was sent.
	Served map[string]int64
}

// NodeMeasures are of one node of a load balancer.
type NodeMeasures struct {
	LoadBalancerARN, Zone string
	Connections           int64                     // of clients and to targets, now
	Own                   proxy.Measured            // what it answered itself, its new connections, and the bytes
	Groups                map[string]proxy.Measured // what it sent to target groups, by ARN
}

// Measure takes what was measured. There is one who asks: what was taken, nobody else gets.
func (p *Plane) Measure() Measures {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := Measures{Served: map[string]int64{}}
	for id, m := range p.machines {
		out.Served[id] = m.served.Swap(0)
	}
	for _, arn := range slices.Sorted(maps.Keys(p.loadBalancers)) {
		lb := p.loadBalancers[arn]
		for _, subnet := range slices.Sorted(maps.Keys(lb.nodes)) {
			n := lb.nodes[subnet]
			measures := NodeMeasures{LoadBalancerARN: arn, Zone: n.proxy.Zone, Own: n.proxy.Take(), Groups: map[string]proxy.Measured{}}
			measures.Connections = n.proxy.Arrived()
			n.mu.Lock()
			for _, t := range n.targets {
				measures.Connections += t.proxy.Connections()
			}
			for group, meter := range n.meters {
				measures.Groups[group] = meter.Take()
			}
			n.mu.Unlock()
			out.Nodes = append(out.Nodes, measures)
		}
	}
	return out
}

// meter measures what the node sends to a group. It is called under the node's lock.
func (n *node) meter(group string) *proxy.Meter {
	if n.meters[group] == nil {
		n.meters[group] = &proxy.Meter{}
	}
	return n.meters[group]
}
