package lab

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// Writes watches a process write its state: each write is first of a temporary file and then of its name, so it is two
// events. The kernel tells of them while the process goes on, so an end at one of them comes some tens of microseconds
// later.
type Writes struct {
	watcher *fsnotify.Watcher
	state   string
	at      int
	kill    func()
	done    chan struct{}

	mu   sync.Mutex
	seen int
	hit  string
}

// WatchWrites counts the events of the site's state from 1 and calls kill at the one with the number at; 0 only counts.
// The caller must Close it.
func (s *Site) WatchWrites(at int, kill func()) (*Writes, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch the state: %w", err)
	}
	for _, dir := range []string{filepath.Dir(s.State()), s.Temporary()} {
		if err := watcher.Add(dir); err != nil {
			return nil, errors.Join(fmt.Errorf("watch the state: %w", err), watcher.Close())
		}
	}
	w := &Writes{watcher: watcher, state: s.State(), at: at, kill: kill, done: make(chan struct{})}
	go w.watch()
	return w, nil
}

func (w *Writes) watch() {
	defer close(w.done)
	for event := range w.watcher.Events {
		var what string
		switch {
		case event.Has(fsnotify.Create) && event.Name == w.state:
			what = "the state has its name"
		case event.Has(fsnotify.Write) && strings.HasPrefix(filepath.Base(event.Name), "."+filepath.Base(w.state)):
			what = "the state is written"
		default:
			continue
		}
		w.mu.Lock()
		w.seen++
		now := w.seen == w.at
		if now {
			w.hit = what
		}
		w.mu.Unlock()
		if now {
			w.kill()
		}
	}
}

// Close ends the watch.
func (w *Writes) Close() error {
	err := w.watcher.Close()
	<-w.done
	return err
}

// Seen is the number of events, and what the event was at which the process was ended; "" where it wasn't.
func (w *Writes) Seen() (events int, hit string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen, w.hit
}
