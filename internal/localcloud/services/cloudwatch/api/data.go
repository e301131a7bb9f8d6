package api

import (
	"math"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) dataOperations() []wire.Operation {
	return []wire.Operation{view(h, "PutMetricData", h.putMetricData), view(h, "ListMetrics", h.listMetrics)}
}

type putMetricDataInput struct {
	Namespace string  `query:"Namespace,required" min:"1" max:"255" pattern:"[^:].*"`
	Data      []datum `query:"MetricData"`
}

type datum struct {
	MetricName string      `query:"MetricName,required" min:"1" max:"255"`
	Dimensions []dimension `query:"Dimensions" max:"30"`
	Timestamp  *time.Time  `query:"Timestamp"`
	Value      *float64    `query:"Value"`
	Statistics *statistics `query:"StatisticValues"`
	Values     []float64   `query:"Values"`
	Counts     []float64   `query:"Counts"`
	Unit       string      `query:"Unit" enum:"Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None"`
	_          wire.Only   `query:"StorageResolution" only:"60"`
}

type statistics struct {
	SampleCount *float64 `query:"SampleCount,required"`
	Sum         *float64 `query:"Sum,required"`
	Minimum     *float64 `query:"Minimum,required"`
	Maximum     *float64 `query:"Maximum,required"`
}

// mostData is how many data a call may bring.
// Source: API reference of PutMetricData.
const mostData = 1000

func (h *handlers) putMetricData(tx *world.Tx, _ *wire.Call, in *putMetricDataInput) (*wire.Empty, error) {
	switch {
	case len(in.Data) == 0:
		return nil, refuse.New("MissingParameter", "The parameter MetricData is required.")
	case len(in.Data) > mostData:
		return nil, refuse.InvalidParameterValue("The collection MetricData must not have a size greater than %d.", mostData)
	case len(in.Namespace) > 4 && in.Namespace[:4] == "AWS/":
		return nil, refuse.InvalidParameterValue("The value AWS/ for parameter Namespace is invalid.")
	}
	points := make([][]metrics.Point, len(in.Data))
	for i, d := range in.Data {
		var err error
		if points[i], err = d.points(i+1, tx.Now()); err != nil {
			return nil, err
		}
	}
	for i, d := range in.Data {
		when := tx.Now()
		if d.Timestamp != nil {
			when = *d.Timestamp
		}
		for _, p := range points[i] {
			h.Metrics.Add(metrics.Metric{Region: tx.Region(), Namespace: in.Namespace, Name: d.MetricName, Dimensions: dimensionsOf(d.Dimensions)}, unitOf(d.Unit), when, p)
		}
	}
	return &wire.Empty{}, nil
}

// points are what a datum says; n is its number in the call.
// Source of the messages: recorded replies of AWS.
func (d *datum) points(n int, now time.Time) (points []metrics.Point, err error) {
	both := func(one, other string) error {
		return refuse.InvalidParameterCombination("The parameters MetricData.member.%d.%s and MetricData.member.%d.%s are mutually exclusive and you have specified both.", n, one, n, other)
	}
	switch {
	case d.Value != nil && len(d.Values) > 0:
		return nil, both("Value", "Values")
	case d.Value != nil && d.Statistics != nil:
		return nil, both("Value", "StatisticValues")
	case d.Statistics != nil && len(d.Values) > 0:
		return nil, both("Values", "StatisticValues")
	case len(d.Values) > 150:
		return nil, refuse.InvalidParameterValue("The collection MetricData.member.%d.Values must not have a size greater than 150.", n)
	case len(d.Counts) > 0 && len(d.Counts) != len(d.Values):
		return nil, refuse.InvalidParameterValue("The parameters MetricData.member.%d.Values and MetricData.member.%d.Counts must be of the same size.", n, n)
	case d.Timestamp != nil && (d.Timestamp.After(now.Add(2*time.Hour)) || d.Timestamp.Before(now.Add(-14*24*time.Hour))):
		return nil, refuse.InvalidParameterValue("The parameter MetricData.member.%d.Timestamp must specify a time within the past two weeks and no more than two hours in the future.", n)
	}
	values := d.Values
	switch {
	case d.Statistics != nil:
		s := *d.Statistics
		points = append(points, metrics.Point{Count: *s.SampleCount, Sum: *s.Sum, Min: *s.Minimum, Max: *s.Maximum})
		values = []float64{*s.SampleCount, *s.Sum, *s.Minimum, *s.Maximum}
	case d.Value != nil:
		points, values = append(points, metrics.One(*d.Value)), []float64{*d.Value}
	case len(d.Values) == 0:
		return nil, refuse.New("MissingParameter", "At least one of the parameters must be specified.")
	default:
		for i, v := range d.Values {
			count := 1.0
			if len(d.Counts) > 0 {
				count = d.Counts[i]
			}
			points = append(points, metrics.Times(v, count))
		}
	}
	// Source: API reference of MetricDatum: from -2^360 to 2^360.
	if slices.ContainsFunc(append(slices.Clone(values), d.Counts...), func(v float64) bool { return math.Abs(v) > math.Pow(2, 360) }) {
		return nil, refuse.InvalidParameterValue("The value for parameter MetricData.member.%d.Value is not in the range from -2^360 to 2^360.", n)
	}
	return points, nil
}

type listMetricsInput struct {
	Namespace  string            `query:"Namespace" min:"1" max:"255" pattern:"[^:].*"`
	MetricName string            `query:"MetricName" min:"1" max:"255"`
	Dimensions []dimensionFilter `query:"Dimensions" max:"10"`
	NextToken  string            `query:"NextToken"`
	Recently   string            `query:"RecentlyActive" enum:"PT3H"`
	_          wire.Only         `query:"IncludeLinkedAccounts" only:"false"`
}

type dimensionFilter struct {
	Name  string  `query:"Name,required" min:"1" max:"255"`
	Value *string `query:"Value" min:"1" max:"1024"`
}

type listMetricsOutput struct {
	Metrics   wire.Members[listedMetric]
	NextToken string `json:",omitempty" xml:",omitempty"`
}

type listedMetric struct {
	Namespace, MetricName string
	Dimensions            wire.Members[shownDimension]
}

func (h *handlers) listMetrics(tx *world.Tx, _ *wire.Call, in *listMetricsInput) (*listMetricsOutput, error) {
	all := wire.Members[listedMetric]{}
	listed := map[string]bool{}
	for _, m := range h.Metrics.List(tx.Region()) {
		if in.Namespace != "" && m.Namespace != in.Namespace || in.MetricName != "" && m.Name != in.MetricName || !in.accepts(m.Dimensions) {
			continue
		}
		one := listedMetric{m.Namespace, m.Name, shown(m.Dimensions)}
		key := m.Namespace + "\x00" + m.Name
		for _, d := range m.Dimensions {
			key += "\x00" + d.Name + "\x01" + d.Value
		}
		if !listed[key] { // of two units
			listed[key] = true
			all = append(all, one)
		}
	}
	page, next, ok := wire.Page(all, in.NextToken, nil, 500)
	if !ok {
		return nil, refuse.InvalidParameterValue("Invalid nextToken")
	}
	return &listMetricsOutput{page, next}, nil
}

func (in *listMetricsInput) accepts(dimensions []metrics.Dimension) bool {
	for _, f := range in.Dimensions {
		if !slices.ContainsFunc(dimensions, func(d metrics.Dimension) bool { return d.Name == f.Name && (f.Value == nil || d.Value == *f.Value) }) {
			return false
		}
	}
	return true
}
