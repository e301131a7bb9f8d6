package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/progress"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/plan"
)

// Plan is the document of a plan: that of `plan`, and what `up` and `down` show with their
// questions.
type Plan struct {
	Platform string `json:"platform"`
	Target   string `json:"target"`
	Account  string `json:"account"`
	// AccountAlias is the name that people gave the account, where AWS tells of one.
	AccountAlias string `json:"account_alias,omitempty"`
	Region       string `json:"region"`
	// Cost is by AWS's published prices on either target; the local cloud charges nothing.
	Cost provision.Cost `json:"cost"`
	// Makes is the platform in short, where nothing of it is there yet.
	Makes *Makes `json:"makes,omitempty"`
	// Impact is what users of the platform will notice.
	Impact  terminal.List[plan.Impact] `json:"impact"`
	Changes terminal.List[PlanChange]  `json:"changes"`
	// Protected are the keys of what the plan replaces, which a configuration with protect: true allows with --unprotect alone.
	Protected []string `json:"protected,omitempty"`
	// Blockers are why up would not begin, and what to do about each: what AWS would refuse to end, and what of the
	// platform's own has lost its tag.
	Blockers []Blocker `json:"blockers,omitempty"`
	// Drills are those that are to be restored first, unless they still run.
	Drills []UnfinishedDrill `json:"drills,omitempty"`
	// Notes say what else is to be known: of other settings, and of another name.
	Notes []string `json:"notes,omitempty"`
	// Dropped are records of the state whose objects are gone, and not to be made again.
	Dropped []DroppedRecord `json:"dropped,omitempty"`
	Summary PlanSummary     `json:"summary"`
}

// Makes is what a first up makes.
type Makes struct {
	Zones     []string `json:"zones"`
	CIDR      string   `json:"cidr"`
	Egress    string   `json:"egress"`
	Instances int      `json:"instances"`
	// Min and Max are the sizes of the Auto Scaling group that has them; 0 for a fixed number.
	Min          int    `json:"min,omitempty"`
	Max          int    `json:"max,omitempty"`
	InstanceType string `json:"instance_type"`
}

// String is the platform in one line.
func (m Makes) String() string {
	many := fmt.Sprint(m.Instances)
	if m.Max > 0 {
		many = fmt.Sprintf("%d, and then %d to %d", m.Instances, m.Min, m.Max)
	}
	return fmt.Sprintf("%s × %s in %s; network %s, egress %s", many, m.InstanceType, strings.Join(m.Zones, ", "), m.CIDR, m.Egress)
}

// DroppedRecord is a record that `up` takes out of the state.
type DroppedRecord struct {
	Key string `json:"key"`
	ID  string `json:"id"`
}

// NewPlan is the document of a plan. Platform, target, account, region and drills are the caller's to add.
func NewPlan(p *plan.Plan, cost provision.Cost) Plan {
	doc := Plan{Cost: cost, Impact: p.Impact(), Changes: ChangesOf(p)}
	for _, record := range p.Dropped() {
		doc.Dropped = append(doc.Dropped, DroppedRecord{record.Key.String(), record.ID})
	}
	doc.Summary = PlanSummary{
		Create: p.Count(plan.Create), Update: p.Count(plan.Update),
		Replace: p.Count(plan.Replace), Delete: p.Count(plan.Delete), Keep: p.Count(plan.Keep),
	}
	return doc
}

// ChangesOf are what a plan does, and to which object.
func ChangesOf(p *plan.Plan) []PlanChange {
	changes := []PlanChange{}
	for _, step := range p.Listed() {
		changes = append(changes, PlanChange{
			Key: step.Key.String(), ID: step.ID(), Action: string(step.Action), Reasons: step.Reasons, Follows: step.Follows, Turn: step.Batch,
		})
	}
	return changes
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
	// ID is that of the object that is there now; "" where there is none. Several can have one key.
	ID string `json:"id,omitempty"`
	// Action is create, update, replace, delete or keep.
	Action  string                `json:"action"`
	Reasons terminal.List[string] `json:"reasons"`
	// Follows says that the only reasons are the replacements of other objects.
	Follows bool `json:"-"`
	// Turn is the zone with whose instances this one is replaced, before those
	// of the zones that come after it; "" where it takes no turns.
	Turn string `json:"turn,omitempty"`
}

// String is the change in a sentence.
func (c PlanChange) String() string {
	text := c.Action + " " + c.Key
	if c.Action == string(plan.Delete) && c.ID != "" {
		text += " (" + terminal.ShortID(c.ID) + ")"
	}
	if len(c.Reasons) > 0 {
		text += ": " + strings.Join(c.Reasons, ", ")
	}
	return text
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
// is to be done to several objects of a kind for the same reasons has one line,
// and where that is too long, too, what is to be done for the same reasons.
func (doc Plan) Show(s terminal.Streams) { doc.ShowAbove(s, 0) }

// ShowAbove writes the same where so many lines more must be in the window beneath it.
func (doc Plan) ShowAbove(s terminal.Streams, lines int) {
	show := func(d detail) func(terminal.Streams) {
		return func(s terminal.Streams) { doc.show(s, d) }
	}
	s.Fitting("-v lists every object", lines, show(everyObject), show(byKind), show(byReason))
}

// detail is how much a plan says of its objects.
type detail int

const (
	everyObject detail = iota
	byKind             // those of a kind, for the same reasons, in one line
	byReason           // those for the same reasons
)

// detailOf is that of a document that is whole or brief.
func detailOf(brief bool) detail {
	if brief {
		return byKind
	}
	return everyObject
}

func (doc Plan) show(s terminal.Streams, d detail) {
	st := s.OutStyles()
	doc.showTitle(s, st)
	doc.showImpact(s, st)
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
					key := change.Key
					if change.Action == string(plan.Delete) && change.ID != "" && d == everyObject {
						key += st.Muted.Render(" (" + terminal.ShortID(change.ID) + ")")
					}
					reasons := change.Reasons
					if d == byReason && change.Follows {
						reasons = []string{"what they are built on is replaced"}
					}
					list.add(key, reasons, d)
				}
			}
			if rows := list.rows(progress.Sign(st, part.action)); len(rows) > 0 {
				terminal.Lines(s.Out, st.Strong.Render(part.title)+turn.when)
				s.Table(rows...)
				terminal.Lines(s.Out, "")
			}
		}
	}
	if len(doc.Protected) > 0 {
		var groups terminal.Groups[string]
		for _, key := range doc.Protected {
			kind, _, _ := strings.Cut(key, "/")
			groups.Add(kind, key)
		}
		s.Text(st.Caution.Render(terminal.SymbolWarning) + " protected (protect: true): up needs --unprotect to replace " + groups.List())
	}
	showBlockers(s, st, doc.Blockers)
	showNotes(s, doc.Notes)
	for _, drill := range doc.Drills {
		s.Text(st.Caution.Render(terminal.SymbolWarning) + " " + drill.String())
	}
	for _, record := range doc.Dropped {
		s.Text(st.Muted.Render(terminal.SymbolPaused) + " " + record.Key + " (" + terminal.ShortID(record.ID) + ") is gone and not in the configuration: up drops its record from the state")
	}
	if todo == "" && len(doc.Drills) == 0 && len(doc.Blockers) > 0 {
		s.Text("Plan: nothing else is known to be done, " + terminal.Plural(sum.Keep, "object") + " to keep")
		return
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
	order   []like
	kinds   map[like]*terminal.Groups[string]
	reasons map[like][]string
}

// like is what makes objects share a line: kind and reasons, the reasons alone, or nothing
// but their own key.
type like struct{ kind, reasons, key string }

func (l *likes) add(key string, reasons []string, d detail) {
	kind, _, _ := strings.Cut(key, "/")
	alike := like{reasons: strings.Join(reasons, "\n")}
	switch d {
	case everyObject:
		alike.kind, alike.key = kind, fmt.Sprint(len(l.order)) // one key can have several objects
	case byKind:
		alike.kind = kind
	}
	if l.kinds == nil {
		l.kinds, l.reasons = map[like]*terminal.Groups[string]{}, map[like][]string{}
	}
	if l.kinds[alike] == nil {
		l.order = append(l.order, alike)
		l.kinds[alike], l.reasons[alike] = &terminal.Groups[string]{}, reasons
	}
	l.kinds[alike].Add(kind, key)
}

// rows are a row for each reason, each thing marked by a sign.
func (l *likes) rows(sign string) [][]string {
	var rows [][]string
	for _, alike := range l.order {
		kinds := l.kinds[alike]
		if reasons := l.reasons[alike]; len(kinds.Order) == 1 {
			rows = append(rows, reasonRows(sign+" "+kinds.Of[kinds.Order[0]].Long(), reasons)...)
		} else {
			rows = append(rows, []string{strings.Join(slices.Concat([]string{sign + " " + kinds.List()}, reasons), ": ")})
		}
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
	if len(all) == 2 {
		all[1].when = "" // first, and last
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
