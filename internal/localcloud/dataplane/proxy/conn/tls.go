package conn

import (
	"context"
	"crypto/tls"
	"errors"
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
	gate   *gate // of the server's side

	reading sync.Mutex
	ahead   []byte // read while looking whether the other side has left
	used    int    // of ahead

	version, suite, protocol string
}

// Server returns the server's side of TLS over a client's connection. While blocked reports that packets are dropped,
// nothing comes in and nothing goes out, not even what TLS or HTTP/2 have to say of their own; pause waits a moment.
func Server(socket *TCP, c *tls.Config, blocked func() bool, pause func()) *TLS {
	g := &gate{TCP: socket, blocked: blocked, pause: pause}
	return &TLS{Conn: tls.Server(g, c), socket: socket, gate: g}
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

// Gather sends what is written from now on in larger pieces, by a goroutine that ends with Close. The connection ends
// when nothing gets through for idle to twice as long; deadlines of writes count no more.
func (t *TLS) Gather(idle time.Duration) {
	t.gate.idle = idle
	t.gate.batch = newBatch(t.gate.send)
}

// gate is the way between TLS and the socket.
type gate struct {
	*TCP
	blocked func() bool
	pause   func()
	batch   *batch // nil: each write is sent by itself
	idle    time.Duration
	until   time.Time // of writes
}

func (g *gate) Read(p []byte) (int, error) {
	n, err := g.TCPConn.Read(p)
	if n > 0 && !g.wait() {
		return 0, net.ErrClosed
	}
	return n, err
}

func (g *gate) Write(p []byte) (int, error) {
	if g.batch != nil {
		return g.batch.write(p)
	}
	if !g.wait() {
		return 0, net.ErrClosed
	}
	return g.TCPConn.Write(p)
}

// send sends what was gathered.
func (g *gate) send(p []byte) error {
	if !g.wait() {
		return net.ErrClosed
	}
	if now := time.Now(); g.until.Sub(now) < g.idle { // to set a deadline each time would cost too much
		g.until = now.Add(2 * g.idle)
		_ = g.TCPConn.SetWriteDeadline(g.until) // fails only on a closed connection
	}
	_, err := g.TCPConn.Write(p)
	return err
}

// SetWriteDeadline is for what isn't gathered.
func (g *gate) SetWriteDeadline(t time.Time) error {
	if g.batch != nil {
		return nil
	}
	return g.TCPConn.SetWriteDeadline(t)
}

// SetDeadline sets both.
func (g *gate) SetDeadline(t time.Time) error {
	return errors.Join(g.SetReadDeadline(t), g.SetWriteDeadline(t))
}

// Close sends what was gathered before, for a short time.
func (g *gate) Close() error {
	if g.batch != nil {
		_ = g.TCPConn.SetWriteDeadline(time.Now().Add(closeWithin)) // as above
		g.batch.close()
	}
	return g.TCPConn.Close()
}

// closeWithin is how long a connection that is closed may take to send the rest.
const closeWithin = time.Second

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
