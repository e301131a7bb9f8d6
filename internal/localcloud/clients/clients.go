// Package clients bounds what those of a server can hold of it: the number of their connections, and the time in which
// they read what they asked for. The time in which they send is the HTTP server's own business.
package clients

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// slice is how much has to be read within the time, in bytes: 64 KiB.
const slice = 64 << 10

// Limits are those of all clients together. Both are required.
type Limits struct {
	Connections int           // at once; further ones are closed
	Send        time.Duration // for each slice of what is sent; then the connection is closed
}

// Bound returns a listener whose connections are bounded. Those of another kind than TCP have no end of time.
func Bound(l net.Listener, o Limits) net.Listener { return &bounded{Listener: l, limits: o} }

type bounded struct {
	net.Listener
	limits Limits
	open   atomic.Int64
}

// Accept waits for a connection for which there is room.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, ok := c.(*net.TCPConn)
		if !ok {
			return c, nil
		}
		if b.open.Add(1) > int64(b.limits.Connections) {
			b.open.Add(-1)
			_ = tcp.Close() // its client learns that there is no room
			continue
		}
		return &conn{TCPConn: tcp, send: b.limits.Send, release: sync.OnceFunc(func() { b.open.Add(-1) })}, nil
	}
}

// conn is a connection whose client has a time to read.
type conn struct {
	*net.TCPConn
	send    time.Duration
	release func()
}

// Close closes the connection, and makes room for another.
func (c *conn) Close() error {
	defer c.release()
	return c.TCPConn.Close()
}

// Write writes slice by slice.
func (c *conn) Write(p []byte) (n int, err error) {
	for {
		part := p[n:min(len(p), n+slice)]
		if err := c.SetWriteDeadline(time.Now().Add(c.send)); err != nil {
			return n, err
		}
		written, err := c.TCPConn.Write(part)
		if n += written; err != nil || n == len(p) {
			return n, err
		}
	}
}

// ReadFrom sends a file slice by slice, without reading it where the system can.
func (c *conn) ReadFrom(r io.Reader) (n int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: r, N: 1<<63 - 1}
	}
	for limited.N > 0 {
		if err := c.SetWriteDeadline(time.Now().Add(c.send)); err != nil {
			return n, err
		}
		part := &io.LimitedReader{R: limited.R, N: min(limited.N, slice)}
		sent, err := c.TCPConn.ReadFrom(part)
		n, limited.N = n+sent, limited.N-sent
		if err != nil && !errors.Is(err, io.EOF) || part.N > 0 { // part.N: the file has ended
			return n, err
		}
	}
	return n, nil
}
