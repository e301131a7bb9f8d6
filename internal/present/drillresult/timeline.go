package drillresult

import (
	"cmp"
	"slices"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// What is known of a drill's timeline: its moments, its targets, and where in it
// something was predicted.

// Milestone is a moment that a picture shows.
type Milestone struct {
	At    float64 // seconds of the timeline
	Label string
}

// When is the moment of a mark, in seconds of the timeline.
func (d Drill) When(mark string) (float64, bool) {
	for _, m := range d.Moments {
		if m.Mark == mark {
			return m.Seconds, true
		}
	}
	for _, second := range d.Timeline {
		if slices.Contains(second.Marks, mark) {
			return float64(second.Second), true
		}
	}
	return 0, false
}

// Detected is when a victim was first seen as not healthy. While a drill runs
// only its timeline knows.
func (d Drill) Detected() (at float64, ok bool) {
	fault, broken := d.When(MarkFault)
	if !broken {
		return 0, false
	}
	if d.Measured.DetectSeconds != nil {
		return fault + *d.Measured.DetectSeconds, true
	}
	for _, second := range d.Timeline {
		if float64(second.Second) < float64(int(fault)) || second.Targets == nil {
			continue
		}
		for _, v := range d.Victims {
			if second.Targets[v.Instance] != TargetHealthy {
				return max(float64(second.Second), fault), true
			}
		}
	}
	return 0, false
}

// Milestones are the moments to show, in their order.
func (d Drill) Milestones() []Milestone {
	var marks []Milestone
	fault, broken := d.When(MarkFault)
	restore, restored := d.When(MarkRestore)
	if broken {
		marks = append(marks, Milestone{fault, "fault"})
	}
	if at, ok := d.Detected(); ok {
		marks = append(marks, Milestone{at, "detected +" + terminal.Briefly(at-fault)})
	}
	// Next to the fault it would tell nothing.
	if at, ok := d.When(MarkBroken); ok && at-fault >= 3 {
		marks = append(marks, Milestone{at, "in place +" + terminal.Briefly(at-fault)})
	}
	if restored {
		marks = append(marks, Milestone{restore, "restore"})
	}
	if at, ok := d.When(MarkRecovered); ok {
		took := at - restore
		if d.Measured.RecoverSeconds != nil {
			took = *d.Measured.RecoverSeconds
		}
		marks = append(marks, Milestone{at, "all healthy +" + terminal.Briefly(took)})
	}
	for _, alarm := range d.Alarms {
		if alarm.Raised != nil && broken {
			marks = append(marks, Milestone{fault + *alarm.Raised, "alarm " + terminal.OneLine(alarm.Name) + " +" + terminal.Briefly(*alarm.Raised)})
		}
	}
	slices.SortStableFunc(marks, func(a, b Milestone) int { return cmp.Compare(a.At, b.At) })
	return marks
}

// Window is where something was predicted to happen.
type Window struct {
	From, To float64 // seconds of the timeline
	What     string
}

// Windows are the predicted ones of the detection and the recovery, as far as
// what they begin with has happened.
func (d Drill) Windows() []Window {
	var all []Window
	if at, ok := d.When(MarkFault); ok {
		all = append(all, Window{at + d.Predicted.DetectSeconds[0], at + d.Predicted.DetectSeconds[1], "detection"})
	}
	if at, ok := d.When(MarkRestore); ok && d.IsBroken() {
		all = append(all, Window{at + d.Predicted.RecoverSeconds[0], at + d.Predicted.RecoverSeconds[1], "recovery"})
	}
	return all
}

// Lanes are the targets, by zone. Where the document doesn't name them, the
// timeline does, and of the victims the zone is known.
func (d Drill) Lanes() []Victim {
	all := slices.Clone(d.Targets)
	known := func(id string) bool {
		return slices.ContainsFunc(all, func(t Victim) bool { return t.Instance == id })
	}
	for _, v := range d.Victims {
		if !known(v.Instance) {
			all = append(all, v)
		}
	}
	for _, r := range d.Replacements {
		if !known(r.By) {
			all = append(all, Victim{Instance: r.By, Zone: r.Zone})
		}
	}
	for _, second := range d.Timeline {
		for id := range second.Targets {
			if !known(id) {
				all = append(all, Victim{Instance: id})
			}
		}
	}
	slices.SortFunc(all, func(a, b Victim) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Instance, b.Instance))
	})
	return all
}

// IsVictim says whether the drill breaks an instance.
func (d Drill) IsVictim(id string) bool {
	return slices.ContainsFunc(d.Victims, func(v Victim) bool { return v.Instance == id })
}

// State is a target's in a second; "" where nothing was seen yet.
func (s Second) State(id string) string {
	if s.Targets == nil {
		return ""
	}
	if state := s.Targets[id]; state != "" {
		return state
	}
	return NotRegistered
}
