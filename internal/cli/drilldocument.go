package cli

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/load"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/report"
)

// drillDocument says what came of a drill; of one that hasn't run yet, what is
// planned and predicted.
func drillDocument(outcome *drill.Outcome, s *session.Session, targets []loadbalancing.Target) report.Drill {
	plan, result := outcome.Plan, outcome.Result
	entry, options, situation := plan.Entry, plan.Options, plan.Situation
	document := report.Drill{
		ID: entry.ID, Platform: entry.Platform, Target: entry.Target, Region: entry.Region, URL: plan.URL(),
		Began: entry.Began.Format(time.RFC3339), Verdict: string(outcome.Verdict), Reasons: outcome.Reasons,
		Scenario: entry.Scenario, Scope: entry.Scope, Restored: outcome.Restored,
		Load: report.DrillLoad{
			Rate: options.Rate, RequestTimeoutSeconds: options.RequestTimeout.Seconds(),
			FaultSeconds: options.Duration.Seconds(), Seed: options.Seed,
		},
		HealthCheck: report.DrillHealthCheck{
			IntervalSeconds: situation.Interval.Seconds(), TimeoutSeconds: situation.Timeout.Seconds(),
			Healthy: situation.Healthy, Unhealthy: situation.Unhealthy, DeregistrationDelaySeconds: situation.Drain.Seconds(),
		},
		Requests: requestsOf(result.Window), Overall: requestsOf(result.Overall),
		Availability: roundTo(result.Window.Availability(), 4),
		SLO:          report.DrillSLO{Availability: options.Availability, Met: result.Window.Availability() >= options.Availability},
		Predicted:    predictedOf(plan.Prediction),
		Measured: report.DrillMeasured{
			FirstErrorSeconds: secondsOf(result.FirstError), LastErrorSeconds: secondsOf(result.LastError),
			DetectSeconds: secondsOf(result.Detect), ShiftSeconds: secondsOf(result.Shift),
			RecoverSeconds: secondsOf(result.Recover), InjectionSeconds: secondsOf(result.Injection),
		},
		Latency: report.DrillLatencies{Before: latencyOf(result.Before), During: latencyOf(result.During), After: latencyOf(result.After)},
		Answers: result.ByInstance, Timeline: timelineOf(result), APICalls: s.Clients.Ledger.Calls(),
	}
	for _, v := range entry.Victims {
		document.Victims = append(document.Victims, report.DrillVictim{Instance: v.Instance, Zone: v.Zone})
	}
	for _, mark := range slices.SortedFunc(maps.Keys(result.Marks), func(a, b measure.Mark) int {
		return cmp.Compare(result.Marks[a], result.Marks[b])
	}) {
		document.Moments = append(document.Moments, report.DrillMoment{Mark: string(mark), Seconds: roundTo(result.Marks[mark].Seconds(), 3)})
	}
	for _, t := range targets {
		document.Targets = append(document.Targets, report.DrillVictim{Instance: t.Instance, Zone: t.Zone})
	}
	document.Compared = comparedOf(document)
	return document
}

// comparedOf puts predicted and measured side by side.
func comparedOf(d report.Drill) report.List[report.DrillCompared] {
	failed := float64(d.Requests.Failed)
	compare := func(what, unit string, predicted [2]float64, measured *float64) report.DrillCompared {
		c := report.DrillCompared{What: what, Unit: unit, Predicted: predicted, Measured: measured}
		if measured != nil {
			c.Off = roundTo(max(predicted[0]-*measured, *measured-predicted[1], 0), 3)
		}
		return c
	}
	return report.List[report.DrillCompared]{
		compare("detected", "s", d.Predicted.DetectSeconds, d.Measured.DetectSeconds),
		compare("failed requests", "", [2]float64{float64(d.Predicted.Failed[0]), float64(d.Predicted.Failed[1])}, &failed),
		compare("recovered", "s", d.Predicted.RecoverSeconds, d.Measured.RecoverSeconds),
	}
}

func predictedOf(p predict.Prediction) report.DrillPredicted {
	least, most := p.Failures()
	predicted := report.DrillPredicted{
		DetectSeconds: windowOf(p.Detect), RecoverSeconds: windowOf(p.Recover), Failed: [2]int{least, most},
	}
	for _, e := range p.Errors {
		predicted.Errors = append(predicted.Errors, report.DrillErrors{Classes: e.Classes, Failed: [2]int{e.Min, e.Max}})
	}
	return predicted
}

func windowOf(w predict.Window) [2]float64 { return [2]float64{w.Min.Seconds(), w.Max.Seconds()} }

func requestsOf(c measure.Count) report.DrillRequests {
	return report.DrillRequests{Total: c.Total, Failed: c.Failed, ByClass: byClass(c.ByClass)}
}

func byClass(counts map[load.Class]int) map[string]int {
	named := map[string]int{}
	for class, n := range counts {
		named[string(class)] = n
	}
	return named
}

func timelineOf(result measure.Result) report.List[report.DrillSecond] {
	var timeline report.List[report.DrillSecond]
	for _, second := range result.Timeline {
		row := report.DrillSecond{
			Second: second.At, Requests: second.Total, Failed: second.Failed, ByClass: byClass(second.ByClass),
			P99: milliseconds(second.P99), Targets: second.Targets,
		}
		for _, mark := range second.Marks {
			row.Marks = append(row.Marks, string(mark))
		}
		timeline = append(timeline, row)
	}
	return timeline
}

func latencyOf(l measure.Latencies) report.DrillLatency {
	return report.DrillLatency{Requests: l.Requests, P50: milliseconds(l.P50), P90: milliseconds(l.P90), P99: milliseconds(l.P99), Max: milliseconds(l.Max)}
}

func milliseconds(d time.Duration) float64 { return roundTo(d.Seconds()*1000, 3) }

func secondsOf(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	seconds := roundTo(d.Seconds(), 3)
	return &seconds
}

func roundTo(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}
