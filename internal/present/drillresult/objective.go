package drillresult

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Page is the document about drills, for those who have no clone of the repository; BetterNumbers its chapter about what makes
// them better, and ByHand the one about restoring by hand.
const (
	Page          = "https://github.com/platformctl/platformctl/blob/main/docs/failover-drill.md"
	BetterNumbers = Page + "#better-numbers"
	ByHand        = Page + "#restoring-by-hand"
)

// Why explains a drill that failed although all was as predicted, or because it was not: a sentence; "" where there is nothing
// to explain.
func (d Drill) Why() string {
	p := d.Predicted.Availability
	if d.Verdict != VerdictFail || d.SLO.Met || p[1] == 0 {
		return ""
	}
	if worse := slices.IndexFunc(d.Compared, func(c Compared) bool { return c.Measured == nil || *c.Measured > c.Predicted[1] }); worse >= 0 {
		return fmt.Sprintf("It went worse than predicted, by which %s would be available: look for the cause first.", Shares(p))
	}
	node := ""
	if len(d.Predicted.Errors) > 1 {
		node = ", and clients of the node there,"
	}
	text := fmt.Sprintf("The platform did as predicted, and still missed its objective: %s failing for %s%s of %s leaves %s",
		d.broken(), Span(d.failing()), node, Span(d.window()), Shares(p))
	if d.SLO.Availability <= p[1] {
		text += ", so that chance decides"
	}
	return text + "."
}

// broken is how much of the targets a drill breaks.
func (d Drill) broken() string {
	return fmt.Sprintf("%d of %s", len(d.Victims), terminal.Plural(len(d.Targets), "target"))
}

// failing is for how long requests to what is broken are expected to fail.
func (d Drill) failing() [2]float64 {
	w := d.Predicted.DetectSeconds
	return [2]float64{min(w[0], d.Load.FaultSeconds), min(w[1], d.Load.FaultSeconds)}
}

// window is how long it is expected to take from the fault to the recovery.
func (d Drill) window() [2]float64 {
	return [2]float64{d.Load.FaultSeconds + d.Predicted.RecoverSeconds[0], d.Load.FaultSeconds + d.Predicted.RecoverSeconds[1]}
}

// Meeting says what would meet an objective that was missed, a sentence each.
func (d Drill) Meeting() []string {
	objective := Objective(d.SLO.Availability)
	var all []string
	for i, way := range d.WouldMeet {
		text := "or "
		if i == 0 {
			text = objective + " would be met by "
		}
		var settings []string
		for _, s := range way.Settings {
			settings = append(settings, s.text())
		}
		all = append(all, fmt.Sprintf("%s%s (%s at the least)", text, strings.Join(settings, " and "), Share(way.Availability)))
	}
	promise := ""
	if least := math.Floor(d.Predicted.Availability[0]); least > 0 && least < d.SLO.Availability {
		promise = fmt.Sprintf("This platform can promise drill.scenarios: {%s: %g}", terminal.OneLine(d.Scenario), least)
		if len(all) == 0 {
			promise = "No number of instances or zones would meet " + objective + ". " + promise
		}
	}
	text := strings.Join(all, "; ")
	var sentences []string
	for _, t := range []string{text, promise} {
		if t != "" {
			sentences = append(sentences, Sentence(t))
		}
	}
	return sentences
}

// Link is a page that says more.
type Link struct{ Text, URL string }

// Links are the pages to read after a drill.
func (d Drill) Links() []Link {
	switch {
	case !d.Restored && d.Verdict != "":
		return []Link{{"Restoring by hand", ByHand}}
	case d.Verdict == VerdictFail && !d.SLO.Met:
		return []Link{{"Better numbers", BetterNumbers}}
	}
	return nil
}

func (s Setting) text() string {
	key, value := terminal.OneLine(s.Key), terminal.OneLine(s.Value)
	if strings.HasPrefix(key, "--") {
		return key + " " + value
	}
	return key + ": " + value
}

// Asked is the objective, and what is predicted of it.
func (d Drill) Asked() string {
	text := Objective(d.SLO.Availability) + " of the requests succeed"
	if d.Predicted.Availability[1] > 0 {
		text += "; predicted: " + Shares(d.Predicted.Availability)
	}
	return text
}

// Shares is a window of availabilities.
func Shares(w [2]float64) string {
	if w[0] == w[1] {
		return Share(w[0])
	}
	return strings.TrimSuffix(Share(w[0]), " %") + "–" + Share(w[1])
}
