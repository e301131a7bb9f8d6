package drillreport

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// The picture of a drill's timeline, in SVG. All lengths are in its own units.
const (
	requestHigh = 170.0
	latencyHigh = 80.0
	laneHigh    = 24.0
	captionHigh = 17.0
)

// sheet is what a picture is drawn on: a wide one has room for names at its left, on a narrow one they stand above what they
// name. A page has both, and shows the one that it has room for.
type sheet struct {
	class              string
	width, left, right float64
	above              float64 // room for a name above each panel and each target
	labels             int     // of the axis, at the most
}

func sheets() []sheet {
	return []sheet{{"wide", 1000, 240, 15, 0, 12}, {"narrow", 400, 8, 12, 16, 7}}
}

// plot maps seconds to places.
type plot struct {
	*markup
	sheet
	n int // seconds
}

func (c plot) x(second float64) float64 {
	return c.left + (c.width-c.left-c.right)*min(max(second/float64(c.n), 0), 1)
}

// label writes a text, which begins at x, ends there, or has its middle there.
func (c plot) label(x, y float64, anchor, class, text string) {
	c.put("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>\n", x, y, anchor, class, e(text))
}

// chart draws the timeline: requests a second by class, the 99th percentile of
// the latencies, the targets' states, what happened when, and the windows in
// which something was predicted.
func (p *markup) chart(d drillresult.Drill) {
	if len(d.Timeline) == 0 {
		return
	}
	p.put("<h2 id=\"timeline\">Timeline</h2>\n<figure>\n" +
		"<svg class=\"patterns\" aria-hidden=\"true\"><defs>\n" +
		"<pattern id=\"rising\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line y2=\"7\" class=\"detection stroke\"/></pattern>\n" +
		"<pattern id=\"falling\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\"><line y2=\"7\" class=\"recovery stroke\"/></pattern>\n</defs></svg>\n")
	for _, sheet := range sheets() {
		plot{p, sheet, len(d.Timeline)}.draw(d)
	}
	p.put("<figcaption>\n<ul class=\"legend\">\n")
	plot{p, sheets()[0], len(d.Timeline)}.legend(d)
	p.put("</ul>\n</figcaption>\n</figure>\n")
}

// draw draws the picture on a sheet.
func (c plot) draw(d drillresult.Drill) {
	lanes := d.Lanes()
	marks, captions := c.captions(d)
	top := float64(captions)*captionHigh + 8
	requestsAt := top + c.above
	latencyAt := requestsAt + requestHigh + 26 + c.above
	lanesAt := latencyAt + latencyHigh + 22
	bottom := lanesAt + float64(len(lanes))*(laneHigh+c.above)
	c.put("<svg class=\"%s\" viewBox=\"0 0 %g %g\" role=\"img\" aria-labelledby=\"timeline picture-%s\">\n<desc id=\"picture-%s\">%s</desc>\n",
		c.class, c.width, bottom+26, c.class, c.class, e(described(d)))
	c.windows(d, "shade", top, bottom)
	c.requests(d, requestsAt)
	c.latency(d, latencyAt)
	for i, t := range lanes {
		c.lane(d, t, lanesAt+float64(i)*(laneHigh+c.above))
	}
	c.windows(d, "hatch", top, latencyAt+latencyHigh) // over the bars, which cover the shade
	c.axis(bottom)
	for _, m := range marks {
		ends := [][2]float64{{m.y, latencyAt + latencyHigh}} // not over the states' names
		if c.above > 0 {                                     // not over the names
			ends = [][2]float64{{m.y, requestsAt - c.above}, {requestsAt, requestsAt + requestHigh}, {latencyAt, latencyAt + latencyHigh}}
		}
		for _, end := range ends {
			c.put("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" class=\"mark\"/>\n", m.x, m.x, end[0], end[1])
		}
		c.label(m.x+m.shift, m.y+11, m.anchor, "", m.Label)
	}
	c.put("</svg>\n")
}

// windows draws the predicted ones: as a shade, or hatched.
func (c plot) windows(d drillresult.Drill, how string, top, bottom float64) {
	for _, w := range d.Windows() {
		from, to := c.x(w.From), c.x(w.To)
		if to <= from {
			continue
		}
		fill := ""
		if how == "hatch" {
			fill = fmt.Sprintf(" fill=\"url(#%s)\"", pattern(w))
		}
		c.put("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s %s\"%s><title>%s predicted</title></rect>\n",
			from, top, to-from, bottom-top, how, w.What, fill, w.What)
	}
}

// pattern is what a window is hatched with.
func pattern(w drillresult.Window) string {
	if w.What == "recovery" {
		return "falling"
	}
	return "rising"
}

// described is the picture in a sentence.
func described(d drillresult.Drill) string {
	var parts []string
	for _, m := range d.Milestones() {
		parts = append(parts, fmt.Sprintf("%s at second %.0f", m.Label, m.At))
	}
	return fmt.Sprintf("Requests a second by class, latency and the targets' states over %s seconds: %s. The table \"What happened when\" says the same in words.",
		terminal.Thousands(len(d.Timeline)), strings.Join(parts, ", "))
}

// caption is a mark that has its place.
type caption struct {
	drillresult.Milestone
	x, y, shift float64
	wide        float64 // of the label
	row         int
	anchor      string
}

// begin and end are where a caption's label is.
func (c caption) begin() float64 {
	if c.anchor == "end" {
		return c.x - c.wide
	}
	return c.x
}

func (c caption) end() float64 { return c.begin() + c.wide }

// crosses says whether the line of a mark, which goes down from its row, runs over another's label.
func (c caption) crosses(other caption) bool {
	return c.row < other.row && c.x > other.begin() && c.x < other.end()
}

// fits says whether a caption covers no other's label, and no line runs over a label.
func (c caption) fits(placed []caption) bool {
	return !slices.ContainsFunc(placed, func(p caption) bool {
		return c.row == p.row && c.begin() < p.end() && p.begin() < c.end() || c.crosses(p) || p.crosses(c)
	})
}

// captions finds a place for each mark's label, at the right of its line or at the left, such that none covers another and no
// line runs over one, in as few rows as can be; and says how many these are.
func (c plot) captions(d drillresult.Drill) (placed []caption, rows int) {
	var all []caption
	for i, m := range d.Milestones() { // a row each, should there be no better way
		all = append(all, caption{Milestone: m, x: c.x(m.At), wide: 7*float64(len([]rune(m.Label))) + 12, shift: 5, anchor: "start", row: i})
	}
	for rows = 1; rows < len(all); rows++ {
		if found := c.arranged(nil, all, rows); found != nil {
			all = found
			break
		}
	}
	for i := range all {
		all[i].y = float64(all[i].row) * captionHigh
		rows = max(rows, all[i].row+1)
	}
	return all, max(rows, 1)
}

// arranged places what is left beside what is placed, in so many rows; nil where that can't be.
func (c plot) arranged(placed, left []caption, rows int) []caption {
	if len(left) == 0 {
		return placed
	}
	at := left[0]
	for at.row = range rows {
		for _, side := range []string{"start", "end"} {
			at.anchor, at.shift = side, map[string]float64{"start": 5, "end": -5}[side]
			if at.begin() < 0 || at.end() > c.width || !at.fits(placed) {
				continue
			}
			if found := c.arranged(append(slices.Clone(placed), at), left[1:], rows); found != nil {
				return found
			}
		}
	}
	return nil
}

// requests stacks the requests of each second by their class.
func (c plot) requests(d drillresult.Drill, y float64) {
	most := 1
	for _, second := range d.Timeline {
		most = max(most, second.Requests)
	}
	c.scale("requests a second", y, requestHigh, terminal.Thousands(most))
	wide := c.x(1) - c.x(0)
	if wide > 6 {
		wide *= 0.92 // with a gap between
	}
	for i, second := range d.Timeline {
		classes := drillresult.ClassesOf(second.ByClass)
		if len(classes) == 0 {
			continue
		}
		c.put("<g><title>second %d: %s</title>", second.Second, e(secondInWords(second)))
		at := y + requestHigh
		for _, class := range classes {
			high := requestHigh * float64(second.ByClass[class]) / float64(most)
			if class != drillresult.ClassSucceeded {
				high = max(high, 1.5) // a single failure must not vanish
			}
			at -= high
			c.put("<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" class=\"bar %s\"/>", c.x(float64(i)), at, wide, high, classClass(class))
		}
		c.put("</g>\n")
	}
}

func secondInWords(s drillresult.Second) string {
	text := drillresult.CountRequests(s.Requests)
	if s.Failed > 0 {
		text += ", failed: " + drillresult.Failures(s.ByClass)
	}
	if s.P99 > 0 {
		text += ", p99 " + drillresult.Milliseconds(s.P99)
	}
	return text
}

// classClass is a class of requests as one of the style sheet.
func classClass(class string) string {
	if slices.Contains([]string{drillresult.ClassSucceeded, "502", "503", "504", "timeout", "reset", "refused"}, class) {
		return "c" + class
	}
	return "cother"
}

// latency draws the 99th percentiles. Seconds without an answer break the line.
func (c plot) latency(d drillresult.Drill, y float64) {
	slowest := 0.0
	for _, second := range d.Timeline {
		slowest = max(slowest, second.P99)
	}
	if slowest == 0 {
		slowest = 1
	}
	c.scale("p99 latency", y, latencyHigh, drillresult.Milliseconds(slowest))
	var points []string
	flush := func() {
		switch {
		case len(points) == 1:
			x, y, _ := strings.Cut(points[0], ",")
			c.put("<circle cx=\"%s\" cy=\"%s\" r=\"1.5\" class=\"dot\"/>\n", x, y)
		case len(points) > 1:
			c.put("<polyline points=\"%s\" class=\"p99\"/>\n", strings.Join(points, " "))
		}
		points = nil
	}
	for i, second := range d.Timeline {
		if second.P99 == 0 {
			flush()
			continue
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", c.x(float64(i)+0.5), y+latencyHigh*(1-second.P99/slowest)))
	}
	flush()
}

// scale names a panel, and gives its top and its bottom.
func (c plot) scale(name string, y, high float64, top string) {
	for _, at := range []float64{y, y + high/2, y + high} {
		c.put("<line x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", c.left, c.width-c.right, at, at)
	}
	if c.above > 0 {
		c.label(c.left, y-5, "start", "", name)
		c.label(c.width-c.right, y-5, "end", "soft", "up to "+top)
		return
	}
	c.label(0, y+high/2+4, "start", "", name)
	c.label(c.left-8, y+9, "end", "soft", top)
	c.label(c.left-8, y+high, "end", "soft", "0")
}

// lane draws a target's states, a bar for as long as each lasted.
func (c plot) lane(d drillresult.Drill, t drillresult.Victim, y float64) {
	if c.above > 0 {
		c.label(c.left, y+c.above-3, "start", "lane", terminal.OneLine(t.Instance)+" "+terminal.OneLine(t.Zone))
		y += c.above
	} else {
		c.label(0, y+15, "start", "soft", t.Zone)
		c.label(c.left-8, y+15, "end", "lane", terminal.OneLine(t.Instance))
	}
	for from := 0; from < c.n; {
		state, to := d.Timeline[from].State(t.Instance), from+1
		for to < c.n && d.Timeline[to].State(t.Instance) == state {
			to++
		}
		if state != "" {
			x, wide := c.x(float64(from)), c.x(float64(to))-c.x(float64(from))
			c.put("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%g\" class=\"%s\"><title>%s: %s, seconds %d to %d</title></rect>\n",
				x, y+2, wide, laneHigh-6, stateClass(state), e(t.Instance), e(state), from, to)
			class := "inside"
			if state == drillresult.NotRegistered {
				class = "soft"
			}
			if wide > 7*float64(len([]rune(state)))+12 {
				c.label(x+6, y+15, "start", class, state)
			}
		}
		from = to
	}
}

// stateClass is a target's state as a class of the style sheet.
func stateClass(state string) string {
	switch state {
	case drillresult.TargetHealthy:
		return "healthy"
	case drillresult.TargetInitial, drillresult.TargetDraining:
		return "waiting"
	case drillresult.NotRegistered:
		return "absent"
	default:
		return "unhealthy"
	}
}

// axis gives the seconds, in steps that are easy to read.
func (c plot) axis(y float64) {
	step := 1.0
	for _, next := range []float64{2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800} {
		if float64(c.n)/step <= float64(c.labels) {
			break
		}
		step = next
	}
	for at := 0.0; at <= float64(c.n); at += step {
		c.put("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", c.x(at), c.x(at), y, y+5)
		c.label(c.x(at), y+18, "middle", "soft", fmt.Sprintf("%.0fs", math.Round(at)))
	}
}

// legend names the colours that occur.
func (c plot) legend(d drillresult.Drill) {
	item := func(class, fill, text string) {
		if fill != "" {
			fill = fmt.Sprintf("<rect width=\"10\" height=\"10\" fill=\"url(#%s)\"/>", fill)
		}
		c.put("<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect width=\"10\" height=\"10\" class=\"%s\"/>%s</svg>%s</li>\n", class, fill, e(text))
	}
	total := d.Overall.ByClass
	for _, class := range drillresult.ClassesOf(total) {
		item(classClass(class), "", class+" ("+terminal.Thousands(total[class])+")")
	}
	for _, w := range d.Windows() {
		switch w.What {
		case "detection":
			item("detection shade", pattern(w), "detection predicted: "+drillresult.Span(d.Predicted.DetectSeconds)+" after the fault")
		case "recovery":
			item("recovery shade", pattern(w), "recovery predicted: "+drillresult.Span(d.Predicted.RecoverSeconds)+" after it is restored")
		}
	}
}
