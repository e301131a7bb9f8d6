package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// The picture of a drill's timeline, in text.

// eighths are bars of one to eight eighths of a line's height.
const eighths = "▁▂▃▄▅▆▇█"

// What stands for a second of a target.
const (
	laneHealthy  = "━"
	laneUnseen   = " "
	laneAbsent   = "·"
	shadeDetect  = "░"
	shadeRecover = "▒"
)

// room is how much of a terminal a picture may take.
type room struct {
	width   int
	bars    int  // lines that a bar is high
	lanes   int  // targets at the most; 0: all
	stretch bool // a second may take more than one column
	ahead   bool // what is predicted shows before its time has come
}

// stateLook is how a target's state is shown: a sign for it, one for each second
// of it, and a style.
func stateLook(st styles, state string) (sign, lane string, style lipgloss.Style) {
	switch state {
	case "":
		return laneUnseen, laneUnseen, st.muted
	case targetHealthy:
		return symbolGood, laneHealthy, st.good
	case targetInitial, targetDraining:
		return symbolUpdate, symbolUpdate, st.caution
	case notRegistered:
		return symbolPaused, laneAbsent, st.muted
	default:
		return symbolBad, symbolBad, st.bad
	}
}

// picture draws a timeline: what succeeded and failed a second, latencies, the
// predicted windows, each target's state, and what happened when.
func picture(d Drill, st styles, r room) []string {
	if len(d.Timeline) == 0 {
		return nil
	}
	lanes := d.lanes()
	label := func(t DrillVictim) string { return oneLine(t.Zone + " " + shortInstance(t.Instance, r.width)) }
	left := len("failed a second")
	for _, t := range lanes {
		left = max(left, ansi.StringWidth(label(t)))
	}
	const right = 15 // a state's sign and name
	columns := max(r.width-1-left-3*len(gap)-right, 10)
	c := chart{st: st, n: len(d.Timeline), seen: len(d.Timeline), left: left}
	if r.ahead {
		for _, w := range d.windows() {
			c.n = max(c.n, min(int(w.to)+1, columns))
		}
	}
	if c.n > columns {
		c.columns = columns
	} else {
		c.columns = c.n
		if r.stretch {
			c.columns *= columns / c.n
		}
	}
	top := 1
	for _, second := range d.Timeline {
		top = max(top, second.Requests)
	}
	out := c.bars("ok a second", st.good, r.bars, func(i int) float64 { return float64(d.Timeline[i].Requests-d.Timeline[i].Failed) / float64(top) },
		"peak "+thousands(top))
	worst, slowest := 0, 0.0
	for _, second := range d.Timeline {
		worst, slowest = max(worst, second.Failed), max(slowest, second.P99)
	}
	out = append(out, c.bars("failed a second", st.bad, r.bars, func(i int) float64 { return float64(d.Timeline[i].Failed) / float64(top) }, "peak "+thousands(worst))...)
	out = append(out, c.bars("p99 latency", st.accent, max(r.bars/2, 1), func(i int) float64 { return d.Timeline[i].P99 / max(slowest, 1) }, "peak "+latency(slowest))...)
	if shaded := shades(d, c); strings.TrimSpace(shaded) != "" {
		out = append(out, c.line("predicted", st.muted.Render(shaded), ""))
	}
	shown, hidden := fewer(d, lanes, r.lanes)
	for _, t := range shown {
		out = append(out, c.line(laneLabel(d, st, t, label(t)), lane(d, c, t), stateNow(st, d.Timeline[c.seen-1].state(t.Instance))))
	}
	if hidden > 0 {
		out = append(out, gap+st.muted.Render(more(hidden)))
	}
	return append(out, captions(d, c)...)
}

// fewer are the lanes that there is room for, the victims before the others.
func fewer(d Drill, lanes []DrillVictim, most int) (shown []DrillVictim, hidden int) {
	if most <= 0 || len(lanes) <= most {
		return lanes, 0
	}
	ranked := slices.Clone(lanes)
	slices.SortStableFunc(ranked, func(a, b DrillVictim) int {
		rank := map[bool]int{true: 0, false: 1}
		return cmp.Compare(rank[d.isVictim(a.Instance)], rank[d.isVictim(b.Instance)])
	})
	return ranked[:most], len(lanes) - most
}

func laneLabel(d Drill, st styles, t DrillVictim, label string) string {
	if d.isVictim(t.Instance) {
		return st.strong.Render(label)
	}
	return label
}

func stateNow(st styles, state string) string {
	sign, _, style := stateLook(st, state)
	return style.Render(strings.TrimSpace(sign + " " + oneLine(state)))
}

// shortInstance is an instance's ID, without its middle where there is no room.
func shortInstance(id string, width int) string {
	id = oneLine(id)
	if runes := []rune(id); width < 100 && len(runes) > 12 {
		return string(runes[:2]) + ellipsis + string(runes[len(runes)-6:])
	}
	return id
}

// chart maps seconds to columns.
type chart struct {
	st            styles
	n, seen       int // seconds: on it, and those of them that were measured
	columns, left int
}

// seconds are those that a column stands for: from one up to another.
func (c chart) seconds(column int) (from, to int) {
	from = column * c.n / c.columns
	return from, max((column+1)*c.n/c.columns, from+1)
}

// column is where a moment is.
func (c chart) column(at float64) int {
	return min(max(int(at*float64(c.columns)/float64(c.n)), 0), c.columns-1)
}

// line is a row of the chart.
func (c chart) line(label, drawn, value string) string {
	pad := strings.Repeat(" ", max(c.left-ansi.StringWidth(label), 0))
	fill := ""
	if value != "" {
		fill = strings.Repeat(" ", max(c.columns-ansi.StringWidth(drawn), 0)) + gap + value
	}
	return gap + label + pad + gap + drawn + fill
}

// bars draws the highest value of each column's seconds, as a share of the top.
func (c chart) bars(label string, style lipgloss.Style, high int, value func(second int) float64, peak string) []string {
	levels := make([]int, c.columns)
	for i := range levels {
		from, to := c.seconds(i)
		highest := 0.0
		if from >= c.seen {
			levels[i] = -1
			continue
		}
		for s := from; s < min(to, c.seen); s++ {
			highest = max(highest, value(s))
		}
		levels[i] = int(highest*float64(8*high) + 0.5)
		if highest > 0 {
			levels[i] = max(levels[i], 1) // a single failure must not vanish
		}
	}
	blocks := []rune(eighths)
	var out []string
	for row := high - 1; row >= 0; row-- {
		var drawn strings.Builder
		for _, level := range levels {
			switch part := min(level-8*row, 8); {
			case part > 0:
				drawn.WriteRune(blocks[part-1])
			case row == 0 && level >= 0:
				drawn.WriteString(laneAbsent)
			default:
				drawn.WriteByte(' ')
			}
		}
		name, at := "", ""
		if row == high-1 {
			at = c.st.muted.Render(peak)
		}
		if row == 0 {
			name = label
		}
		out = append(out, strings.TrimRight(c.line(name, style.Render(drawn.String()), at), " "))
	}
	return out
}

// lane draws a target's states, the worst of each column's seconds.
func lane(d Drill, c chart, t DrillVictim) string {
	var out strings.Builder
	run, last := "", ""
	flush := func(state string) {
		if run != "" {
			_, _, style := stateLook(c.st, last)
			out.WriteString(style.Render(run))
		}
		run, last = "", state
	}
	for i := range c.columns {
		from, to := c.seconds(i)
		state := ""
		if from < c.seen {
			state = d.Timeline[from].state(t.Instance)
		}
		for s := from; s < min(to, c.seen); s++ {
			if seen := d.Timeline[s].state(t.Instance); seen != targetHealthy && seen != "" {
				state = seen
			}
		}
		if state != last {
			flush(state)
		}
		_, sign, _ := stateLook(c.st, state)
		run += sign
	}
	flush("")
	return out.String()
}

// shades draws the predicted windows.
func shades(d Drill, c chart) string {
	cells := slices.Repeat([]string{" "}, c.columns)
	for _, w := range d.windows() {
		if w.from >= float64(c.n) {
			continue
		}
		for i := c.column(w.from); i <= c.column(w.to); i++ {
			cells[i] = shade(w)
		}
	}
	return strings.TrimRight(strings.Join(cells, ""), " ")
}

// shade is what a window is filled with.
func shade(w window) string {
	if w.what == "recovery" {
		return shadeRecover
	}
	return shadeDetect
}

// captions name what happened when, below the chart, and give its ends.
func captions(d Drill, c chart) []string {
	wide := c.columns + 15
	var rows [][]rune
	put := func(at int, text []rune) {
		for i := range len(rows) + 1 {
			if i == len(rows) {
				rows = append(rows, []rune(strings.Repeat(" ", wide)))
			}
			from, to := max(at-1, 0), min(at+len(text)+1, wide)
			if strings.TrimSpace(string(rows[i][from:to])) == "" {
				copy(rows[i][at:], text)
				return
			}
		}
	}
	for _, m := range d.marks() {
		at, text := c.column(m.at), []rune("▲ "+m.label)
		if at+len(text) > wide {
			text = []rune(m.label + " ▲")
			at = max(at-len(text)+1, 0)
		}
		put(at, text)
	}
	end := fmt.Sprintf("%s seconds", thousands(c.seen))
	var out []string
	for i, row := range rows {
		name := ""
		if i == 0 {
			name = c.st.muted.Render(end)
		}
		out = append(out, c.line(name, c.st.accent.Render(strings.TrimRight(string(row), " ")), ""))
	}
	if len(out) == 0 {
		out = append(out, gap+c.st.muted.Render(end))
	}
	return out
}

// legend explains the signs of a picture, as far as they occur in it.
func legend(d Drill) string {
	states := map[string]bool{}
	for _, second := range d.Timeline {
		for _, t := range d.lanes() {
			states[second.state(t.Instance)] = true
		}
	}
	st := newStyles(false)
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(states)) {
		if _, lane, _ := stateLook(st, state); lane != laneUnseen {
			parts = append(parts, lane+" "+oneLine(state))
		}
	}
	for _, w := range d.windows() {
		if w.from < float64(len(d.Timeline)) {
			parts = append(parts, shade(w)+" predicted "+w.what)
		}
	}
	return strings.Join(parts, ", ")
}
