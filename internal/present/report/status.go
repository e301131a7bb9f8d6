package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision/traffic"
	"github.com/platformctl/platformctl/internal/resource"
)

// The health of a platform, as the contract names it.
const (
	healthHealthy  = "healthy"
	healthDegraded = "degraded"
	healthDown     = "down"
	healthAbsent   = "absent"
)

// Status is the document of `status`.
type Status struct {
	Platform string `json:"platform"`
	Target   string `json:"target"`
	Region   string `json:"region"`
	URL      string `json:"url"`
	// Health is healthy, degraded, down or absent.
	Health string                `json:"health"`
	Zones  terminal.List[string] `json:"zones"`
	// Empty are those of the zones in which the configuration has no instance.
	Empty     []string                            `json:"-"`
	Targets   terminal.List[loadbalancing.Target] `json:"targets"`
	Resources terminal.List[Resource]             `json:"resources"`
	// Probe says why the page could not be fetched, where it should have been;
	// "" otherwise.
	Probe string `json:"probe"`
	// HTTPS is how it is served over TLS; nil where that isn't asked for.
	HTTPS *HTTPS `json:"https,omitempty"`
	// AutoScaling is the group that keeps the instances; nil where that isn't asked for, and none is there.
	AutoScaling *AutoScaling `json:"auto_scaling,omitempty"`
	// Alarms are the platform's, where there are any; Dashboard is the page that shows them and more.
	Alarms    []Alarm `json:"alarms,omitempty"`
	Dashboard string  `json:"dashboard,omitempty"`
	// Problems are the reasons for a health that isn't healthy.
	Problems terminal.List[Problem] `json:"problems"`
	// Blockers are what of the platform's own has lost its tag, and how that is put back: up does nothing before.
	Blockers []Blocker `json:"blockers,omitempty"`
	// Drill is the last failover drill; nil: there was none.
	Drill *drillresult.Last `json:"drill"`
	// Protect says that the configuration has protect: true.
	Protect bool `json:"protect,omitempty"`
	// Traffic is what users saw in the last minutes; nil where nobody asked.
	Traffic *traffic.Traffic `json:"-"`
	// Notes say what else is to be known: that the last up had other settings, which is no
	// drift, and what goes on under another name.
	Notes []string `json:"notes,omitempty"`
}

// Resource is one object, and how it differs from the configuration.
type Resource struct {
	Key   string                `json:"key"`
	Kind  string                `json:"kind"`
	ID    string                `json:"id"`
	Phase string                `json:"phase"`
	Drift terminal.List[string] `json:"drift"`
	// Protected is what keeps AWS from ending the object, such as "termination protection".
	Protected []string `json:"protected,omitempty"`
	// Kept is what somebody has set otherwise than it was made, and up leaves as it is.
	Kept []string `json:"kept,omitempty"`
}

// Show writes how the platform is: its health, its targets by zone, what
// differs from the configuration, and what to do about it. What is too long for
// the terminal is summed up: healthy targets by zone, the others by what is
// wrong with them, and objects by how they differ.
func (doc Status) Show(s terminal.Streams) {
	show := func(brief bool) func(terminal.Streams) {
		return func(s terminal.Streams) { doc.show(s, brief) }
	}
	s.Fitting("-v lists every target and object", 0, show(false), show(true))
}

func (doc Status) show(s terminal.Streams, brief bool) {
	st := s.OutStyles()
	symbol, style := healthLook(st, doc.Health)
	where := doc.Target
	if doc.Region != "" {
		where += ", " + doc.Region
	}
	s.Text(style.Render(symbol+" "+doc.Health) + terminal.Gap + st.Strong.Render(doc.Platform) + terminal.Gap + st.Muted.Render(where))
	if doc.URL != "" {
		terminal.Lines(s.Out, terminal.Gap+st.Accent.Render(doc.URL))
	}
	if doc.Probe != "" {
		s.Table([]string{st.Bad.Render(terminal.SymbolBad + " the page did not come: " + terminal.OneLine(doc.Probe))})
	}
	if doc.Health == healthAbsent && len(doc.Targets) == 0 && !slices.ContainsFunc(doc.Resources, isThere) {
		s.Text("", s.Hint("Nothing of it is there. platformctl up makes it."))
		showNotes(s, doc.Notes)
		showLastDrill(s, st, doc.Drill)
		return
	}
	if brief {
		showZones(s, st, doc)
	} else {
		showTargets(s, st, doc)
	}
	showTraffic(s, st, doc.Traffic)
	doc.AutoScaling.show(s, st)
	doc.HTTPS.show(s, st)
	showAlarms(s, st, doc.Alarms)
	if doc.Dashboard != "" {
		terminal.Lines(s.Out, terminal.Gap+st.Accent.Render(doc.Dashboard))
	}
	drifted := showResources(s, st, doc, brief)
	showProtected(s, st, doc, brief)
	showKept(s, st, doc, brief)
	showLastDrill(s, st, doc.Drill)
	if len(doc.Notes) > 0 {
		s.Text("")
		showNotes(s, doc.Notes)
	}
	if len(doc.Blockers) > 0 {
		s.Text("")
		showBlockers(s, st, doc.Blockers)
	}
	switch {
	case len(doc.Blockers) > 0:
	case drifted && len(doc.Notes) > 0:
		s.Text("", s.Hint("platformctl plan shows what up would change."))
	case drifted:
		s.Text("", s.Hint("platformctl up repairs it; platformctl plan shows how."))
	case doc.Health != healthHealthy && !doc.Drill.IsOpen():
		doc.showProblems(s, st)
	}
}

// showNotes writes what else is to be known, a sentence a line.
func showNotes(s terminal.Streams, notes []string) {
	st := s.OutStyles()
	for _, note := range notes {
		s.Text(st.Caution.Render(terminal.SymbolWarning) + " " + terminal.OneLine(note))
	}
}

// allZones are those of the platform, and any other in which it has a target. A
// zone without any is shown, too: it is what makes a platform lose its
// availability.
func (doc Status) allZones() []string {
	zones := slices.Clone(doc.Zones)
	for _, target := range doc.Targets {
		if !slices.Contains(zones, target.Zone) {
			zones = append(zones, target.Zone)
		}
	}
	return zones
}

// why is what AWS says of a target that isn't healthy.
func why(t loadbalancing.Target) string {
	return terminal.OneLine(strings.Join(terminal.NotEmpty(t.Reason, t.Description), ": "))
}

// showTargets writes a table of the zones and the targets in them.
func showTargets(s terminal.Streams, st terminal.Styles, doc Status) {
	zones := doc.allZones()
	if len(zones) == 0 {
		return
	}
	rows := [][]string{{st.Muted.Render("zone"), st.Muted.Render("instance"), st.Muted.Render("health"), ""}}
	for _, zone := range zones {
		name := zone
		for _, target := range doc.Targets {
			if target.Zone == zone {
				rows = append(rows, []string{name, target.Instance, targetLook(st, target.State), why(target)})
				name = ""
			}
		}
		if name != "" {
			none := st.Bad.Render(terminal.SymbolBad + " none")
			if slices.Contains(doc.Empty, zone) {
				none = st.Muted.Render(terminal.SymbolPaused + " none")
			}
			rows = append(rows, []string{name, none})
		}
	}
	terminal.Lines(s.Out, "")
	s.Table(rows...)
}

// showZones writes how many targets of each zone are healthy, and what is wrong
// with the others: those with the same trouble together.
func showZones(s terminal.Streams, st terminal.Styles, doc Status) {
	type trouble struct{ state, why string }
	var order []trouble
	wrong := map[trouble][]loadbalancing.Target{}
	rows := [][]string{{st.Muted.Render("zone"), st.Muted.Render("healthy")}}
	for _, zone := range doc.allZones() {
		healthy, all := 0, 0
		for _, target := range doc.Targets {
			if target.Zone != zone {
				continue
			}
			all++
			if target.State == drillresult.TargetHealthy {
				healthy++
				continue
			}
			of := trouble{target.State, why(target)}
			if wrong[of] == nil {
				order = append(order, of)
			}
			wrong[of] = append(wrong[of], target)
		}
		symbol, style := terminal.SymbolGood, st.Good
		switch {
		case all == 0 && slices.Contains(doc.Empty, zone):
			symbol, style = terminal.SymbolPaused, st.Muted
		case healthy == 0:
			symbol, style = terminal.SymbolBad, st.Bad
		case healthy < all:
			symbol, style = terminal.SymbolUpdate, st.Caution
		}
		rows = append(rows, []string{zone, style.Render(fmt.Sprintf("%s %d of %d", symbol, healthy, all))})
	}
	terminal.Lines(s.Out, "")
	s.Table(rows...)
	if len(order) == 0 {
		return
	}
	rows = [][]string{{st.Muted.Render("health"), st.Muted.Render("instance"), ""}}
	for _, of := range order {
		who := wrong[of][0].Instance
		if n := len(wrong[of]); n > 1 {
			var zones []string
			for _, target := range wrong[of] {
				zones = append(zones, target.Zone)
			}
			slices.Sort(zones)
			who = fmt.Sprintf("%d in %s", n, strings.Join(slices.Compact(zones), ", "))
		} else {
			who += " in " + wrong[of][0].Zone
		}
		rows = append(rows, []string{targetLook(st, of.state), who, of.why})
	}
	terminal.Lines(s.Out, "")
	showMost(s, rows)
}

// showMost writes the first rows, as many as there is room for beside everything
// else, and each on one line where that can tell enough.
func showMost(s terminal.Streams, rows [][]string) {
	width, height := s.WindowSize()
	table := terminal.Columns(rows, 0)
	if width < 60 {
		table = terminal.Columns(rows, width)
	}
	for _, line := range terminal.Clip(table, max(height/3, 4)) {
		terminal.Lines(s.Out, terminal.Fit(line, width-1))
	}
}

// showResources writes which objects are not as configured, and how many are. It
// reports whether any has drifted.
func showResources(s terminal.Streams, st terminal.Styles, doc Status, brief bool) (drifted bool) {
	var broken, unready likes
	wrong := 0
	for _, r := range doc.Resources {
		key := r.Key
		if r.ID != "" && !brief {
			key += st.Muted.Render(" (" + terminal.ShortID(r.ID) + ")")
		}
		switch {
		case len(r.Drift) > 0:
			wrong++
			drifted = true
			broken.add(key, r.Drift, detailOf(brief))
		case r.Phase != string(resource.Ready):
			wrong++
			drifted = drifted || !isThere(r)
			unready.add(key, []string{r.Phase}, detailOf(brief))
		}
	}
	rows := slices.Concat(broken.rows(st.Bad.Render(terminal.SymbolBad)), unready.rows(st.Caution.Render(terminal.SymbolUpdate)))
	if wrong == 0 {
		s.Text("", fmt.Sprintf("%s, all as configured", terminal.Plural(len(doc.Resources), "object")))
	} else {
		showAside(s, st.Strong.Render(fmt.Sprintf("Not as it should be: %d of %s", wrong, terminal.Plural(len(doc.Resources), "object"))), rows, brief)
	}
	if s.Full {
		showInventory(s, st, doc)
	}
	return drifted
}

// showAside writes rows below their title: all of them, or as many as there is room for. Without rows it writes nothing.
func showAside(s terminal.Streams, title string, rows [][]string, brief bool) {
	if len(rows) == 0 {
		return
	}
	s.Text("", title)
	if brief {
		showMost(s, rows)
	} else {
		s.Table(rows...)
	}
}

// showKept writes what is kept as found.
func showKept(s terminal.Streams, st terminal.Styles, doc Status, brief bool) {
	var kept likes
	for _, r := range doc.Resources {
		if len(r.Kept) > 0 {
			kept.add(r.Key, r.Kept, detailOf(brief))
		}
	}
	showAside(s, "Kept as found: up leaves it as it is", kept.rows(st.Muted.Render(terminal.SymbolPaused)), brief)
}

// showProtected writes what is protected, by the configuration and by AWS.
func showProtected(s terminal.Streams, st terminal.Styles, doc Status, brief bool) {
	if doc.Protect {
		s.Text("", "Protected (protect: true): down, replacing changes and another name need --unprotect")
	}
	var protected likes
	for _, r := range doc.Resources {
		if len(r.Protected) > 0 {
			protected.add(r.Key, r.Protected, detailOf(brief))
		}
	}
	showAside(s, "Protected: AWS refuses to end it", protected.rows(st.Muted.Render(terminal.SymbolPaused)), brief)
}

// showInventory writes every object.
func showInventory(s terminal.Streams, st terminal.Styles, doc Status) {
	rows := [][]string{{st.Muted.Render("object"), st.Muted.Render("phase"), st.Muted.Render("ID")}}
	for _, r := range doc.Resources {
		mark := st.Good.Render(terminal.SymbolGood)
		switch {
		case len(r.Drift) > 0 || !isThere(r):
			mark = st.Bad.Render(terminal.SymbolBad)
		case r.Phase != string(resource.Ready):
			mark = st.Caution.Render(terminal.SymbolUpdate)
		}
		rows = append(rows, []string{mark + " " + r.Key, r.Phase, terminal.ShortID(r.ID)})
	}
	terminal.Lines(s.Out, "")
	s.Table(rows...)
}

// isThere reports whether an object exists at all.
func isThere(r Resource) bool { return r.Phase != string(resource.Absent) }

func healthLook(st terminal.Styles, health string) (string, lipgloss.Style) {
	switch health {
	case healthHealthy:
		return terminal.SymbolGood, st.Good
	case healthDegraded:
		return terminal.SymbolUpdate, st.Caution
	case healthDown:
		return terminal.SymbolBad, st.Bad
	default:
		return terminal.SymbolPaused, st.Muted
	}
}

// targetLook is a target's state, marked.
func targetLook(st terminal.Styles, state string) string {
	symbol, style := terminal.SymbolBad, st.Bad
	switch state {
	case drillresult.TargetHealthy:
		symbol, style = terminal.SymbolGood, st.Good
	case drillresult.TargetInitial, drillresult.TargetDraining:
		symbol, style = terminal.SymbolUpdate, st.Caution
	}
	return style.Render(symbol + " " + state)
}
