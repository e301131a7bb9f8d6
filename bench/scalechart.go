package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	scaleWidth, scaleHeight = 860, 380
	scaleLeft, scaleRight   = 60, 20
	loadTop, loadBottom     = 60, 160
	groupTop, groupBottom   = 200, 340
)

// scaleChart draws load and instances over the same minutes, as SVG that brings all with it, for light and dark pages.
func scaleChart(samples []sample) string {
	var end time.Duration
	load, instances := 1, 1
	for _, s := range samples {
		end = max(end, s.at)
		load, instances = max(load, s.rate), max(instances, s.desired, s.healthy)
	}
	end = max(end, time.Second)
	x := func(at time.Duration) float64 {
		return scaleLeft + (scaleWidth-scaleLeft-scaleRight)*float64(at)/float64(end)
	}
	y := func(top, bottom, value, most int) float64 {
		return float64(bottom) - float64(bottom-top)*float64(value)/float64(most)
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="Load, and the instances that serve it">
<style>
:root { --ground: #ffffff; --text: #1f2328; --quiet: #59636e; --rule: #d1d9e0; --load: #8250df; --serve: #0969da }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --text: #f0f6fc; --quiet: #9198a1; --rule: #3d444d; --load: #ab7df8; --serve: #4493f8 } }
text { font: 13px system-ui, sans-serif; fill: var(--text) } .quiet { fill: var(--quiet); font-size: 12px } .title { font-size: 16px; font-weight: 600 }
.line { stroke: var(--rule) } .load { fill: var(--load); fill-opacity: .3; stroke: var(--load) } .serve { fill: none; stroke: var(--serve); stroke-width: 2.5 }
.desired { fill: none; stroke: var(--text); stroke-dasharray: 3 4 }
</style>
<rect width="%d" height="%d" rx="6" style="fill: var(--ground)"/>
<text class="title" x="16" y="28">Load, and the instances that serve it</text>
<text x="%d" y="%d">requests a second</text><text x="%d" y="%d">instances in service; dotted: desired</text>
`, scaleWidth, scaleHeight, scaleWidth, scaleHeight, scaleWidth, scaleHeight, scaleLeft, loadTop-8, scaleLeft, groupTop-12)
	for _, of := range []struct{ top, bottom, most, step int }{{loadTop, loadBottom, load, load}, {groupTop, groupBottom, instances, 1}} {
		for value := 0; value <= of.most; value += of.step {
			at := y(of.top, of.bottom, value, of.most)
			fmt.Fprintf(&s, `<line class="line" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/><text class="quiet" x="%d" y="%.1f" text-anchor="end">%d</text>`+"\n",
				scaleLeft, at, scaleWidth-scaleRight, at, scaleLeft-8, at+4, value)
		}
	}
	for minute := 0; time.Duration(minute)*time.Minute <= end; minute += 3 {
		fmt.Fprintf(&s, `<text class="quiet" x="%.1f" y="%d" text-anchor="middle">%d min</text>`+"\n", x(time.Duration(minute)*time.Minute), groupBottom+22, minute)
	}
	steps := func(value func(sample) float64) string {
		var path strings.Builder
		for i, sample := range samples {
			if i == 0 {
				fmt.Fprintf(&path, "M%.1f %.1f", x(sample.at), value(sample))
			} else if i == len(samples)-1 || value(sample) != value(samples[i-1]) {
				fmt.Fprintf(&path, "H%.1fV%.1f", x(sample.at), value(sample))
			}
		}
		return path.String()
	}
	fmt.Fprintf(&s, `<path class="load" d="%sV%dH%dZ"/>`+"\n", steps(func(s sample) float64 { return y(loadTop, loadBottom, s.rate, load) }), loadBottom, scaleLeft)
	fmt.Fprintf(&s, `<path class="serve" d="%s"/>`+"\n", steps(func(s sample) float64 { return y(groupTop, groupBottom, s.healthy, instances) }))
	fmt.Fprintf(&s, `<path class="desired" d="%s"/>`+"\n", steps(func(s sample) float64 { return y(groupTop, groupBottom, s.desired, instances) }))
	s.WriteString("</svg>\n")
	return s.String()
}
