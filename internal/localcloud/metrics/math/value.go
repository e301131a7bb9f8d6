package math

import (
	"fmt"
	gomath "math"
	"slices"
	"strconv"
	"time"
)

// Series are values by the beginnings of their periods.
type Series map[time.Time]float64

// Times are those of a series, the earliest first.
func (s Series) Times() []time.Time {
	times := make([]time.Time, 0, len(s))
	for at := range s {
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// Query is what a query has given: its series, and the period that it is in.
type Query struct {
	Series Series
	Period time.Duration
}

// value is what a part of an expression is worth: a number, a series, or several series.
type value struct {
	number float64
	series Series // nil: it is a number
	all    []Series
}

// Series works the expression out. times are those at which a series that was filled has values, the earliest first. It is an
// error where the expression's worth isn't one series.
func (e *Expression) Series(queries map[string]Query, times []time.Time) (Series, error) {
	v, err := (&worker{queries, times}).of(e.root)
	switch {
	case err != nil:
		return nil, err
	case v.all != nil:
		return nil, fmt.Errorf("the expression gives several time series, not one")
	case v.series == nil:
		return nil, fmt.Errorf("the expression gives a number, not a time series")
	}
	return v.series, nil
}

type worker struct {
	queries map[string]Query
	times   []time.Time
}

func (w *worker) of(n node) (value, error) {
	switch n.kind {
	case number:
		f, err := strconv.ParseFloat(n.text, 64)
		return value{number: f}, err
	case query:
		q, there := w.queries[n.text]
		if !there {
			return value{}, fmt.Errorf("there is no query %s", n.text)
		}
		return value{series: q.Series}, nil
	case list:
		return w.list(n)
	}
	if n.text == "PERIOD" {
		return w.period(n)
	}
	if n.text == "FILL" {
		return w.fill(n)
	}
	parts := make([]value, len(n.parts))
	for i, part := range n.parts {
		var err error
		if parts[i], err = w.of(part); err != nil {
			return value{}, err
		}
	}
	if n.kind == call {
		return apply(n.text, parts)
	}
	if len(parts) == 1 {
		return each(parts[0], func(x float64) float64 { return -x })
	}
	return between(parts[0], parts[1], func(a, b float64) (float64, bool) { return compute(n.text, a, b) })
}

func (w *worker) list(n node) (value, error) {
	v := value{all: []Series{}}
	for _, part := range n.parts {
		one, err := w.of(part)
		if err != nil {
			return value{}, err
		}
		if one.series == nil {
			return value{}, fmt.Errorf("an array is of time series")
		}
		v.all = append(v.all, one.series)
	}
	return v, nil
}

func (w *worker) period(n node) (value, error) {
	q, there := w.queries[n.parts[0].text]
	if n.parts[0].kind != query || !there {
		return value{}, fmt.Errorf("PERIOD is of a query")
	}
	return value{number: q.Period.Seconds()}, nil
}

// fill gives a series a value wherever it has none.
func (w *worker) fill(n node) (value, error) {
	of, err := w.of(n.parts[0])
	if err != nil {
		return value{}, err
	}
	if of.series == nil {
		return value{}, fmt.Errorf("FILL is of a time series")
	}
	by, repeat := value{}, n.parts[1].text == "REPEAT"
	if n.parts[1].text == "LINEAR" {
		return value{}, &NotSimulated{"FILL with LINEAR"}
	}
	if !repeat {
		if by, err = w.of(n.parts[1]); err != nil {
			return value{}, err
		}
	}
	filled := Series{}
	last, begun := 0.0, false
	for _, at := range w.times {
		x, there := of.series[at]
		switch {
		case there:
			filled[at], last, begun = x, x, true
		case repeat && begun:
			filled[at] = last
		case repeat:
		case by.series != nil:
			if x, there := by.series[at]; there {
				filled[at] = x
			}
		default:
			filled[at] = by.number
		}
	}
	return value{series: filled}, nil
}

// compute is what an operator makes of two numbers; ok is false where there is no such number.
func compute(operator string, a, b float64) (x float64, ok bool) {
	switch operator {
	case "+":
		x = a + b
	case "-":
		x = a - b
	case "*":
		x = a * b
	case "/":
		x = a / b
	case "%":
		x = gomath.Mod(a, b)
	case "^":
		x = gomath.Pow(a, b)
	case "==":
		return truth(a == b)
	case "!=":
		return truth(a != b)
	case "<":
		return truth(a < b)
	case ">":
		return truth(a > b)
	case "<=":
		return truth(a <= b)
	case ">=":
		return truth(a >= b)
	case "AND", "&&":
		return truth(a != 0 && b != 0)
	default: // OR and ||
		return truth(a != 0 || b != 0)
	}
	return x, finite(x)
}

func finite(x float64) bool { return !gomath.IsNaN(x) && !gomath.IsInf(x, 0) }

func truth(is bool) (float64, bool) {
	if is {
		return 1, true
	}
	return 0, true
}

func each(v value, f func(float64) float64) (value, error) {
	return between(v, value{}, func(a, _ float64) (float64, bool) { x := f(a); return x, finite(x) })
}

// between joins two values: series where both have one at a time, and numbers with all of a series.
func between(a, b value, f func(a, b float64) (float64, bool)) (value, error) {
	if a.all != nil || b.all != nil {
		return value{}, &NotSimulated{"arithmetic with arrays"}
	}
	if a.series == nil && b.series == nil {
		x, ok := f(a.number, b.number)
		if !ok {
			return value{}, fmt.Errorf("the expression has no worth as a number")
		}
		return value{number: x}, nil
	}
	joined, over := Series{}, a.series
	if over == nil {
		over = b.series
	}
	for at := range over {
		x, y := a.number, b.number
		if a.series != nil {
			x = a.series[at]
		}
		if b.series != nil {
			of, there := b.series[at]
			if !there {
				continue
			}
			y = of
		}
		if z, ok := f(x, y); ok {
			joined[at] = z
		}
	}
	return value{series: joined}, nil
}

// apply is what a function makes of its parameters.
func apply(name string, parts []value) (value, error) {
	switch name {
	case "ABS":
		return each(parts[0], gomath.Abs)
	case "CEIL":
		return each(parts[0], gomath.Ceil)
	case "FLOOR":
		return each(parts[0], gomath.Floor)
	case "IF":
		return choose(parts)
	}
	of := parts[0]
	switch {
	case of.all != nil:
		return value{series: across(of.all, name)}, nil
	case of.series == nil:
		return of, nil
	}
	var values []float64
	for _, at := range of.series.Times() {
		values = append(values, of.series[at])
	}
	if len(values) == 0 {
		return value{}, fmt.Errorf("%s of no values", name)
	}
	return value{number: reduce(name, values)}, nil
}

// across puts several series together, at each time that one of them has.
func across(all []Series, name string) Series {
	at := map[time.Time][]float64{}
	for _, s := range all {
		for when, x := range s {
			at[when] = append(at[when], x)
		}
	}
	joined := Series{}
	for when, values := range at {
		joined[when] = reduce(name, values)
	}
	return joined
}

func reduce(name string, values []float64) float64 {
	switch name {
	case "MIN":
		return slices.Min(values)
	case "MAX":
		return slices.Max(values)
	}
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	if name == "AVG" {
		return sum / float64(len(values))
	}
	return sum
}

// choose is IF: where the condition is a series, at each of its times. Without the third parameter there is no value where it
// doesn't hold.
func choose(parts []value) (value, error) {
	if slices.ContainsFunc(parts, func(v value) bool { return v.all != nil }) {
		return value{}, &NotSimulated{"IF with arrays"}
	}
	if parts[0].series == nil {
		switch {
		case parts[0].number != 0:
			return parts[1], nil
		case len(parts) > 2:
			return parts[2], nil
		}
		return value{series: Series{}}, nil
	}
	chosen := Series{}
	for at, holds := range parts[0].series {
		from := parts[1]
		if holds == 0 {
			if len(parts) < 3 {
				continue
			}
			from = parts[2]
		}
		x, there := from.number, true
		if from.series != nil {
			x, there = from.series[at]
		}
		if there {
			chosen[at] = x
		}
	}
	return value{series: chosen}, nil
}
