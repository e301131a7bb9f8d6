package http1

import (
	"io"
	"net"
	"time"
)

// Body is what is still to come of a message's body.
type Body struct {
	Length  int64 // remaining; -1: chunked; -2: until the connection ends
	scanner chunkScanner
	Bare    bool // pass on the chunks' data without their framing
}

// UntilEOF is the Length of a body that ends with its connection.
const UntilEOF = -2

// BodyOf is the body that a head announces; where it says nothing, none.
func BodyOf(m *Message) Body {
	if m.Chunked {
		return Body{Length: -1}
	}
	return Body{Length: max(m.ContentLength, 0)}
}

// Done reports whether the body has ended.
func (b *Body) Done() bool {
	return b.Length == 0 || b.Length == -1 && b.scanner.state == chunkDone
}

// Take returns what of buf belongs to the body, appended to out, and uses it up.
func (b *Body) Take(out []byte, buf *Buffer) ([]byte, error) {
	for buf.Len() > 0 && !b.Done() {
		p := buf.Bytes()
		switch {
		case b.Length > 0:
			p = p[:min(int64(len(p)), b.Length)]
			b.Length -= int64(len(p))
			out = append(out, p...)
			buf.Use(len(p))
		case b.Length == UntilEOF:
			out = append(out, p...)
			buf.Use(len(p))
		default:
			n, from, to, err := b.scanner.next(p)
			if err != nil {
				return out, err
			}
			if b.Bare {
				out = append(out, p[from:to]...)
			} else {
				out = append(out, p[:n]...)
			}
			buf.Use(n)
		}
	}
	return out, nil
}

// Bodies of known length go from socket to socket, in the kernel where the system
// can. A slice is the most that may pass before the idle timeout begins again.
const (
	SpliceAbove = 32 << 10
	spliceSlice = 256 << 10
)

// Splice moves up to one slice of a body of known length. buf must be empty.
func (b *Body) Splice(dst, src *net.TCPConn, idle time.Duration) error {
	deadline := time.Now().Add(idle)
	_ = src.SetReadDeadline(deadline)
	_ = dst.SetWriteDeadline(deadline)
	n, err := dst.ReadFrom(&io.LimitedReader{R: src, N: min(b.Length, spliceSlice)})
	b.Length -= n
	if n > 0 {
		return nil // a deadline that passed after some progress is none
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}
