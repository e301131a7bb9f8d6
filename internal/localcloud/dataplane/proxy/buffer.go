package proxy

import (
	"bytes"
	"io"
	"sync"
)

// bufferSize holds any usual head together with a small body.
const bufferSize = 16 << 10

// buffers is spare memory of all load balancers.
var buffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }} //nolint:gochecknoglobals // a pool holds nothing that can be observed

// buffer collects what was read from a connection and not used yet. It borrows its
// memory while there is something in it.
type buffer struct {
	mem  *[]byte
	r, w int
}

func (b *buffer) bytes() []byte {
	if b.mem == nil {
		return nil
	}
	return (*b.mem)[b.r:b.w]
}

func (b *buffer) len() int { return b.w - b.r }

// use marks the first n bytes as used.
func (b *buffer) use(n int) {
	if b.r += n; b.r == b.w {
		b.r, b.w = 0, 0
	}
}

func (b *buffer) release() {
	if b.mem != nil && len(*b.mem) == bufferSize {
		buffers.Put(b.mem)
	}
	*b = buffer{}
}

// readFrom makes one read; a full buffer grows up to the largest head.
func (b *buffer) readFrom(r io.Reader) error {
	if b.mem == nil {
		b.mem, b.r, b.w = buffers.Get().(*[]byte), 0, 0
	}
	if b.r > 0 && b.w == len(*b.mem) {
		b.w = copy(*b.mem, (*b.mem)[b.r:b.w])
		b.r = 0
	}
	if b.w == len(*b.mem) {
		if len(*b.mem) > maxHead {
			return errMalformed
		}
		bigger := make([]byte, 4*len(*b.mem)+1)
		copy(bigger, *b.mem)
		b.mem = &bigger
	}
	n, err := r.Read((*b.mem)[b.w:])
	b.w += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// head returns the bytes up to and with the first empty line, nil if that hasn't
// come yet.
func (b *buffer) head() []byte {
	if i := bytes.Index(b.bytes(), []byte("\r\n\r\n")); i >= 0 {
		return b.bytes()[:i+4]
	}
	return nil
}
