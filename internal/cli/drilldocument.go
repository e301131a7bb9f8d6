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
	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// drillDocument says what came of a drill; of one that hasn't run yet, what is
// planned and predicted.
func drillDocument(outcome *drill.Outcome, s *session.Session, targets []loadbalancing.Target) drillresult.Drill {
	plan, result := outcome.Plan, outcome.Result
	entry, options, situation := plan.Entry, plan.Options, plan.Situation
	document := drillresult.Drill{
		ID: entry.ID, Platform: entry.Platform, Target: entry.Target, Region: entry.Region, URL: plan.URL(),
		Began: entry.Began.Format(time.RFC3339), Verdict: string(outcome.Verdict), Reasons: outcome.Reasons,
		Scenario: entry.Scenario, Scope: entry.Scope, Restored: outcome.Restored,
		Load: drillresult.Load{
			Rate: options.Rate, RequestTimeoutSeconds: options.RequestTimeout.Seconds(),
			FaultSeconds: options.Duration.Seconds(), Seed: options.Seed,
		},
		HealthCheck: drillresult.HealthCheck{
			IntervalSeconds: situation.Interval.Seconds(), TimeoutSeconds: situation.Timeout.Seconds(),
			Healthy: situation.Healthy, Unhealthy: situation.Unhealthy, DeregistrationDelaySeconds: situation.Drain.Seconds(),
		},
		Requests: requestsOf(result.Window), Overall: requestsOf(result.Overall),
		Availability: roundTo(result.Window.Availability(), 4),
		SLO:          drillresult.SLO{Availability: options.Availability, Met: result.Window.Availability() >= options.Availability},
		Predicted:    predictedOf(plan.Prediction),
		Measured: drillresult.Measured{
			FirstErrorSeconds: secondsOf(result.FirstError), LastErrorSeconds: secondsOf(result.LastError),
			DetectSeconds: secondsOf(result.Detect), ShiftSeconds: secondsOf(result.Shift),
			RecoverSeconds: secondsOf(result.Recover), InjectionSeconds: secondsOf(result.Injection),
		},
		Latency: drillresult.Latencies{Before: latencyOf(result.Before), During: latencyOf(result.During), After: latencyOf(result.After)},
		Answers: result.ByInstance, Timeline: timelineOf(result), APICalls: s.Clients.Ledger.Calls(),
	}
	for _, v := range entry.Victims {
		document.Victims = append(document.Victims, drillresult.Victim{Instance: v.Instance, Zone: v.Zone})
	}
	for _, mark := range slices.SortedFunc(maps.Keys(result.Marks), func(a, b measure.Mark) int {
		return cmp.Compare(result.Marks[a], result.Marks[b])
	}) {
		document.Moments = append(document.Moments, drillresult.Moment{Mark: string(mark), Seconds: roundTo(result.Marks[mark].Seconds(), 3)})
	}
	for _, t := range targets {
		document.Targets = append(document.Targets, drillresult.Victim{Instance: t.Instance, Zone: t.Zone})
	}
	document.Compared = comparedOf(document)
	return document
}

// comparedOf puts predicted and measured side by side.
func comparedOf(d drillresult.Drill) terminal.List[drillresult.Compared] {
	failed := float64(d.Requests.Failed)
	compare := func(what, unit string, predicted [2]float64, measured *float64) drillresult.Compared {
		c := drillresult.Compared{What: what, Unit: unit, Predicted: predicted, Measured: measured}
		if measured != nil {
			c.Off = roundTo(max(predicted[0]-*measured, *measured-predicted[1], 0), 3)
		}
		return c
	}
	return terminal.List[drillresult.Compared]{
		compare("detected", "s", d.Predicted.DetectSeconds, d.Measured.DetectSeconds),
		compare("failed requests", "", [2]float64{float64(d.Predicted.Failed[0]), float64(d.Predicted.Failed[1])}, &failed),
		compare("recovered", "s", d.Predicted.RecoverSeconds, d.Measured.RecoverSeconds),
	}
}

func predictedOf(p predict.Prediction) drillresult.Predicted {
	least, most := p.Failures()
	predicted := drillresult.Predicted{
		DetectSeconds: windowOf(p.Detect), RecoverSeconds: windowOf(p.Recover), Failed: [2]int{least, most},
	}
	for _, e := range p.Errors {
		predicted.Errors = append(predicted.Errors, drillresult.Errors{Classes: e.Classes, Failed: [2]int{e.Min, e.Max}})
	}
	return predicted
}

func windowOf(w predict.Window) [2]float64 { return [2]float64{w.Min.Seconds(), w.Max.Seconds()} }

func requestsOf(c measure.Count) drillresult.Requests {
	return drillresult.Requests{Total: c.Total, Failed: c.Failed, ByClass: byClass(c.ByClass)}
}

func byClass(counts map[load.Class]int) map[string]int {
	named := map[string]int{}
	for class, n := range counts {
		named[string(class)] = n
	}
	return named
}

func timelineOf(result measure.Result) terminal.List[drillresult.Second] {
	var timeline terminal.List[drillresult.Second]
	for _, second := range result.Timeline {
		row := drillresult.Second{
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

func latencyOf(l measure.Latencies) drillresult.Latency {
	return drillresult.Latency{Requests: l.Requests, P50: milliseconds(l.P50), P90: milliseconds(l.P90), P99: milliseconds(l.P99), Max: milliseconds(l.Max)}
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
