// Package proxy is the request path of one Application Load Balancer node: it reads HTTP/1.x requests from a client's
// connection, chooses a target and relays request and answer, with the errors that an ALB has of its own.
//
// It works on the connections themselves rather than through net/http: a node has to see when a client leaves, when a
// target resets, and what exactly was sent (docs/adr/0012). Bodies are never held in memory.
//
// Below it, conn has the connections, http1 reads messages, http2 makes of each stream a connection of its own, rules
// holds listener rules' conditions, and peek looks at sockets. Which nodes there are, what they can reach and which
// targets are healthy is decided in package dataplane.
//
// It has more than 1,500 lines because a request's way through a node is one state machine: a session's.
package proxy

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
)

// Node is one load balancer node: it owns its clients' connections.
type Node struct {
	Zone  string
	Clock clock.Clock
	// Reachable says whether a new connection's packets arrive at the node's port, and
	// Blocked whether those of existing connections don't.
	Reachable, Blocked func(port int) bool

	Counters
	Meter // of what the node answers itself, of connections, and of what passes to and from clients

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	wg     sync.WaitGroup

	arrived  atomic.Int64 // clients' connections that have got through
	leaving  atomic.Bool
	sessions sync.Pool // that streams have used
}

// tick is how often something that waits looks around: whether the client has left, whether a blocked path is open again.
const tick = 200 * time.Millisecond

// connectTimeout is how long an ALB waits for a target to accept a connection
// (docs: "Troubleshoot your Application Load Balancers", HTTP 504).
const connectTimeout = 10 * time.Second

// Serve takes over a client's connection and returns at once. config is read for each request.
func (n *Node) Serve(client *net.TCPConn, config *atomic.Pointer[Config]) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		client.Close()
		return
	}
	if n.conns == nil {
		n.conns = map[net.Conn]struct{}{}
	}
	n.conns[client] = struct{}{}
	n.wg.Add(1)
	go func() {
		defer n.wg.Done()
		n.serve(conn.Plain(client), config)
		client.Close()
		n.mu.Lock()
		delete(n.conns, client)
		n.mu.Unlock()
	}()
}

// Arrived is the number of clients' connections whose packets have reached the node.
func (n *Node) Arrived() int64 { return n.arrived.Load() }

// Connections is the number of clients that are connected.
func (n *Node) Connections() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.conns)
}

// Leave lets every connection end with its next answer, for at most the given time, and then closes the node: nobody
// who is being served notices that the node goes.
func (n *Node) Leave(patience time.Duration) {
	n.leaving.Store(true)
	<-time.After(tick) // for the connection that was just about to be handed over
	served := make(chan struct{})
	go func() {
		defer close(served)
		n.wg.Wait()
	}()
	timer := n.Clock.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-served:
	case <-timer.C():
	}
	n.Close()
	<-served
}

// Close ends all connections and waits until nothing of the node runs.
func (n *Node) Close() {
	n.mu.Lock()
	n.closed = true
	for c := range n.conns {
		c.Close()
	}
	n.mu.Unlock()
	n.wg.Wait()
}
