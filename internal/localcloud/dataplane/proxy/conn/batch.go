package conn

import (
	"net"
	"runtime"
	"sync"
)

// batch sends what many small writes gather in few large ones: HTTP/2 has several frames for each answer, and each would
// be a call of the system's.
type batch struct {
	mu      sync.Mutex
	changed sync.Cond
	pending []byte
	spare   []byte // memory of what was sent last
	closed  bool
	err     error
	over    chan struct{}
}

// gathered bounds what waits to be sent, in bytes.
const gathered = 256 << 10

// newBatch starts to send until it is closed.
func newBatch(send func([]byte) error) *batch {
	b := &batch{over: make(chan struct{})}
	b.changed.L = &b.mu
	go b.run(send)
	return b
}

func (b *batch) run(send func([]byte) error) {
	defer close(b.over)
	for {
		b.mu.Lock()
		for len(b.pending) == 0 && !b.closed {
			b.changed.Wait()
		}
		end := len(b.pending) == 0
		b.mu.Unlock()
		if end {
			return
		}
		runtime.Gosched() // who has more to say says it first
		b.mu.Lock()
		out := b.pending
		b.pending = b.spare[:0]
		b.mu.Unlock()
		err := send(out)
		b.mu.Lock()
		b.spare = out
		if err != nil {
			b.err, b.pending = err, nil
		}
		b.mu.Unlock()
		b.changed.Broadcast()
	}
}

// write takes p over. An error is that of an earlier write.
func (b *batch) write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.pending) > gathered && b.err == nil && !b.closed {
		b.changed.Wait()
	}
	switch {
	case b.err != nil:
		return 0, b.err
	case b.closed:
		return 0, net.ErrClosed
	}
	b.pending = append(b.pending, p...)
	if len(b.pending) == len(p) {
		b.changed.Broadcast()
	}
	return len(p), nil
}

// close sends what waits, and ends.
func (b *batch) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.changed.Broadcast()
	<-b.over
}
