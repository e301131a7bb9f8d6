package drillreport

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
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
func stateLook(st terminal.Styles, state string) (sign, lane string, style lipgloss.Style) {
	switch state {
	case "":
		return laneUnseen, laneUnseen, st.Muted
	case drillresult.TargetHealthy:
		return terminal.SymbolGood, laneHealthy, st.Good
	case drillresult.TargetInitial, drillresult.TargetDraining:
		return terminal.SymbolUpdate, terminal.SymbolUpdate, st.Caution
	case drillresult.NotRegistered:
		return terminal.SymbolPaused, laneAbsent, st.Muted
	default:
		return terminal.SymbolBad, terminal.SymbolBad, st.Bad
	}
}

// picture draws a timeline: what succeeded and failed a second, latencies, the
// predicted windows, each target's state, and what happened when.
func picture(d drillresult.Drill, st terminal.Styles, r room) []string {
	if len(d.Timeline) == 0 {
		return nil
	}
	lanes := d.Lanes()
	label := func(t drillresult.Victim) string {
		return terminal.OneLine(t.Zone + " " + shortInstance(t.Instance, r.width))
	}
	left := len("failed a second")
	for _, t := range lanes {
		left = max(left, ansi.StringWidth(label(t)))
	}
	const right = 15 // a state's sign and name
	columns := max(r.width-1-left-3*len(terminal.Gap)-right, 10)
	c := chart{st: st, n: len(d.Timeline), seen: len(d.Timeline), left: left}
	if r.ahead {
		for _, w := range d.Windows() {
			c.n = max(c.n, min(int(w.To)+1, columns))
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
	out := c.bars("ok a second", st.Good, r.bars, func(i int) float64 { return float64(d.Timeline[i].Requests-d.Timeline[i].Failed) / float64(top) },
		"peak "+terminal.Thousands(top))
	worst, slowest := 0, 0.0
	for _, second := range d.Timeline {
		worst, slowest = max(worst, second.Failed), max(slowest, second.P99)
	}
	out = append(out, c.bars("failed a second", st.Bad, r.bars, func(i int) float64 { return float64(d.Timeline[i].Failed) / float64(top) }, "peak "+terminal.Thousands(worst))...)
	out = append(out, c.bars("p99 latency", st.Accent, max(r.bars/2, 1), func(i int) float64 { return d.Timeline[i].P99 / max(slowest, 1) }, "peak "+drillresult.Milliseconds(slowest))...)
	if shaded := shades(d, c); strings.TrimSpace(shaded) != "" {
		out = append(out, c.line("predicted", st.Muted.Render(shaded), ""))
	}
	shown, hidden := fewer(d, lanes, r.lanes)
	for _, t := range shown {
		out = append(out, c.line(laneLabel(d, st, t, label(t)), lane(d, c, t), stateNow(st, d.Timeline[c.seen-1].State(t.Instance))))
	}
	if hidden > 0 {
		out = append(out, terminal.Gap+st.Muted.Render(terminal.More(hidden)))
	}
	return append(out, captions(d, c)...)
}

// fewer are the lanes that there is room for, the victims before the others.
func fewer(d drillresult.Drill, lanes []drillresult.Victim, most int) (shown []drillresult.Victim, hidden int) {
	if most <= 0 || len(lanes) <= most {
		return lanes, 0
	}
	ranked := slices.Clone(lanes)
	slices.SortStableFunc(ranked, func(a, b drillresult.Victim) int {
		rank := map[bool]int{true: 0, false: 1}
		return cmp.Compare(rank[d.IsVictim(a.Instance)], rank[d.IsVictim(b.Instance)])
	})
	return ranked[:most], len(lanes) - most
}

func laneLabel(d drillresult.Drill, st terminal.Styles, t drillresult.Victim, label string) string {
	if d.IsVictim(t.Instance) {
		return st.Strong.Render(label)
	}
	return label
}

func stateNow(st terminal.Styles, state string) string {
	sign, _, style := stateLook(st, state)
	return style.Render(strings.TrimSpace(sign + " " + terminal.OneLine(state)))
}

// shortInstance is an instance's ID, without its middle where there is no room.
func shortInstance(id string, width int) string {
	id = terminal.OneLine(id)
	if runes := []rune(id); width < 100 && len(runes) > 12 {
		return string(runes[:2]) + terminal.Ellipsis + string(runes[len(runes)-6:])
	}
	return id
}

// chart maps seconds to columns.
type chart struct {
	st            terminal.Styles
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
		fill = strings.Repeat(" ", max(c.columns-ansi.StringWidth(drawn), 0)) + terminal.Gap + value
	}
	return terminal.Gap + label + pad + terminal.Gap + drawn + fill
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
			at = c.st.Muted.Render(peak)
		}
		if row == 0 {
			name = label
		}
		out = append(out, strings.TrimRight(c.line(name, style.Render(drawn.String()), at), " "))
	}
	return out
}

// lane draws a target's states, the worst of each column's seconds.
func lane(d drillresult.Drill, c chart, t drillresult.Victim) string {
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
			state = d.Timeline[from].State(t.Instance)
		}
		for s := from; s < min(to, c.seen); s++ {
			if seen := d.Timeline[s].State(t.Instance); seen != drillresult.TargetHealthy && seen != "" {
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
func shades(d drillresult.Drill, c chart) string {
	cells := slices.Repeat([]string{" "}, c.columns)
	for _, w := range d.Windows() {
		if w.From >= float64(c.n) {
			continue
		}
		for i := c.column(w.From); i <= c.column(w.To); i++ {
			cells[i] = shade(w)
		}
	}
	return strings.TrimRight(strings.Join(cells, ""), " ")
}

// shade is what a window is filled with.
func shade(w drillresult.Window) string {
	if w.What == "recovery" {
		return shadeRecover
	}
	return shadeDetect
}

// captions name what happened when, below the chart, and give its ends.
func captions(d drillresult.Drill, c chart) []string {
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
	for _, m := range d.Milestones() {
		at, text := c.column(m.At), []rune("▲ "+m.Label)
		if at+len(text) > wide {
			text = []rune(m.Label + " ▲")
			at = max(at-len(text)+1, 0)
		}
		put(at, text)
	}
	end := fmt.Sprintf("%s seconds", terminal.Thousands(c.seen))
	var out []string
	for i, row := range rows {
		name := ""
		if i == 0 {
			name = c.st.Muted.Render(end)
		}
		out = append(out, c.line(name, c.st.Accent.Render(strings.TrimRight(string(row), " ")), ""))
	}
	if len(out) == 0 {
		out = append(out, terminal.Gap+c.st.Muted.Render(end))
	}
	return out
}

// legend explains the signs of a picture, as far as they occur in it.
func legend(d drillresult.Drill) string {
	states := map[string]bool{}
	for _, second := range d.Timeline {
		for _, t := range d.Lanes() {
			states[second.State(t.Instance)] = true
		}
	}
	st := terminal.NewStyles(false)
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(states)) {
		if _, lane, _ := stateLook(st, state); lane != laneUnseen {
			parts = append(parts, lane+" "+terminal.OneLine(state))
		}
	}
	for _, w := range d.Windows() {
		if w.From < float64(len(d.Timeline)) {
			parts = append(parts, shade(w)+" predicted "+w.What)
		}
	}
	return strings.Join(parts, ", ")
}
