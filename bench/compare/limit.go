package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/resource"
)

// limit is what no program can be faster than that makes each object after those that it
// needs: the longest chain of provisioning times, and one round trip for each object of
// it. It is counted from the program's start, with one round trip to look what is there.
type limit struct {
	create  time.Duration // until all is made and ready, and targets are registered
	serving time.Duration // until every target is healthy
	nothing time.Duration // three calls that need each other's answers: load balancer, listeners, their tags
	destroy time.Duration // until a look shows that nothing is left
	chain   []string      // of create: the objects that take time
	back    []string      // of destroy
}

// durations are how long things take, by server.Durations' names.
type durations map[string]time.Duration

func durationsOf(latency string) (durations, error) { return server.Durations(latency) }

// made is how long an object takes to be ready, beyond its call's round trip.
func (d durations) made(kind string) time.Duration {
	switch kind {
	case "vpc", "nat-gateway":
		return d[kind+" available"]
	case "instance", scalingGroup:
		return d["instance running"]
	case "load-balancer":
		return d["load-balancer active"]
	case "instance-profile":
		return d["instance-profile known to EC2"]
	case "certificate":
		return d["certificate's records known"]
	case validation: // if ACM looks for the records the moment that they are there
		return d["certificate issued"]
	}
	return 0
}

// gone is how long an object that is deleted keeps those from going that it needs.
func (d durations) gone(kind string) time.Duration {
	switch kind {
	case "nat-gateway":
		return d["nat-gateway deleted"]
	case "instance", scalingGroup:
		return d["instance terminated"]
	case "load-balancer":
		return d["load-balancer's interfaces gone"]
	case validation: // the certificate's last use goes with its listener
		return d["certificate released"]
	}
	return 0
}

const (
	registration = "registration"
	scalingGroup = "auto-scaling-group"
	validation   = "certificate-validation"
)

// trip is the round trip of the call that makes or deletes an object: a validation is neither made nor deleted.
func trip(kind string, roundTrip time.Duration) time.Duration {
	if kind == validation {
		return 0
	}
	return roundTrip
}

// limitOf is the limit of a platform in a setting.
func limitOf(cfg config.Config, s setting) (limit, error) {
	d, err := durationsOf(s.latency)
	if err != nil {
		return limit{}, err
	}
	graph, err := blueprint.Build(cfg, blueprint.Facts{Zones: zones(), ImageID: "ami-0"})
	if err != nil {
		return limit{}, err
	}
	checks := checks{
		first: d["target checked by the first node"], nodes: len(zones()), interval: cfg.LoadBalancer.HealthCheck.Interval,
	}
	return limitOfGraph(graph.Nodes(), d, s.roundTrip, checks), nil
}

// checks are how the nodes of a load balancer check a target: the first time so long after
// its registration, and after the node before, and then at an interval.
type checks struct {
	first    time.Duration
	nodes    int
	interval time.Duration
}

func limitOfGraph(nodes []*resource.Node, d durations, roundTrip time.Duration, checks checks) (l limit) {
	l.nothing = 3 * roundTrip
	ready, after := map[resource.Key]time.Duration{}, map[resource.Key]resource.Key{}
	var last resource.Key
	for _, node := range nodes {
		begin := roundTrip
		for _, need := range node.Needs {
			if ready[need] > begin {
				begin, after[node.Key] = ready[need], need
			}
		}
		end := begin + trip(node.Key.Kind, roundTrip) + d.made(node.Key.Kind)
		ready[node.Key] = end
		if end > l.create {
			l.create, last = end, node.Key
		}
		switch node.Key.Kind {
		case registration:
			l.serving = max(l.serving, healthy(node, ready, end, d["instance booted"], checks))
		case scalingGroup: // which registers an instance when it runs; it is checked once a listener leads to it
			l.serving = max(l.serving, checks.pass(max(end, lastOf("listener", ready)), end+d["instance booted"]))
		}
	}
	l.serving = max(l.serving, l.create)
	l.chain = chainTo(last, after, d.made)

	gone, after := map[resource.Key]time.Duration{}, map[resource.Key]resource.Key{}
	before := map[resource.Key]resource.Key{} // what of an object's dependents goes last
	for _, node := range slices.Backward(nodes) {
		if node.Key.Kind == registration {
			continue // it goes with its target group
		}
		begin := max(gone[node.Key], roundTrip)
		if need, waits := before[node.Key]; waits {
			after[node.Key] = need
		}
		end := begin + trip(node.Key.Kind, roundTrip) + d.gone(node.Key.Kind)
		for _, need := range node.Needs {
			if end > gone[need] {
				gone[need], before[need] = end, node.Key
			}
		}
		if end > l.destroy {
			l.destroy, last = end, node.Key
		}
	}
	l.destroy += roundTrip
	l.back = chainTo(last, after, d.gone)
	return l
}

// lastOf is when the last object of a kind is ready.
func lastOf(kind string, ready map[resource.Key]time.Duration) (last time.Duration) {
	for key, at := range ready {
		if key.Kind == kind {
			last = max(last, at)
		}
	}
	return last
}

// healthy is when all nodes of the load balancer find a target healthy. The instance's web
// server answers once it has booted.
func healthy(node *resource.Node, ready map[resource.Key]time.Duration, registered, boot time.Duration, checks checks) time.Duration {
	up := registered
	for _, need := range node.Needs {
		if need.Kind == "instance" {
			up = ready[need] + boot
		}
	}
	return checks.pass(registered, up)
}

// pass is when all nodes have found a target healthy that was registered at a time, and answers from another one on.
func (c checks) pass(registered, up time.Duration) time.Duration {
	last := registered
	for i := range c.nodes {
		check := registered + time.Duration(i+1)*c.first
		for check < up {
			check += c.interval
		}
		last = max(last, check)
	}
	return last
}

// chainTo are the kinds on the way to an object that take time of their own.
func chainTo(last resource.Key, after map[resource.Key]resource.Key, takes func(kind string) time.Duration) (chain []string) {
	for key := last; !key.IsZero(); key = after[key] {
		if takes(key.Kind) > 0 {
			chain = append(chain, key.Kind)
		}
	}
	slices.Reverse(chain)
	return chain
}

func (l limit) String() string {
	return "to create: " + strings.Join(l.chain, " → ") + "; to destroy: " + strings.Join(l.back, " → ")
}
