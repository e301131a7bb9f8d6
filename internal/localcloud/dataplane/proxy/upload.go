package proxy

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/peek"
)

// upload is the part of a request's body that didn't come with its head. It is sent
// while the answer may already be arriving.
type upload struct {
	done     chan struct{} // nil: there is nothing to upload
	progress atomic.Int64
	taken    atomic.Int64 // bytes that the client has sent
	gone     atomic.Bool  // the client failed, not the target
	bad      atomic.Bool  // what the client sends is no body
	stopped  atomic.Bool
	complete bool
}

func (s *session) startUpload(t *Target, u *upstream) *upload {
	up := &s.noUpload
	if s.pending.Done() {
		return up
	}
	up = &upload{done: make(chan struct{})}
	go func() {
		defer close(up.done)
		up.complete = up.run(s, t, u)
	}()
	return up
}

func (up *upload) run(s *session, t *Target, u *upstream) bool {
	var out []byte
	for !s.pending.Done() {
		if !up.pass(s, t) {
			return false
		}
		if s.pending.Length > http1.SpliceAbove && s.buf.Len() == 0 {
			left := s.pending.Length
			err := s.pending.Splice(u.conn, s.conn, s.c.IdleTimeout)
			up.taken.Add(left - s.pending.Length)
			if err != nil {
				up.gone.Store(s.conn.State() == peek.Gone)
				return false
			}
		} else {
			_ = s.conn.SetReadDeadline(time.Now().Add(s.c.IdleTimeout))
			if err := s.buf.Fill(s.conn); err != nil {
				up.gone.Store(!errors.Is(err, os.ErrDeadlineExceeded))
				return false
			}
			var err error
			if out, err = s.pending.Take(out[:0], &s.buf); err != nil {
				up.bad.Store(true)
				_ = u.conn.SetReadDeadline(time.Unix(1, 0)) // who waits for the answer looks again
				return false
			}
			up.taken.Add(int64(len(out)))
			_ = u.conn.SetWriteDeadline(time.Now().Add(s.c.IdleTimeout))
			if _, err := u.conn.Write(out); err != nil {
				return false
			}
		}
		up.progress.Store(time.Now().UnixNano())
	}
	return true
}

// pass waits while packets from the client or to the target are dropped, for the idle timeout at most.
func (up *upload) pass(s *session, t *Target) bool {
	for since := time.Now(); t.blocked() || s.blocked(); <-time.After(tick) {
		if up.stopped.Load() || time.Since(since) > s.c.IdleTimeout {
			return false
		}
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
		up.stopped.Store(true)
		_ = s.conn.SetReadDeadline(time.Unix(1, 0))
		_ = u.conn.SetWriteDeadline(time.Unix(1, 0))
		<-up.done
	}
	return up.complete
}

// finished reports whether all of the body is with the target.
func (up *upload) finished() bool {
	if up.done == nil {
		return true
	}
	select {
	case <-up.done:
		return up.complete
	default:
		return false
	}
}

func (up *upload) malformed() bool { return up.bad.Load() }

func (up *upload) clientFailed() bool { return up.gone.Load() }

func (up *upload) lastProgress() time.Time { return time.Unix(0, up.progress.Load()) }
