package report

import (
	"fmt"
	"math"
	"strings"
)

// comparison is a line of predicted against measured, in words.
type comparison struct {
	what, predicted, measured, verdict string
	missed                             bool
}

// comparisons are predicted and measured side by side. Where nothing was
// broken there is nothing to compare.
func (d Drill) comparisons() []comparison {
	var all []comparison
	for _, c := range d.Compared {
		row := comparison{what: oneLine(c.What), predicted: amounts(c.Unit, c.Predicted), measured: "–", verdict: "not measured"}
		switch {
		case !d.isBroken():
		case c.Measured == nil:
			row.measured, row.verdict, row.missed = "never", "did not happen", true
		case c.Off == 0:
			row.measured, row.verdict = amount(c.Unit, *c.Measured), "as predicted"
		default:
			how := map[bool]map[string]string{true: {"s": "later", "": "more"}, false: {"s": "sooner", "": "fewer"}}[*c.Measured > c.Predicted[1]][c.Unit]
			row.measured, row.verdict, row.missed = amount(c.Unit, *c.Measured), amount(c.Unit, c.Off)+" "+how+" than predicted", true
		}
		all = append(all, row)
	}
	return all
}

func amount(unit string, x float64) string {
	if unit == "s" {
		return seconds(x)
	}
	return thousands(int(x))
}

func amounts(unit string, w [2]float64) string {
	if unit == "s" {
		return span(w)
	}
	return numbers(int(w[0]), int(w[1]))
}

// detection is the arithmetic of the longest time to detect.
func (d Drill) detection() string {
	h := d.HealthCheck
	if d.Scenario == scenarioDrain {
		return "by the answer to the call, seen at the next look"
	}
	longest := float64(h.Unhealthy) * h.IntervalSeconds
	text := fmt.Sprintf("up to %d checks × %s", h.Unhealthy, briefly(h.IntervalSeconds))
	if d.Scenario != scenarioProcess {
		longest += h.TimeoutSeconds
		text += " + " + briefly(h.TimeoutSeconds) + " timeout"
	}
	if look := d.Predicted.DetectSeconds[1] - longest; look > 0 {
		text += " + " + briefly(look) + " look"
	}
	return text
}

// errors says how many requests will fail and why, a line for each cause.
func (d Drill) errors() []string {
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
		text := numbers(e.Failed[0], e.Failed[1]) + more + oneLine(strings.Join(e.Classes, ", "))
		if part > 0 && whole > 0 && d.Load.Rate > 0 {
			each := float64(d.Load.Rate*part) / float64(whole)
			window := [2]float64{math.Round(float64(e.Failed[0]) / each), math.Round(float64(e.Failed[1]) / each)}
			text += fmt.Sprintf("; %s/s × %d of %d %s × %s", thousands(d.Load.Rate), part, whole, noun, span(window))
		}
		all = append(all, text)
	}
	return all
}

// recovery is when all is to be healthy again.
func (d Drill) recovery() string {
	text := "all healthy " + span(d.Predicted.RecoverSeconds) + " after the fault is undone"
	switch d.Scenario {
	case scenarioInstance, scenarioDrain:
		text += ", booting included"
	}
	return text
}
