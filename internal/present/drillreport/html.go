package drillreport

import (
	_ "embed"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

//go:embed page.css
var styleSheet string

// markup is HTML in the making. Each text goes through e, also our own.
type markup struct{ strings.Builder }

// e is text made fit for HTML, in elements and in quoted attributes.
func e(text string) string { return html.EscapeString(terminal.OneLine(text)) }

func (p *markup) put(format string, values ...any) { fmt.Fprintf(&p.Builder, format, values...) }

// page is a drill's report as a page that needs nothing else: no script, no
// font, no other file.
func page(d drillresult.Drill) string {
	p := &markup{}
	symbol, _ := d.Look(terminal.NewStyles(false))
	p.put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	p.put("<title>%s: %s</title>\n<style>\n%s</style>\n</head>\n<body>\n", e(d.VerdictInCapitals()), e(d.Title()), styleSheet)
	p.put("<header>\n<h1><span class=\"verdict %s\">%s %s</span> %s</h1>\n", verdictClass(d.Verdict), e(symbol), e(d.VerdictInCapitals()), e(d.Title()))
	p.put("<p class=\"muted\">%s · %s · <code>%s</code></p>\n", e(d.Place()), e(d.Began), e(d.ID))
	p.put("<p class=\"lead\">%s <strong>%s</strong></p>\n", e(d.Broken()), e(d.Seen()))
	if len(d.Reasons) > 0 {
		p.put("<ul class=\"reasons %s\">\n", verdictClass(d.Verdict))
		for _, reason := range d.Reasons {
			p.put("<li>%s</li>\n", e(terminal.Sentence(reason)))
		}
		p.put("</ul>\n")
	}
	if why := d.Why(); why != "" {
		p.put("<p class=\"why\">%s</p>\n", e(why))
	}
	p.put("</header>\n<main>\n<dl class=\"numbers\">\n")
	for _, f := range d.Summary() {
		class := ""
		if f.Name == "restored" && !d.Restored {
			class = ` class="bad"`
		}
		p.put("<div><dt>%s</dt><dd%s>%s</dd></div>\n", e(f.Name), class, e(f.Value))
	}
	p.put("</dl>\n")
	p.chart(d)
	p.comparisons(d)
	p.latencies(d)
	p.stretches(d)
	p.put("<h2>Settings</h2>\n<div class=\"scroll\"><table class=\"settings\"><tbody>\n")
	for _, f := range d.Facts() {
		p.put("<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n", e(f.Name), e(f.Value))
	}
	p.put("</tbody></table></div>\n</main>\n<footer>\n")
	for _, sentence := range d.Next() {
		p.put("<p>%s</p>\n", e(sentence))
	}
	for _, link := range d.Links() {
		p.put("<p><a href=\"%s\">%s</a></p>\n", e(link.URL), e(link.Text))
	}
	p.put("</footer>\n</body>\n</html>\n")
	return p.String()
}

// cell is one cell of a table with the name of its column, which stands beside it where the window has no room for columns.
func (p *markup) cell(column, class, text string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	p.put("<td data-column=\"%s\"%s>%s</td>", e(column), class, e(text))
}

// verdictClass is a verdict as a class of the style sheet.
func verdictClass(verdict string) string {
	if slices.Contains([]string{drillresult.VerdictPass, drillresult.VerdictFail, drillresult.VerdictAborted}, verdict) {
		return verdict
	}
	return drillresult.VerdictFail
}

// comparisons puts predicted and measured side by side.
func (p *markup) comparisons(d drillresult.Drill) {
	p.put("<h2>Predicted and measured</h2>\n<div class=\"scroll\"><table>\n<thead><tr><td></td><th scope=\"col\">predicted</th><th scope=\"col\">measured</th><th scope=\"col\">difference</th></tr></thead>\n<tbody>\n")
	for _, c := range d.Comparisons() {
		sign, class := terminal.SymbolGood, "good"
		switch {
		case c.Missed:
			sign, class = terminal.SymbolBad, "bad"
		case !d.IsBroken():
			sign, class = terminal.SymbolPaused, "muted"
		}
		p.put("<tr><th scope=\"row\">%s</th>", e(c.What))
		p.cell("predicted", "", c.Predicted)
		p.cell("measured", "", c.Measured)
		p.cell("difference", class, sign+" "+c.Verdict)
		p.put("</tr>\n")
	}
	p.put("</tbody></table></div>\n")
	for _, sentence := range d.Rang() {
		p.put("<p>%s</p>\n", e(sentence))
	}
	if times := d.Times(); times != "" {
		p.put("<p class=\"note\">%s</p>\n", e(drillresult.Sentence(times)))
	}
}

func (p *markup) latencies(d drillresult.Drill) {
	p.put("<h2>Latency of the answers</h2>\n<div class=\"scroll\"><table>\n<thead><tr><td></td>")
	names := []string{"p50", "p90", "p99", "max", "answers"}
	for _, name := range names {
		p.put("<th scope=\"col\" class=\"number\">%s</th>", name)
	}
	p.put("</tr></thead>\n<tbody>\n")
	for _, phase := range d.Phases() {
		p.put("<tr><th scope=\"row\">%s</th>", e(phase.Span))
		for i, cell := range phase.Cells() {
			p.cell(names[i], "number", cell)
		}
		p.put("</tr>\n")
	}
	p.put("</tbody></table></div>\n")
}

// stretches tells the timeline in words: what the picture shows, for those who
// can't see it.
func (p *markup) stretches(d drillresult.Drill) {
	p.put("<h2>What happened when</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">when</th><th scope=\"col\">what</th><th scope=\"col\" class=\"number\">requests</th><th scope=\"col\">failed</th><th scope=\"col\" class=\"number\">p99 at most</th><th scope=\"col\">targets</th></tr></thead>\n<tbody>\n")
	for _, s := range d.Stretches() {
		class := ""
		if s.Failed > 0 {
			class = ` class="failed"`
		}
		p.put("<tr%s><th scope=\"row\">%s</th>", class, e(s.Time()))
		p.cell("what", "", strings.Join(s.Marks, ", "))
		p.cell("requests", "number", terminal.Thousands(s.Total))
		p.cell("failed", "", s.FailedByClass())
		p.cell("p99 at most", "number", s.Slowest())
		p.cell("targets", "", s.Targets)
		p.put("</tr>\n")
	}
	p.put("</tbody></table></div>\n")
}
