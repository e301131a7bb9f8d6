package report

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Up is the document of `up`.
type Up struct {
	Platform string `json:"platform"`
	// URL is where a client on this machine reaches the platform.
	URL string `json:"url"`
	// LivePage is the local cloud's picture of the platform, for a browser; "" on AWS.
	LivePage string `json:"live_page,omitempty"`
	// Dashboard is the page of CloudWatch that shows the platform; "" where there is none.
	Dashboard       string  `json:"dashboard,omitempty"`
	Created         int     `json:"created"`
	Updated         int     `json:"updated"`
	Replaced        int     `json:"replaced"`
	Deleted         int     `json:"deleted"`
	Unchanged       int     `json:"unchanged"`
	DurationSeconds float64 `json:"duration_seconds"`
	APICalls        int     `json:"api_calls"`
	// Problems are names that don't lead to the platform yet, each with what to do about it.
	Problems     []Problem           `json:"problems,omitempty"`
	CriticalPath terminal.List[Link] `json:"critical_path"`
}

// Link is one step of the chain of steps that a run's time is made of.
type Link struct {
	Key string `json:"key"`
	// Action is what was done to the object; "" of what isn't about one.
	Action  string  `json:"action,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Show writes what `up` did, where the time went, and last the URL on a line of
// its own, where both eyes and `tail -1` find it.
func (doc Up) Show(s terminal.Streams) {
	st := s.OutStyles()
	changed := counts(
		count{doc.Created, "created"}, count{doc.Updated, "updated"},
		count{doc.Replaced, "replaced"}, count{doc.Deleted, "deleted"},
	)
	took := fmt.Sprintf("in %s, with %s", terminal.Seconds(doc.DurationSeconds), terminal.Plural(doc.APICalls, "API call"))
	up := st.Good.Render(terminal.SymbolGood) + " " + st.Strong.Render(doc.Platform) + " is up"
	if changed == "" {
		s.Text(up + "; nothing changed: " + terminal.Plural(doc.Unchanged, "object") + " as configured, " + took)
	} else {
		if doc.Unchanged > 0 {
			changed += fmt.Sprintf(", %d unchanged", doc.Unchanged)
		}
		s.Text(up + ": " + changed + ", " + took)
		criticalPath(s, st, doc.CriticalPath, doc.DurationSeconds)
	}
	for _, p := range doc.Problems {
		s.Text("", st.Caution.Render(terminal.SymbolWarning)+" "+terminal.OneLine(p.Message), "  "+terminal.OneLine(p.Hint))
	}
	if doc.Dashboard != "" {
		terminal.Lines(s.Out, "", terminal.Gap+st.Muted.Render("the dashboard: ")+st.Accent.Render(doc.Dashboard))
	}
	if doc.LivePage != "" {
		terminal.Lines(s.Out, "", terminal.Gap+st.Muted.Render("the live page, with its traffic: ")+st.Accent.Render(doc.LivePage))
	}
	if doc.URL != "" {
		terminal.Lines(s.Out, "", st.Accent.Render(doc.URL))
	}
}

// criticalPath draws each link as a bar, in proportion to the whole run. What
// took less than a hundredth of it is summed up.
func criticalPath(s terminal.Streams, st terminal.Styles, path []Link, total float64) {
	rest := total
	longest := 0.0
	twice := map[string]int{}
	for _, link := range path {
		twice[link.Key]++
		rest -= link.Seconds
		longest = max(longest, link.Seconds)
	}
	if len(path) == 0 || longest <= 0 {
		return
	}
	type part struct {
		name string
		took float64
		look lipgloss.Style
	}
	var parts []part
	short, shortTime := 0, 0.0
	for _, link := range path {
		if link.Seconds < total/100 {
			short, shortTime = short+1, shortTime+link.Seconds
			continue
		}
		name := link.Key
		if twice[link.Key] > 1 {
			name = link.Action + " " + name
		}
		parts = append(parts, part{name, link.Seconds, st.Accent})
	}
	if short > 0 {
		parts = append(parts, part{terminal.Plural(short, "short step"), shortTime, st.Accent})
	}
	if rest >= total/100 {
		parts = append(parts, part{"outside of the steps", rest, st.Muted})
	}
	names := 0
	for _, p := range parts {
		names = max(names, ansi.StringWidth(p.name))
	}
	width, _ := s.WindowSize()
	widest := max(min(width-1-names-4*len(terminal.Gap)-6-4, 30), 0) // beside the name, the time and the share
	rows := make([][]string, 0, len(parts))
	for _, p := range parts {
		cells := []string{p.name, fmt.Sprintf("%6s", terminal.Seconds(p.took)), fmt.Sprintf("%3d%%", terminal.Percent(p.took, total))}
		if length := int(p.took / max(longest, rest) * float64(widest)); length > 0 {
			cells = append(cells, p.look.Render(strings.Repeat(terminal.Bar, length)))
		}
		rows = append(rows, cells)
	}
	terminal.Lines(s.Out, "", st.Strong.Render("Where the time went")+st.Muted.Render(" (the critical path)"))
	terminal.Lines(s.Out, terminal.Columns(rows, 0)...)
}

// count is a number of things to which something was done.
type count struct {
	n    int
	what string
}

// counts names those that are not zero: "3 created, 1 deleted".
func counts(all ...count) string {
	var parts []string
	for _, c := range all {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return strings.Join(parts, ", ")
}
