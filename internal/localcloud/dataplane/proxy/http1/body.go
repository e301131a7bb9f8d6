package http1

import (
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// Body is what is still to come of a message's body.
type Body struct {
	Length  int64 // remaining; -1: chunked; -2: until the connection ends
	scanner chunkScanner
	Bare    bool // pass on the chunks' data without any framing
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

// Take returns what of buf belongs to the body, appended to out, and uses it up. Chunks are framed again, as they come:
// their extensions and the trailers go no further.
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
			out = b.chunk(out, p[from:to])
			buf.Use(n)
		}
	}
	return out, nil
}

// chunk appends one piece of a chunked body, and after the last piece the end.
func (b *Body) chunk(out, data []byte) []byte {
	if b.Bare {
		return append(out, data...)
	}
	if len(data) > 0 {
		out = strconv.AppendInt(out, int64(len(data)), 16)
		out = append(out, "\r\n"...)
		out = append(out, data...)
		out = append(out, "\r\n"...)
	}
	if b.scanner.state == chunkDone {
		out = append(out, "0\r\n\r\n"...)
	}
	return out
}

// AppendFraming says where the body of m, which is b, ends: as it was understood, whatever the sender wrote.
func (b *Body) AppendFraming(out []byte, m *Message) []byte {
	switch {
	case m.Chunked && !b.Bare:
		return append(out, "Transfer-Encoding: chunked\r\n"...)
	case m.Chunked || m.ContentLength < 0:
		return out
	}
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, m.ContentLength, 10)
	return append(out, "\r\n"...)
}

// Bodies of known length go from socket to socket, in the kernel where the system
// can. A slice is the most that may pass before the idle timeout begins again.
const (
	SpliceAbove = 32 << 10
	spliceSlice = 256 << 10
)

// Splice moves up to one slice of a body of known length. buf must be empty.
func (b *Body) Splice(dst, src net.Conn, idle time.Duration) error {
	deadline := time.Now().Add(idle)
	_ = src.SetReadDeadline(deadline)
	_ = dst.SetWriteDeadline(deadline)
	n, err := move(dst, src, min(b.Length, spliceSlice))
	b.Length -= n
	if n > 0 {
		return nil // a deadline that passed after some progress is none
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// socket is a connection whose bytes are those of its socket.
type socket interface{ Socket() *net.TCPConn }

// move copies up to n bytes.
func move(dst, src net.Conn, n int64) (int64, error) {
	to, plainTo := dst.(socket)
	from, plainFrom := src.(socket)
	if plainTo && plainFrom {
		return to.Socket().ReadFrom(&io.LimitedReader{R: from.Socket(), N: n})
	}
	mem := pieces.Get().(*[]byte)
	defer pieces.Put(mem)
	read, err := src.Read((*mem)[:min(n, int64(len(*mem)))])
	if read == 0 {
		return 0, err
	}
	wrote, err := dst.Write((*mem)[:read])
	if wrote < read && err == nil {
		err = io.ErrShortWrite
	}
	if wrote < read { // what is lost can't be sent again
		return 0, err
	}
	return int64(read), nil
}

// pieces is spare memory for bodies that TLS is in the way of, in pieces of 64 KiB.
var pieces = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }} //nolint:gochecknoglobals // a pool holds nothing that can be observed
