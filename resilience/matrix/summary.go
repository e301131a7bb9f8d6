package matrix

import (
	"fmt"
	"time"

	"github.com/platformctl/platformctl/resilience/kills"
	"github.com/platformctl/platformctl/resilience/lab"
)

// rows is the table of the matrix: a row for each scenario, consistency and mode, and one for all.
func rows(verdicts []verdict) [][]string {
	type group struct {
		scenario    string
		consistency consistency
		mode        kills.Mode
	}
	var order []group
	groups := map[group][]verdict{}
	for _, v := range verdicts {
		g := group{v.scenario.name, v.consistency, v.Mode}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], v)
	}
	table := [][]string{{
		"scenario", "eventual consistency", "killed", "points", "not reached", "converged", "duplicates", "left over",
		"otherwise wrong", "manual steps", "median recovery", "longest",
	}}
	for _, g := range order {
		table = append(table, append([]string{g.scenario, string(g.consistency), string(g.mode)}, figures(groups[g])...))
	}
	return append(table, append([]string{"all", "", ""}, figures(verdicts)...))
}

// figures counts points. One that ended by itself before its moment came is not reached: it was judged, but proves less.
func figures(verdicts []verdict) []string {
	var unreached, converged, duplicates, left, wrong, manual int
	var recoveries []time.Duration
	for _, v := range verdicts {
		if v.what == "" {
			unreached++
		} else {
			recoveries = append(recoveries, v.recovery)
		}
		if v.Good() {
			converged++
		}
		if v.manual {
			manual++
		}
		if len(v.Wrong) > 0 {
			wrong++
		}
		duplicates += len(v.Duplicates)
		left += len(v.LeftOver)
	}
	var row []string
	for _, n := range []int{len(verdicts), unreached, converged, duplicates, left, wrong, manual} {
		row = append(row, fmt.Sprint(n))
	}
	return append(row, lab.MedianAndLongest(recoveries)...)
}
