package dataplane

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/guest"
	"github.com/platformctl/platformctl/internal/localcloud/guest/attempts"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
)

// Options of a Plane. Dir and Clock are required.
type Options struct {
	Dir   string // for instances and the ports of listeners
	Host  string // address of the listeners' ports; "" means 127.0.0.1
	Clock clock.Clock
	Nginx nginx.Program     // of the machine; the zero Program is the built-in web server
	Warn  func(text string) // is told what the one who runs this program should know; nil: nobody is
}

// Plane is the running data plane. Its methods may be called from any goroutine.
type Plane struct {
	options Options
	alone   attempts.Alone  // of what ended an earlier process
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	mu            sync.Mutex
	closed        bool
	swept         bool // what earlier planes left of instances that are no more
	topology      Topology
	ports         *portBook
	machines      map[string]*machine
	loadBalancers map[string]*loadBalancer
}

// Open returns a data plane without anything on it. Ports of listeners and the
// files of instances are those that were in the directory.
func Open(o Options) (*Plane, error) {
	if err := os.MkdirAll(filepath.Join(o.Dir, "instances"), 0o700); err != nil {
		return nil, fmt.Errorf("open the data plane: %w", err)
	}
	ports, err := openPortBook(filepath.Join(o.Dir, "ports.json"), cmp.Or(o.Host, "127.0.0.1"))
	if err != nil {
		return nil, fmt.Errorf("open the data plane: %w", err)
	}
	p := &Plane{options: o, alone: attempts.NewAlone(), ports: ports, machines: map[string]*machine{}, loadBalancers: map[string]*loadBalancer{}}
	p.ctx, p.cancel = context.WithCancel(context.Background()) // its life is the plane's, not a call's
	return p, nil
}

// Apply makes the data plane what the topology says. It does nothing for what is so already, and doesn't wait for
// instances to boot or stop. Errors of single objects are joined; all others are applied.
func (p *Plane) Apply(_ context.Context, t Topology) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errors.New("apply a topology: the data plane is closed")
	}
	p.topology = t
	failures := p.applyInstances(t.Instances)
	if !p.swept {
		failures = append(failures, p.sweep(t.Instances)...)
		p.swept = true
	}

	view := newView(t)
	wanted := map[string]bool{}
	for _, spec := range t.LoadBalancers {
		if !spec.Active {
			continue
		}
		wanted[spec.ARN] = true
		lb := p.loadBalancers[spec.ARN]
		if lb == nil {
			lb = newLoadBalancer(p)
			p.loadBalancers[spec.ARN] = lb
		}
		if err := lb.apply(spec, view); err != nil {
			failures = append(failures, err)
		}
	}
	for arn, lb := range p.loadBalancers {
		if !wanted[arn] {
			lb.close()
			delete(p.loadBalancers, arn)
		}
	}
	keep := map[string]bool{}
	for _, lb := range t.LoadBalancers {
		for _, l := range lb.Listeners {
			keep[portKey(lb.ARN, l.Port)] = true
		}
	}
	if err := p.ports.keepOnly(keep); err != nil {
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// Address is where a client on this machine reaches a listener, such as "127.0.0.1:40123". It is the same as long as
// the listener exists, also over restarts.
func (p *Plane) Address(loadBalancerARN string, port int) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lb := p.loadBalancers[loadBalancerARN]
	if lb == nil {
		return "", false
	}
	l := lb.listeners[port]
	if l == nil {
		return "", false
	}
	return Reachable(l.socket.Addr()), true
}

// Guest is what runs inside an instance, or nil.
func (p *Plane) Guest(instanceID string) *guest.Guest {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.machines[instanceID]; m != nil {
		return m.guest
	}
	return nil
}

// Console is an instance's console output, "" if there is none.
func (p *Plane) Console(instanceID string) string {
	if g := p.Guest(instanceID); g != nil {
		return g.Console()
	}
	return ""
}

// Close stops everything and waits until it has stopped. Files stay.
func (p *Plane) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	p.cancel()
	for _, lb := range p.loadBalancers {
		lb.close()
	}
	for _, m := range p.machines {
		m.close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

// run starts a goroutine that Close waits for.
func (p *Plane) run(f func()) {
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		f()
	}()
}
