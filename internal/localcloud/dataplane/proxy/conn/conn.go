// Package conn has the connections of a load balancer node, to clients and to targets: plain ones and those of TLS, by
// one interface. A stream of HTTP/2 is a third kind, in package http2.
//
// What is said over a connection is package proxy's business.
package conn

import (
	"net"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/peek"
)

// Conn is a connection. Its methods may be called from any goroutine; one reads at a time.
type Conn interface {
	net.Conn
	// CloseWrite says that nothing more is to come from this side.
	CloseWrite() error
	// State says whether there is something to read, and whether the other side has left. It never waits for more than
	// a few milliseconds.
	State() peek.State
}

// TCP is a connection without TLS.
type TCP struct {
	*net.TCPConn
	mu   sync.Mutex
	peek peek.Peeker
}

// Plain returns a connection whose bytes are those of the socket.
func Plain(c *net.TCPConn) *TCP {
	t := &TCP{TCPConn: c}
	t.peek.Init(c)
	return t
}

// State looks at the socket.
func (t *TCP) State() peek.State {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.peek.State()
}

// Socket is where the bytes pass as they are, so that the kernel may move them.
func (t *TCP) Socket() *net.TCPConn { return t.TCPConn }
