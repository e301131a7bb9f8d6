package proxy

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/peek"
)

// Target is one target as one node sees it, with the node's connections to it.
type Target struct {
	ID   string // of the instance
	Port int
	Zone string
	// Address is where the target is in its network, for the access log.
	Address netip.AddrPort
	// Dial connects to the target. It hangs until ctx ends where the packets would be dropped.
	Dial func(ctx context.Context) (conn.Conn, error)
	// Blocked reports whether packets of connections that already exist are dropped, too. Nil: never.
	Blocked func() bool
	// Refuses reports whether the target's server takes no connections, or is about to
	// end: those that it had without a request it has closed. Nil: never.
	Refuses func() bool
	// Host counts the requests in flight of all that stands for the same host, on whatever node. Nil: nobody counts.
	Host *atomic.Int64
	// Served counts the requests that the same host was sent, since it came, on whatever node. Nil: nobody counts.
	Served *atomic.Int64
	// Meter measures what the node sends to the target's group. Nil: nobody measures.
	Meter *Meter

	Counters
	healthy  atomic.Bool
	inFlight atomic.Int64

	mu     sync.Mutex
	idle   []*upstream
	active map[*upstream]struct{}
	cut    bool
}

// idleUpstream is how long an unused connection to a target is kept.
const idleUpstream = 60 * time.Second

// SetHealthy says whether the target gets requests. An unhealthy target's idle connections are closed.
func (t *Target) SetHealthy(healthy bool) {
	if t.healthy.Swap(healthy) && !healthy {
		t.CloseIdle()
	}
}

// InFlight is the number of requests that the target has not answered yet.
func (t *Target) InFlight() int64 { return t.inFlight.Load() }

// Connections is the number of the node's connections to the target, in use or kept.
func (t *Target) Connections() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.idle) + len(t.active))
}

// CloseIdle closes the connections that carry no request: the target is retired.
func (t *Target) CloseIdle() {
	t.mu.Lock()
	idle := t.idle
	t.idle = nil
	t.mu.Unlock()
	for _, u := range idle {
		u.conn.Close()
	}
}

// Cut ends all that is in flight, as at the end of the deregistration delay, and refuses what is still to come.
func (t *Target) Cut() {
	t.mu.Lock()
	t.cut = true
	for u := range t.active {
		u.conn.Close()
	}
	t.mu.Unlock()
	t.CloseIdle()
}

// Wake makes requests in flight look at Blocked again.
func (t *Target) Wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for u := range t.active {
		_ = u.conn.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed connection
	}
}

// upstream is a connection from a node to a target.
type upstream struct {
	conn  conn.Conn
	buf   http1.Buffer
	since time.Time // idle since
	used  bool
}

// takeIdle returns a kept connection that is still open.
func (t *Target) takeIdle() *upstream {
	if t.refuses() {
		t.CloseIdle()
		return nil
	}
	for {
		t.mu.Lock()
		n := len(t.idle)
		if n == 0 || t.cut {
			t.mu.Unlock()
			return nil
		}
		u := t.idle[n-1]
		t.idle = t.idle[:n-1]
		t.active[u] = struct{}{}
		t.mu.Unlock()
		if time.Since(u.since) < idleUpstream && u.conn.State() == peek.Quiet {
			return u
		}
		t.drop(u)
	}
}

// adopt registers a new connection; it fails when the target was cut meanwhile.
func (t *Target) adopt(c conn.Conn) *upstream {
	u := &upstream{conn: c}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut {
		c.Close()
		return nil
	}
	if t.active == nil {
		t.active = map[*upstream]struct{}{}
	}
	t.active[u] = struct{}{}
	return u
}

// keep returns a connection for reuse.
func (t *Target) keep(u *upstream) {
	u.since, u.used = time.Now(), true
	refused := t.refuses()
	t.mu.Lock()
	delete(t.active, u)
	closed := t.cut || refused || len(t.idle) >= 1024
	var stale *upstream
	if !closed {
		if len(t.idle) > 0 && time.Since(t.idle[0].since) > idleUpstream {
			stale = t.idle[0]
			t.idle = append(t.idle[:0], t.idle[1:]...)
		}
		t.idle = append(t.idle, u)
	}
	t.mu.Unlock()
	if closed {
		u.close()
	}
	if stale != nil {
		stale.close()
	}
}

// drop closes a connection that can't be used again.
func (t *Target) drop(u *upstream) {
	t.mu.Lock()
	delete(t.active, u)
	t.mu.Unlock()
	u.close()
}

func (u *upstream) close() {
	u.conn.Close()
	u.buf.Release()
}

func (t *Target) refuses() bool { return t.Refuses != nil && t.Refuses() }

// begin and end count a request.
func (t *Target) begin() {
	t.count(1)
	if t.Served != nil {
		t.Served.Add(1)
	}
}

func (t *Target) end() { t.count(-1) }

func (t *Target) count(n int64) {
	t.inFlight.Add(n)
	if t.Host != nil {
		t.Host.Add(n)
	}
}

func (t *Target) blocked() bool { return t.Blocked != nil && t.Blocked() }
