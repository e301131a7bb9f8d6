package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/prices"
)

// AutoScaling is an Auto Scaling group, and how it is doing.
type AutoScaling struct {
	Name      string                `json:"name"` // "" where it isn't there yet
	Min       int                   `json:"min"`
	Max       int                   `json:"max"`
	Desired   int                   `json:"desired"`
	Instances terminal.List[Member] `json:"instances"`
	// Refresh is the instance refresh that is under way, or the last one where it didn't succeed; nil: there is none.
	Refresh *Refresh `json:"refresh"`
	// Suspended are the names of the processes that somebody has suspended.
	Suspended terminal.List[string] `json:"suspended_processes"`
	// Activities are those of the last hour, the newest first.
	Activities terminal.List[Activity] `json:"activities"`
	// More says that there were more than those.
	More bool `json:"-"`
	// ZoneLoss is what remains when the zone with most instances is lost; nil where none serves.
	ZoneLoss *ZoneLoss `json:"zone_loss"`
	// Cost is what the platform costs a month on AWS; nil where the configuration doesn't ask for the group.
	Cost *ScaledCost `json:"cost"`
}

// ScaledCost is what a platform costs a month by AWS's published prices: now, and with as few and as many instances as its group may
// have.
type ScaledCost struct {
	Now   prices.Month `json:"now"`
	AtMin prices.Month `json:"at_min"`
	AtMax prices.Month `json:"at_max"`
	// Min and Max are those numbers, as the configuration has them.
	Min int `json:"-"`
	Max int `json:"-"`
}

// Member is an instance of a group, in Auto Scaling's words.
type Member struct {
	Instance  string `json:"instance"`
	Zone      string `json:"zone"`
	Lifecycle string `json:"lifecycle"`
	Health    string `json:"health"`
	// Serves says that it is in service, and healthy behind the load balancer.
	Serves bool `json:"serves"`
}

// Refresh is an instance refresh.
type Refresh struct {
	Status  string `json:"status"`
	Percent int    `json:"percent"`
	Reason  string `json:"reason"`
}

// Activity is something that a group did.
type Activity struct {
	At     string `json:"at"` // RFC 3339
	What   string `json:"what"`
	Why    string `json:"why"` // "" where AWS doesn't say
	Status string `json:"status"`
}

// ZoneLoss is a group after the loss of a zone, before it launches anything.
type ZoneLoss struct {
	Zone    string `json:"zone"`
	Remain  int    `json:"remain"`
	Serving int    `json:"serving"`
	// LoadFactor is how many times its present load each of those that remain would have; 0 where none remains.
	LoadFactor float64 `json:"load_factor"`
	// Sufficient says whether they could carry it; nil where the group's settings don't tell.
	Sufficient *bool `json:"sufficient"`
}

// String says whether the others could carry the load.
func (z ZoneLoss) String() string {
	they, them := "they carry", "them"
	text := fmt.Sprintf("without %s %d of %d remain, each with %.1f times its load", z.Zone, z.Remain, z.Serving, z.LoadFactor)
	switch z.Remain {
	case 0:
		return fmt.Sprintf("without %s none of %s remains", z.Zone, terminal.Plural(z.Serving, "instance"))
	case 1:
		they, them = "it carries", "it"
		text = fmt.Sprintf("without %s 1 of %d remains, with %.1f times its load", z.Zone, z.Serving, z.LoadFactor)
	}
	switch {
	case z.Sufficient == nil:
		return text
	case *z.Sufficient:
		return text + ", which " + they
	}
	return text + ", which is too much for " + them
}

// show writes the group: its sizes, who serves where, and what it does.
func (a *AutoScaling) show(s terminal.Streams, st terminal.Styles) {
	if a == nil {
		return
	}
	sizes := fmt.Sprintf("%d desired, of %d to %d", a.Desired, a.Min, a.Max)
	rows := [][]string{{label(st, "group"), sizes}, {label(st, "in service"), a.byZone()}}
	if r := a.Refresh; r != nil {
		text := r.Status + ", " + strconv.Itoa(r.Percent) + " percent"
		if r.Reason != "" {
			text += ": " + r.Reason
		}
		rows = append(rows, []string{label(st, "refresh"), terminal.OneLine(text)})
	}
	if len(a.Suspended) > 0 {
		rows = append(rows, []string{label(st, "suspended"), terminal.OneLine(strings.Join(a.Suspended, ", "))})
	}
	if a.ZoneLoss != nil {
		rows = append(rows, []string{label(st, "zone lost"), a.ZoneLoss.String()})
	}
	if c := a.Cost; c != nil {
		text := c.Now.String()
		if c.AtMin.Known() && c.AtMax.Known() {
			text += fmt.Sprintf("; %s with %s, %s with %d", c.AtMin.Amount, terminal.Plural(c.Min, "instance"), c.AtMax.Amount, c.Max)
		}
		rows = append(rows, []string{label(st, "on AWS"), text})
	}
	terminal.Lines(s.Out, "")
	s.Table(rows...)
	a.showActivities(s, st)
}

// shownActivities is how many of a group's activities are shown.
const shownActivities = 5

func (a *AutoScaling) showActivities(s terminal.Streams, st terminal.Styles) {
	if len(a.Activities) == 0 {
		return
	}
	var rows [][]string
	for _, activity := range a.Activities[:min(len(a.Activities), shownActivities)] {
		_, at, _ := strings.Cut(strings.TrimSuffix(activity.At, "Z"), "T")
		text := strings.TrimSuffix(activity.What, ".")
		if activity.Why != "" {
			text += ": " + activity.Why
		}
		rows = append(rows, []string{label(st, at), terminal.OneLine(activity.Status), terminal.OneLine(text)})
	}
	many := fmt.Sprint(len(a.Activities))
	if a.More {
		many += " and more"
	}
	s.Text("", "Activities of the last hour (UTC): "+many)
	s.Table(rows...)
}

func label(st terminal.Styles, text string) string { return st.Muted.Render(text) }

// byZone counts the instances that serve, by zone, and the others by how they are.
func (a *AutoScaling) byZone() string {
	zones, states := map[string]int{}, map[string]int{}
	for _, member := range a.Instances {
		if member.Serves {
			zones[member.Zone]++
			continue
		}
		state := member.Lifecycle
		if state == "InService" {
			state = "not healthy yet"
		}
		states[state]++
	}
	counted := func(counts map[string]int, text string) (parts []string) {
		for name, n := range counts {
			parts = append(parts, fmt.Sprintf(text, n, name))
		}
		slices.Sort(parts)
		return parts
	}
	parts := append(counted(zones, "%d in %s"), counted(states, "%d %s")...)
	if len(parts) == 0 {
		return "none"
	}
	return terminal.OneLine(strings.Join(parts, ", "))
}
