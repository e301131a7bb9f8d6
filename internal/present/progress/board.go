package progress

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// board is what a run is doing at a moment, as far as its plan and its events
// tell. It is plain data: time comes with the events, and from the caller.
type board struct {
	title string
	since time.Time

	note      string // the phase of the run, if it is not a step
	noteSince time.Time

	all     []*task // of the plan
	ahead   []*task // in the order of the plan
	running []*task // the one that began first comes first
	done    []*task // in the order in which they ended
	failed  int
}

// task is a step of the run.
type task struct {
	key    resource.Key
	action plan.Action
	id     string // of a deletion only: several of one key can run at once
	needs  []*task
	over   bool
	// expected is how long it usually takes; zero where that isn't known.
	expected time.Duration

	began   time.Time
	waiting string
	told    []string // reasons that were written already
}

// is reports whether an event is about the task.
func (t *task) is(e apply.Event) bool {
	return t.key == e.Key && t.action == e.Action && (e.Action != plan.Delete || t.id == e.ID)
}

// plan notes which steps are to come. Second is how long here takes what takes AWS a second.
func (b *board) plan(steps []plan.Upcoming, second time.Duration) {
	b.ahead = make([]*task, 0, len(steps))
	for _, step := range steps {
		expected := time.Duration(step.Expected.Seconds() * float64(second))
		b.ahead = append(b.ahead, &task{key: step.Key, action: step.Action, id: step.ID, expected: expected})
	}
	b.all = slices.Clone(b.ahead)
	for i, step := range steps {
		for _, need := range step.Needs {
			b.ahead[i].needs = append(b.ahead[i].needs, b.ahead[need])
		}
	}
}

// find is the running step that an event is about.
func (b *board) find(e apply.Event) *task {
	if i := slices.IndexFunc(b.running, func(t *task) bool { return t.is(e) }); i >= 0 {
		return b.running[i]
	}
	return nil
}

// start notes that a step runs.
func (b *board) start(e apply.Event) {
	t := &task{key: e.Key, action: e.Action, id: e.ID}
	if i := slices.IndexFunc(b.ahead, func(t *task) bool { return t.is(e) }); i >= 0 {
		t = b.ahead[i]
		b.ahead = slices.Delete(b.ahead, i, i+1)
	}
	t.began = e.At
	b.running = append(b.running, t)
}

// wait notes what a step waits for. It reports whether that is news.
func (b *board) wait(e apply.Event) bool {
	t := b.find(e)
	if t == nil {
		return false
	}
	t.waiting = terminal.Sentence(e.Detail)
	if t.waiting == "" || slices.Contains(t.told, t.waiting) {
		return false
	}
	t.told = append(t.told, t.waiting)
	return true
}

// end notes that a step is over, well or not.
func (b *board) end(e apply.Event) {
	t := b.find(e)
	if t == nil {
		return
	}
	b.running = slices.DeleteFunc(b.running, func(other *task) bool { return other == t })
	if e.Type == apply.Erred {
		b.failed++
		return
	}
	t.over = true
	b.done = append(b.done, t)
}

// block is the board as lines, of which there are at most rows: first what it
// all adds up to, then each running step with its time and what it waits for,
// what comes next and after what, and what is done. Where they are too many,
// steps of which the same is to be said share a line.
func (b *board) block(st terminal.Styles, now time.Time, width, rows int) []string {
	out := []string{b.head(st, now, width)}
	if b.note != "" {
		out = append(out, terminal.Gap+strings.Join([]string{b.note, st.Muted.Render(terminal.Duration(max(now.Sub(b.noteSince), 0)))}, terminal.Gap))
	}
	next, then := b.next()
	var below []string // one line each, at the end
	label := func(name, text string) {
		if text != "" {
			below = append(below, terminal.Gap+st.Muted.Render(name)+terminal.Gap+text)
		}
	}
	if b.failed > 0 {
		next, then = nil, terminal.Groups[string]{} // no other step begins
	}
	label("then", then.List())
	label("done", b.finished())

	// Half of what is left is for what runs, and all that what comes next
	// doesn't need.
	room := rows - len(out)
	if room < 4 {
		below = nil // a window so low is for what runs
	}
	room -= len(below)
	after := make([][]string, 0, len(next))
	if len(next) > 0 && room >= 4 {
		for _, n := range next {
			after = append(after, []string{Sign(st, n.action) + " " + n.label(width), "", n.after})
		}
		if most := max(room/2, room-1-len(b.running)) - 1; len(after) > most {
			after = append(after[:max(most-1, 0):max(most-1, 0)], []string{terminal.More(len(after) - max(most-1, 0))})
		}
		after = append([][]string{{st.Muted.Render("next"), "", st.Muted.Render("after")}}, after...)
		room -= len(after)
	}
	if len(b.running) > 0 && room > 0 {
		table := b.runs(st, now, width, max(room-1, 1))
		if room > 1 {
			table = append([][]string{{st.Muted.Render("running"), st.Muted.Render("  for"), st.Muted.Render("waiting")}}, table...)
		}
		after = append(table, after...)
	}
	table := terminal.Columns(after, 0)
	// Reasons are told whole where there is room for it.
	if folded := terminal.Columns(after, width); width >= 30 && len(out)+len(folded)+len(below) <= rows {
		table = folded
	}
	return slices.Concat(out, table, below)
}

// runs are rows of what runs, of which there are at most so many.
func (b *board) runs(st terminal.Styles, now time.Time, width, rows int) [][]string {
	alike := []func(t *task) any{
		func(t *task) any { return t },
		func(t *task) any { return [3]string{t.key.Kind, string(t.action), t.waiting} },
		func(t *task) any { return [3]string{t.key.Kind, string(t.action)} },
	}
	var table [][]string
	for _, likeness := range alike {
		var all terminal.Groups[any]
		first := map[any]*task{}
		for _, t := range b.running {
			like := likeness(t)
			all.Add(like, t.key.String())
			if first[like] == nil || first[like].waiting == "" {
				began := t.began
				if known := first[like]; known != nil {
					began = known.began
				}
				first[like] = &task{action: t.action, began: began, waiting: t.waiting}
			}
		}
		table = nil
		for _, like := range all.Order {
			t := first[like]
			row := []string{Sign(st, t.action) + " " + labelled(all.Of[like], width), fmt.Sprintf("%5s", terminal.Duration(max(now.Sub(t.began), 0)))}
			if t.waiting != "" {
				row = append(row, st.Muted.Render(t.waiting))
			}
			table = append(table, row)
		}
		if len(table) <= rows {
			return table
		}
	}
	left := len(table) - rows + 1
	return append(table[:rows-1:rows-1], []string{strings.TrimPrefix(terminal.More(left), terminal.Gap)})
}

// labelled is a group by as much as there is room for in the first column.
func labelled(g *terminal.Group, width int) string {
	if long := g.Long(); ansi.StringWidth(long) < width/2 {
		return long
	}
	return g.Short()
}

// upcoming is steps of one kind that begin as soon as others have ended.
type upcoming struct {
	terminal.Group
	action plan.Action
	after  string
}

func (u upcoming) label(width int) string { return labelled(&u.Group, width) }

// next are the steps that wait for running ones alone, by kind, and all that
// come after those.
func (b *board) next() ([]upcoming, terminal.Groups[string]) {
	type like struct {
		kind   string
		action plan.Action
	}
	var next, needs = terminal.Groups[like]{}, map[like]*terminal.Groups[string]{}
	var then terminal.Groups[string]
	running := map[*task]bool{}
	for _, t := range b.running {
		running[t] = true
	}
	known := map[like]map[*task]bool{}
	for _, t := range b.ahead {
		soon := true
		for _, need := range t.needs {
			soon = soon && (need.over || running[need])
		}
		if !soon {
			then.Add(t.key.Kind, t.key.String())
			continue
		}
		of := like{t.key.Kind, t.action}
		next.Add(of, t.key.String())
		if needs[of] == nil {
			needs[of], known[of] = &terminal.Groups[string]{}, map[*task]bool{}
		}
		for _, need := range t.needs {
			if running[need] && !known[of][need] {
				known[of][need] = true
				needs[of].Add(need.key.Kind, need.key.String())
			}
		}
	}
	var out []upcoming
	for _, of := range next.Order {
		out = append(out, upcoming{*next.Of[of], of.action, needs[of].List()})
	}
	return out, then
}

// finished is what is done, by kind.
func (b *board) finished() string {
	var all terminal.Groups[string]
	for _, t := range b.done {
		all.Add(t.key.Kind, t.key.String())
	}
	return all.List()
}

// head is the first line.
func (b *board) head(st terminal.Styles, now time.Time, width int) string {
	total := len(b.ahead) + len(b.running) + len(b.done) + b.failed
	parts := []string{st.Spin(now) + " " + st.Strong.Render(b.title), fmt.Sprintf("%5s", terminal.Duration(max(now.Sub(b.since), 0)))}
	if total > 0 {
		numbers := fmt.Sprintf("%d of %d done", len(b.done), total)
		if len(b.running) > 0 {
			numbers += fmt.Sprintf(", %d running", len(b.running))
		}
		if b.failed > 0 {
			numbers += ", " + st.Bad.Render(fmt.Sprintf("%d failed", b.failed))
		}
		parts = append(parts, numbers)
	}
	line := strings.Join(parts, terminal.Gap)
	if room := min(width-1-ansi.StringWidth(line)-2*len(terminal.Gap), 40); total > 0 && room >= 8 {
		full := int(float64(room) * b.share(now))
		line += terminal.Gap + st.Good.Render(strings.Repeat(terminal.Bar, full)) + st.Muted.Render(strings.Repeat(terminal.Track, room-full))
	}
	return line
}

// share is how much of the run is done, from 0 to 1: of the time that the longest chain of steps usually takes. Where no step
// is known to take any, it goes by their number.
func (b *board) share(now time.Time) float64 {
	whole := longest(b.all, func(t *task) time.Duration { return t.expected })
	if whole == 0 {
		return float64(len(b.done)) / float64(len(b.ahead)+len(b.running)+len(b.done)+b.failed)
	}
	left := longest(b.all, func(t *task) time.Duration {
		switch {
		case t.over:
			return 0
		case t.began.IsZero():
			return t.expected
		}
		// One that takes longer than usual is nearly done.
		return max(t.expected-now.Sub(t.began), t.expected/20)
	})
	return 1 - left.Seconds()/whole.Seconds()
}

// longest is how long the longest chain of tasks takes, each after those that it needs.
func longest(tasks []*task, takes func(*task) time.Duration) time.Duration {
	ends := map[*task]time.Duration{}
	var end func(t *task) time.Duration
	end = func(t *task) time.Duration {
		if at, known := ends[t]; known {
			return at
		}
		at := time.Duration(0)
		for _, need := range t.needs {
			at = max(at, end(need))
		}
		ends[t] = at + takes(t)
		return ends[t]
	}
	most := time.Duration(0)
	for _, t := range tasks {
		most = max(most, end(t))
	}
	return most
}

// marked is how an action is marked, in plans and while it runs.
func marked(st terminal.Styles, action plan.Action) (string, lipgloss.Style) {
	switch action {
	case plan.Create:
		return terminal.SymbolCreate, st.Good
	case plan.Update:
		return terminal.SymbolUpdate, st.Caution
	case plan.Replace:
		return terminal.SymbolReplace, st.Caution
	case plan.Delete:
		return terminal.SymbolDelete, st.Bad
	default:
		return terminal.SymbolWait, st.Muted
	}
}

// Sign marks an action, in its colour.
func Sign(st terminal.Styles, action plan.Action) string {
	symbol, style := marked(st, action)
	return style.Render(symbol)
}

// verb is how an action is spoken of.
type verb struct{ doing, did string }

func words(action plan.Action) verb {
	switch action {
	case plan.Create:
		return verb{"creating", "created"}
	case plan.Update:
		return verb{"updating", "updated"}
	case plan.Replace:
		return verb{"replacing", "replaced"}
	case plan.Delete:
		return verb{"deleting", "deleted"}
	default:
		return verb{"waiting for", "ready"}
	}
}
