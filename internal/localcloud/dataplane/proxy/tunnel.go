package proxy

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/peek"
)

// tunnel passes bytes both ways after a protocol switch (WebSocket), until both
// sides are done, one breaks, or nothing moves for the idle timeout.
func (s *session) tunnel(t *Target, u *upstream) error {
	s.close = true
	out := s.out[:0]
	out = append(out, "HTTP/1.1 101 Switching Protocols\r\n"...)
	for _, f := range s.response.Fields {
		if !s.response.HopByHop(f.Name) {
			out = http1.AppendField(out, f)
		}
	}
	out = append(append(append(out, "Connection: upgrade\r\nUpgrade: "...), s.response.Upgrade...), "\r\n\r\n"...)
	out = append(out, u.buf.Bytes()...)
	u.buf.Use(u.buf.Len())
	s.out = out
	s.node.answered(101)
	t.answered(101)
	t.Meter.target(101, time.Since(s.sent))
	s.answers(101)
	if !s.write(out) {
		return errClientGone
	}
	if s.buf.Len() > 0 {
		if _, err := u.conn.Write(s.buf.Bytes()); err != nil {
			return err
		}
		s.buf.Use(s.buf.Len())
	}
	var moved atomic.Int64
	moved.Store(time.Now().UnixNano())
	// A tunnel whose client has gone, or whose node ends, waits for nothing.
	blocked := func() bool { return (s.blocked() || t.blocked()) && s.conn.State() != peek.Gone }
	done := make(chan struct{})
	go func() {
		defer close(done)
		pump(u.conn, s.conn, s.c.IdleTimeout, &moved, &s.node.bytes, blocked)
	}()
	pump(s.conn, u.conn, s.c.IdleTimeout, &moved, &s.node.bytes, blocked)
	<-done
	return nil
}

// pump copies one way, and counts the bytes. At its end it closes that way, or everything if it broke.
func pump(dst, src conn.Conn, idle time.Duration, moved, bytes *atomic.Int64, blocked func() bool) {
	mem := http1.Pool.Get().(*[]byte)
	defer http1.Pool.Put(mem)
	for {
		_ = src.SetReadDeadline(time.Unix(0, moved.Load()).Add(idle))
		n, err := src.Read(*mem)
		if n > 0 {
			for since := time.Now(); blocked() && time.Since(since) < idle; {
				<-time.After(tick)
			}
			moved.Store(time.Now().UnixNano())
			bytes.Add(int64(n))
			_ = dst.SetWriteDeadline(time.Now().Add(idle))
			if _, err := dst.Write((*mem)[:n]); err != nil {
				break
			}
		}
		if err == nil {
			continue
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && time.Since(time.Unix(0, moved.Load())) < idle {
			continue // the other way moved meanwhile
		}
		if errors.Is(err, io.EOF) {
			_ = dst.CloseWrite()
			return
		}
		break
	}
	src.Close()
	dst.Close()
}
