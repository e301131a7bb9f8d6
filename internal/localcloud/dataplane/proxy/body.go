package proxy

import (
	"io"
	"net"
	"time"
)

// body is what is still to come of a message's body.
type body struct {
	length  int64 // remaining; -1: chunked; -2: until the connection ends
	scanner chunkScanner
	bare    bool // pass on the chunks' data without their framing
}

const untilEOF = -2

func bodyOf(m *message) body {
	if m.chunked {
		return body{length: -1}
	}
	return body{length: max(m.contentLength, 0)}
}

func (b *body) done() bool {
	return b.length == 0 || b.length == -1 && b.scanner.state == chunkDone
}

// take returns what of buf belongs to the body, appended to out, and uses it up.
func (b *body) take(out []byte, buf *buffer) ([]byte, error) {
	for buf.len() > 0 && !b.done() {
		p := buf.bytes()
		switch {
		case b.length > 0:
			p = p[:min(int64(len(p)), b.length)]
			b.length -= int64(len(p))
			out = append(out, p...)
			buf.use(len(p))
		case b.length == untilEOF:
			out = append(out, p...)
			buf.use(len(p))
		default:
			n, from, to, err := b.scanner.next(p)
			if err != nil {
				return out, err
			}
			if b.bare {
				out = append(out, p[from:to]...)
			} else {
				out = append(out, p[:n]...)
			}
			buf.use(n)
		}
	}
	return out, nil
}

// Bodies of known length go from socket to socket, in the kernel where the system
// can. A slice is the most that may pass before the idle timeout starts anew.
const (
	spliceAbove = 32 << 10
	spliceSlice = 256 << 10
)

// splice moves up to one slice of a body of known length. buf must be empty.
func (b *body) splice(dst, src *net.TCPConn, idle time.Duration) error {
	deadline := time.Now().Add(idle)
	_ = src.SetReadDeadline(deadline)
	_ = dst.SetWriteDeadline(deadline)
	n, err := dst.ReadFrom(&io.LimitedReader{R: src, N: min(b.length, spliceSlice)})
	b.length -= n
	if n > 0 {
		return nil // a deadline that passed after some progress is none
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}
