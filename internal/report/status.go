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

// The states of a target that are no cause for alarm, as AWS names them.
const (
	targetHealthy  = "healthy"
	targetInitial  = "initial"
	targetDraining = "draining"
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

// Status writes how the platform is: its health, its targets by zone, what
// differs from the configuration, and what to do about it.
func (s Streams) Status(doc Status) {
	st := s.outStyles()
	symbol, style := healthLook(st, doc.Health)
	where := doc.Target
	if doc.Region != "" {
		where += ", " + doc.Region
	}
	lines(s.Out, style.Render(symbol+" "+doc.Health)+gap+st.strong.Render(doc.Platform)+gap+st.muted.Render(where))
	if doc.URL != "" {
		lines(s.Out, gap+st.accent.Render(doc.URL))
	}
	if doc.Probe != "" {
		lines(s.Out, gap+st.bad.Render("the page could not be fetched: "+oneLine(doc.Probe)))
	}
	if doc.Health == healthAbsent && len(doc.Targets) == 0 && !slices.ContainsFunc(doc.Resources, isThere) {
		lines(s.Out, "", "Nothing of it is there. platformctl up makes it.")
		s.lastDrill(st, doc.Drill)
		return
	}
	s.targets(st, doc)
	drifted := s.resources(st, doc)
	s.lastDrill(st, doc.Drill)
	switch {
	case drifted:
		lines(s.Out, "", "platformctl up repairs it; platformctl plan shows how.")
	case doc.Health != healthHealthy && !doc.Drill.isOpen():
		lines(s.Out, "", "Nothing has drifted, so it may get well by itself: platformctl status --watch shows whether it does.")
	}
}

// targets writes a table of the zones and the targets in them. A zone without
// any is shown too: it is what makes a platform lose its availability.
func (s Streams) targets(st styles, doc Status) {
	zones := slices.Clone(doc.Zones)
	for _, target := range doc.Targets {
		if !slices.Contains(zones, target.Zone) {
			zones = append(zones, target.Zone)
		}
	}
	if len(zones) == 0 {
		return
	}
	rows := [][]string{{st.muted.Render("zone"), st.muted.Render("instance"), st.muted.Render("health"), ""}}
	for _, zone := range zones {
		name := zone
		for _, target := range doc.Targets {
			if target.Zone == zone {
				why := oneLine(strings.Join(present(target.Reason, target.Description), ": "))
				rows = append(rows, []string{name, target.Instance, targetStyle(st, target.State).Render(target.State), why})
				name = ""
			}
		}
		if name != "" {
			rows = append(rows, []string{name, st.caution.Render("none")})
		}
	}
	lines(s.Out, "")
	lines(s.Out, columns(rows)...)
}

// resources writes which objects are not as configured, and how many are. It
// reports whether any has drifted.
func (s Streams) resources(st styles, doc Status) (drifted bool) {
	var rows [][]string
	for _, r := range doc.Resources {
		name := r.Key
		if r.ID != "" {
			name += st.muted.Render(" (" + short(r.ID) + ")")
		}
		switch {
		case len(r.Drift) > 0:
			drifted = true
			rows = append(rows, reasonRows(st.bad.Render(symbolBad)+" "+name, r.Drift)...)
		case r.Phase != string(resource.Ready):
			drifted = drifted || !isThere(r)
			rows = append(rows, []string{st.caution.Render(symbolUpdate) + " " + name, r.Phase})
		}
	}
	if len(rows) == 0 {
		lines(s.Out, "", fmt.Sprintf("%s, all as configured", plural(len(doc.Resources), "object")))
		return false
	}
	wrong := 0
	for _, r := range doc.Resources {
		if len(r.Drift) > 0 || r.Phase != string(resource.Ready) {
			wrong++
		}
	}
	lines(s.Out, "", st.strong.Render(fmt.Sprintf("Not as it should be: %d of %s", wrong, plural(len(doc.Resources), "object"))))
	lines(s.Out, columns(rows)...)
	return drifted
}

// isThere reports whether an object exists at all.
func isThere(r Resource) bool { return r.Phase != string(resource.Absent) }

// present are the texts that aren't empty.
func present(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

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

func targetStyle(st styles, state string) lipgloss.Style {
	switch state {
	case targetHealthy:
		return st.good
	case targetInitial, targetDraining:
		return st.caution
	default:
		return st.bad
	}
}
