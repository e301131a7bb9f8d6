package cli

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/load"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// drillDocument says what came of a drill; of one that hasn't run yet, what is
// planned and predicted.
func drillDocument(outcome *drill.Outcome, s *session.Session) drillresult.Drill {
	plan, result := outcome.Plan, outcome.Result
	entry, options, situation := plan.Entry, plan.Options, plan.Situation
	document := drillresult.Drill{
		ID: entry.ID, Platform: entry.Platform, Target: entry.Target, Region: entry.Region, Account: entry.Account, URL: plan.URL(),
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
		Predicted:    predictedOf(plan.Prediction, plan.Situation),
		WouldMeet:    waysOf(plan.Ways(), entry.Group != ""),
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
	for _, t := range plan.Targets() {
		document.Targets = append(document.Targets, drillresult.Victim{Instance: t.Instance, Zone: t.Zone})
	}
	document.AutoScalingGroup, document.Kept = entry.Group, entry.Group != "" && options.Keep
	for _, r := range outcome.Replaced {
		document.Replacements = append(document.Replacements, drillresult.Replacement{Instance: r.Instance, By: r.By, Zone: r.Zone})
	}
	if len(document.Replacements) > 0 {
		document.Replaced = &document.Replacements[0]
	}
	document.Measured.ReplacedSeconds, document.Measured.BootedSeconds = secondsOf(outcome.ReplacedWithin), secondsOf(outcome.Booted)
	for _, rang := range outcome.Rang() {
		alarm := drillresult.Alarm{Name: rang.Name, Raised: secondsOf(rang.Raised), Notified: secondsOf(rang.Notified), Failed: rang.Failed}
		if rang.Predicted != nil {
			w := windowOf(*rang.Predicted)
			alarm.Predicted = &w
		}
		document.Alarms = append(document.Alarms, alarm)
	}
	document.RequiresAlarms = options.RequireAlarm
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
	all := terminal.List[drillresult.Compared]{
		compare("detected", "s", d.Predicted.DetectSeconds, d.Measured.DetectSeconds),
		compare("failed requests", "", [2]float64{float64(d.Predicted.Failed[0]), float64(d.Predicted.Failed[1])}, &failed),
		compare("recovered", "s", d.Predicted.RecoverSeconds, d.Measured.RecoverSeconds),
	}
	// A group may find nothing to replace in a zone that is back before it looks.
	if w := d.Predicted.ReplacedSeconds; w != nil && (d.Measured.ReplacedSeconds != nil || d.MustBeReplaced()) {
		all = append(all, compare("replaced", "s", *w, d.Measured.ReplacedSeconds))
	}
	for _, alarm := range d.Alarms {
		if alarm.Predicted != nil && (alarm.Raised != nil || d.RequiresAlarms) {
			all = append(all, compare("alarm "+alarm.Name, "s", *alarm.Predicted, alarm.Raised))
		}
	}
	return all
}

// waysOf are changes by which the objective would be met, by the names of their settings.
func waysOf(ways []predict.Way, inGroup bool) terminal.List[drillresult.Way] {
	var all terminal.List[drillresult.Way]
	instances := "web.instances"
	if inGroup {
		instances = "web.auto_scaling.min"
	}
	for _, way := range ways {
		s, to := way.Situation, drillresult.Way{Availability: cutTo(way.Least, 2)}
		set := func(key string, value any) {
			to.Settings = append(to.Settings, drillresult.Setting{Key: key, Value: fmt.Sprint(value)})
		}
		switch way.By {
		case predict.ByTargets:
			set(instances, s.Targets)
		case predict.ByZones:
			set("network.zones", s.Nodes)
			set(instances, s.Targets)
		case predict.ByDuration:
			set("--duration", s.Duration)
			if longest := drill.Defaults().Longest; s.Duration > longest-time.Minute {
				set("--max-duration", s.Duration+time.Minute)
			}
		}
		if way.HealthCheck {
			set("load_balancer.health_check", fmt.Sprintf("{interval: %s, timeout: %s, unhealthy: %d}", s.Interval, s.Timeout, s.Unhealthy))
		}
		all = append(all, to)
	}
	return all
}

func predictedOf(p predict.Prediction, s predict.Situation) drillresult.Predicted {
	least, most := p.Failures()
	worst, best := s.Availability()
	predicted := drillresult.Predicted{
		DetectSeconds: windowOf(p.Detect), RecoverSeconds: windowOf(p.Recover), Failed: [2]int{least, most},
		Availability: [2]float64{cutTo(worst, 2), cutTo(best, 2)},
	}
	if p.Replaced != nil {
		w := windowOf(*p.Replaced)
		predicted.ReplacedSeconds = &w
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

// cutTo never makes a share look as if it met what it misses.
func cutTo(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Floor(x*scale+1e-6) / scale
}

func roundTo(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}
