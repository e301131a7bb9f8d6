package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// rows is the table of the matrix: a row for each scenario, consistency and mode, and one for all.
func rows(verdicts []verdict) [][]string {
	type group struct {
		scenario    string
		consistency consistency
		mode        mode
	}
	var order []group
	groups := map[group][]verdict{}
	for _, v := range verdicts {
		g := group{v.scenario.name, v.consistency, v.mode}
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
		if v.good() {
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
	slices.SortFunc(recoveries, cmp.Compare[time.Duration])
	median, longest := "–", "–"
	if n := len(recoveries); n > 0 {
		median, longest = seconds(recoveries[n/2]), seconds(recoveries[n-1])
	}
	var row []string
	for _, n := range []int{len(verdicts), unreached, converged, duplicates, left, wrong, manual} {
		row = append(row, fmt.Sprint(n))
	}
	return append(row, median, longest)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
