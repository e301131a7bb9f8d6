package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/present/drillresult"
)

// String is one run in a line.
func (r drilled) String() string {
	if r.err != nil {
		return fmt.Sprintf("%s %d: %v", r.scenario, r.number, r.err)
	}
	d := r.document
	return fmt.Sprintf("%s %d: %s, %d of %d failed, the prober's %d of %d, the load balancer's %d, %d outside, detected %s in %v, recovered %s in %v, %.2f core %s",
		r.scenario, r.number, d.Verdict, d.Overall.Failed, d.Overall.Total, r.probed.failed, r.probed.sent, r.refused, r.outside(),
		secondsOrNever(d.Measured.DetectSeconds), d.Predicted.DetectSeconds, secondsOrNever(d.Measured.RecoverSeconds), d.Predicted.RecoverSeconds,
		r.cpu.Seconds()/r.wall.Seconds(), strings.Join(d.Reasons, "; "))
}

func secondsOrNever(s *float64) string {
	if s == nil {
		return "never"
	}
	return fmt.Sprintf("%.1f s", *s)
}

// outside is how many of the drill's requests failed before the fault, or in a second that began after the detection
// window's end. The load balancer's nodes notice one after the other, so what is detected by the first goes on
// failing until the last has noticed. A drained instance leaves no time to fail in.
func (r drilled) outside() int {
	d := r.document
	broken := 0.0
	for _, moment := range d.Moments {
		if moment.Mark == "fault" {
			broken = moment.Seconds
		}
	}
	failed := 0
	for _, second := range d.Timeline {
		at := float64(second.Second)
		if at+1 <= broken || at >= broken+d.Predicted.DetectSeconds[1] || r.scenario == fault.Drain {
			failed += second.Failed
		}
	}
	return failed
}

// agrees says whether drill and prober saw as many failures, but for two of them or one in twenty.
func (r drilled) agrees() bool {
	apart := r.document.Overall.Failed - r.probed.failed
	return float64(max(apart, -apart)) <= max(2, 0.05*float64(max(r.document.Overall.Failed, r.probed.failed)))
}

// adds says whether the load balancer failed as many as drill and prober say together, but for two.
func (r drilled) adds() bool {
	apart := r.document.Overall.Failed + r.probed.failed - r.refused
	return max(apart, -apart) <= 2
}

func within(measured *float64, window [2]float64) bool {
	return measured != nil && *measured >= window[0] && *measured <= window[1]
}

// drillTable prints a row for each scenario, in Markdown.
func drillTable(scenarios []string, all []drilled) error {
	fmt.Fprintln(os.Stdout, "| scenario | runs | passed | detected, s (predicted) | inside | failed requests (predicted) | inside | outside of the window | recovered, s (predicted) | inside | failed in all, the prober's, the load balancer's own | prober agrees | load balancer agrees | restored |")
	fmt.Fprintln(os.Stdout, "|---|---:|---:|---|---:|---|---:|---:|---|---:|---:|---:|---:|---:|")
	for _, scenario := range scenarios {
		var detected, failed, recovered []float64
		var runs, passed, detectedIn, failedIn, recoveredIn, outside, seen, probed, refused, agree, exact, restored int
		var predicted drillresult.Drill
		for _, r := range all {
			if r.scenario != scenario || r.err != nil {
				continue
			}
			d := r.document
			predicted = d
			runs++
			passed += one(d.Verdict == string(drill.Pass))
			detectedIn += one(within(d.Measured.DetectSeconds, d.Predicted.DetectSeconds))
			failedIn += one(d.Requests.Failed >= d.Predicted.Failed[0] && d.Requests.Failed <= d.Predicted.Failed[1])
			recoveredIn += one(within(d.Measured.RecoverSeconds, d.Predicted.RecoverSeconds))
			seen += d.Overall.Failed
			probed += r.probed.failed
			refused += r.refused
			agree += one(r.agrees())
			exact += one(r.adds())
			restored += one(d.Restored)
			outside += r.outside()
			failed = append(failed, float64(d.Requests.Failed))
			if d.Measured.DetectSeconds != nil {
				detected = append(detected, *d.Measured.DetectSeconds)
			}
			if d.Measured.RecoverSeconds != nil {
				recovered = append(recovered, *d.Measured.RecoverSeconds)
			}
		}
		if runs == 0 {
			continue
		}
		p := predicted.Predicted
		fmt.Fprintf(os.Stdout, "| `%s` | %d | %d | %s (%g–%g) | %d | %s (%d–%d) | %d | %d | %s (%g–%g) | %d | %d, %d, %d | %d | %d | %d |\n", scenario, runs, passed,
			spread(detected, 1), p.DetectSeconds[0], p.DetectSeconds[1], detectedIn,
			spread(failed, 0), p.Failed[0], p.Failed[1], failedIn, outside,
			spread(recovered, 1), p.RecoverSeconds[0], p.RecoverSeconds[1], recoveredIn, seen, probed, refused, agree, exact, restored)
	}
	for _, r := range all {
		if r.err != nil {
			fmt.Fprintf(os.Stdout, "\n%s\n", r)
		}
	}
	fmt.Fprintln(os.Stdout)
	return nil
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// spread is the least, the median and the most.
func spread(values []float64, digits int) string {
	if len(values) == 0 {
		return "never"
	}
	slices.Sort(values)
	return fmt.Sprintf("%.*f / %.*f / %.*f", digits, values[0], digits, values[len(values)/2], digits, values[len(values)-1])
}
