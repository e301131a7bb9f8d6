package session

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// output is standard output, and why it could not be written to. Most of what writes
// to it doesn't look, so that is asked for at the end.
type output struct {
	io.Writer

	mu     sync.Mutex
	failed error
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil {
		o.mu.Lock()
		o.failed = err
		o.mu.Unlock()
	}
	return n, err
}

// gone says that the reader wants no more, as in "platformctl status | head -1".
func (o *output) gone() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return errors.Is(o.failed, syscall.EPIPE)
}

// lost is the error of what could not be written; nil where the reader has gone by
// its own will.
func (o *output) lost() error {
	if o.gone() {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil {
		return fmt.Errorf("write to standard output: %w", o.failed)
	}
	return nil
}
