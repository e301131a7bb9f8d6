package report

import (
	"fmt"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/provision/plan"
)

// showTitle writes which platform the plan is of, where it is, and what it costs a month.
func (doc Plan) showTitle(s terminal.Streams, st terminal.Styles) {
	if doc.Platform == "" {
		return
	}
	where := "local cloud, " + doc.Region
	if doc.Target == string(config.TargetAWS) {
		where = accountName(doc.Account, doc.AccountAlias) + ", " + doc.Region
	}
	s.Text(st.Strong.Render(doc.Platform)+terminal.Gap+where, doc.costLine(st))
	if doc.Makes != nil {
		s.Text(doc.Makes.String())
	}
	s.Text("")
}

// accountName is an account with its alias, where it has one.
func accountName(account, alias string) string {
	name := "AWS account " + account
	if alias != "" {
		name += " (" + terminal.OneLine(alias) + ")"
	}
	return name
}

// costLine is what the platform costs a month before and after the plan.
func (doc Plan) costLine(st terminal.Styles) string {
	before, after := doc.Cost.Before.String(), doc.Cost.After.String()
	text := "costs "
	if doc.Target != string(config.TargetAWS) {
		text += "nothing on the local cloud; on AWS "
	}
	switch {
	case before == after:
		text += before + ", before and after"
	case doc.Cost.Before.Known() && doc.Cost.Before.Amount == 0:
		text += after
	default:
		text += before + " now, and " + after + " afterwards"
	}
	if least, most := doc.Cost.AtMin, doc.Cost.AtMax; least != nil && most != nil && least.Known() && most.Known() && least.Amount != most.Amount {
		text += fmt.Sprintf("; %s with %s, %s with %d", least.Amount, terminal.Plural(doc.Cost.Min, "instance"), most.Amount, doc.Cost.Max)
	}
	note := prices.NotIncluded
	if doc.Cost.PricesOf != "" {
		note = "prices of " + doc.Cost.PricesOf + "; " + note
	}
	return text + st.Muted.Render(" ("+note+")")
}

// showImpact writes what users will notice.
func (doc Plan) showImpact(s terminal.Streams, st terminal.Styles) {
	if len(doc.Impact) == 0 {
		return
	}
	s.Text(st.Strong.Render("What users will notice"))
	rows := make([][]string, 0, len(doc.Impact))
	for _, impact := range doc.Impact {
		rows = append(rows, []string{st.Caution.Render(terminal.SymbolWarning) + " " + ImpactText(impact)})
	}
	s.Table(rows...)
	terminal.Lines(s.Out, "")
}

// ImpactText is what users notice and for how long, in one sentence.
func ImpactText(i plan.Impact) string {
	least, most := i.Seconds[0], i.Seconds[1]
	switch {
	case most == 0:
		return i.What
	case least == 0:
		return fmt.Sprintf("%s, for up to %s", i.What, terminal.Briefly(most))
	}
	return fmt.Sprintf("%s, for %s to %s", i.What, terminal.Briefly(least), terminal.Briefly(most))
}
