package compare

import (
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/bench/compare/bars"
)

func timeChart(all []compared) string {
	b := bars.Chart{Title: "Wall time", Unit: " s"}
	for _, c := range all {
		for _, phase := range phases() {
			ours := c.ours[phase].Wall
			if phase == phases()[0] {
				_, ours = c.ours[phase].unwaited()
			}
			b.Groups = append(b.Groups, bars.Group{Name: plainSetting(c) + ": " + phase, Ours: ours.Seconds(), Theirs: c.theirs[phase].Wall.Seconds(), Limit: c.limit.of(phase).Seconds()})
		}
	}
	return b.SVG()
}

func plainSetting(c compared) string { return strings.ReplaceAll(c.setting.String(), "`", "") }

func callChart(all []compared) string {
	b := bars.Chart{Title: "API calls"}
	for _, c := range all {
		for _, phase := range phases() {
			b.Groups = append(b.Groups, bars.Group{Name: plainSetting(c) + ": " + phase, Ours: float64(sum(c.ours[phase].calls)), Theirs: float64(sum(c.theirs[phase].calls))})
		}
	}
	return b.SVG()
}

func growthChart(all []compared) string {
	b := bars.Chart{Title: "A run with nothing to do, and memory, by instances"}
	for _, c := range all {
		phase := phases()[1]
		b.Groups = append(b.Groups, bars.Group{Name: fmt.Sprintf("%d instances: seconds", c.instances), Ours: c.ours[phase].Wall.Seconds(), Theirs: c.theirs[phase].Wall.Seconds()})
	}
	for _, c := range all {
		var ours, theirs int64
		for _, phase := range phases() {
			ours, theirs = max(ours, c.ours[phase].Peak), max(theirs, c.theirs[phase].Peak)
		}
		b.Groups = append(b.Groups, bars.Group{Name: fmt.Sprintf("%d instances: MB of memory", c.instances), Ours: float64(ours) / 1e6, Theirs: float64(theirs) / 1e6})
	}
	return b.SVG()
}
