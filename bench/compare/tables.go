package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// table is Markdown; the first row is the head, and all columns but the first are numbers, to the right.
func table(rows [][]string) string {
	var text strings.Builder
	for i, row := range rows {
		text.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			text.WriteString("|---|" + strings.Repeat("---:|", len(row)-1) + "\n")
		}
	}
	return text.String() + "\n"
}

func inSeconds(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// ratio is a part of a whole, "" without either.
func ratio(part, whole float64) string {
	if part == 0 || whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", part/whole)
}

func (l limit) of(phase string) time.Duration {
	switch phase {
	case phases()[0]:
		return l.create
	case phases()[1]:
		return l.nothing
	}
	return l.destroy
}

// timesTable has a row for each setting and phase. Create stands there as Terraform knows
// it, without what only platformctl waits for, and whole.
func timesTable(all []compared) string {
	rows := [][]string{{"setting", "phase", "limit", "platformctl", "of the limit", "Terraform", "of the limit", "platformctl / Terraform"}}
	row := func(c compared, phase string, limit, ours time.Duration, theirs figures) {
		rows = append(rows, []string{
			c.setting.String(), phase, inSeconds(limit), inSeconds(ours), ratio(ours.Seconds(), limit.Seconds()),
			orDash(theirs.Wall > 0, inSeconds(theirs.Wall)), ratio(theirs.Wall.Seconds(), limit.Seconds()), ratio(ours.Seconds(), theirs.Wall.Seconds()),
		})
	}
	for _, c := range all {
		for _, phase := range phases() {
			ours, theirs := c.ours[phase], c.theirs[phase]
			if phase != phases()[0] {
				row(c, phase, c.limit.of(phase), ours.Wall, theirs)
				continue
			}
			beforePage, beforeTargets := ours.unwaited()
			row(c, "create, targets registered", c.limit.create, beforeTargets, theirs)
			row(c, "create, targets healthy", c.limit.serving, beforePage, figures{})
			row(c, "create, the page comes from every zone", c.limit.serving, ours.Wall, figures{})
		}
	}
	text := table(rows)
	for _, c := range all {
		text += fmt.Sprintf("Limit of %s: %s.  \n", c.setting, c.limit)
	}
	return text + "\n"
}

func orDash(there bool, text string) string {
	if there {
		return text
	}
	return "–"
}

// target is one of the goals that the project set itself.
type target struct {
	what, goal, have string
	met              bool
}

// againstTargets compares with the project's own goals, met or not.
func againstTargets(all []compared) string {
	var goals []target
	for _, c := range all {
		create, nothing, destroy := c.ours[phases()[0]], c.ours[phases()[1]], c.ours[phases()[2]]
		before, registered := create.unwaited()
		add := func(what, goal, have string, met bool) {
			goals = append(goals, target{c.setting.String() + ": " + what, goal, have, met})
		}
		below := func(what string, have, limit float64, goal float64, whole string) {
			if limit > 0 {
				add(what, fmt.Sprintf("≤ %g of %s", goal, whole), fmt.Sprintf("%.3f", have/limit), have <= goal*limit)
			}
		}
		if goal, there := map[string]float64{"aws/10": 1.05, "aws": 1.01}[c.setting.latency]; there {
			below("create, before the page's probe", before.Seconds(), c.limit.serving.Seconds(), goal, "the limit")
		}
		if c.setting.latency == "aws/10" {
			below("create, targets registered", registered.Seconds(), c.theirs[phases()[0]].Wall.Seconds(), 0.25, "Terraform's time")
		}
		most := c.limit.nothing.Seconds() + 0.3
		add("nothing to do", fmt.Sprintf("≤ three round trips and 0.3 s = %.2f s", most), inSeconds(nothing.Wall), nothing.Wall.Seconds() <= most)
		below("nothing to do", nothing.Wall.Seconds(), c.theirs[phases()[1]].Wall.Seconds(), 0.1, "Terraform's time")
		few := 29
		if c.setting.secure { // certificate, hosted zone and records are asked for, too
			few = 32
		}
		add("nothing to do", fmt.Sprintf("≤ %d calls", few), fmt.Sprint(sum(nothing.calls)), sum(nothing.calls) <= few)
		toDestroy, calls := 1.15, 0.5
		if c.setting.latency == "aws" { // what takes minutes is asked about, and may be missed by little
			toDestroy, calls = 1.06, 0.6
		}
		below("destroy", destroy.Wall.Seconds(), c.limit.destroy.Seconds(), toDestroy, "the limit")
		for _, phase := range phases() {
			below("calls, "+phase, float64(sum(c.ours[phase].calls)), float64(sum(c.theirs[phase].calls)), calls, "Terraform's")
		}
		var peak int64
		for _, phase := range phases() {
			peak = max(peak, c.ours[phase].Peak)
		}
		add("memory", "≤ 80 MB", megabytes(peak), peak <= 80e6)
	}
	return goalsTable(goals)
}

func goalsTable(goals []target) string {
	rows := [][]string{{"the project's own goals", "goal", "measured", ""}}
	for _, g := range goals {
		rows = append(rows, []string{g.what, g.goal, g.have, map[bool]string{true: "✓ met", false: "✗ missed"}[g.met]})
	}
	return table(rows)
}

// growthGoals compares with the goals for the largest platform.
func growthGoals(all []compared) string {
	least, most := all[0], all[len(all)-1]
	one, many := least.ours[phases()[1]], most.ours[phases()[1]]
	var peak int64
	for _, phase := range phases() {
		peak = max(peak, most.ours[phase].Peak)
	}
	return goalsTable([]target{
		{fmt.Sprintf("calls of a run with nothing to do, %d instances", most.instances), fmt.Sprintf("as for %d, but for further pages", least.instances),
			fmt.Sprintf("%d, and %d", sum(many.calls), sum(one.calls)), sum(many.calls) <= sum(one.calls)},
		{fmt.Sprintf("its time, %d instances", most.instances), "≤ 0.30 s", inSeconds(many.Wall), many.Wall <= 300*time.Millisecond},
		{fmt.Sprintf("memory, %d instances", most.instances), "≤ 200 MB", megabytes(peak), peak <= 200e6},
	})
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/1e6) }

func callsTable(all []compared) string {
	head := []string{"calls", ""}
	rows := [][]string{nil}
	for _, c := range all {
		head = append(head, c.setting.String()+": platformctl", "Terraform", "ratio")
	}
	rows[0] = head
	for _, phase := range phases() {
		row := []string{phase, ""}
		for _, c := range all {
			ours, theirs := sum(c.ours[phase].calls), sum(c.theirs[phase].calls)
			row = append(row, fmt.Sprint(ours), orDash(theirs > 0, fmt.Sprint(theirs)), ratio(float64(ours), float64(theirs)))
		}
		rows = append(rows, row)
	}
	for i := range rows {
		rows[i] = slices.Delete(rows[i], 1, 2)
	}
	return table(rows)
}

// operationsTable has the calls of one setting by their operations.
func operationsTable(c compared) string {
	rows := [][]string{{"by operation, " + c.setting.String()}}
	var lives []map[string]int
	for _, phase := range phases() {
		rows[0] = append(rows[0], phase+": platformctl", "Terraform")
		lives = append(lives, c.ours[phase].calls, c.theirs[phase].calls)
	}
	for _, operation := range operations(lives...) {
		row := []string{"`" + operation + "`"}
		for _, calls := range lives {
			row = append(row, strings.TrimPrefix(fmt.Sprint(calls[operation]), "0"))
		}
		rows = append(rows, row)
	}
	return "<details><summary>Calls by operation</summary>\n\n" + table(rows) + "</details>\n"
}

func memoryTable(all []compared) string {
	rows := [][]string{{"setting", "phase", "peak memory: platformctl", "Terraform", "ratio", "CPU: platformctl", "Terraform", "ratio"}}
	for _, c := range all {
		for _, phase := range phases() {
			ours, theirs := c.ours[phase], c.theirs[phase]
			there := theirs.Wall > 0
			rows = append(rows, []string{
				c.setting.String(), phase,
				megabytes(ours.Peak), orDash(there, megabytes(theirs.Peak)), ratio(float64(ours.Peak), float64(theirs.Peak)),
				inSeconds(ours.CPU), orDash(there, inSeconds(theirs.CPU)), ratio(ours.CPU.Seconds(), theirs.CPU.Seconds()),
			})
		}
	}
	return table(rows)
}

func growthTable(all []compared) string {
	rows := [][]string{{"instances", "phase", "platformctl", "Terraform", "calls: platformctl", "Terraform", "memory: platformctl", "Terraform", "CPU: platformctl", "Terraform"}}
	for _, c := range all {
		for _, phase := range phases() {
			ours, theirs := c.ours[phase], c.theirs[phase]
			there := theirs.Wall > 0
			rows = append(rows, []string{
				fmt.Sprint(c.instances), phase, inSeconds(ours.Wall), orDash(there, inSeconds(theirs.Wall)),
				fmt.Sprint(sum(ours.calls)), orDash(there, fmt.Sprint(sum(theirs.calls))),
				megabytes(ours.Peak), orDash(there, megabytes(theirs.Peak)), inSeconds(ours.CPU), orDash(there, inSeconds(theirs.CPU)),
			})
		}
	}
	return table(rows) + growthGoals(all)
}

func crashTable(all []crash) string {
	rows := [][]string{{"killed when", "tool", "objects left", "of them unknown to its state", "the same command again", "to import or delete by hand", "left after destroy"}}
	for _, c := range all {
		again := "goes on, and ends well"
		if c.again != "" {
			again = "fails: " + strings.ReplaceAll(c.again, "|", "\\|")
		}
		rows = append(rows, []string{
			c.moment.String(), c.tool, fmt.Sprint(c.left), listed(c.unknown), again, listed(c.byHand), listed(c.remains),
		})
	}
	return strings.Replace(table(rows), "|---|"+strings.Repeat("---:|", 6), strings.Repeat("|---", 7)+"|", 1)
}

// listed counts kinds: "2: 2 × subnet".
func listed(kinds []string) string {
	if len(kinds) == 0 {
		return "nothing"
	}
	counts := map[string]int{}
	for _, kind := range kinds {
		counts[kind]++
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d × %s", counts[kind], kind))
	}
	return strings.Join(parts, ", ")
}

// sameText says whether both made the same.
func (b *bench) sameText(only []string) string {
	switch {
	case b.terraform == nil:
		return "Not compared: " + b.absent + ".\n"
	case len(only) == 0:
		return "Compared in this run, object for object with their settings and what they refer to: both worlds are the same.\n"
	}
	text := "Compared in this run, object for object with their settings and what they refer to. All is the same but:\n\n"
	for _, line := range only {
		text += "- `" + line + "`\n"
	}
	return text
}
