package report

import (
	"fmt"
	"slices"

	"github.com/charmbracelet/lipgloss"

	"github.com/platformctl/platformctl/internal/provision"
)

// Plan is the document of `plan`.
type Plan struct {
	Changes List[PlanChange] `json:"changes"`
	Summary PlanSummary      `json:"summary"`
}

// PlanChange is what is to be done to one object.
type PlanChange struct {
	Key string `json:"key"`
	// Action is create, update, replace, delete or keep.
	Action  string       `json:"action"`
	Reasons List[string] `json:"reasons"`
	// Turn is the zone with whose instances this one is replaced, before those
	// of the zones that come after it; "" where it takes no turns.
	Turn string `json:"turn,omitempty"`
}

// PlanSummary is how many objects each action is for.
type PlanSummary struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Replace int `json:"replace"`
	Delete  int `json:"delete"`
	Keep    int `json:"keep"`
}

// Plan writes what would be done and why, grouped by action. What stays as it
// is only counts.
func (s Streams) Plan(doc Plan) {
	st := s.outStyles()
	sum := doc.Summary
	todo := counts(
		count{sum.Create, "to create"}, count{sum.Update, "to update"},
		count{sum.Replace, "to replace"}, count{sum.Delete, "to delete"},
	)
	for _, group := range []struct {
		action        provision.Action
		title, symbol string
		style         lipgloss.Style
	}{
		{provision.Create, "To create", symbolCreate, st.good},
		{provision.Update, "To update in place", symbolUpdate, st.caution},
		{provision.Replace, "To replace", symbolReplace, st.caution},
		{provision.Delete, "To delete", symbolDelete, st.bad},
	} {
		for _, turn := range turns(doc.Changes) {
			var rows [][]string
			for _, change := range doc.Changes {
				if change.Action == string(group.action) && change.Turn == turn.name {
					rows = append(rows, reasonRows(group.style.Render(group.symbol)+" "+change.Key, change.Reasons)...)
				}
			}
			if len(rows) > 0 {
				lines(s.Out, st.strong.Render(group.title)+turn.when)
				lines(s.Out, columns(rows)...)
				lines(s.Out, "")
			}
		}
	}
	if todo == "" {
		lines(s.Out, st.good.Render(symbolGood)+" nothing to do: "+plural(sum.Keep, "object")+" as configured")
		return
	}
	lines(s.Out, fmt.Sprintf("Plan: %s, %d to keep", todo, sum.Keep))
}

// turn is the name of a turn and when it comes.
type turn struct{ name, when string }

// turns are those of a plan in their order, after what takes none.
func turns(changes []PlanChange) []turn {
	all := []turn{{}}
	for _, change := range changes {
		switch {
		case slices.ContainsFunc(all, func(t turn) bool { return t.name == change.Turn }):
		case len(all) == 1:
			all = append(all, turn{change.Turn, ", in " + change.Turn + " first"})
		default:
			all = append(all, turn{change.Turn, ", then in " + change.Turn + ", once " + all[len(all)-1].name + " is done"})
		}
	}
	return all
}

// reasonRows are a thing and why, a row for each reason.
func reasonRows(thing string, reasons []string) [][]string {
	if len(reasons) == 0 {
		return [][]string{{thing}}
	}
	var rows [][]string
	for _, reason := range reasons {
		rows = append(rows, []string{thing, oneLine(reason)})
		thing = ""
	}
	return rows
}
