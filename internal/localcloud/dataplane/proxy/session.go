package proxy

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/desync"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http2"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/peek"
)

// session is one client's connection, or one stream of it.
type session struct {
	node   *Node
	conn   conn.Conn
	secure *conn.TLS     // what protects the connection; nil: nothing
	stream *http2.Stream // nil: the connection is the client's own
	config *atomic.Pointer[Config]
	since  time.Time
	sent   time.Time // when the request had left for its target
	buf    http1.Buffer
	out    []byte
	// forwarded holds the X-Forwarded-For fields of a request; the memory is used again.
	forwarded [][]byte

	client     netip.Addr
	clientText string
	clientPort uint16

	request, response http1.Message
	// of the current request
	c       *Config
	close   bool // the connection ends with this request
	broken  bool // and in the midst of its answer
	alone   bool // and so does the target's: servers may differ over where the request ends
	isHead  bool
	http10  bool
	pending http1.Body // what of the request's body hasn't been read
	first   bool
	parsed  bool // the head was one of a request
	tier    desync.Tier
	entry   *Record // for the access log; nil: nobody keeps one
	bytes   int64   // that the node's meter doesn't know of yet

	noUpload upload
}

// serve answers request after request until either side ends the connection.
func (s *session) serve() {
	s.first = true
	if !s.reachable() {
		return
	}
	for s.exchange() && !s.close {
		s.first = false
	}
}

// exchange answers the next request. It returns false where there is nothing more to be said.
func (s *session) exchange() bool {
	ok, code := s.readRequest()
	if code != 0 {
		s.close = true
		s.node.failed(code)
		s.node.own(code)
		s.tells(code)
		s.errorPage(code)
		s.recorded()
		s.linger()
		return false
	}
	if !ok || !s.reachable() {
		return false
	}
	s.answer()
	s.recorded()
	if s.close {
		s.linger()
	}
	return true
}

// reachable waits in silence while packets to the listener are dropped. It returns
// false when the client has given up, or the listener has gone.
func (s *session) reachable() bool {
	c := s.config.Load()
	if c == nil {
		return false
	}
	for s.first && s.node.Reachable != nil && !s.node.Reachable(c.Port) || s.node.Blocked != nil && s.node.Blocked(c.Port) {
		if s.conn.State() == peek.Gone {
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
		if s.conn.State() == peek.Gone {
			return false
		}
		<-time.After(tick)
	}
	return time.Since(since) < idle
}

// readRequest reads the next head. It returns an error code for the client, or
// false where there is nothing to be said.
func (s *session) readRequest() (ok bool, code int) {
	s.c, s.isHead = s.config.Load(), false
	if s.c == nil {
		return false, 0
	}
	head := s.buf.Head()
	if head == nil {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.c.IdleTimeout)) // fails only on a closed connection
	}
	for head == nil {
		if err := s.buf.Fill(s.conn); err != nil {
			switch {
			case errors.Is(err, http1.ErrMalformed):
				return false, 400
			case errors.Is(err, os.ErrDeadlineExceeded) && s.buf.Len() > 0:
				return false, 408
			}
			return false, 0
		}
		head = s.buf.Head()
		if head == nil && s.buf.Len() > http1.MaxHead {
			return false, 400
		}
	}
	s.c = s.config.Load() // it may have changed while this client was idle
	if s.c == nil {
		return false, 0
	}
	code = s.judge(head)
	s.record(len(head))
	if code != 0 {
		return false, code
	}
	m := &s.request
	s.buf.Use(len(head)) // the slices stay valid until the next read into the buffer
	s.isHead = string(m.Method) == "HEAD"
	s.http10 = m.HTTP10
	s.close = m.Close || s.alone || s.node.leaving.Load() || s.c.ClientKeepAlive > 0 && time.Since(s.since) > s.c.ClientKeepAlive
	s.pending = http1.BodyOf(m)
	return true, 0
}

// judge reads a head and says with which error the load balancer refuses it by itself; 0: it doesn't.
// Source of the codes: docs, "Troubleshoot your Application Load Balancers".
func (s *session) judge(head []byte) int {
	m := &s.request
	s.parsed, s.tier = false, desync.Compliant
	switch err := m.ParseRequest(head); {
	case errors.Is(err, http1.ErrTooLong):
		return 414
	case errors.Is(err, http1.ErrVersion):
		return 505
	case err != nil:
		return 400
	}
	mode, verdict := desync.Mode(s.c.Desync), desync.Classify(m)
	s.parsed, s.tier = true, verdict.Tier
	if mode.Refuses(verdict.Tier) {
		return 400
	}
	s.alone = mode.Closes(verdict.Tier)
	switch method := string(m.Method); {
	case errors.Is(m.Framing, http1.ErrEncoding):
		return 501
	case m.Framing != nil, !http1.IsToken(m.Method), m.Hosts > 1, m.Hosts == 0 && !m.HTTP10, m.Normalize() != nil:
		return 400
	case method == "TRACE", method == "CONNECT":
		return 405
	case forwardedAddresses(m) > maxForwarded:
		return 463
	}
	return 0
}

// maxForwarded is how many addresses X-Forwarded-For may come with.
const maxForwarded = 30

func forwardedAddresses(m *http1.Message) (n int) {
	for _, f := range m.Fields {
		if http1.Is(f.Name, "x-forwarded-for") {
			n += 1 + bytes.Count(f.Value, []byte(","))
		}
	}
	return n
}

// answer carries out the action of the rule that the request meets.
func (s *session) answer() {
	a, rule := s.c.action(&s.request, s.client)
	s.acts(a, rule)
	switch {
	case a.Redirect != nil:
		s.redirect(a.Redirect)
	case a.Fixed != nil:
		s.fixed(a.Fixed)
	default:
		group := a.group()
		s.chooses(group)
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
	s.node.own(code)
	s.tells(code)
	if t != nil {
		t.failed(code)
		t.Meter.request()
	}
	if code == 460 {
		s.close = true // nobody is there to be told
		return
	}
	s.errorPage(code)
}

// linger lets the client read the answer before the connection is reset for what it sent and nobody read.
func (s *session) linger() {
	if s.stream != nil || s.pending.Done() && s.buf.Len() == 0 {
		return
	}
	_ = s.conn.CloseWrite() // what follows is best effort
	_ = s.conn.SetReadDeadline(time.Now().Add(time.Second))
	for range 64 {
		s.buf.Clear()
		if s.buf.Fill(s.conn) != nil {
			return
		}
	}
}
