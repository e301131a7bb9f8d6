package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http2"
)

// serve serves a client's connection until it ends.
func (n *Node) serve(client *conn.TCP, config *atomic.Pointer[Config]) {
	s := &session{node: n, conn: client, config: config}
	s.begin(client)
	s.first = true
	c := config.Load()
	if c == nil || !s.reachable() {
		return
	}
	n.connected()
	n.arrived.Add(1)
	defer n.arrived.Add(-1)
	if c.TLS == nil {
		s.serve()
		s.hold() // a client that packets don't reach isn't told of the end, either
		s.buf.Release()
		return
	}
	if c = config.Load(); c == nil || c.TLS == nil {
		return // the listener has changed while nothing came through
	}
	secure := conn.Server(client, c.TLS, s.blocked, func() { <-time.After(tick) })
	if err := n.handshake(secure, s, c.IdleTimeout); err != nil {
		return
	}
	defer secure.Close()
	if secure.Protocol() == "h2" {
		http2.Serve(secure, c.IdleTimeout, func() bool { return n.ending(config, s.since) }, func(stream *http2.Stream) { n.stream(s, secure, stream) })
		return
	}
	s.conn, s.secure = secure, secure
	s.serve()
	s.hold()
	s.buf.Release()
	if s.broken {
		client.Close() // TLS mustn't say that this was all
	}
}

// handshake agrees with the client on keys, for at most the idle timeout.
func (n *Node) handshake(secure *conn.TLS, s *session, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within) // ended below
	defer cancel()
	err := secure.Handshake(ctx)
	var other tls.RecordHeaderError
	if errors.As(err, &other) && other.Conn != nil && plainHTTP(other.RecordHeader[:]) {
		s.c, s.close = s.config.Load(), true
		n.failed(400)
		n.own(400)
		if s.c != nil {
			s.errorPage(400)
			s.pending.Length = http1.UntilEOF // the rest of the request
			s.linger()
		}
	} else if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && ctx.Err() == nil {
		n.unagreed() // a client that left, or said nothing, has made no error
	}
	return err
}

// plainHTTP reports whether a client speaks HTTP where TLS is spoken: what came begins with a method.
func plainHTTP(begin []byte) bool {
	for _, c := range begin {
		if c < 'A' || c > 'Z' {
			return c == ' ' || c == '/'
		}
	}
	return true
}

// begin notes whose connection it is.
func (s *session) begin(client *conn.TCP) {
	s.since = time.Now()
	if a, err := netip.ParseAddrPort(client.RemoteAddr().String()); err == nil {
		s.client = a.Addr().Unmap()
		s.clientText, s.clientPort = s.client.String(), a.Port()
	}
}

// ending reports whether a client's connection is to end with the requests that it carries.
func (n *Node) ending(config *atomic.Pointer[Config], since time.Time) bool {
	c := config.Load()
	return c == nil || n.leaving.Load() || c.ClientKeepAlive > 0 && time.Since(since) > c.ClientKeepAlive
}

// stream answers one request of an HTTP/2 connection, whose client is that of s.
func (n *Node) stream(of *session, secure *conn.TLS, stream *http2.Stream) {
	s, ok := n.sessions.Get().(*session)
	if !ok {
		s = &session{}
	}
	s.node, s.config, s.conn, s.secure, s.stream = n, of.config, stream, secure, stream
	s.since, s.client, s.clientText, s.clientPort = of.since, of.client, of.clientText, of.clientPort
	s.close, s.broken, s.alone = false, false, false
	s.exchange()
	s.hold()
	s.buf.Release()
	s.conn, s.secure, s.stream, s.c, s.config = nil, nil, nil, nil, nil
	n.sessions.Put(s)
}
