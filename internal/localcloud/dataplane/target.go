package dataplane

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/health"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/guest"
)

// NodeChecksAfter is how long after a target's registration the first node of a load balancer checks it for the first
// time, and how long after one node the next one does: nodes don't check in step.
const NodeChecksAfter = 100 * time.Millisecond

// nodeTarget is one target as one node sees it.
type nodeTarget struct {
	plane     *Plane
	proxy     proxy.Target
	checker   *health.Checker
	isHealthy atomic.Bool
	zonal     bool // cross-zone load balancing is off; under the node's lock

	guest    *guest.Guest
	verdicts atomic.Pointer[map[int]Verdict]
	ctx      context.Context // of the target's registration with the node
	cancel   context.CancelFunc
	stop     context.CancelFunc // of the checks
	draining bool
}

// newTarget starts to check a target that was just registered.
func (n *node) newTarget(lb LoadBalancer, group *TargetGroup, spec Target, v view) *nodeTarget {
	t := &nodeTarget{plane: n.plane}
	if m := n.plane.machines[spec.InstanceID]; m != nil {
		t.guest, t.proxy.Host, t.proxy.Served = m.guest, &m.requests, &m.served
	}
	t.proxy.Meter = n.meter(group.ARN)
	t.proxy.ID, t.proxy.Port, t.proxy.Zone = spec.InstanceID, spec.Port, spec.Zone
	if address, err := netip.ParseAddr(v.privateIP(spec.InstanceID)); err == nil {
		t.proxy.Address = netip.AddrPortFrom(address, uint16(spec.Port)) //nolint:gosec // a port
	}
	secure := targetTLS(lb)
	traffic := secure
	if group.Protocol != "HTTPS" {
		traffic = nil
	}
	t.proxy.Dial = func(ctx context.Context) (conn.Conn, error) {
		socket, err := t.dial(ctx, spec.Port)
		if err != nil {
			return nil, err
		}
		return protect(ctx, socket, traffic)
	}
	t.proxy.Blocked = func() bool {
		verdict := t.verdict(spec.Port)
		return !verdict.Allowed && !verdict.Established
	}
	t.proxy.Refuses = func() bool {
		if t.guest == nil {
			return false
		}
		_, state := t.guest.Address(spec.Port)
		return state == guest.Closed
	}
	t.verdicts.Store(&map[int]Verdict{})
	t.ctx, t.cancel = context.WithCancel(n.plane.ctx)
	t.checker = health.NewChecker(health.Options{
		Clock: n.plane.options.Clock, Dial: t.dial, TLS: secure, Host: v.privateIP(spec.InstanceID), Port: spec.Port,
		FirstAfter: time.Duration(n.index+1) * NodeChecksAfter,
		Changed: func(s health.Status) {
			t.isHealthy.Store(s.State == health.Healthy)
			t.proxy.SetHealthy(s.State == health.Healthy)
			n.plane.healthChanged()
		},
	}, group.HealthCheck)
	ctx, stop := context.WithCancel(t.ctx)
	t.stop = stop
	n.plane.run(func() { t.checker.Run(ctx) })
	return t
}

func (t *nodeTarget) apply(group *TargetGroup, spec Target, verdicts map[int]Verdict) {
	t.verdicts.Store(&verdicts)
	if t.proxy.Blocked() {
		t.proxy.Wake()
	}
	t.checker.SetSettings(group.HealthCheck)
	if spec.DrainingSince.IsZero() || t.draining {
		return
	}
	// From here on no request is new; those in flight have until the delay's end.
	t.draining = true
	t.stop()
	t.isHealthy.Store(false)
	t.proxy.CloseIdle()
	left := spec.DrainingSince.Add(group.DeregistrationDelay).Sub(t.plane.options.Clock.Now())
	timer := t.plane.options.Clock.NewTimer(left)
	t.plane.run(func() {
		defer timer.Stop()
		select {
		case <-timer.C():
		case <-t.ctx.Done():
		}
		t.proxy.Cut()
	})
}

func (t *nodeTarget) verdict(port int) Verdict { return (*t.verdicts.Load())[port] }

// dial connects to the guest as a packet would get there: dropped is silence, a closed port is a refusal.
func (t *nodeTarget) dial(ctx context.Context, port int) (net.Conn, error) {
	for {
		if t.guest != nil && t.verdict(port).Allowed {
			switch address, state := t.guest.Address(port); state {
			case guest.Closed:
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
			case guest.Open:
				var d net.Dialer
				return d.DialContext(ctx, "tcp", address)
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second): // TCP tries again, too
		}
	}
}

// retire ends checks and requests to come, as the load balancer has learnt that the
// instance doesn't run. What is in flight the instance answers, or ends.
func (t *nodeTarget) retire() {
	t.cancel()
	t.proxy.SetHealthy(false)
	t.proxy.CloseIdle()
}

// leave ends checks and requests to come, as the load balancer has left the target's zone. What is in flight goes on for as long
// as a node that was taken out of service does.
func (t *nodeTarget) leave() {
	t.stop()
	t.isHealthy.Store(false)
	t.proxy.SetHealthy(false)
	t.proxy.CloseIdle()
	timer := t.plane.options.Clock.NewTimer(leaveWithin)
	t.plane.run(func() {
		defer timer.Stop()
		select {
		case <-timer.C():
		case <-t.ctx.Done():
		}
		t.close()
	})
}

// close ends everything with the target, in flight or not.
func (t *nodeTarget) close() {
	t.cancel()
	t.proxy.Cut()
}

func healthPort(group *TargetGroup, t Target) int {
	if group.HealthCheck.Port != 0 {
		return group.HealthCheck.Port
	}
	return t.Port
}
