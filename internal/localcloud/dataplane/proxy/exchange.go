package proxy

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

var (
	errIdle       = errors.New("nothing within the idle timeout")
	errClientGone = errors.New("the client has left")
)

// forward relays the request to a target and the answer to the client.
func (s *session) forward(t *Target) {
	u, code := s.connection(t)
	if code != 0 {
		s.fail(t, code)
		return
	}
	if s.request.expect && !s.write([]byte("HTTP/1.1 100 Continue\r\n\r\n")) {
		t.drop(u)
		s.fail(t, 460)
		return
	}
	out := s.requestHead(s.out[:0])
	out, err := s.pending.take(out, &s.buf)
	s.out = out
	if err != nil {
		t.drop(u)
		s.close = true
		s.fail(t, 400)
		return
	}
	_ = u.conn.SetWriteDeadline(time.Now().Add(s.c.IdleTimeout))
	if _, err := u.conn.Write(out); err != nil {
		t.drop(u)
		s.fail(t, 502)
		return
	}
	up := s.startUpload(u)
	code, err = s.relay(t, u, up)
	finished := up.stop(s, u)
	if code != 0 {
		s.fail(t, code)
	}
	switch {
	case err == nil && finished:
		if u.buf.len() == 0 && !s.response.close && !s.tunnelled() {
			u.buf.release()
			t.keep(u)
			return
		}
	case err == nil: // answered before the whole request was read
		s.close = true
	}
	t.drop(u)
}

func (s *session) tunnelled() bool { return s.response.status == 101 }

// connection returns a connection to the target, or the code to answer with.
func (s *session) connection(t *Target) (*upstream, int) {
	if u := t.takeIdle(); u != nil {
		// Packets of this connection may be dropped meanwhile; then it is silent.
		if err := s.stall(t, time.Now()); err != nil {
			t.drop(u)
			return nil, codeOf(err)
		}
		return u, 0
	}
	ctx, cancel := context.WithCancel(context.Background()) // ended below, with the client or by the timer
	defer cancel()
	type dialled struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialled, 1)
	go func() {
		conn, err := t.Dial(ctx)
		done <- dialled{conn, err}
	}()
	timeout := s.node.Clock.NewTimer(connectTimeout)
	defer timeout.Stop()
	look := time.NewTicker(tick)
	defer look.Stop()
	abandon := func() {
		cancel()
		if d := <-done; d.conn != nil {
			d.conn.Close()
		}
	}
	for {
		select {
		case d := <-done:
			conn, ok := d.conn.(*net.TCPConn)
			if d.err != nil || !ok {
				return nil, 502
			}
			if u := t.adopt(conn); u != nil {
				return u, 0
			}
			return nil, 502
		case <-timeout.C():
			abandon()
			return nil, 504
		case <-look.C:
			if s.peek.state() == connGone {
				abandon()
				return nil, 460
			}
		}
	}
}

func codeOf(err error) int {
	switch {
	case errors.Is(err, errIdle):
		return 504
	case errors.Is(err, errClientGone):
		return 460
	}
	return 502
}

// stall waits while packets to and from the target are dropped.
func (s *session) stall(t *Target, since time.Time) error {
	for t.blocked() {
		if s.peek.state() == connGone {
			return errClientGone
		}
		if time.Since(since) > s.c.IdleTimeout {
			return errIdle
		}
		<-time.After(min(tick, s.c.IdleTimeout))
	}
	return nil
}

// fill reads once from the target, for at most the idle timeout, watching for a
// client that leaves.
func (s *session) fill(t *Target, u *upstream, up *upload) error {
	since := time.Now()
	for {
		if err := s.stall(t, since); err != nil {
			return err
		}
		_ = u.conn.SetReadDeadline(time.Now().Add(min(tick, s.c.IdleTimeout)))
		err := u.buf.readFrom(u.conn)
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if up.clientFailed() || s.peek.state() == connGone {
			return errClientGone
		}
		if at := up.lastProgress(); at.After(since) {
			since = at
		}
		if time.Since(since) >= s.c.IdleTimeout {
			return errIdle
		}
	}
}

// relay reads the answer and passes it on. A code is what the client is still to be
// told of an error.
func (s *session) relay(t *Target, u *upstream, up *upload) (code int, err error) {
	var head []byte
	m := &s.response
	for {
		for head = u.buf.head(); head == nil; head = u.buf.head() {
			err := s.fill(t, u, up)
			if err == nil && u.buf.len() > maxHead {
				err = errMalformed
			}
			if err != nil {
				if up.clientFailed() {
					err = errClientGone
				}
				return codeOf(err), err
			}
		}
		if err := m.parseResponse(head); err != nil {
			return 502, err
		}
		u.buf.use(len(head))
		if m.status >= 200 || m.status == 101 {
			break
		}
	}
	if m.status == 101 {
		return 0, s.tunnel(t, u)
	}
	b := bodyOf(m)
	switch {
	case s.isHead || m.status == 204 || m.status == 304:
		b = body{}
	case m.chunked:
		b.bare = s.http10
		s.close = s.close || s.http10
	case m.contentLength < 0:
		b.length = untilEOF
		s.close, m.close = true, true
	}
	out := s.responseHead(s.out[:0])
	out, err = b.take(out, &u.buf)
	s.out = out
	s.node.answered(m.status)
	t.answered(m.status)
	if !s.write(out) {
		return 0, errClientGone
	}
	if err != nil {
		s.close = true
		return 0, err
	}
	return 0, s.relayBody(t, u, up, &b)
}

func (s *session) relayBody(t *Target, u *upstream, up *upload, b *body) error {
	for !b.done() {
		var err error
		if b.length > spliceAbove && u.buf.len() == 0 {
			if err = s.stall(t, time.Now()); err == nil {
				err = b.splice(s.conn, u.conn, s.c.IdleTimeout)
				if errors.Is(err, os.ErrDeadlineExceeded) && t.blocked() {
					continue // woken up to see that the way is blocked
				}
			}
		} else {
			if err = s.fill(t, u, up); err == nil {
				if s.out, err = b.take(s.out[:0], &u.buf); err == nil && !s.write(s.out) {
					err = errClientGone
				}
			} else if errors.Is(err, io.EOF) && b.length == untilEOF {
				return nil
			}
		}
		if err != nil {
			s.close = true // the client sees that the body is cut short
			return err
		}
	}
	return nil
}

// requestHead is what the target gets to see.
func (s *session) requestHead(out []byte) []byte {
	m := &s.request
	out = append(out, m.method...)
	out = append(out, ' ')
	out = append(out, m.target...)
	out = append(out, " HTTP/1.1\r\n"...)
	var forwardedFor, trace, upgrade []byte
	for _, f := range m.fields {
		switch c := f.name[0] | 0x20; {
		case c == 'x' && is(f.name, "x-forwarded-for"):
			forwardedFor = f.value
			continue
		case c == 'x' && is(f.name, "x-amzn-trace-id"):
			trace = f.value
			continue
		case c == 'x' && (is(f.name, "x-forwarded-proto") || is(f.name, "x-forwarded-port")):
			continue
		case c == 'e' && m.expect && is(f.name, "expect"), c == 'c' && m.chunked && is(f.name, "content-length"):
			continue
		case c == 'u' && m.upgrade && is(f.name, "upgrade"):
			upgrade = f.value
			continue
		case m.hopByHop(f.name), s.c.DropInvalidHeaders && !validName(f.name):
			continue
		}
		out = appendField(out, f)
	}
	if m.host == nil {
		out = append(append(append(out, "Host: "...), s.c.DNSName...), "\r\n"...)
	}
	if upgrade != nil {
		out = append(append(append(out, "Connection: upgrade\r\nUpgrade: "...), upgrade...), "\r\n"...)
	}
	switch {
	case s.c.XForwardedFor == "remove":
	case s.c.XForwardedFor == "preserve" && forwardedFor != nil:
		out = append(append(append(out, "X-Forwarded-For: "...), forwardedFor...), "\r\n"...)
	case s.c.XForwardedFor != "preserve":
		out = append(out, "X-Forwarded-For: "...)
		if forwardedFor != nil {
			out = append(append(out, forwardedFor...), ", "...)
		}
		out = append(out, s.clientText...)
		if s.c.XForwardedForPort {
			out = strconv.AppendUint(append(out, ':'), uint64(s.clientPort), 10)
		}
		out = append(out, "\r\n"...)
	}
	out = append(out, "X-Forwarded-Proto: http\r\nX-Forwarded-Port: "...)
	out = strconv.AppendInt(out, int64(s.c.Port), 10)
	out = append(out, "\r\nX-Amzn-Trace-Id: "...)
	out = appendTrace(out, trace)
	return append(out, "\r\n\r\n"...)
}

// appendTrace keeps a trace that came along and adds this hop's own element.
func appendTrace(out, given []byte) []byte {
	if given != nil {
		out = append(append(out, "Self="...), traceID()...)
		return append(append(out, ';'), given...)
	}
	return append(append(out, "Root="...), traceID()...)
}

func traceID() []byte {
	var raw [16]byte
	now := uint32(time.Now().Unix()) //nolint:gosec // the format has 32 bits
	raw[0], raw[1], raw[2], raw[3] = byte(now>>24), byte(now>>16), byte(now>>8), byte(now)
	a, b := rand.Uint64(), rand.Uint32()
	for i := range 8 {
		raw[4+i] = byte(a >> (8 * i))
	}
	for i := range 4 {
		raw[12+i] = byte(b >> (8 * i))
	}
	text := hex.AppendEncode(make([]byte, 0, 40), raw[:])
	id := make([]byte, 0, 40)
	id = append(append(id, "1-"...), text[:8]...)
	return append(append(id, '-'), text[8:]...)
}

func (s *session) responseHead(out []byte) []byte {
	m := &s.response
	out = append(out, "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(m.status), 10)
	out = append(out, ' ')
	out = append(out, m.reason...)
	out = append(out, "\r\n"...)
	for _, f := range m.fields {
		if m.hopByHop(f.name) || s.http10 && is(f.name, "transfer-encoding") {
			continue
		}
		out = appendField(out, f)
	}
	return append(out[:len(out)-2], connectionField(s.close)...)
}

func appendField(out []byte, f field) []byte {
	out = append(out, f.name...)
	out = append(out, ": "...)
	out = append(out, f.value...)
	return append(out, "\r\n"...)
}

// upload is the part of a request's body that didn't come with its head. It is sent
// while the answer may already be arriving.
type upload struct {
	done     chan struct{} // nil: there is nothing to upload
	progress atomic.Int64
	gone     atomic.Bool // the client failed, not the target
	complete bool
}

func (s *session) startUpload(u *upstream) *upload {
	up := &s.noUpload
	if s.pending.done() {
		return up
	}
	up = &upload{done: make(chan struct{})}
	go func() {
		defer close(up.done)
		up.complete = up.run(s, u)
	}()
	return up
}

func (up *upload) run(s *session, u *upstream) bool {
	var out []byte
	var peek peeker // the session's own is in use
	peek.init(s.conn)
	for !s.pending.done() {
		if s.pending.length > spliceAbove && s.buf.len() == 0 {
			if err := s.pending.splice(u.conn, s.conn, s.c.IdleTimeout); err != nil {
				up.gone.Store(peek.state() == connGone)
				return false
			}
		} else {
			_ = s.conn.SetReadDeadline(time.Now().Add(s.c.IdleTimeout))
			if err := s.buf.readFrom(s.conn); err != nil {
				up.gone.Store(!errors.Is(err, os.ErrDeadlineExceeded))
				return false
			}
			var err error
			if out, err = s.pending.take(out[:0], &s.buf); err != nil {
				return false
			}
			_ = u.conn.SetWriteDeadline(time.Now().Add(s.c.IdleTimeout))
			if _, err := u.conn.Write(out); err != nil {
				return false
			}
		}
		up.progress.Store(time.Now().UnixNano())
	}
	return true
}

// stop ends an upload and reports whether it was complete.
func (up *upload) stop(s *session, u *upstream) bool {
	if up.done == nil {
		return true
	}
	select {
	case <-up.done:
	default:
		_ = s.conn.SetReadDeadline(time.Unix(1, 0))
		_ = u.conn.SetWriteDeadline(time.Unix(1, 0))
		<-up.done
	}
	return up.complete
}

func (up *upload) clientFailed() bool { return up.gone.Load() }

func (up *upload) lastProgress() time.Time { return time.Unix(0, up.progress.Load()) }
