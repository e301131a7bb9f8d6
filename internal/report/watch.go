package report

import (
	"bytes"
	"strings"
	"sync"
)

// Watch shows a text again and again: in place on a terminal, one below the
// other, with an empty line between, where there is none.
type Watch struct {
	streams Streams
	live    bool

	mu     sync.Mutex
	screen screen
	shown  bool
}

// NewWatch makes a watch that writes to Out.
func NewWatch(s Streams) *Watch {
	return &Watch{streams: s, live: s.liveOut(), screen: screen{out: s.Out, size: s.size}}
}

// Show shows what render writes to the Out of the streams that it is given.
func (w *Watch) Show(render func(Streams)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var text bytes.Buffer
	streams := w.streams
	streams.Out = &text
	render(streams)
	block := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	if w.live {
		w.screen.draw(nil, block)
		return
	}
	if w.shown {
		lines(w.streams.Out, "")
	}
	w.shown = true
	lines(w.streams.Out, block...)
}

// Stop leaves what was shown last, and gives the cursor back.
func (w *Watch) Stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.screen.leave()
}
