// Package compare holds two recordings of the same run against each other: replies field by field, refusals, durations,
// and what the drills measured.
//
// What belongs here: what counts as a difference, which differences are declared, and the report. What doesn't: how
// recordings come about.
package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/conformance/parity/trace"
)

// Kind says what a difference is about.
type Kind string

// The kinds, with what their differences name.
const (
	KindOperation Kind = "operation" // an operation that was called in one of the runs
	KindField     Kind = "field"     // of an operation's replies; What is its path
	KindForm      Kind = "form"      // of such a field's values
	KindRefusal   Kind = "refusal"   // of an operation; What is code and status
	KindStep      Kind = "step"      // a command of the run, and how it ended
	KindDuration  Kind = "duration"  // of a step; What is empty or a link of its critical path
	KindDrill     Kind = "drill"     // what a drill measured; What is the figure
)

// Difference is one thing that isn't the same in both.
type Difference struct {
	Kind Kind `json:"kind"`
	// Subject is an operation, such as "ec2:CreateVpc", or a step.
	Subject string `json:"subject"`
	What    string `json:"what"`
	First   string `json:"first"`
	Second  string `json:"second"`
	// Declared is the reason of a known difference; "" where it isn't known.
	Declared string `json:"declared,omitempty"`
}

// Side is a recording.
type Side struct {
	Run   trace.Run
	Calls []trace.Call
}

// Read reads a recording.
func Read(dir string) (s Side, err error) {
	s.Run, s.Calls, err = trace.Read(dir)
	return s, err
}

// Options say what counts.
type Options struct {
	// Factor is how much longer or shorter a time may be, and Within a difference, in seconds, that is none.
	Factor, Within float64
	Declared       Declarations
}

// Report is what was compared, and where it differs.
type Report struct {
	First      string `json:"first"` // what was recorded
	Second     string `json:"second"`
	Operations int    `json:"operations"` // called in both
	Fields     int    `json:"fields"`     // with a path of their own, in replies of both
	Refusals   int    `json:"refusals"`   // code and status, in both
	Times      int    `json:"times"`      // measured in both
	// Differences are sorted by kind, subject and what.
	Differences []Difference `json:"differences"`
}

// Undeclared is how many differences are not known.
func (r Report) Undeclared() (n int) {
	for _, d := range r.Differences {
		if d.Declared == "" {
			n++
		}
	}
	return n
}

// Compare holds a recording, the second, against the one that it should be like, the first.
func Compare(first, second Side, o Options) (Report, error) {
	r := Report{First: describe(first), Second: describe(second), Differences: []Difference{}}
	a, err := operations(first.Calls)
	if err != nil {
		return r, err
	}
	b, err := operations(second.Calls)
	if err != nil {
		return r, err
	}
	for _, name := range slices.Sorted(maps.Keys(union(a, b))) {
		r.operation(name, a[name], b[name])
	}
	r.steps(first.Run, second.Run, o)
	for i, d := range r.Differences {
		r.Differences[i].Declared = o.Declared.reason(d)
	}
	slices.SortStableFunc(r.Differences, func(x, y Difference) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Subject, y.Subject), cmp.Compare(x.What, y.What))
	})
	return r, nil
}

func describe(s Side) string {
	text := s.Run.Target
	if s.Run.Latency != "" {
		text += " with latency " + s.Run.Latency
	}
	text += fmt.Sprintf(", %s, %d calls", s.Run.Region, len(s.Calls))
	if s.Run.Ended != "" {
		text += ", cut short"
	}
	return text
}

func union[V any](a, b map[string]V) map[string]bool {
	all := map[string]bool{}
	for _, m := range []map[string]V{a, b} {
		for name := range m {
			all[name] = true
		}
	}
	return all
}

// differ adds a difference.
func (r *Report) differ(kind Kind, subject, what, first, second string) {
	r.Differences = append(r.Differences, Difference{Kind: kind, Subject: subject, What: what, First: first, Second: second})
}

// operation is what became of an operation's calls in one run.
type operation struct {
	fields   map[string]map[string]bool // the forms of values, by path; none for what holds others
	holds    map[string]bool            // paths that held others
	refusals map[string]bool            // "code status"
	answered bool                       // at least once
}

// operations are those of a run by name, such as "ec2:CreateVpc".
func operations(calls []trace.Call) (map[string]*operation, error) {
	all := map[string]*operation{}
	for _, c := range calls {
		name := c.Service + ":" + c.Operation
		if all[name] == nil {
			all[name] = &operation{fields: map[string]map[string]bool{}, holds: map[string]bool{}, refusals: map[string]bool{}}
		}
		o := all[name]
		switch {
		case c.Status == 0: // the connection broke: nothing was said
		case c.Refused():
			o.refusals[fmt.Sprintf("%s %d", c.Code, c.Status)] = true
		default:
			o.answered = true
			if err := o.add(c.Reply); err != nil {
				return nil, fmt.Errorf("%s in step %s: %w", name, c.Step, err)
			}
		}
	}
	return all, nil
}

func (o *operation) add(reply string) error {
	fields, err := trace.Fields(reply)
	if err != nil {
		return err
	}
	for _, f := range fields {
		for at := range f.Path {
			if f.Path[at] == '/' || f.Path[at] == '[' { // the path up to here holds what follows
				o.see(f.Path[:at])
				o.holds[f.Path[:at]] = true
			}
		}
		o.see(f.Path)
		if form := Form(f.Value); form != "" {
			o.fields[f.Path][form] = true
		}
	}
	return nil
}

// see notes that a path is there.
func (o *operation) see(path string) {
	if o.fields[path] == nil {
		o.fields[path] = map[string]bool{}
	}
}

// The words of a report for what is there in one run alone.
const (
	present = "there"
	absent  = "not there"
)

func (r *Report) operation(name string, a, b *operation) {
	if a == nil || b == nil {
		first, second := present, absent
		if a == nil {
			first, second = absent, present
		}
		r.differ(KindOperation, name, "", first, second)
		return
	}
	r.Operations++
	for _, refusal := range slices.Sorted(maps.Keys(union(a.refusals, b.refusals))) {
		switch {
		case a.refusals[refusal] && b.refusals[refusal]:
			r.Refusals++
		case a.refusals[refusal]:
			r.differ(KindRefusal, name, refusal, present, absent)
		default:
			r.differ(KindRefusal, name, refusal, absent, present)
		}
	}
	if !a.answered || !b.answered {
		return // there is nothing to hold the other's fields against
	}
	for _, path := range slices.Sorted(maps.Keys(union(a.fields, b.fields))) {
		inA, inB := a.fields[path] != nil, b.fields[path] != nil
		switch {
		case inA && inB:
			r.Fields++
			if x, y := a.fields[path], b.fields[path]; len(x) > 0 && len(y) > 0 && !overlap(x, y) {
				r.differ(KindForm, name, path, list(x), list(y))
			}
		case !known(a, b, path): // its parent is told already
		case inA:
			r.differ(KindField, name, path, present, absent)
		default:
			r.differ(KindField, name, path, absent, present)
		}
	}
}

// known says that what holds a field held something in both. Of a list that was always empty in one of the runs nobody
// knows what its elements are like.
func known(a, b *operation, path string) bool {
	at := strings.LastIndexAny(path, "/[")
	return at < 0 || a.holds[path[:at]] && b.holds[path[:at]]
}

func overlap(a, b map[string]bool) bool {
	for form := range a {
		if b[form] {
			return true
		}
	}
	return false
}

func list(forms map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(forms)), ", ") }
