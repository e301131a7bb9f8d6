package model

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/metrics/math"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Reader reads a metric's data points, as [metrics.Store.Read] does.
type Reader func(m metrics.Metric, unit string, from, to time.Time, period time.Duration) []metrics.Datapoint

// further is how many periods more than it needs an alarm looks at, for data that come late.
// Source: CloudWatch User Guide, "How CloudWatch alarms treat missing data": five for three.
const further = 2

// Evaluate puts the alarms of the transaction's region into the state that the metrics call for.
func Evaluate(tx *world.Tx, read Reader) {
	for _, a := range world.All[Alarm](tx) {
		a.evaluate(tx, read)
	}
}

func (a *Alarm) evaluate(tx *world.Tx, read Reader) {
	period := time.Duration(a.period()) * time.Second
	to := tx.Now().Truncate(metrics.Interval) // the window slides by the minute, whatever the period
	from := to.Add(-period * time.Duration(a.Periods+further))
	var values []value // the earliest first
	if a.Math() {
		values = a.worked(tx.Region(), read, from, to)
	} else {
		for at := from; at.Before(to); at = at.Add(period) {
			values = append(values, valueAt(read, a.metric(tx.Region()), a.unit(), a.stat(), at, period))
		}
	}
	state, counted := a.judge(values)
	if state == "" || state == a.State {
		return // it stays as it is, and so does why
	}
	a.become(tx, state, a.reason(state, counted), a.document(tx, from, counted))
}

// valueAt is what a metric was in the period that begins at a time.
func valueAt(read Reader, m metrics.Metric, unit, stat string, at time.Time, period time.Duration) value {
	v := value{at: at}
	var p metrics.Point
	for _, d := range read(m, unit, at, at.Add(period), metrics.Interval) {
		p = p.Plus(d.Point)
	}
	if p.Count > 0 {
		v.count = p.Count
		v.value, v.there = p.Statistic(stat)
	}
	return v
}

// worked is what the alarm's expression gives for each period between two times.
func (a *Alarm) worked(region string, read Reader, from, to time.Time) (values []value) {
	times := func(period time.Duration) (all []time.Time) {
		for at := from; at.Before(to); at = at.Add(period) {
			all = append(all, at)
		}
		return all
	}
	series, err := a.Queries.Series(a.watched().ID, Source{Times: times, Metric: func(q Query) math.Series {
		series, period := math.Series{}, time.Duration(q.Period)*time.Second
		m := metrics.Metric{Region: region, Namespace: q.Namespace, Name: q.Metric, Dimensions: q.Dimensions}
		for _, at := range times(period) {
			if v := valueAt(read, m, q.Unit, q.Stat, at, period); v.there {
				series[at] = v.value
			}
		}
		return series
	}})
	if err != nil {
		series = nil // it gives no data, which is how AWS's alarms take it
	}
	for _, at := range times(time.Duration(a.period()) * time.Second) {
		x, there := series[at]
		values = append(values, value{at: at, value: x, there: there})
	}
	return values
}

// value is the metric of a period; there says whether there was one.
type value struct {
	at           time.Time
	value, count float64
	there        bool
}

func (a *Alarm) breaches(v value) bool {
	switch a.Comparison {
	case "GreaterThanThreshold":
		return v.value > a.Threshold
	case "GreaterThanOrEqualToThreshold":
		return v.value >= a.Threshold
	case "LessThanThreshold":
		return v.value < a.Threshold
	}
	return v.value <= a.Threshold
}

func (a *Alarm) toAlarm() int {
	if a.ToAlarm > 0 {
		return a.ToAlarm
	}
	return a.Periods
}

// judge says what state values call for, and which of them counted; "" is the present one.
// Source: CloudWatch User Guide, "How alarm state is evaluated when data is missing", with its tables.
func (a *Alarm) judge(values []value) (state string, counted []value) {
	breaching := 0
	for i := len(values) - 1; i >= 0 && len(counted) < a.Periods; i-- {
		if values[i].there {
			counted = append(counted, values[i])
			if a.breaches(values[i]) {
				breaching++
			}
		}
	}
	fine, missing := len(counted)-breaching, a.Periods-len(counted)
	inAlarm := breaching >= a.toAlarm()
	switch {
	case a.Missing == "breaching":
		inAlarm = breaching+missing >= a.toAlarm()
	case inAlarm, missing == 0, a.Missing == "notBreaching":
	case a.Missing == "ignore":
		if fine == 0 {
			return "", nil
		}
	case len(counted) == 0:
		return InsufficientData, nil
	case fine == 0: // what is there breaches; it is enough where the oldest is old enough
		oldest := counted[len(counted)-1].at
		if age := len(values) - indexOf(values, oldest); age < a.toAlarm() {
			return "", nil
		}
		inAlarm = true
	}
	if inAlarm {
		return InAlarm, counted
	}
	return OK, counted
}

func indexOf(values []value, at time.Time) int {
	for i, v := range values {
		if v.at.Equal(at) {
			return i
		}
	}
	return -1
}

// reason says in AWS's words why an alarm is in a state; counted are the values, the latest first.
func (a *Alarm) reason(state string, counted []value) string {
	operator := map[string]string{"GreaterThanThreshold": "greater than", "GreaterThanOrEqualToThreshold": "greater than or equal to",
		"LessThanThreshold": "less than", "LessThanOrEqualToThreshold": "less than or equal to"}[a.Comparison]
	treated := map[string]string{"breaching": "Breaching", "notBreaching": "NonBreaching"}[a.Missing]
	switch {
	case state == InsufficientData:
		return fmt.Sprintf("Insufficient Data: %s unknown.", plural(a.Periods, "datapoint was", "datapoints were"))
	case len(counted) == 0:
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %s and %s treated as [%s].",
			plural(a.Periods, "period", "periods"), plural(a.Periods, "missing datapoint was", "missing datapoints were"), treated)
	}
	said, direction := counted, "OK -> ALARM"
	least := a.toAlarm()
	if state == OK {
		direction, least = "ALARM -> OK", a.Periods-a.toAlarm()+1
	}
	var shown []value
	for _, v := range said {
		if a.breaches(v) == (state == InAlarm) {
			shown = append(shown, v)
		}
	}
	if len(shown) == 0 { // missing data alone decide
		shown = said
	}
	texts := make([]string, len(shown))
	for i, v := range shown {
		texts[i] = number(v.value) + " (" + v.at.Format("02/01/06 15:04:05") + ")"
	}
	negation := map[string]string{OK: "not "}[state]
	verb, count := "were", fmt.Sprintf("%d out of the last %d datapoints", len(shown), a.Periods)
	tail := fmt.Sprintf(" (minimum %s for %s transition)", plural(least, "datapoint", "datapoints"), direction)
	if a.Periods == 1 {
		count, tail = "1 datapoint", ""
	}
	if len(shown) == 1 {
		verb = "was"
	}
	return fmt.Sprintf("Threshold Crossed: %s [%s] %s %s%s the threshold (%s)%s.", count, strings.Join(texts, ", "), verb, negation, operator, number(a.Threshold), tail)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// number writes a value as Java does.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// document is the state's data for programs.
func (a *Alarm) document(tx *world.Tx, from time.Time, counted []value) string {
	type point struct {
		At    string   `json:"timestamp"`
		Count *float64 `json:"sampleCount,omitempty"`
		Value *float64 `json:"value,omitempty"`
	}
	recent, evaluated := []float64{}, []point{}
	for _, v := range counted {
		recent = append([]float64{v.value}, recent...)
		p := point{v.at.UTC().Format(stamp), new(v.count), new(v.value)}
		if a.Math() {
			p.Count = nil
		}
		evaluated = append(evaluated, p)
	}
	text, err := json.Marshal(struct {
		Version   string    `json:"version"`
		Query     string    `json:"queryDate"`
		Start     string    `json:"startDate"`
		Unit      string    `json:"unit,omitempty"`
		Statistic string    `json:"statistic,omitempty"`
		Period    int       `json:"period"`
		Recent    []float64 `json:"recentDatapoints"`
		Threshold float64   `json:"threshold"`
		Evaluated []point   `json:"evaluatedDatapoints"`
	}{"1.0", tx.Now().UTC().Format(stamp), from.UTC().Format(stamp), a.unit(), a.stat(), a.period(), recent, a.Threshold, evaluated})
	if err != nil {
		panic(fmt.Sprintf("cloudwatch: a state can't be written: %v", err)) // values are finite: a programming error
	}
	return string(text)
}
