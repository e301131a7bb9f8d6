package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fact is a line of a table of two columns.
type fact struct{ name, value string }

// summary are the numbers to see first.
func (d Drill) summary() []fact {
	facts := []fact{
		{"available", share(d.Availability)},
		{"failed requests", thousands(d.Requests.Failed) + " of " + thousands(d.Requests.Total)},
		{"time to detect", happened(d.Measured.DetectSeconds)},
		{"time to shift", happened(d.Measured.ShiftSeconds)},
		{"time to recover", happened(d.Measured.RecoverSeconds)},
		{"put back", map[bool]string{true: "yes", false: "NO"}[d.Restored]},
	}
	if d.isBroken() && d.Measured.RecoverSeconds == nil {
		facts[4].value = "never"
	}
	if !d.isBroken() {
		facts[0].value, facts[1].value = "–", "–"
	}
	if d.isBroken() && d.Requests.Failed == 0 {
		facts[3].value = "nothing failed"
	}
	return facts
}

// happened is a time that was measured, or that what it is about never was.
func happened(s *float64) string {
	if s == nil {
		return "–"
	}
	return seconds(*s)
}

// facts are the settings and counts of a report's last table.
func (d Drill) facts() []fact {
	h := d.HealthCheck
	answers := make([]string, 0, len(d.Answers))
	for _, id := range slices.Sorted(maps.Keys(d.Answers)) {
		answers = append(answers, thousands(d.Answers[id])+" from "+oneLine(id))
	}
	all := []fact{
		{"drill", oneLine(d.ID)},
		{"began", oneLine(d.Began)},
		{"platform", oneLine(d.Platform) + " (" + d.place() + ")"},
		{"address", oneLine(d.URL)},
		{"fault", d.title() + ", " + d.names() + ", for " + briefly(d.Load.FaultSeconds)},
		{"seed", fmt.Sprint(d.Load.Seed)},
		{"load", fmt.Sprintf("%s a second, each waits up to %s", requests(d.Load.Rate), briefly(d.Load.RequestTimeoutSeconds))},
		{"health check", fmt.Sprintf("every %s, timeout %s, %d to be healthy, %d to be unhealthy",
			briefly(h.IntervalSeconds), briefly(h.TimeoutSeconds), h.Healthy, h.Unhealthy)},
		{"deregistration delay", briefly(h.DeregistrationDelaySeconds)},
		{"objective", objective(d.SLO.Availability) + " of the requests from the fault until all targets are healthy again"},
		{"predicted", "detected in " + span(d.Predicted.DetectSeconds) + ": " + d.detection()},
	}
	for _, text := range d.errors() {
		all = append(all, fact{"", text})
	}
	return append(all,
		fact{"", d.recovery()},
		fact{"requests in all", strings.TrimSuffix(d.Overall.users()+"): "+failures(d.Overall.ByClass), ": ")},
		fact{"answers", strings.Join(answers, ", ")},
		fact{"API calls", thousands(d.APICalls)},
	)
}

// stretch is a part of the timeline in which nothing changed: requests failed,
// or none did, and each target stayed as it was.
type stretch struct {
	from, to int // its first and its last second
	DrillRequests
	p99     float64
	targets string
	marks   []string
}

// stretches are the timeline, told as briefly as it can be.
func (d Drill) stretches() []stretch {
	var all []stretch
	for i, second := range d.Timeline {
		targets := d.states(second)
		next := stretch{from: second.Second, to: second.Second, DrillRequests: tally(d.Timeline[i : i+1]), p99: second.P99, targets: targets, marks: second.Marks}
		if i > 0 {
			last := &all[len(all)-1]
			if len(second.Marks) == 0 && last.targets == targets && (last.Failed > 0) == (second.Failed > 0) {
				last.to = second.Second
				last.DrillRequests = tally(d.Timeline[last.from : second.Second+1])
				last.p99 = max(last.p99, second.P99)
				continue
			}
		}
		all = append(all, next)
	}
	return all
}

// states are the targets' in a second: how many are healthy, and which are not.
func (d Drill) states(s DrillSecond) string {
	if s.Targets == nil {
		return "–"
	}
	healthy := 0
	var others []string
	for _, t := range d.lanes() {
		if state := s.state(t.Instance); state == targetHealthy {
			healthy++
		} else {
			others = append(others, oneLine(t.Instance)+" "+oneLine(state))
		}
	}
	return strings.Join(append([]string{fmt.Sprintf("%d healthy", healthy)}, others...), ", ")
}

// time is when a stretch was, in seconds of the timeline.
func (s stretch) time() string {
	if s.from == s.to {
		return fmt.Sprintf("%ds", s.from)
	}
	return fmt.Sprintf("%d–%ds", s.from, s.to)
}

// slowest is the highest latency of a stretch; nothing where none was answered.
func (s stretch) slowest() string {
	if s.p99 == 0 {
		return "–"
	}
	return latency(s.p99)
}

// failed are the failed requests of a stretch, with their classes.
func (s stretch) failed() string {
	classes := failures(s.ByClass)
	if strings.Contains(classes, ", ") {
		return thousands(s.Failed) + " (" + classes + ")"
	}
	return cmp.Or(classes, "0")
}

// times are the drill's own, in a line.
func (d Drill) times() string {
	var parts []string
	add := func(what string, s *float64) {
		if s != nil {
			parts = append(parts, what+" "+seconds(*s))
		}
	}
	m := d.Measured
	add("in place", m.InjectionSeconds)
	add("first error", m.FirstErrorSeconds)
	add("last error", m.LastErrorSeconds)
	add("shifted away", m.ShiftSeconds)
	if len(parts) == 0 {
		return ""
	}
	return "after the fault: " + strings.Join(parts, ", ")
}

// phase is a part of a drill with its latencies.
type phase struct {
	name, span string
	DrillLatency
}

func (d Drill) phases() []phase {
	return []phase{
		{"before", "before the fault", d.Latency.Before},
		{"during", "from the fault to the recovery", d.Latency.During},
		{"after", "after the recovery", d.Latency.After},
	}
}

// cells are a phase's latencies, in words.
func (p phase) cells() []string {
	if p.Requests == 0 {
		return []string{"–", "–", "–", "–", "0"}
	}
	return []string{latency(p.P50), latency(p.P90), latency(p.P99), latency(p.Max), thousands(p.Requests)}
}
