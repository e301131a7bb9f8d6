// Package bars draws charts of horizontal bars, as SVG that brings all with it.
package bars

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Chart is a chart of horizontal bars, for each group one of platformctl and one of Terraform, on a logarithmic
// scale: figures a hundred times apart stand side by side. A mark shows the limit.
type Chart struct {
	Title, Unit string
	Groups      []Group
}

// Group is what is compared with each other; 0 is a figure that wasn't taken.
type Group struct {
	Name                string
	Ours, Theirs, Limit float64
}

const (
	chartWidth  = 860
	chartLeft   = 250 // where bars begin
	chartRight  = 90  // for the last figures
	groupHeight = 46
	chartTop    = 84
)

// SVG is the chart, which brings all with it, for light and dark pages.
func (b Chart) SVG() string {
	height := chartTop + groupHeight*len(b.Groups) + 16
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n",
		chartWidth, height, chartWidth, height, html.EscapeString(b.Title))
	s.WriteString(`<style>
:root { --ground: #ffffff; --text: #1f2328; --quiet: #59636e; --rule: #d1d9e0; --ours: #0969da; --theirs: #8250df; --limit: #bc4c00 }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --rule: #3d444d; --ours: #4493f8; --theirs: #ab7df8; --limit: #f0883e } }
text { font: 13px system-ui, sans-serif; fill: var(--text) } .quiet { fill: var(--quiet); font-size: 12px } .title { font-size: 16px; font-weight: 600 }
.ours { fill: var(--ours) } .theirs { fill: url(#hatch) } .line { stroke: var(--rule) } .limit { stroke: var(--limit); stroke-width: 2.5 }
</style>
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" style="fill: var(--theirs)" opacity=".35"/><rect width="3" height="6" style="fill: var(--theirs)"/></pattern></defs>
`)
	fmt.Fprintf(&s, `<rect width="%d" height="%d" rx="6" style="fill: var(--ground)"/>`+"\n", chartWidth, height)
	fmt.Fprintf(&s, `<text class="title" x="16" y="28">%s</text>`+"\n", html.EscapeString(b.Title))
	s.WriteString(`<rect class="ours" x="16" y="42" width="22" height="11"/><text x="44" y="52">platformctl</text><rect class="theirs" x="136" y="42" width="22" height="11"/><text x="164" y="52">Terraform</text>`)
	if b.limited() {
		s.WriteString(`<line class="limit" x1="250" y1="41" x2="250" y2="55"/><text x="258" y="52">the least that physics allows</text>`)
	}
	s.WriteString("\n")
	low, high := b.span()
	x := func(v float64) float64 {
		return chartLeft + (chartWidth-chartLeft-chartRight)*(math.Log10(v)-low)/(high-low)
	}
	for power := low; power <= high; power++ {
		at := x(math.Pow(10, power))
		fmt.Fprintf(&s, `<line class="line" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/><text class="quiet" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			at, chartTop-4, at, height-12, at, chartTop-8, figure(math.Pow(10, power))+b.Unit)
	}
	for i, g := range b.Groups {
		y := chartTop + groupHeight*i
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", chartLeft-10, y+24, html.EscapeString(g.Name))
		for j, bar := range []struct {
			class string
			value float64
		}{{"ours", g.Ours}, {"theirs", g.Theirs}} {
			if bar.value <= 0 {
				continue
			}
			end := math.Max(x(bar.value), chartLeft+1)
			fmt.Fprintf(&s, `<rect class="%s" x="%d" y="%d" width="%.1f" height="15"/><text class="quiet" x="%.1f" y="%d">%s</text>`+"\n",
				bar.class, chartLeft, y+4+j*18, end-chartLeft, end+6, y+16+j*18, figure(bar.value)+b.Unit)
		}
		if g.Limit > 0 {
			at := math.Max(x(g.Limit), chartLeft)
			fmt.Fprintf(&s, `<line class="limit" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`+"\n", at, y+1, at, y+40)
		}
	}
	s.WriteString("</svg>\n")
	return s.String()
}

func (b Chart) limited() bool {
	for _, g := range b.Groups {
		if g.Limit > 0 {
			return true
		}
	}
	return false
}

// span are the powers of ten between which all figures are.
func (b Chart) span() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, g := range b.Groups {
		for _, v := range []float64{g.Ours, g.Theirs, g.Limit} {
			if v > 0 {
				low, high = math.Min(low, math.Floor(math.Log10(v))), math.Max(high, math.Ceil(math.Log10(v)))
			}
		}
	}
	if low >= high { // nothing, or one power of ten
		if math.IsInf(low, 0) {
			low = 0
		}
		high = low + 1
	}
	return low, high
}

// figure has three digits, or as many as there are before the point.
func figure(v float64) string {
	digits := 2 - int(math.Floor(math.Log10(v)))
	text := fmt.Sprintf("%.*f", min(max(digits, 0), 3), v)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
