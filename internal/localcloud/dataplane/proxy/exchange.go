package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/peek"
)

var (
	errIdle       = errors.New("nothing within the idle timeout")
	errClientGone = errors.New("the client has left")
	errBadBody    = errors.New("the body is malformed")
)

// forward relays the request to a target and the answer to the client.
func (s *session) forward(t *Target) {
	s.goes(t)
	u, code := s.connection(t)
	if code != 0 {
		if code != 460 {
			t.Meter.unconnected()
		}
		s.fail(t, code)
		return
	}
	if s.request.Expect && !s.write([]byte("HTTP/1.1 100 Continue\r\n\r\n")) {
		t.drop(u)
		s.fail(t, 460)
		return
	}
	out := s.requestHead(s.out[:0])
	head := len(out)
	out, err := s.pending.Take(out, &s.buf)
	s.out = out
	s.receives(int64(len(out) - head))
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
	s.sent = time.Now()
	s.dispatched()
	up := s.startUpload(t, u)
	code, err = s.relay(t, u, up)
	finished := up.stop(s, u)
	s.receives(up.taken.Load())
	if code != 0 {
		s.fail(t, code)
	}
	switch {
	case err == nil && finished:
		if u.buf.Len() == 0 && !s.response.Close && !s.tunnelled() && !s.alone {
			u.buf.Release()
			t.keep(u)
			return
		}
	case err == nil: // answered before the whole request was read
		s.close = true
	}
	t.drop(u)
}

func (s *session) tunnelled() bool { return s.response.Status == 101 }

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
		conn conn.Conn
		err  error
	}
	done := make(chan dialled, 1)
	go func() {
		c, err := t.Dial(ctx)
		done <- dialled{c, err}
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
			if d.err != nil {
				return nil, 502
			}
			if u := t.adopt(d.conn); u != nil {
				s.node.connected()
				return u, 0
			}
			return nil, 502
		case <-timeout.C():
			abandon()
			return nil, 504
		case <-look.C:
			if s.conn.State() == peek.Gone {
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
	case errors.Is(err, errBadBody):
		return 400
	}
	return 502
}

// stall waits while packets to and from the target are dropped.
func (s *session) stall(t *Target, since time.Time) error {
	for t.blocked() {
		if s.conn.State() == peek.Gone {
			return errClientGone
		}
		if time.Since(since) > s.c.IdleTimeout {
			return errIdle
		}
		<-time.After(min(tick, s.c.IdleTimeout))
	}
	return nil
}

// fill reads once from the target, for at most the idle timeout, watching for a client that leaves.
func (s *session) fill(t *Target, u *upstream, up *upload) error {
	since := time.Now()
	for {
		if err := s.stall(t, since); err != nil {
			return err
		}
		_ = u.conn.SetReadDeadline(time.Now().Add(min(tick, s.c.IdleTimeout)))
		err := u.buf.Fill(u.conn)
		if err == nil {
			// What was read after the way was blocked has not arrived, and does once it is open.
			return s.stall(t, since)
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if s.stream != nil {
			s.stream.Flush()
		}
		switch {
		case up.malformed():
			return errBadBody
		case up.clientFailed() || s.conn.State() == peek.Gone:
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

// relay reads the answer and passes it on. A code is what the client is still to be told of an error.
func (s *session) relay(t *Target, u *upstream, up *upload) (code int, err error) {
	m := &s.response
	for interim := 0; ; interim++ {
		if err := s.readResponseHead(t, u, up); err != nil {
			return codeOf(err), err
		}
		if m.Status == 101 {
			if !s.switches(up) {
				return 502, http1.ErrMalformed
			}
			return 0, s.tunnel(t, u)
		}
		if m.Status >= 200 {
			break
		}
		if interim == maxInterim {
			return 502, http1.ErrMalformed
		}
	}
	b := http1.BodyOf(m)
	switch {
	case s.isHead || m.Status == 304:
		b = http1.Body{Bare: s.http10}
	case m.Status == 204:
		m.Close = m.Close || m.Chunked || m.ContentLength > 0 // it has no body, whatever the target thinks
		b = http1.Body{}
	case m.Chunked:
		b.Bare = s.http10 || s.stream != nil
		s.close = s.close || s.http10
	case m.ContentLength < 0:
		b.Length = http1.UntilEOF
		s.close, m.Close = true, true
	}
	out := s.responseHead(s.out[:0], &b)
	out, err = b.Take(out, &u.buf)
	s.out = out
	s.node.answered(m.Status)
	t.answered(m.Status)
	t.Meter.target(m.Status, time.Since(s.sent))
	s.answers(m.Status)
	if err != nil {
		s.write(out)
		s.breakOff()
		return 0, err
	}
	if !s.writePiece(out, &b) {
		return 0, errClientGone
	}
	return 0, s.relayBody(t, u, up, &b)
}

// maxInterim is how many interim responses (1xx) a target may send before the answer. No client gets to see them.
const maxInterim = 32

// readResponseHead reads the head of a target's next response.
func (s *session) readResponseHead(t *Target, u *upstream, up *upload) error {
	head := u.buf.Head()
	for ; head == nil; head = u.buf.Head() {
		if u.buf.Len() > http1.MaxResponseHead {
			return http1.ErrMalformed
		}
		if err := s.fill(t, u, up); err != nil {
			if up.clientFailed() {
				return errClientGone
			}
			return err
		}
	}
	if err := s.response.ParseResponse(head); err != nil {
		return err
	}
	u.buf.Use(len(head))
	return nil
}

// switches reports whether the client asked for the protocol that a target's 101 switches to, and has said all that it
// had to say before that.
func (s *session) switches(up *upload) bool {
	if s.request.Upgrade == nil || s.response.Upgrade == nil || !up.finished() {
		return false
	}
	for offered := range bytes.SplitSeq(s.request.Upgrade, []byte(",")) {
		if bytes.EqualFold(http1.TrimSpace(offered), s.response.Upgrade) {
			return true
		}
	}
	return false
}

func (s *session) relayBody(t *Target, u *upstream, up *upload, b *http1.Body) error {
	for !b.Done() {
		var err error
		if b.Length > http1.SpliceAbove && u.buf.Len() == 0 {
			if !s.hold() {
				err = errClientGone
			} else if err = s.stall(t, time.Now()); err == nil {
				left := b.Length
				err = b.Splice(s.conn, u.conn, s.c.IdleTimeout)
				s.sends(left - b.Length)
				if errors.Is(err, os.ErrDeadlineExceeded) && t.blocked() {
					continue // woken up to see that the way is blocked
				}
			}
		} else {
			if err = s.fill(t, u, up); err == nil {
				if s.out, err = b.Take(s.out[:0], &u.buf); err == nil && !s.writePiece(s.out, b) {
					err = errClientGone
				}
			} else if errors.Is(err, io.EOF) && b.Length == http1.UntilEOF {
				return nil
			}
		}
		if err != nil {
			s.breakOff()
			return err
		}
	}
	return nil
}

// writePiece sends a piece of the answer; b is what is still to come after it.
func (s *session) writePiece(p []byte, b *http1.Body) bool {
	if s.stream != nil && b.Done() {
		s.stream.Last()
	}
	return s.write(p)
}

// breakOff lets the client see that the answer is cut short.
func (s *session) breakOff() {
	s.close, s.broken = true, true
	if s.stream != nil {
		s.stream.Fail()
	}
}
