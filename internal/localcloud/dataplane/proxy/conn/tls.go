package conn

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/peek"
	"github.com/platformctl/platformctl/internal/localcloud/tlspolicy"
)

// TLS is a connection that TLS protects.
type TLS struct {
	*tls.Conn
	socket *TCP

	reading sync.Mutex
	ahead   []byte // read while looking whether the other side has left
	used    int    // of ahead

	version, suite, protocol string
}

// Server returns the server's side of TLS over a client's connection. While blocked reports that packets are dropped,
// nothing comes in and nothing goes out, not even what TLS or HTTP/2 have to say of their own; pause waits a moment.
func Server(socket *TCP, c *tls.Config, blocked func() bool, pause func()) *TLS {
	return &TLS{Conn: tls.Server(&gate{socket, blocked, pause}, c), socket: socket}
}

// Client returns the client's side of TLS over a connection to a target.
func Client(socket *TCP, c *tls.Config) *TLS {
	return &TLS{Conn: tls.Client(socket.TCPConn, c), socket: socket}
}

// Handshake agrees with the other side on keys.
func (t *TLS) Handshake(ctx context.Context) error {
	if err := t.HandshakeContext(ctx); err != nil {
		return err
	}
	state := t.ConnectionState()
	t.version, t.suite, t.protocol = tlspolicy.VersionName(state.Version), tlspolicy.SuiteName(state.CipherSuite), state.NegotiatedProtocol
	return nil
}

// Negotiated are the version and the cipher suite, in AWS's words.
func (t *TLS) Negotiated() (version, suite string) { return t.version, t.suite }

// Protocol is what ALPN has chosen: h2, http/1.1, or "" where the client didn't ask.
func (t *TLS) Protocol() string { return t.protocol }

// lookFor is how long a look waits for the rest of a record whose beginning is there.
const lookFor = 2 * time.Millisecond

// State looks at the socket, and where something is there, at what it means: it may be the end of the connection, or
// no more than a session ticket. While somebody reads, it is for them to find out.
func (t *TLS) State() peek.State {
	if !t.reading.TryLock() {
		if t.socket.State() == peek.Gone {
			return peek.Gone
		}
		return peek.Quiet
	}
	defer t.reading.Unlock()
	if t.used < len(t.ahead) {
		return peek.Data
	}
	if found := t.socket.State(); found != peek.Data {
		return found
	}
	if t.ahead == nil {
		t.ahead = make([]byte, 512)
	}
	_ = t.Conn.SetReadDeadline(time.Now().Add(lookFor)) // who reads next sets their own
	n, err := t.Conn.Read(t.ahead[:cap(t.ahead)])
	t.ahead, t.used = t.ahead[:n], 0
	switch timeout, ok := err.(net.Error); { //nolint:errorlint // crypto/tls returns it as it is
	case n > 0:
		return peek.Data
	case ok && timeout.Timeout():
		return peek.Quiet
	}
	return peek.Gone
}

// Read reads what a look has read, and then what comes.
func (t *TLS) Read(p []byte) (int, error) {
	t.reading.Lock()
	defer t.reading.Unlock()
	if t.used < len(t.ahead) {
		n := copy(p, t.ahead[t.used:])
		t.used += n
		return n, nil
	}
	return t.Conn.Read(p)
}

// gate is the way between TLS and the socket.
type gate struct {
	*TCP
	blocked func() bool
	pause   func()
}

func (g *gate) Read(p []byte) (int, error) {
	n, err := g.TCPConn.Read(p)
	if n > 0 && !g.wait() {
		return 0, net.ErrClosed
	}
	return n, err
}

func (g *gate) Write(p []byte) (int, error) {
	if !g.wait() {
		return 0, net.ErrClosed
	}
	return g.TCPConn.Write(p)
}

// wait returns false when the other side has left meanwhile.
func (g *gate) wait() bool {
	for g.blocked() {
		if g.State() == peek.Gone {
			return false
		}
		g.pause()
	}
	return true
}
