package dataplane

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
)

// dnsTimeToLive is how long clients still come to a node that has failed: the time to live of a load balancer's DNS
// records (docs: "Application Load Balancers", load balancer state and DNS).
const dnsTimeToLive = 60 * time.Second

// leaveWithin is how long a node that was taken out of service goes on for the
// clients that it has. AWS doesn't say how long it lets its own go on.
const leaveWithin = 10 * time.Second

// loadBalancer is one that runs.
type loadBalancer struct {
	plane     *Plane
	spec      LoadBalancer
	nodes     map[string]*node // by subnet
	leaving   map[*node]bool   // out of DNS, with connections that haven't ended
	listeners map[int]*listener

	order atomic.Pointer[[]*node] // the nodes, for accept loops
	next  atomic.Uint64
}

// listener is an open port with a configuration for each node.
type listener struct {
	socket  *net.TCPListener
	secured secured // under the plane's lock
	mu      sync.Mutex
	config  map[*node]*atomic.Pointer[proxy.Config]
}

func newLoadBalancer(p *Plane) *loadBalancer {
	return &loadBalancer{plane: p, nodes: map[string]*node{}, leaving: map[*node]bool{}, listeners: map[int]*listener{}}
}

// apply is called under the plane's lock.
func (lb *loadBalancer) apply(spec LoadBalancer, v view) error {
	lb.spec = spec
	order := make([]*node, 0, len(spec.Nodes))
	wanted := map[string]bool{}
	for i, n := range spec.Nodes {
		wanted[n.SubnetID] = true
		running := lb.nodes[n.SubnetID]
		if running == nil {
			running = newNode(lb.plane, n, i)
			lb.nodes[n.SubnetID] = running
		}
		running.apply(spec, n, v)
		order = append(order, running)
	}
	lb.order.Store(&order)
	for subnet, n := range lb.nodes {
		if !wanted[subnet] {
			delete(lb.nodes, subnet)
			lb.leave(n)
		}
	}
	lb.updateDNS()

	var failures []error
	open := map[int]bool{}
	var opened []*listener
	for _, l := range spec.Listeners {
		open[l.Port] = true
		running := lb.listeners[l.Port]
		if running == nil {
			socket, err := lb.plane.ports.listen(portKey(spec.ARN, l.Port))
			if err != nil {
				failures = append(failures, fmt.Errorf("open listener %s: %w", l.ARN, err))
				continue
			}
			running = &listener{socket: socket, config: map[*node]*atomic.Pointer[proxy.Config]{}}
			lb.listeners[l.Port] = running
			opened = append(opened, running)
		}
		if err := running.secure(lb.plane, l.TLS); err != nil {
			failures = append(failures, fmt.Errorf("let listener %s speak TLS: %w", l.ARN, err))
		}
	}
	reached := lb.reached()
	for _, l := range spec.Listeners {
		if running := lb.listeners[l.Port]; running != nil {
			running.configure(lb, l, order, reached, v)
		}
	}
	for _, n := range order {
		n.letGo()
	}
	for _, l := range opened {
		lb.plane.run(func() { lb.accept(l) })
	}
	for port, l := range lb.listeners {
		if !open[port] {
			l.close()
			delete(lb.listeners, port)
		}
	}
	return errors.Join(failures...)
}

// leave takes a node out of service without cutting anybody off. It is called under the plane's lock.
func (lb *loadBalancer) leave(n *node) {
	lb.leaving[n] = true
	lb.plane.run(func() {
		n.proxy.Leave(leaveWithin)
		lb.plane.mu.Lock()
		delete(lb.leaving, n)
		lb.plane.mu.Unlock()
		n.close()
	})
}

// reached are the ports of this machine by those of the listeners.
func (lb *loadBalancer) reached() map[string]int {
	ports := map[string]int{}
	for port, l := range lb.listeners {
		ports[strconv.Itoa(port)] = l.socket.Addr().(*net.TCPAddr).Port
	}
	return ports
}

func (l *listener) configure(lb *loadBalancer, spec Listener, order []*node, reached map[string]int, v view) {
	l.mu.Lock()
	defer l.mu.Unlock()
	current := map[*node]bool{}
	for _, n := range slices.AppendSeq(slices.Clone(order), maps.Keys(lb.leaving)) {
		current[n] = true
		c := &proxy.Config{Attributes: lb.spec.Attributes, Port: spec.Port, Reached: reached, TLS: l.secured.config, TLSHeaders: spec.TLSHeaders,
			Default: n.action(spec.Default, lb.spec, v)}
		if c.IdleTimeout <= 0 {
			c.IdleTimeout = 60 * time.Second
		}
		if c.ClientKeepAlive <= 0 {
			c.ClientKeepAlive = time.Hour
		}
		if log := v.topology.Log; log != nil && lb.spec.Logs {
			arn, at := lb.spec.ARN, *n.spec.Load()
			c.Log = func(r *proxy.Record) { log(arn, at, r) }
		}
		for _, r := range spec.Rules {
			c.Rules = append(c.Rules, proxy.Rule{Priority: r.Priority, Conditions: r.Conditions, Action: n.action(r.Action, lb.spec, v)})
		}
		if l.config[n] == nil {
			l.config[n] = new(atomic.Pointer[proxy.Config])
		}
		l.config[n].Store(c)
	}
	for n := range l.config {
		if !current[n] {
			delete(l.config, n)
		}
	}
}

// accept gives each new connection to one of the nodes that are in DNS: what a
// client does that resolves the name again each time.
func (lb *loadBalancer) accept(l *listener) {
	for {
		conn, err := l.socket.AcceptTCP()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			select { // out of file descriptors, for instance
			case <-lb.plane.ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		n := lb.pickNode()
		if n == nil {
			conn.Close()
			continue
		}
		l.mu.Lock()
		config := l.config[n]
		l.mu.Unlock()
		if config == nil { // the listener has just gone
			conn.Close()
			continue
		}
		n.proxy.Serve(conn, config)
	}
}

func (lb *loadBalancer) pickNode() *node {
	order := *lb.order.Load()
	now := lb.plane.options.Clock.Now()
	in := 0
	for _, n := range order {
		if n.inDNS(now) {
			in++
		}
	}
	if len(order) == 0 {
		return nil
	}
	turn := lb.next.Add(1)
	if in == 0 { // DNS fails open, too
		return order[turn%uint64(len(order))]
	}
	at := int(turn % uint64(in))
	for _, n := range order {
		if n.inDNS(now) {
			if at == 0 {
				return n
			}
			at--
		}
	}
	return order[0]
}

// updateDNS notes which nodes fail. A node fails that clients can't reach, or that
// has no healthy target to send them to while another node has.
func (lb *loadBalancer) updateDNS() {
	order := *lb.order.Load()
	anyHealthy := false
	for _, n := range order {
		anyHealthy = anyHealthy || n.hasHealthyTarget()
	}
	for _, n := range order {
		failing := !n.spec.Load().reachable() || anyHealthy && !n.hasHealthyTarget()
		switch {
		case !failing:
			n.failingSince.Store(0)
		case n.failingSince.Load() == 0:
			n.failingSince.Store(lb.plane.options.Clock.Now().UnixNano())
		}
	}
}

func (l *listener) close() {
	_ = l.socket.Close() // the accept loop ends
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.config {
		c.Store(nil) // connections end with the request that they carry
	}
	l.config = map[*node]*atomic.Pointer[proxy.Config]{}
}

func (lb *loadBalancer) close() {
	for _, l := range lb.listeners {
		l.close()
	}
	for _, n := range lb.nodes {
		n.close()
	}
	for n := range lb.leaving {
		n.close()
	}
}
