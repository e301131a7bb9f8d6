package report

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Watch shows a status again and again: in place on a terminal, below the
// changes of its targets' health; one below the other, with an empty line
// between, where there is none.
type Watch struct {
	streams terminal.Streams
	live    bool
	every   time.Duration

	mu     sync.Mutex
	screen *terminal.Screen
	shown  bool
	health string            // of the platform
	states map[string]string // of the targets
}

// NewWatch makes a watch that writes to Out. It tells how often it looks.
func NewWatch(s terminal.Streams, every time.Duration) *Watch {
	return &Watch{streams: s, live: s.OutTerminal, every: every, screen: terminal.NewScreen(s.Out, s.WindowSize), states: map[string]string{}}
}

// Show shows the status as it was at a moment.
func (w *Watch) Show(doc Status, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var text bytes.Buffer
	streams := w.streams
	streams.Out = &text
	width, height := streams.WindowSize()
	streams.Height, streams.Size = height-2, nil // an empty line and the last one
	streams.Width = width
	doc.Show(streams)
	block := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	st := streams.OutStyles()
	if w.live {
		foot := terminal.Gap + st.Muted.Render("at "+at.Format(time.TimeOnly)+", and every "+terminal.Briefly(w.every.Seconds())+" until Ctrl-C")
		w.screen.Draw(w.changes(doc, at), append(terminal.Clip(block, max(height-3, 1)), "", foot))
		return
	}
	if w.shown {
		terminal.Lines(w.streams.Out, "")
	}
	w.shown = true
	terminal.Lines(w.streams.Out, block...)
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
	w.screen.Leave()
}
