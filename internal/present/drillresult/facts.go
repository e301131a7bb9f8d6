package drillresult

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Fact is a line of a table of two columns.
type Fact struct{ Name, Value string }

// Summary are the times to see first. What users saw is a sentence: Seen.
func (d Drill) Summary() []Fact {
	facts := []Fact{
		{"time to detect", happened(d.Measured.DetectSeconds)},
		{"time to shift", happened(d.Measured.ShiftSeconds)},
		{"time to recover", happened(d.Measured.RecoverSeconds)},
		{"restored", map[bool]string{true: "yes", false: "NO"}[d.Restored]},
	}
	if d.IsBroken() && d.Measured.RecoverSeconds == nil {
		facts[2].Value = "never"
	}
	if d.MustBeReplaced() || d.Measured.ReplacedSeconds != nil {
		facts = slices.Insert(facts, 3, Fact{"time to replace", happened(d.Measured.ReplacedSeconds)})
	}
	if d.IsBroken() && d.Requests.Failed == 0 {
		facts[1].Value = "nothing failed"
	}
	return facts
}

// happened is a time that was measured, or that what it is about never was.
func happened(s *float64) string {
	if s == nil {
		return "–"
	}
	return terminal.Seconds(*s)
}

// Facts are the settings and counts of a report's last table.
func (d Drill) Facts() []Fact {
	h := d.HealthCheck
	answers := make([]string, 0, len(d.Answers))
	for _, id := range slices.Sorted(maps.Keys(d.Answers)) {
		answers = append(answers, terminal.Thousands(d.Answers[id])+" from "+terminal.OneLine(id))
	}
	all := []Fact{
		{"drill", terminal.OneLine(d.ID)},
		{"began", terminal.OneLine(d.Began)},
		{"platform", terminal.OneLine(d.Platform) + " (" + d.Place() + ")"},
		{"address", terminal.OneLine(d.URL)},
		{"fault", d.Title() + ", " + d.names() + ", for " + terminal.Briefly(d.Load.FaultSeconds)},
		{"seed", fmt.Sprint(d.Load.Seed)},
		{"load", fmt.Sprintf("%s a second, each waits up to %s", CountRequests(d.Load.Rate), terminal.Briefly(d.Load.RequestTimeoutSeconds))},
		{"health check", fmt.Sprintf("every %s, timeout %s, %d to be healthy, %d to be unhealthy",
			terminal.Briefly(h.IntervalSeconds), terminal.Briefly(h.TimeoutSeconds), h.Healthy, h.Unhealthy)},
		{"deregistration delay", terminal.Briefly(h.DeregistrationDelaySeconds)},
		{"objective", Objective(d.SLO.Availability) + " of the requests from the fault until all targets are healthy again"},
		{"predicted", "detected in " + Span(d.Predicted.DetectSeconds) + ": " + d.Detection()},
	}
	for _, text := range d.ExpectedErrors() {
		all = append(all, Fact{"", text})
	}
	return append(all,
		Fact{"", d.Recovery()},
		Fact{"", Shares(d.Predicted.Availability) + " of the requests succeed"},
		Fact{"requests in all", strings.TrimSuffix(d.Overall.counted()+": "+Failures(d.Overall.ByClass), ": ")},
		Fact{"answers", strings.Join(answers, ", ")},
		Fact{"API calls", terminal.Thousands(d.APICalls)},
	)
}

// Stretch is a part of the timeline in which nothing changed: requests failed,
// or none did, and each target stayed as it was.
type Stretch struct {
	from, to int // its first and its last second
	Requests
	p99     float64
	Targets string
	Marks   []string
}

// Stretches are the timeline, told as briefly as it can be.
func (d Drill) Stretches() []Stretch {
	var all []Stretch
	for i, second := range d.Timeline {
		targets := d.States(second)
		next := Stretch{from: second.Second, to: second.Second, Requests: Tally(d.Timeline[i : i+1]), p99: second.P99, Targets: targets, Marks: second.Marks}
		if i > 0 {
			last := &all[len(all)-1]
			if len(second.Marks) == 0 && last.Targets == targets && (last.Failed > 0) == (second.Failed > 0) {
				last.to = second.Second
				last.Requests = Tally(d.Timeline[last.from : second.Second+1])
				last.p99 = max(last.p99, second.P99)
				continue
			}
		}
		all = append(all, next)
	}
	return all
}

// States are the targets' in a second: how many are healthy, and which are not.
func (d Drill) States(s Second) string {
	if s.Targets == nil {
		return "–"
	}
	healthy := 0
	var others []string
	for _, t := range d.Lanes() {
		if state := s.State(t.Instance); state == TargetHealthy {
			healthy++
		} else {
			others = append(others, terminal.OneLine(t.Instance)+" "+terminal.OneLine(state))
		}
	}
	return strings.Join(append([]string{fmt.Sprintf("%d healthy", healthy)}, others...), ", ")
}

// Time is when a stretch was, in seconds of the timeline.
func (s Stretch) Time() string {
	if s.from == s.to {
		return fmt.Sprintf("%ds", s.from)
	}
	return fmt.Sprintf("%d–%ds", s.from, s.to)
}

// Slowest is the highest latency of a stretch; nothing where none was answered.
func (s Stretch) Slowest() string {
	if s.p99 == 0 {
		return "–"
	}
	return Milliseconds(s.p99)
}

// FailedByClass are the failed requests of a stretch, with their classes.
func (s Stretch) FailedByClass() string {
	classes := Failures(s.ByClass)
	if strings.Contains(classes, ", ") {
		return terminal.Thousands(s.Failed) + " (" + classes + ")"
	}
	return cmp.Or(classes, "0")
}

// Times are the drill's own, in a line.
func (d Drill) Times() string {
	var parts []string
	add := func(what string, s *float64) {
		if s != nil {
			parts = append(parts, what+" "+terminal.Seconds(*s))
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

// Phase is a part of a drill with its latencies.
type Phase struct {
	Name, Span string
	Latency
}

// Phases are before, during and after the fault.
func (d Drill) Phases() []Phase {
	return []Phase{
		{"before", "before the fault", d.Latency.Before},
		{"during", "from the fault to the recovery", d.Latency.During},
		{"after", "after the recovery", d.Latency.After},
	}
}

// Cells are a phase's latencies, in words.
func (p Phase) Cells() []string {
	if p.Requests == 0 {
		return []string{"–", "–", "–", "–", "0"}
	}
	return []string{Milliseconds(p.P50), Milliseconds(p.P90), Milliseconds(p.P99), Milliseconds(p.Max), terminal.Thousands(p.Requests)}
}
