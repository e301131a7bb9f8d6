package drillresult

import (
	"fmt"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// What is said of a drill while it runs.

// Counted is how the requests fared so far: those since the fault, once there
// is one.
func (d Drill) Counted() string {
	all := Tally(d.Timeline)
	since := ""
	if fault, broken := d.When(MarkFault); broken {
		all, since = Tally(d.Timeline[min(int(fault), len(d.Timeline)):]), " since the fault"
	}
	text := all.Users() + ")" + since
	if all.Total == 0 {
		text = "no answer yet" + since
	}
	if all.Failed > 0 {
		text += ": " + Failures(all.ByClass)
	}
	// Requests count once they are answered; the last second still goes on.
	waiting := 0
	for _, second := range d.Timeline[:len(d.Timeline)-1] {
		waiting += max(d.Load.Rate-second.Requests, 0)
	}
	if waiting > max(2, d.Load.Rate/10) {
		text += fmt.Sprintf("; about %s wait for an answer", terminal.Thousands(waiting))
	}
	return text
}

// Coming is what is to be expected next.
func (d Drill) Coming() string {
	seconds := float64(len(d.Timeline))
	fault, broken := d.When(MarkFault)
	restore, restored := d.When(MarkRestore)
	_, healthy := d.When(MarkRecovered)
	_, detected := d.Detected()
	ago := func(at float64) string { return terminal.Briefly(float64(int(max(seconds-at, 0)))) + " ago" }
	switch {
	case healthy:
		return "next: the verdict"
	case restored:
		return "next: all healthy, predicted " + Span(d.Predicted.RecoverSeconds) + " after it was restored, which was " + ago(restore)
	case detected:
		in, ok := d.When(MarkBroken)
		if !ok {
			return "next: the fault is in place; it began " + ago(fault)
		}
		return "next: the fault is restored, in " + terminal.Briefly(float64(int(max(in+d.Load.FaultSeconds-seconds, 0))))
	case broken:
		return "next: detection, predicted " + Span(d.Predicted.DetectSeconds) + " after the fault, which was " + ago(fault)
	case len(d.Timeline) > 0:
		return "next: the fault"
	}
	return ""
}
