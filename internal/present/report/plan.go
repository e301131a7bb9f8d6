package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/progress"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision/plan"
)

// Plan is the document of `plan`.
type Plan struct {
	Changes terminal.List[PlanChange] `json:"changes"`
	// Drills are those that are to be restored first, unless they still run.
	Drills []UnfinishedDrill `json:"drills,omitempty"`
	// Notes say what else is to be known: of other settings, and of another name.
	Notes   []string    `json:"notes,omitempty"`
	Summary PlanSummary `json:"summary"`
}

// UnfinishedDrill is a drill that has not been restored yet.
type UnfinishedDrill struct {
	ID       string `json:"id"`
	Scenario string `json:"scenario"`
}

// String is the sentence that tells of it.
func (d UnfinishedDrill) String() string {
	return fmt.Sprintf("the %s drill %s is not restored yet: up, status or down does that first, unless it still runs", d.Scenario, d.ID)
}

// PlanChange is what is to be done to one object.
type PlanChange struct {
	Key string `json:"key"`
	// Action is create, update, replace, delete or keep.
	Action  string                `json:"action"`
	Reasons terminal.List[string] `json:"reasons"`
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

// Show writes what would be done and why, grouped by action. What stays as it
// is only counts. A list that is too long for the terminal is summed up: what
// is to be done to several objects of a kind for the same reasons has one line.
func (doc Plan) Show(s terminal.Streams) {
	s.Fitting(func(s terminal.Streams, brief bool) { doc.show(s, brief) }, "-v lists every object")
}

func (doc Plan) show(s terminal.Streams, brief bool) {
	st := s.OutStyles()
	sum := doc.Summary
	todo := counts(
		count{sum.Create, "to create"}, count{sum.Update, "to update"},
		count{sum.Replace, "to replace"}, count{sum.Delete, "to delete"},
	)
	for _, part := range []struct {
		action plan.Action
		title  string
	}{
		{plan.Create, "To create"},
		{plan.Update, "To update in place"},
		{plan.Replace, "To replace"},
		{plan.Delete, "To delete"},
	} {
		for _, turn := range turns(doc.Changes) {
			var list likes
			for _, change := range doc.Changes {
				if change.Action == string(part.action) && change.Turn == turn.name {
					list.add(change.Key, change.Reasons, brief)
				}
			}
			if rows := list.rows(progress.Sign(st, part.action)); len(rows) > 0 {
				terminal.Lines(s.Out, st.Strong.Render(part.title)+turn.when)
				s.Table(rows...)
				terminal.Lines(s.Out, "")
			}
		}
	}
	showNotes(s, doc.Notes)
	for _, drill := range doc.Drills {
		s.Text(st.Caution.Render(terminal.SymbolWarning) + " " + drill.String())
	}
	if todo == "" && len(doc.Drills) == 0 {
		s.Done("nothing to do: " + terminal.Plural(sum.Keep, "object") + " as configured")
		return
	}
	if todo == "" {
		todo = terminal.Plural(len(doc.Drills), "drill") + " to restore"
	}
	s.Text(fmt.Sprintf("Plan: %s, %d to keep", todo, sum.Keep))
}

// likes are objects with what is to be said of each.
type likes struct {
	groups  terminal.Groups[like]
	reasons map[like][]string
}

// like is what makes objects share a line: kind and reasons, or nothing but
// their own key.
type like struct{ kind, reasons, key string }

func (l *likes) add(key string, reasons []string, brief bool) {
	kind, _, _ := strings.Cut(key, "/")
	alike := like{kind: kind, reasons: strings.Join(reasons, "\n")}
	if !brief {
		alike.key = fmt.Sprint(len(l.groups.Order)) // one key can have several objects
	}
	if l.reasons == nil {
		l.reasons = map[like][]string{}
	}
	l.reasons[alike] = reasons
	l.groups.Add(alike, key)
}

// rows are a row for each reason, each thing marked by a sign.
func (l *likes) rows(sign string) [][]string {
	var rows [][]string
	for _, alike := range l.groups.Order {
		rows = append(rows, reasonRows(sign+" "+l.groups.Of[alike].Long(), l.reasons[alike])...)
	}
	return rows
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
		rows = append(rows, []string{thing, terminal.OneLine(reason)})
		thing = ""
	}
	return rows
}
