package report

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Watch shows a status again and again: in place on a terminal, below the
// changes of its targets' health; one below the other, with an empty line
// between, where there is none.
type Watch struct {
	streams Streams
	live    bool
	every   time.Duration

	mu     sync.Mutex
	screen *screen
	shown  bool
	health string            // of the platform
	states map[string]string // of the targets
}

// NewWatch makes a watch that writes to Out. It tells how often it looks.
func NewWatch(s Streams, every time.Duration) *Watch {
	return &Watch{streams: s, live: s.OutTerminal, every: every, screen: newScreen(s.Out, s.size), states: map[string]string{}}
}

// Show shows the status as it was at a moment.
func (w *Watch) Show(doc Status, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var text bytes.Buffer
	streams := w.streams
	streams.Out = &text
	width, height := streams.size()
	streams.Height, streams.Size = height-2, nil // an empty line and the last one
	streams.Width = width
	doc.Show(streams)
	block := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	st := streams.outStyles()
	if w.live {
		foot := gap + st.muted.Render("at "+at.Format(time.TimeOnly)+", and every "+briefly(w.every.Seconds())+" until Ctrl-C")
		w.screen.draw(w.changes(doc, at), append(clip(block, max(height-3, 1)), "", foot))
		return
	}
	if w.shown {
		lines(w.streams.Out, "")
	}
	w.shown = true
	lines(w.streams.Out, block...)
}

// changes are lines of what is otherwise than when it was last shown.
func (w *Watch) changes(doc Status, at time.Time) []string {
	var changed []string
	tell := func(what, is, was string) {
		if was != "" && is != was {
			changed = append(changed, fmt.Sprintf("%s  %s is %s, was %s", at.Format(time.TimeOnly), what, is, was))
		}
	}
	tell(doc.Platform, doc.Health, w.health)
	states := map[string]string{}
	for _, target := range doc.Targets {
		was := w.states[target.Instance]
		if was == "" && w.health != "" {
			was = "not there"
		}
		tell(target.Instance+" in "+target.Zone, target.State, was)
		states[target.Instance] = target.State
	}
	for _, instance := range slices.Sorted(maps.Keys(w.states)) {
		if states[instance] == "" {
			tell(instance, "gone", w.states[instance])
		}
	}
	w.health, w.states = doc.Health, states
	return changed
}

// Stop leaves what was shown last, and gives the cursor back.
func (w *Watch) Stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.screen.leave()
}
