package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/prices"
)

// List is the document of `list`.
type List struct {
	Platforms terminal.List[ListedPlatform] `json:"platforms"`

	// Account is the account's ID, and AccountAlias the name that people gave it, where AWS tells of one.
	Account      string `json:"account"`
	AccountAlias string `json:"account_alias,omitempty"`
	// Target and Regions are where was looked.
	Target  string   `json:"-"`
	Regions []string `json:"-"`
}

// ListedPlatform is one platform, as its tags tell of it.
type ListedPlatform struct {
	Name   string `json:"name"`
	Region string `json:"region"`
	// Health is healthy, degraded or down, by the health of its targets.
	Health string `json:"health"`
	// Since is when its oldest object was made, as RFC 3339 has it; "" where AWS doesn't say.
	Since string `json:"since"`
	// State is the path of its state file; "" where this machine doesn't know it.
	State string `json:"state"`
	// Cost is by AWS's published prices on either target, in US dollars a month; null where one is missing.
	Cost prices.Month `json:"cost"`
}

// longestName is how many columns a name has: as many as that of a platform can have, though a tag can hold more.
const longestName = 20

// Show writes a table of the platforms, as old as they are now, and what they cost together. Near shortens a path for people.
func (doc List) Show(s terminal.Streams, now time.Time, near func(string) string) {
	st := s.OutStyles()
	local := doc.Target != string(config.TargetAWS)
	where := accountName(doc.Account, doc.AccountAlias)
	if local {
		where = "the local cloud"
	}
	in, several := "in "+strings.Join(doc.Regions, ", "), len(doc.Regions) > 1
	if several {
		in = "in " + terminal.Plural(len(doc.Regions), "region")
	}
	if len(doc.Platforms) == 0 {
		hint := ""
		if !several {
			hint = "; --all-regions looks in all regions"
		}
		s.Nothing("there is no platform in " + where + " " + in + hint)
		return
	}
	head := []string{"platform", "health", "age", "a month", "state"}
	if several {
		head = []string{"platform", "region", "health", "age", "a month", "state"}
	}
	for i := range head {
		head[i] = st.Muted.Render(head[i])
	}
	rows := [][]string{head}
	var total prices.Month
	for _, platform := range doc.Platforms {
		symbol, style := healthLook(st, platform.Health)
		row := []string{st.Strong.Render(terminal.Fit(terminal.OneLine(platform.Name), longestName))}
		if several {
			row = append(row, platform.Region)
		}
		rows = append(rows, append(row, style.Render(symbol+" "+platform.Health), age(platform.Since, now), amount(platform.Cost), stateOf(platform, near)))
		total.Amount += platform.Cost.Amount
		total.Missing = append(total.Missing, platform.Cost.Missing...)
	}
	s.Table(rows...)
	count := terminal.Plural(len(doc.Platforms), "platform") + " in " + where + " " + in
	s.Text("", count+", "+doc.together(total)+st.Muted.Render(" ("+prices.NotIncluded+")"))
}

// together is what all cost a month.
func (doc List) together(total prices.Month) string {
	text := amount(total) + " a month"
	if doc.Target != string(config.TargetAWS) {
		return "at no cost; on AWS " + text
	}
	return text
}

// amount is a cost in a column.
func amount(month prices.Month) string {
	switch {
	case month.Known():
		return month.Amount.String()
	case month.Amount == 0:
		return "not known"
	}
	return "over " + month.Amount.String()
}

// stateOf says where a platform's state is.
func stateOf(platform ListedPlatform, near func(string) string) string {
	if platform.State == "" {
		return "not on this machine"
	}
	return terminal.OneLine(near(platform.State))
}

// age is how long ago a moment was, in the largest unit that there is one of.
func age(since string, now time.Time) string {
	at, err := time.Parse(time.RFC3339, since)
	if err != nil {
		return "not known"
	}
	const day = 24 * time.Hour
	switch d := max(now.Sub(at), 0); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < day:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d/day))
	}
}
