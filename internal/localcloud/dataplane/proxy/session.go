package proxy

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
)

// session is one client's connection.
type session struct {
	node   *Node
	conn   *net.TCPConn
	config *atomic.Pointer[Config]
	since  time.Time
	peek   peeker
	buf    buffer
	out    []byte

	client     netip.Addr
	clientText string
	clientPort uint16

	request, response message
	// of the current request
	c       *Config
	close   bool // the connection ends with this request
	isHead  bool
	http10  bool
	pending body // what of the request's body hasn't been read
	first   bool

	noUpload upload
}

// serve answers request after request until either side ends the connection.
func (s *session) serve() {
	s.first = true
	if !s.reachable() {
		return
	}
	for {
		ok, code := s.readRequest()
		if code != 0 {
			s.close = true
			s.node.failed(code)
			s.errorPage(code)
			return
		}
		if !ok || !s.reachable() {
			return
		}
		s.answer()
		if s.close {
			s.linger()
			return
		}
		s.first = false
	}
}

// reachable waits in silence while packets to the listener are dropped. It returns
// false when the client has given up, or the listener has gone.
func (s *session) reachable() bool {
	c := s.config.Load()
	if c == nil {
		return false
	}
	for s.first && s.node.Reachable != nil && !s.node.Reachable(c.Port) || s.node.Blocked != nil && s.node.Blocked(c.Port) {
		if s.peek.state() == connGone {
			return false
		}
		<-time.After(tick)
	}
	return true
}

// blocked reports whether packets between the client and the node are dropped.
func (s *session) blocked() bool {
	c := s.config.Load()
	return c != nil && s.node.Blocked != nil && s.node.Blocked(c.Port)
}

// hold waits in silence while packets to the client are dropped. It returns false when
// the client has given up, or nothing got through for the idle timeout: then the
// connection is over, which the client learns when packets pass again.
func (s *session) hold() bool {
	if !s.blocked() {
		return true
	}
	since, idle := time.Now(), 60*time.Second
	if s.c != nil {
		idle = s.c.IdleTimeout
	}
	for s.blocked() {
		if s.peek.state() == connGone {
			return false
		}
		<-time.After(tick)
	}
	return time.Since(since) < idle
}

// readRequest reads the next head. It returns an error code for the client, or
// false where there is nothing to be said.
func (s *session) readRequest() (ok bool, code int) {
	s.c = s.config.Load()
	if s.c == nil {
		return false, 0
	}
	head := s.buf.head()
	if head == nil {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.c.IdleTimeout)) // fails only on a closed connection
	}
	for head == nil {
		if err := s.buf.readFrom(s.conn); err != nil {
			switch {
			case errors.Is(err, errMalformed):
				return false, 400
			case errors.Is(err, os.ErrDeadlineExceeded) && s.buf.len() > 0:
				return false, 408
			}
			return false, 0
		}
		head = s.buf.head()
		if head == nil && s.buf.len() > maxHead {
			return false, 400
		}
	}
	s.c = s.config.Load() // it may have changed while this client was idle
	if s.c == nil {
		return false, 0
	}
	m := &s.request
	if err := m.parseRequest(head); err != nil {
		if errors.Is(err, errTooLong) {
			return false, 414
		}
		return false, 400
	}
	switch {
	case m.host == nil && !m.http10, m.ambiguous && s.c.Desync == "strictest", m.chunked && m.http10:
		return false, 400
	case string(m.method) == "TRACE":
		return false, 405
	}
	s.buf.use(len(head)) // the slices stay valid until the next read into the buffer
	s.isHead = string(m.method) == "HEAD"
	s.http10 = m.http10
	s.close = m.close || m.ambiguous || s.node.leaving.Load() || s.c.ClientKeepAlive > 0 && time.Since(s.since) > s.c.ClientKeepAlive
	s.pending = bodyOf(m)
	return true, 0
}

// answer carries out the action of the rule that the request meets.
func (s *session) answer() {
	switch a := s.c.action(&s.request, s.client); {
	case a.Redirect != nil:
		s.redirect(a.Redirect)
	case a.Fixed != nil:
		s.fixed(a.Fixed)
	default:
		group := a.group()
		var t *Target
		if group != nil {
			t = group.pick()
		}
		if t == nil {
			s.fail(nil, 503)
			return
		}
		t.begin()
		s.forward(t)
		t.end()
	}
}

// fail answers with an error of the load balancer's own.
func (s *session) fail(t *Target, code int) {
	s.node.failed(code)
	if t != nil {
		t.failed(code)
	}
	if code == 460 {
		s.close = true // nobody is there to be told
		return
	}
	s.errorPage(code)
}

// linger lets the client read the answer before the connection is reset for what
// it sent and nobody read.
func (s *session) linger() {
	if s.pending.done() && s.buf.len() == 0 {
		return
	}
	_ = s.conn.CloseWrite() // what follows is best effort
	_ = s.conn.SetReadDeadline(time.Now().Add(time.Second))
	for range 64 {
		s.buf.r, s.buf.w = 0, 0
		if s.buf.readFrom(s.conn) != nil {
			return
		}
	}
}
