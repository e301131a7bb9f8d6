package drillresult

import (
	"fmt"
	"math"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Comparison is a line of predicted against measured, in words.
type Comparison struct {
	What, Predicted, Measured, Verdict string
	Missed                             bool
}

// Comparisons are predicted and measured side by side. Where nothing was
// broken there is nothing to compare.
func (d Drill) Comparisons() []Comparison {
	var all []Comparison
	for _, c := range d.Compared {
		row := Comparison{What: terminal.OneLine(c.What), Predicted: amounts(c.Unit, c.Predicted), Measured: "–", Verdict: "not measured"}
		switch {
		case !d.IsBroken():
		case c.Measured == nil:
			row.Measured, row.Verdict, row.Missed = "never", "did not happen", true
		case c.Off == 0:
			row.Measured, row.Verdict = amount(c.Unit, *c.Measured), "as predicted"
		default:
			how := map[bool]map[string]string{true: {"s": "later", "": "more"}, false: {"s": "sooner", "": "fewer"}}[*c.Measured > c.Predicted[1]][c.Unit]
			row.Measured, row.Verdict, row.Missed = amount(c.Unit, *c.Measured), amount(c.Unit, c.Off)+" "+how+" than predicted", true
		}
		all = append(all, row)
	}
	return all
}

func amount(unit string, x float64) string {
	if unit == "s" {
		return terminal.Seconds(x)
	}
	return terminal.Thousands(int(x))
}

func amounts(unit string, w [2]float64) string {
	if unit == "s" {
		return Span(w)
	}
	return numbers(int(w[0]), int(w[1]))
}

// Detection is the arithmetic of the longest time to detect.
func (d Drill) Detection() string {
	h := d.HealthCheck
	if d.Scenario == scenarioDrain {
		return "by the answer to the call, seen at the next look"
	}
	longest := float64(h.Unhealthy) * h.IntervalSeconds
	text := fmt.Sprintf("up to %d checks × %s", h.Unhealthy, terminal.Briefly(h.IntervalSeconds))
	if d.Scenario != scenarioProcess {
		longest += h.TimeoutSeconds
		text += " + " + terminal.Briefly(h.TimeoutSeconds) + " timeout"
	}
	if look := d.Predicted.DetectSeconds[1] - longest; look > 0 {
		text += " + " + terminal.Briefly(look) + " look"
	}
	return text
}

// ExpectedErrors says how many requests will fail and why, a line for each cause.
func (d Drill) ExpectedErrors() []string {
	if len(d.Predicted.Errors) == 0 {
		return []string{"no request fails"}
	}
	var all []string
	zones := map[string]bool{}
	for _, t := range d.Targets {
		zones[t.Zone] = true
	}
	for i, e := range d.Predicted.Errors {
		part, whole, noun := len(d.Victims), len(d.Targets), "targets"
		more := " fail: "
		if i > 0 { // those of a lost node
			part, whole, noun, more = 1, len(zones), "zones", " more fail: "
		}
		text := numbers(e.Failed[0], e.Failed[1]) + more + terminal.OneLine(strings.Join(e.Classes, ", "))
		if part > 0 && whole > 0 && d.Load.Rate > 0 {
			each := float64(d.Load.Rate*part) / float64(whole)
			window := [2]float64{math.Round(float64(e.Failed[0]) / each), math.Round(float64(e.Failed[1]) / each)}
			text += fmt.Sprintf("; %s/s × %d of %d %s × %s", terminal.Thousands(d.Load.Rate), part, whole, noun, Span(window))
		}
		all = append(all, text)
	}
	return all
}

// Recovery is when all is to be healthy again.
func (d Drill) Recovery() string {
	if d.MustBeReplaced() {
		return "replaced by a new instance, healthy " + Span(*d.Predicted.ReplacedSeconds) + " after the fault: noticed, launched, booted"
	}
	text := "all healthy " + Span(d.Predicted.RecoverSeconds) + " after the fault is restored"
	switch d.Scenario {
	case scenarioInstance, scenarioDrain:
		text += ", booting included"
	}
	return text
}
