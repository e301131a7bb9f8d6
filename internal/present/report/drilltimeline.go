package report

import (
	"cmp"
	"slices"
)

// What is known of a drill's timeline: its moments, its targets, and where in it
// something was predicted.

// drillMark is a moment that a picture shows.
type drillMark struct {
	at    float64 // seconds of the timeline
	label string
}

// when is the moment of a mark, in seconds of the timeline.
func (d Drill) when(mark string) (float64, bool) {
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

// detected is when a victim was first seen as not healthy. While a drill runs
// only its timeline knows.
func (d Drill) detected() (at float64, ok bool) {
	fault, broken := d.when(markFault)
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
			if second.Targets[v.Instance] != targetHealthy {
				return max(float64(second.Second), fault), true
			}
		}
	}
	return 0, false
}

// marks are the moments to show, in their order.
func (d Drill) marks() []drillMark {
	var marks []drillMark
	fault, broken := d.when(markFault)
	restore, cured := d.when(markRestore)
	if broken {
		marks = append(marks, drillMark{fault, "fault"})
	}
	if at, ok := d.detected(); ok {
		marks = append(marks, drillMark{at, "detected +" + briefly(at-fault)})
	}
	// Next to the fault it would tell nothing.
	if at, ok := d.when(markBroken); ok && at-fault >= 3 {
		marks = append(marks, drillMark{at, "in place +" + briefly(at-fault)})
	}
	if cured {
		marks = append(marks, drillMark{restore, "restore"})
	}
	if at, ok := d.when(markRecovered); ok {
		took := at - restore
		if d.Measured.RecoverSeconds != nil {
			took = *d.Measured.RecoverSeconds
		}
		marks = append(marks, drillMark{at, "all healthy +" + briefly(took)})
	}
	slices.SortStableFunc(marks, func(a, b drillMark) int { return cmp.Compare(a.at, b.at) })
	return marks
}

// window is where something was predicted to happen.
type window struct {
	from, to float64 // seconds of the timeline
	what     string
}

// windows are the predicted ones of the detection and the recovery, as far as
// what they begin with has happened.
func (d Drill) windows() []window {
	var all []window
	if at, ok := d.when(markFault); ok {
		all = append(all, window{at + d.Predicted.DetectSeconds[0], at + d.Predicted.DetectSeconds[1], "detection"})
	}
	if at, ok := d.when(markRestore); ok && d.isBroken() {
		all = append(all, window{at + d.Predicted.RecoverSeconds[0], at + d.Predicted.RecoverSeconds[1], "recovery"})
	}
	return all
}

// lanes are the targets, by zone. Where the document doesn't name them, the
// timeline does, and of the victims the zone is known.
func (d Drill) lanes() []DrillVictim {
	all := slices.Clone(d.Targets)
	known := func(id string) bool {
		return slices.ContainsFunc(all, func(t DrillVictim) bool { return t.Instance == id })
	}
	for _, v := range d.Victims {
		if !known(v.Instance) {
			all = append(all, v)
		}
	}
	for _, second := range d.Timeline {
		for id := range second.Targets {
			if !known(id) {
				all = append(all, DrillVictim{Instance: id})
			}
		}
	}
	slices.SortFunc(all, func(a, b DrillVictim) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Instance, b.Instance))
	})
	return all
}

func (d Drill) isVictim(id string) bool {
	return slices.ContainsFunc(d.Victims, func(v DrillVictim) bool { return v.Instance == id })
}

// state is a target's in a second; "" where nothing was seen yet.
func (s DrillSecond) state(id string) string {
	if s.Targets == nil {
		return ""
	}
	if state := s.Targets[id]; state != "" {
		return state
	}
	return notRegistered
}
