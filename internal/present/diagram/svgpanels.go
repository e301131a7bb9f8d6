package diagram

import (
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// panels draws what has no place: security groups, and what the instances may do.
func (d *drawing) panels() {
	type panel struct {
		told, class string
		lines       []line
	}
	var panels []panel
	for _, g := range d.Groups {
		lines := append(entry(g.Object, "security group "+g.Key.Name), partLines(g.Rules, "rules")...)
		state := max(g.State.Mark, g.Rules.State.Mark)
		panels = append(panels, panel{told(g.Object), state.class(), lines})
	}
	if len(d.Identity) > 0 {
		var identity panel
		worst := Planned
		for _, o := range d.Identity {
			worst = max(worst, o.State.Mark)
			identity.lines = append(identity.lines, entry(o, strings.ReplaceAll(o.Key.Kind, "-", " ")+" "+o.Key.Name)...)
		}
		identity.class = worst.class()
		panels = append(panels, identity)
	}
	for _, o := range slices.Concat(d.Scaling, d.Others) {
		panels = append(panels, panel{told(o), o.State.Mark.class(), entry(o, kindInWords(o)+" "+o.Key.Name)})
	}
	each := 230.0
	perRow := max(1, int((d.wide+boxGap)/(each+boxGap)))
	each = (d.wide+boxGap)/float64(min(perRow, max(len(panels), 1))) - boxGap
	for row := range slices.Chunk(panels, perRow) {
		most := 0
		for _, p := range row {
			most = max(most, len(p.lines))
		}
		for i, p := range row {
			d.box(margin+float64(i)*(each+boxGap), d.y, each, high(most), "box "+p.class, p.told, p.lines)
		}
		d.y += high(most) + boxGap
	}
}

// kindInWords is an object's kind as people write it.
func kindInWords(o Object) string {
	if o.Key.Kind == autoscaling.GroupKind().Name {
		return "Auto Scaling group"
	}
	return strings.ReplaceAll(o.Key.Kind, "-", " ")
}

// mostDifferences is how many are listed; `platformctl status` has them all.
const mostDifferences = 40

// wrong lists what isn't as it should be, with the reasons.
func (d *drawing) wrong() {
	if len(d.Wrong) == 0 {
		return
	}
	d.y += 8
	d.lines(margin, d.y, d.wide, []line{{fmt.Sprintf("Not as it should be: %d of %s", len(d.Wrong), terminal.Plural(d.Total, "object")), "strong"}})
	d.y += lineHigh + 2
	column := 0.0
	for _, w := range d.Wrong[:min(len(d.Wrong), mostDifferences)] {
		column = max(column, width("✗ "+w.Key.String(), "bad")+8)
	}
	column = min(column, d.wide/3)
	for i, w := range d.Wrong {
		if i == mostDifferences {
			d.lines(margin, d.y, d.wide, []line{{fmt.Sprintf("… and %d more: platformctl status", len(d.Wrong)-i), "muted"}})
			d.y += lineHigh
			break
		}
		name := w.State.Mark.Sign() + " " + w.Key.String()
		d.lines(margin, d.y, d.wide, []line{{name, w.State.Mark.class()}})
		text := strings.Join(w.Reasons, "; ")
		if w.ID != "" {
			text = short(w.ID) + "  " + text
		}
		if width(name, "bad")+8 > column {
			d.y += lineHigh
		}
		lines := wrap(text, d.wide-column, "small", 4)
		d.lines(margin+column, d.y, d.wide-column, lines)
		d.y += float64(max(len(lines), 1)) * lineHigh
	}
}

// legend explains lines and signs, as far as they occur.
func (d *drawing) legend() {
	d.y += 12
	x := margin
	item := func(class, text string) {
		wide := width(text, "small") + 16
		if class != "" {
			wide += 38
		}
		if x+wide-16 > margin+d.wide {
			x, d.y = margin, d.y+lineHigh+4
		}
		if class != "" {
			d.arrow(class, x, d.y+8, x+30, d.y+8)
			d.text(x+38, d.y+12, "small muted", text)
		} else {
			d.text(x, d.y+12, "small muted", text)
		}
		x += wide
	}
	item("request", "requests and health checks; each node sends them to healthy instances in every zone")
	if d.hasNAT() {
		item("out", "the instances' way out")
	} else if d.Endpoint != nil {
		item("out", "the instances' way to S3, and to nothing else")
	}
	if !d.Planned() {
		item("", "✓ as it should be")
		item("", "~ on its way, or unwell")
		item("", "✗ drifted, missing or failed")
	}
	d.y += lineHigh + boxGap
}
