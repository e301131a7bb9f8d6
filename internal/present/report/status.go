package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"

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
	Health    string         `json:"health"`
	Zones     List[string]   `json:"zones"`
	Targets   List[Target]   `json:"targets"`
	Resources List[Resource] `json:"resources"`
	// Probe says why the page could not be fetched, where it should have been;
	// "" otherwise.
	Probe string `json:"probe"`
	// Drill is the last failover drill; nil: there was none.
	Drill *LastDrill `json:"drill"`
}

// Target is an instance as the load balancer sees it.
type Target struct {
	Instance    string `json:"instance"`
	Zone        string `json:"zone"`
	State       string `json:"state"`
	Reason      string `json:"reason"`
	Description string `json:"description"`
}

// Resource is one object, and how it differs from the configuration.
type Resource struct {
	Key   string       `json:"key"`
	Kind  string       `json:"kind"`
	ID    string       `json:"id"`
	Phase string       `json:"phase"`
	Drift List[string] `json:"drift"`
}

// Show writes how the platform is: its health, its targets by zone, what
// differs from the configuration, and what to do about it. What is too long for
// the terminal is summed up: healthy targets by zone, the others by what is
// wrong with them, and objects by how they differ.
func (doc Status) Show(s Streams) {
	s.fitting(func(s Streams, brief bool) { doc.show(s, brief) }, "-v lists every target and object")
}

func (doc Status) show(s Streams, brief bool) {
	st := s.outStyles()
	symbol, style := healthLook(st, doc.Health)
	where := doc.Target
	if doc.Region != "" {
		where += ", " + doc.Region
	}
	s.text(style.Render(symbol+" "+doc.Health) + gap + st.strong.Render(doc.Platform) + gap + st.muted.Render(where))
	if doc.URL != "" {
		lines(s.Out, gap+st.accent.Render(doc.URL))
	}
	if doc.Probe != "" {
		s.table([]string{st.bad.Render(symbolBad + " the page could not be fetched: " + oneLine(doc.Probe))})
	}
	if doc.Health == healthAbsent && len(doc.Targets) == 0 && !slices.ContainsFunc(doc.Resources, isThere) {
		s.text("", "Nothing of it is there. platformctl up makes it.")
		showLastDrill(s, st, doc.Drill)
		return
	}
	if brief {
		showZones(s, st, doc)
	} else {
		showTargets(s, st, doc)
	}
	drifted := showResources(s, st, doc, brief)
	showLastDrill(s, st, doc.Drill)
	switch {
	case drifted:
		s.text("", "platformctl up repairs it; platformctl plan shows how.")
	case doc.Health != healthHealthy && !doc.Drill.isOpen():
		s.text("", "Nothing has drifted, so it may get well by itself: platformctl status --watch shows whether it does.")
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
func (t Target) why() string {
	return oneLine(strings.Join(present(t.Reason, t.Description), ": "))
}

// showTargets writes a table of the zones and the targets in them.
func showTargets(s Streams, st styles, doc Status) {
	zones := doc.allZones()
	if len(zones) == 0 {
		return
	}
	rows := [][]string{{st.muted.Render("zone"), st.muted.Render("instance"), st.muted.Render("health"), ""}}
	for _, zone := range zones {
		name := zone
		for _, target := range doc.Targets {
			if target.Zone == zone {
				rows = append(rows, []string{name, target.Instance, targetLook(st, target.State), target.why()})
				name = ""
			}
		}
		if name != "" {
			rows = append(rows, []string{name, st.bad.Render(symbolBad + " none")})
		}
	}
	lines(s.Out, "")
	s.table(rows...)
}

// showZones writes how many targets of each zone are healthy, and what is wrong
// with the others: those with the same trouble together.
func showZones(s Streams, st styles, doc Status) {
	type trouble struct{ state, why string }
	var order []trouble
	wrong := map[trouble][]Target{}
	rows := [][]string{{st.muted.Render("zone"), st.muted.Render("healthy")}}
	for _, zone := range doc.allZones() {
		healthy, all := 0, 0
		for _, target := range doc.Targets {
			if target.Zone != zone {
				continue
			}
			all++
			if target.State == targetHealthy {
				healthy++
				continue
			}
			of := trouble{target.State, target.why()}
			if wrong[of] == nil {
				order = append(order, of)
			}
			wrong[of] = append(wrong[of], target)
		}
		symbol, style := symbolGood, st.good
		switch {
		case healthy == 0:
			symbol, style = symbolBad, st.bad
		case healthy < all:
			symbol, style = symbolUpdate, st.caution
		}
		rows = append(rows, []string{zone, style.Render(fmt.Sprintf("%s %d of %d", symbol, healthy, all))})
	}
	lines(s.Out, "")
	s.table(rows...)
	if len(order) == 0 {
		return
	}
	rows = [][]string{{st.muted.Render("health"), st.muted.Render("instance"), ""}}
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
	lines(s.Out, "")
	showMost(s, rows)
}

// showMost writes the first rows, as many as there is room for beside everything
// else, and each on one line where that can tell enough.
func showMost(s Streams, rows [][]string) {
	width, height := s.size()
	table := columns(rows, 0)
	if width < 60 {
		table = columns(rows, width)
	}
	for _, line := range clip(table, max(height/3, 4)) {
		lines(s.Out, fit(line, width-1))
	}
}

// showResources writes which objects are not as configured, and how many are. It
// reports whether any has drifted.
func showResources(s Streams, st styles, doc Status, brief bool) (drifted bool) {
	var broken, unready likes
	wrong := 0
	for _, r := range doc.Resources {
		key := r.Key
		if r.ID != "" && !brief {
			key += st.muted.Render(" (" + short(r.ID) + ")")
		}
		switch {
		case len(r.Drift) > 0:
			wrong++
			drifted = true
			broken.add(key, r.Drift, brief)
		case r.Phase != string(resource.Ready):
			wrong++
			drifted = drifted || !isThere(r)
			unready.add(key, []string{r.Phase}, brief)
		}
	}
	rows := slices.Concat(broken.rows(st.bad.Render(symbolBad)), unready.rows(st.caution.Render(symbolUpdate)))
	if wrong == 0 {
		s.text("", fmt.Sprintf("%s, all as configured", plural(len(doc.Resources), "object")))
	} else {
		s.text("", st.strong.Render(fmt.Sprintf("Not as it should be: %d of %s", wrong, plural(len(doc.Resources), "object"))))
		if brief {
			showMost(s, rows)
		} else {
			s.table(rows...)
		}
	}
	if s.Full {
		showInventory(s, st, doc)
	}
	return drifted
}

// showInventory writes every object.
func showInventory(s Streams, st styles, doc Status) {
	rows := [][]string{{st.muted.Render("object"), st.muted.Render("phase"), st.muted.Render("ID")}}
	for _, r := range doc.Resources {
		mark := st.good.Render(symbolGood)
		switch {
		case len(r.Drift) > 0 || !isThere(r):
			mark = st.bad.Render(symbolBad)
		case r.Phase != string(resource.Ready):
			mark = st.caution.Render(symbolUpdate)
		}
		rows = append(rows, []string{mark + " " + r.Key, r.Phase, short(r.ID)})
	}
	lines(s.Out, "")
	s.table(rows...)
}

// isThere reports whether an object exists at all.
func isThere(r Resource) bool { return r.Phase != string(resource.Absent) }

func healthLook(st styles, health string) (string, lipgloss.Style) {
	switch health {
	case healthHealthy:
		return symbolGood, st.good
	case healthDegraded:
		return symbolUpdate, st.caution
	case healthDown:
		return symbolBad, st.bad
	default:
		return symbolPaused, st.muted
	}
}

// targetLook is a target's state, marked.
func targetLook(st styles, state string) string {
	symbol, style := symbolBad, st.bad
	switch state {
	case targetHealthy:
		symbol, style = symbolGood, st.good
	case targetInitial, targetDraining:
		symbol, style = symbolUpdate, st.caution
	}
	return style.Render(symbol + " " + state)
}
