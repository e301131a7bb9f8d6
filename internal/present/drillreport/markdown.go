package drillreport

import (
	"strings"

	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// markdownText is text that Markdown shows as it is.
var markdownText = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "#", `\#`, "~", `\~`,
)

// markdown is a drill's report in Markdown.
func markdown(d drillresult.Drill) string {
	var out strings.Builder
	e := func(text string) string { return markdownText.Replace(terminal.OneLine(text)) }
	say := func(text ...string) { terminal.Lines(&out, text...) }
	symbol, _ := d.Look(terminal.NewStyles(false))
	say("# "+symbol+" "+e(d.VerdictInCapitals())+": "+e(d.Title()), "", "**"+e(d.Broken())+" "+e(d.Seen())+"**")
	for _, reason := range d.Reasons {
		say("", "- "+e(terminal.Sentence(reason)))
	}
	if why := d.Why(); why != "" {
		say("", e(why))
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
	factRows := func(facts []drillresult.Fact) (rows [][]string) {
		for _, f := range facts {
			rows = append(rows, []string{f.Name, f.Value})
		}
		return rows
	}
	table([]string{"", ""}, factRows(d.Summary()))

	say("", "## Predicted and measured")
	var rows [][]string
	for _, c := range d.Comparisons() {
		rows = append(rows, []string{c.What, c.Predicted, c.Measured, c.Verdict})
	}
	table([]string{"", "predicted", "measured", ""}, rows)
	if times := d.Times(); times != "" {
		say("", e(drillresult.Sentence(times)))
	}
	for _, sentence := range d.Rang() {
		say("", e(sentence))
	}

	say("", "## Timeline", "", "```text")
	for _, line := range picture(d, terminal.NewStyles(false), room{width: 100, bars: 3, stretch: true}) {
		say(strings.ReplaceAll(line, "`", "'"))
	}
	say("```", "", e(legend(d)))
	rows = nil
	for _, s := range d.Stretches() {
		rows = append(rows, []string{s.Time(), terminal.Thousands(s.Total), s.FailedByClass(), s.Slowest(), s.Targets, strings.Join(s.Marks, ", ")})
	}
	table([]string{"when", "requests", "failed", "p99 at most", "targets", ""}, rows)

	say("", "## Latency")
	rows = nil
	for _, p := range d.Phases() {
		rows = append(rows, append([]string{p.Span}, p.Cells()...))
	}
	table([]string{"", "p50", "p90", "p99", "max", "answers"}, rows)
	say("", "## Settings")
	table([]string{"", ""}, factRows(d.Facts()))
	for _, sentence := range d.Next() {
		say("", e(sentence))
	}
	for _, link := range d.Links() {
		say("", "["+e(link.Text)+"]("+link.URL+")")
	}
	return out.String()
}
