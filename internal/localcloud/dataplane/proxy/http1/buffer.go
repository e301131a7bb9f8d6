package http1

import (
	"bytes"
	"io"
	"sync"
)

// bufferSize holds any usual head together with a small body.
const bufferSize = 16 << 10

// Pool is spare memory of all load balancers, in pieces of 16 KiB.
var Pool = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }} //nolint:gochecknoglobals // a pool holds nothing that can be observed

// Buffer collects what was read from a connection and not used yet. It borrows its
// memory while there is something in it.
type Buffer struct {
	mem  *[]byte
	r, w int
}

// Bytes are those that weren't used yet; they stay valid until the next read.
func (b *Buffer) Bytes() []byte {
	if b.mem == nil {
		return nil
	}
	return (*b.mem)[b.r:b.w]
}

// Len is the number of Bytes.
func (b *Buffer) Len() int { return b.w - b.r }

// Use marks the first n bytes as used.
func (b *Buffer) Use(n int) {
	if b.r += n; b.r == b.w {
		b.r, b.w = 0, 0
	}
}

// Clear drops what is in the buffer.
func (b *Buffer) Clear() { b.r, b.w = 0, 0 }

// Release empties the buffer and returns its memory.
func (b *Buffer) Release() {
	if b.mem != nil && len(*b.mem) == bufferSize {
		Pool.Put(b.mem)
	}
	*b = Buffer{}
}

// Fill makes one read; a full buffer grows up to the largest head.
func (b *Buffer) Fill(r io.Reader) error {
	if b.mem == nil {
		b.mem, b.r, b.w = Pool.Get().(*[]byte), 0, 0
	}
	if b.r > 0 && b.w == len(*b.mem) {
		b.w = copy(*b.mem, (*b.mem)[b.r:b.w])
		b.r = 0
	}
	if b.w == len(*b.mem) {
		if len(*b.mem) > MaxHead {
			return ErrMalformed
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

// Head returns the bytes up to and with the first empty line, nil if that hasn't come yet. Its lines may end with LF
// alone: that they may not is for those to say who read the head.
func (b *Buffer) Head() []byte {
	p := b.Bytes()
	for i := 0; i < len(p); i++ {
		n := bytes.IndexByte(p[i:], '\n')
		if n < 0 {
			return nil
		}
		i += n
		switch rest := p[i+1:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return p[:i+2]
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return p[:i+3]
		}
	}
	return nil
}
