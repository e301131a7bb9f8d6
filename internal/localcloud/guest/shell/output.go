package shell

import (
	"io"
	"os"
	"sync"
)

// output is where a script writes, the commands that it left in the background too: one write at a time, and none once the
// script has ended.
type output struct {
	mu    sync.Mutex
	ended bool
}

// end waits for a write that is under way, and lets none follow.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
}

// to is w as a script's output.
func (o *output) to(w io.Writer) io.Writer { return guarded{o, w} }

type guarded struct {
	*output
	w io.Writer
}

func (g guarded) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return 0, os.ErrClosed
	}
	return g.w.Write(b)
}
