package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/platformctl/platformctl/conformance/parity/trace"
)

// result is what is read in a command's document, whichever it is. What a command doesn't say stays zero.
type result struct {
	CriticalPath []struct {
		Key     string
		Seconds float64
	} `json:"critical_path"`
	Created, Updated, Replaced, Deleted, Unchanged int

	Verdict  string
	Restored *bool
	Requests struct {
		Total, Failed int
		ByClass       map[string]int `json:"by_class"`
	}
	Measured map[string]*float64
}

func (r *Report) steps(first, second trace.Run, o Options) {
	names := map[string]bool{}
	for _, s := range slices.Concat(first.Steps, second.Steps) {
		names[s.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, inA := first.Step(name)
		b, inB := second.Step(name)
		if !inA || !inB {
			r.differ(KindStep, name, "", there(inA), there(inB))
			continue
		}
		r.step(a, b, o)
	}
}

func there(is bool) string {
	if is {
		return present
	}
	return absent
}

func (r *Report) step(a, b trace.Step, o Options) {
	if a.Exit != b.Exit {
		r.differ(KindStep, a.Name, "exit code", fmt.Sprint(a.Exit), fmt.Sprint(b.Exit))
	}
	r.time(KindDuration, a.Name, "", a.Seconds, b.Seconds, o)
	x, y := read(a), read(b)
	links := map[string]float64{}
	for _, link := range x.CriticalPath {
		links[link.Key] += link.Seconds
	}
	for _, link := range y.CriticalPath {
		if seconds, ok := links[link.Key]; ok {
			r.time(KindDuration, a.Name, link.Key, seconds, link.Seconds, o)
		}
	}
	for _, count := range []struct {
		what string
		a, b int
	}{
		{"created", x.Created, y.Created}, {"updated", x.Updated, y.Updated}, {"replaced", x.Replaced, y.Replaced},
		{"deleted", x.Deleted, y.Deleted}, {"unchanged", x.Unchanged, y.Unchanged},
	} {
		if count.a != count.b {
			r.differ(KindStep, a.Name, count.what, fmt.Sprint(count.a), fmt.Sprint(count.b))
		}
	}
	if x.Verdict != "" || y.Verdict != "" {
		r.drill(a.Name, x, y, o)
	}
}

// read reads a document as far as it goes: one that isn't there has nothing to compare.
func read(s trace.Step) (doc result) {
	if len(s.Document) > 0 {
		_ = json.Unmarshal(s.Document, &doc) // another command's fields may have other types
	}
	return doc
}

// drill compares what two drills of a scenario measured.
func (r *Report) drill(name string, a, b result, o Options) {
	if a.Verdict != b.Verdict {
		r.differ(KindDrill, name, "verdict", a.Verdict, b.Verdict)
	}
	if x, y := said(a.Restored), said(b.Restored); x != y {
		r.differ(KindDrill, name, "restored", x, y)
	}
	for _, class := range slices.Sorted(maps.Keys(union(a.Requests.ByClass, b.Requests.ByClass))) {
		if x, y := a.Requests.ByClass[class], b.Requests.ByClass[class]; (x > 0) != (y > 0) {
			r.differ(KindDrill, name, "class "+class, fmt.Sprint(x), fmt.Sprint(y))
		}
	}
	for _, figure := range slices.Sorted(maps.Keys(union(a.Measured, b.Measured))) {
		switch x, y := a.Measured[figure], b.Measured[figure]; {
		case x == nil && y == nil:
		case x == nil || y == nil:
			r.differ(KindDrill, name, figure, seconds(x), seconds(y))
		default:
			r.time(KindDrill, name, figure, *x, *y, o)
		}
	}
}

func said(is *bool) string {
	if is == nil {
		return absent
	}
	return fmt.Sprint(*is)
}

func seconds(s *float64) string {
	if s == nil {
		return "never"
	}
	return fmt.Sprintf("%.1f s", *s)
}

// time compares two times in seconds.
func (r *Report) time(kind Kind, subject, what string, a, b float64, o Options) {
	r.Times++
	if math.Abs(a-b) <= o.Within || max(a, b) <= o.Factor*min(a, b) {
		return
	}
	r.differ(kind, subject, what, seconds(&a), seconds(&b))
}
