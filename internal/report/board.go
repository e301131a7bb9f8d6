package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/provision"
)

// board is what a run is doing at a moment, as far as its events tell. It is
// plain data: time comes with the events, and from whoever asks.
type board struct {
	title string
	total int // steps to do; 0: not known
	done  int

	note  string // the phase of the run, if it is not a step
	since time.Time

	running []*task // the one that began first comes first
}

// task is a running step.
type task struct {
	key     string
	action  provision.Action
	id      string // of a deletion only: several of one key can run at once
	began   time.Time
	waiting string
	told    []string // reasons that were written already
}

// find is the running step that an event is about.
func (b *board) find(e provision.Event) *task {
	for _, t := range b.running {
		if t.key == e.Key.String() && t.action == e.Action && (e.Action != provision.Delete || t.id == e.ID) {
			return t
		}
	}
	return nil
}

// start notes that a step runs.
func (b *board) start(e provision.Event) {
	b.running = append(b.running, &task{key: e.Key.String(), action: e.Action, id: e.ID, began: e.At})
}

// wait notes what a step waits for. It reports whether that is news.
func (b *board) wait(e provision.Event) bool {
	t := b.find(e)
	if t == nil {
		return false
	}
	t.waiting = oneLine(e.Detail)
	if t.waiting == "" || slices.Contains(t.told, t.waiting) {
		return false
	}
	t.told = append(t.told, t.waiting)
	return true
}

// end notes that a step is over, well or not.
func (b *board) end(e provision.Event) {
	if t := b.find(e); t != nil {
		b.running = slices.DeleteFunc(b.running, func(other *task) bool { return other == t })
	}
	if e.Type == provision.Done {
		b.done++
	}
}

// block is the board as lines, of which there are at most rows: each running
// step with its time and what it waits for, and last what they add up to.
func (b *board) block(st styles, now time.Time, rows int) []string {
	frames := []rune(spinner)
	frame := st.accent.Render(string(frames[now.UnixMilli()/redrawEvery.Milliseconds()%int64(len(frames))]))
	var table [][]string
	for _, t := range b.running {
		row := []string{frame + " " + words(t.action).doing + " " + t.key, fmt.Sprintf("%5s", duration(max(now.Sub(t.began), 0)))}
		if t.waiting != "" {
			row = append(row, st.muted.Render("waiting: "+t.waiting))
		}
		table = append(table, row)
	}
	return append(clip(columns(table), max(rows-1, 1)), b.sum(st, frame, now))
}

// sum is the last line.
func (b *board) sum(st styles, frame string, now time.Time) string {
	var numbers []string
	switch {
	case b.total > 0:
		numbers = append(numbers, fmt.Sprintf("%d of %d done", b.done, max(b.total, b.done+len(b.running))))
	case b.done > 0:
		numbers = append(numbers, fmt.Sprintf("%d done", b.done))
	}
	if len(b.running) > 0 {
		numbers = append(numbers, fmt.Sprintf("%d running", len(b.running)))
	}
	parts := present(frame+" "+st.strong.Render(b.title), b.note, strings.Join(numbers, ", "),
		st.muted.Render(duration(max(now.Sub(b.since), 0))))
	return strings.Join(parts, gap)
}

// verb is how an action is spoken of.
type verb struct{ doing, did string }

func words(action provision.Action) verb {
	switch action {
	case provision.Create:
		return verb{"creating", "created"}
	case provision.Update:
		return verb{"updating", "updated"}
	case provision.Replace:
		return verb{"replacing", "replaced"}
	case provision.Delete:
		return verb{"deleting", "deleted"}
	default:
		return verb{"waiting for", "ready"}
	}
}
