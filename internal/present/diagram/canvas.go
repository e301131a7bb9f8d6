package diagram

import (
	"fmt"
	"html"
	"strings"
	"unicode"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// canvas writes the parts of an SVG. All lengths are in its own units, which
// are pixels where it isn't scaled.
type canvas struct {
	strings.Builder
}

func (c *canvas) put(format string, args ...any) { fmt.Fprintf(c, format, args...) }

// e makes text from elsewhere fit for a line of XML, which can't hold control
// characters.
func e(text string) string { return html.EscapeString(terminal.OneLine(text)) }

func (c *canvas) rect(x, y, w, h float64, class string) {
	c.put("<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" rx=\"6\" class=\"%s\"/>\n", x, y, w, h, class)
}

func (c *canvas) text(x, y float64, class, text string) {
	c.put("<text x=\"%g\" y=\"%g\" class=\"%s\">%s</text>\n", x, y, class, e(text))
}

// arrow draws a line along points, given as x, y, x, y, …, to its head.
func (c *canvas) arrow(class string, points ...float64) {
	c.put("<path class=\"%s\" marker-end=\"url(#%s)\" d=\"%s\"/>\n", class, class, pathOf(points))
}

// wire draws a line without a head.
func (c *canvas) wire(class string, points ...float64) {
	c.put("<path class=\"%s\" d=\"%s\"/>\n", class, pathOf(points))
}

func pathOf(points []float64) string {
	var d strings.Builder
	for i := 0; i+1 < len(points); i += 2 {
		fmt.Fprintf(&d, "%s%g %g", map[bool]string{true: "M", false: "L"}[i == 0], points[i], points[i+1])
	}
	return d.String()
}

// The room that a box gives its text.
const (
	lineHigh = 16.0
	pad      = 10.0
)

// line is a line of text in a box, with a class of the style sheet.
type line struct{ text, class string }

// high is the height of a box with so many lines.
func high(lines int) float64 { return float64(lines)*lineHigh + 2*pad - 4 }

// box draws a box with lines in it, each cut to its width, and what is said of
// it in full to those who point at it.
func (c *canvas) box(x, y, w, h float64, class, told string, lines []line) {
	c.put("<g>")
	if told != "" {
		c.put("<title>%s</title>", e(told))
	}
	c.rect(x, y, w, h, class)
	c.lines(x+pad, y+pad, w-2*pad, lines)
	c.put("</g>\n")
}

func (c *canvas) lines(x, y, w float64, lines []line) {
	for i, l := range lines {
		c.text(x, y+float64(i)*lineHigh+11, l.class, fit(l.text, w, l.class))
	}
}

// width is about how wide a text is, on the wide side, since whose fonts it is
// shown in isn't known.
func width(text, class string) float64 {
	size, mono := 13.0, false
	switch {
	case strings.Contains(class, "mono"):
		size, mono = 11, true
	case strings.Contains(class, "small"):
		size = 11
	case strings.Contains(class, "large"):
		size = 18
	}
	wide := 0.0
	for _, r := range text {
		switch {
		case mono:
			wide += 0.61
		case strings.ContainsRune("iljtfI.,:;|!'()[]/ ", r):
			wide += 0.41
		case strings.ContainsRune("mwMW@%—→…", r) || r > 0x2000:
			wide += 1.0
		case unicode.IsUpper(r):
			wide += 0.76
		default:
			wide += 0.645
		}
	}
	if strings.Contains(class, "strong") || strings.Contains(class, "large") || isState(class) {
		wide *= 1.1
	}
	return wide * size
}

// isState says that a class is a state's, whose text is bold.
func isState(class string) bool {
	return strings.Contains(class, "good") || strings.Contains(class, "waiting") || strings.Contains(class, "bad") || strings.Contains(class, "missing")
}

// fit takes out the middle of a text that is too wide: IDs differ in their ends,
// and names in their beginnings.
func fit(text string, w float64, class string) string {
	text = terminal.OneLine(text)
	runes := []rune(text)
	for cut := 1; width(text, class) > w && cut < len(runes); cut++ {
		keep := len(runes) - cut
		text = string(runes[:(keep+1)/2]) + "…" + string(runes[len(runes)-keep/2:])
	}
	return text
}

// wrap breaks a text into lines by its words, at most so many; the last takes
// the rest.
func wrap(text string, w float64, class string, most int) []line {
	var lines []line
	now := ""
	for _, word := range strings.Fields(terminal.OneLine(text)) {
		next := strings.TrimSpace(now + " " + word)
		if now != "" && width(next, class) > w && len(lines) < most-1 {
			lines = append(lines, line{now, class})
			next = word
		}
		now = next
	}
	if now != "" {
		lines = append(lines, line{now, class})
	}
	return lines
}
