package report

import (
	"strings"
)

// markdownText is text that Markdown shows as it is.
var markdownText = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "#", `\#`, "~", `\~`,
)

// markdown is a drill's report in Markdown.
func markdown(d Drill) string {
	var out strings.Builder
	e := func(text string) string { return markdownText.Replace(oneLine(text)) }
	say := func(text ...string) { lines(&out, text...) }
	symbol, _ := d.look(newStyles(false))
	say("# "+symbol+" "+e(d.verdict())+": "+e(d.title()), "", "**"+e(d.broken())+" "+e(d.seen())+"**")
	for _, reason := range d.Reasons {
		say("", "- "+e(reason))
	}
	table := func(head []string, rows [][]string) {
		say("", "| "+strings.Join(head, " | ")+" |", "|"+strings.Repeat("---|", len(head)))
		for _, row := range rows {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = e(cell)
			}
			say("| " + strings.Join(cells, " | ") + " |")
		}
	}
	factRows := func(facts []fact) (rows [][]string) {
		for _, f := range facts {
			rows = append(rows, []string{f.name, f.value})
		}
		return rows
	}
	table([]string{"", ""}, factRows(d.summary()))

	say("", "## Predicted and measured")
	var rows [][]string
	for _, c := range d.comparisons() {
		rows = append(rows, []string{c.what, c.predicted, c.measured, c.verdict})
	}
	table([]string{"", "predicted", "measured", ""}, rows)
	if times := d.times(); times != "" {
		say("", e(sentence(times)))
	}

	say("", "## Timeline", "", "```text")
	for _, line := range picture(d, newStyles(false), room{width: 100, bars: 3, stretch: true}) {
		say(strings.ReplaceAll(line, "`", "'"))
	}
	say("```", "", e(legend(d)))
	rows = nil
	for _, s := range d.stretches() {
		rows = append(rows, []string{s.time(), thousands(s.Total), s.failed(), s.slowest(), s.targets, strings.Join(s.marks, ", ")})
	}
	table([]string{"when", "requests", "failed", "p99 at most", "targets", ""}, rows)

	say("", "## Latency")
	rows = nil
	for _, p := range d.phases() {
		rows = append(rows, append([]string{p.span}, p.cells()...))
	}
	table([]string{"", "p50", "p90", "p99", "max", "answers"}, rows)
	say("", "## Settings")
	table([]string{"", ""}, factRows(d.facts()))
	for _, sentence := range d.next() {
		say("", e(sentence))
	}
	return out.String()
}
