package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/fault"
)

// String is one run in a line.
func (r drilled) String() string {
	if r.err != nil {
		return fmt.Sprintf("%s %d: %v", r.scenario, r.number, r.err)
	}
	d := r.document
	return fmt.Sprintf("%s %d: %s, %d of %d failed, the prober's %d of %d, the load balancer's %d, %d outside, detected %s in %v, recovered %s in %v, replaced %s in %v, %.2f core %s",
		r.scenario, r.number, d.Verdict, d.Overall.Failed, d.Overall.Total, r.probed.failed, r.probed.sent, r.refused, r.outside(),
		secondsOrNever(d.Measured.DetectSeconds), d.Predicted.DetectSeconds, secondsOrNever(d.Measured.RecoverSeconds), d.Predicted.RecoverSeconds,
		secondsOrNever(d.Measured.ReplacedSeconds), window(d.Predicted.ReplacedSeconds),
		r.cpu.Seconds()/r.wall.Seconds(), strings.Join(d.Reasons, "; "))
}

func secondsOrNever(s *float64) string {
	if s == nil {
		return "never"
	}
	return fmt.Sprintf("%.1f s", *s)
}

// window is a prediction; "–" where there is none.
func window(w *[2]float64) string {
	if w == nil {
		return "–"
	}
	return fmt.Sprint(*w)
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

// measured is one figure of many runs, with what was predicted of it.
type measured struct {
	values []float64
	inside int
	// least and most are the ends of all predictions: what a group does depends on what it did before.
	least, most float64
}

// add takes what one run measured; nil is what never happened.
func (m *measured) add(value *float64, window [2]float64) {
	if m.inside == 0 && len(m.values) == 0 || window[0] < m.least {
		m.least = window[0]
	}
	m.most = max(m.most, window[1])
	if value != nil {
		m.values = append(m.values, *value)
	}
	m.inside += one(within(value, window))
}

// cells are the spread with the predictions, and how often they came true.
func (m *measured) cells(digits int) string {
	return fmt.Sprintf("%s (%.*f–%.*f) | %d", spread(m.values, digits), 0, m.least, 0, m.most, m.inside)
}

// tally is what the runs of one scenario came to.
type tally struct {
	runs, passed, all, outside, seen, probed, refused, agree, exact, restored int
	detected, failed, recovered, replaced                                     measured
}

func (t *tally) add(r drilled) {
	d := r.document
	t.runs++
	t.passed += one(d.Verdict == string(drill.Pass))
	t.seen += d.Overall.Failed
	t.probed += r.probed.failed
	t.refused += r.refused
	t.agree += one(r.agrees())
	t.exact += one(r.adds())
	t.restored += one(d.Restored)
	t.outside += r.outside()
	failed, expected := float64(d.Requests.Failed), [2]float64{float64(d.Predicted.Failed[0]), float64(d.Predicted.Failed[1])}
	t.detected.add(d.Measured.DetectSeconds, d.Predicted.DetectSeconds)
	t.failed.add(&failed, expected)
	t.recovered.add(d.Measured.RecoverSeconds, d.Predicted.RecoverSeconds)
	asPredicted := within(d.Measured.DetectSeconds, d.Predicted.DetectSeconds) && within(&failed, expected) && within(d.Measured.RecoverSeconds, d.Predicted.RecoverSeconds)
	// A zone's instances may be replaced, and needn't be.
	if p := d.Predicted.ReplacedSeconds; p != nil && (d.MustBeReplaced() || d.Measured.ReplacedSeconds != nil) {
		t.replaced.add(d.Measured.ReplacedSeconds, *p)
		asPredicted = asPredicted && within(d.Measured.ReplacedSeconds, *p)
	}
	t.all += one(asPredicted)
}

// drillTable prints a row for each scenario, in Markdown.
func drillTable(scenarios []string, all []drilled) {
	fmt.Fprintln(os.Stdout, "| scenario | runs | passed | all as predicted | detected, s (predicted) | inside | failed requests (predicted) | inside | outside of the window | recovered, s (predicted) | inside | replaced, s (predicted) | inside | failed in all, the prober's, the load balancer's own | prober agrees | load balancer agrees | restored |")
	fmt.Fprintln(os.Stdout, "|---|---:|---:|---:|---|---:|---|---:|---:|---|---:|---|---:|---:|---:|---:|---:|")
	for _, scenario := range scenarios {
		var t tally
		for _, r := range all {
			if r.scenario == scenario && r.err == nil {
				t.add(r)
			}
		}
		if t.runs == 0 {
			continue
		}
		replaced := "– | –"
		if len(t.replaced.values) > 0 || t.replaced.most > 0 {
			replaced = t.replaced.cells(1)
		}
		fmt.Fprintf(os.Stdout, "| `%s` | %d | %d | %d | %s | %s | %d | %s | %s | %d, %d, %d | %d | %d | %d |\n", scenario, t.runs, t.passed, t.all,
			t.detected.cells(1), t.failed.cells(0), t.outside, t.recovered.cells(1), replaced, t.seen, t.probed, t.refused, t.agree, t.exact, t.restored)
	}
	for _, r := range all {
		if r.err != nil {
			fmt.Fprintf(os.Stdout, "\n%s\n", r)
		}
	}
	fmt.Fprintln(os.Stdout)
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
