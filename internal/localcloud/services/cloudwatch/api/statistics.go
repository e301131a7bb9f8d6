package api

import (
	"cmp"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/metrics/math"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) statisticsOperations() []wire.Operation {
	return []wire.Operation{view(h, "GetMetricStatistics", h.getMetricStatistics), view(h, "GetMetricData", h.getMetricData)}
}

type getMetricStatisticsInput struct {
	Namespace  string      `query:"Namespace,required" min:"1" max:"255" pattern:"[^:].*"`
	MetricName string      `query:"MetricName,required" min:"1" max:"255"`
	Dimensions []dimension `query:"Dimensions" max:"30"`
	StartTime  time.Time   `query:"StartTime,required"`
	EndTime    time.Time   `query:"EndTime,required"`
	Period     int         `query:"Period,required" min:"1"`
	Statistics []string    `query:"Statistics" min:"1" max:"5" eachenum:"SampleCount|Average|Sum|Minimum|Maximum"`
	Extended   []string    `query:"ExtendedStatistics" min:"1" max:"10"`
	Unit       string      `query:"Unit" enum:"Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None"`
}

type getMetricStatisticsOutput struct {
	Label      string
	Datapoints wire.Members[shownDatapoint]
}

type shownDatapoint struct {
	Timestamp          *wire.Time
	SampleCount        *float64 `json:",omitempty" xml:",omitempty"`
	Average            *float64 `json:",omitempty" xml:",omitempty"`
	Sum                *float64 `json:",omitempty" xml:",omitempty"`
	Minimum            *float64 `json:",omitempty" xml:",omitempty"`
	Maximum            *float64 `json:",omitempty" xml:",omitempty"`
	Unit               string
	ExtendedStatistics numbers `json:",omitempty" xml:",omitempty"`
}

// mostDatapoints is how many a call of GetMetricStatistics may ask for.
const mostDatapoints = 1440

func (h *handlers) getMetricStatistics(tx *world.Tx, _ *wire.Call, in *getMetricStatisticsInput) (*getMetricStatisticsOutput, error) {
	period := time.Duration(in.Period) * time.Second
	if err := checkSpan(in.StartTime, in.EndTime, in.Period); err != nil {
		return nil, err
	}
	if asked := int(in.EndTime.Sub(in.StartTime) / period); asked > mostDatapoints {
		return nil, refuse.InvalidParameterCombination("You have requested up to %d datapoints, which exceeds the limit of %d. You may reduce the datapoints requested by increasing Period, or decreasing the time range.", asked, mostDatapoints)
	}
	if len(in.Statistics)+len(in.Extended) == 0 {
		return nil, refuse.InvalidParameterCombination("At least one of the parameters Statistics and ExtendedStatistics must be specified.")
	}
	for _, name := range in.Extended {
		if err := checkStatistic(name, "ExtendedStatistics"); err != nil {
			return nil, err
		}
	}
	out := &getMetricStatisticsOutput{Label: in.MetricName, Datapoints: wire.Members[shownDatapoint]{}}
	metric := metrics.Metric{Region: tx.Region(), Namespace: in.Namespace, Name: in.MetricName, Dimensions: dimensionsOf(in.Dimensions)}
	for _, d := range h.Metrics.Seen(metric, in.Unit, in.StartTime.Truncate(metrics.Interval), in.EndTime, period) {
		out.Datapoints = append(out.Datapoints, datapoint(d, in.Statistics, in.Extended))
	}
	return out, nil
}

func datapoint(d metrics.Datapoint, statistics, extended []string) shownDatapoint {
	s := shownDatapoint{Timestamp: at(d.At), Unit: d.Unit}
	for _, name := range statistics {
		value, _ := d.Statistic(name)
		switch name {
		case metrics.SampleCount:
			s.SampleCount = &value
		case metrics.Average:
			s.Average = &value
		case metrics.Sum:
			s.Sum = &value
		case metrics.Minimum:
			s.Minimum = &value
		case metrics.Maximum:
			s.Maximum = &value
		}
	}
	for _, name := range extended {
		if value, ok := d.Statistic(name); ok {
			if s.ExtendedStatistics == nil {
				s.ExtendedStatistics = numbers{}
			}
			s.ExtendedStatistics[name] = value
		}
	}
	return s
}

// checkSpan refuses times and periods that nothing can be read for.
func checkSpan(from, to time.Time, period int) error {
	switch {
	case !from.Before(to):
		return refuse.InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
	case slices.Contains([]int{1, 5, 10, 20, 30}, period):
		return refuse.NotSimulated("periods of %d seconds are not simulated: metrics here have a data point a minute", period)
	case period < 60 || period%60 != 0:
		return refuse.InvalidParameterValue("The parameter Period must be a multiple of 60.")
	}
	return nil
}

func checkStatistic(name, parameter string) error {
	if metrics.IsStatistic(name) {
		return nil
	}
	if len(name) > 2 && (slices.Contains([]string{"tm", "wm", "tc", "ts"}, name[:2]) || name == "IQM") || len(name) > 3 && slices.Contains([]string{"PR(", "TM(", "TC(", "TS(", "WM("}, name[:3]) {
		return refuse.NotSimulated("the statistic %s is not simulated", name)
	}
	return refuse.InvalidParameterValue("The value %s for parameter %s is not supported.", name, parameter)
}

type metricQuery struct {
	ID         string      `query:"Id,required" min:"1" max:"255"`
	MetricStat *metricStat `query:"MetricStat"`
	Expression string      `query:"Expression" min:"1" max:"2048"`
	Label      string      `query:"Label"`
	ReturnData *bool       `query:"ReturnData"`
	Period     int         `query:"Period" min:"1"`
}

type metricStat struct {
	Metric metric `query:"Metric,required"`
	Period int    `query:"Period,required" min:"1"`
	Stat   string `query:"Stat,required"`
	Unit   string `query:"Unit" enum:"Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None"`
}

type metric struct {
	Namespace  string      `query:"Namespace" min:"1" max:"255" pattern:"[^:].*"`
	MetricName string      `query:"MetricName" min:"1" max:"255"`
	Dimensions []dimension `query:"Dimensions" max:"30"`
}

// check refuses what is neither of one metric nor an expression.
func (q *metricQuery) check() error {
	switch {
	case q.Expression != "" && q.MetricStat != nil:
		return model.Invalid("The parameters MetricDataQueries.member.Expression and MetricDataQueries.member.MetricStat are mutually exclusive and you have specified both.")
	case q.Expression != "":
		if q.Period != 0 && q.Period%60 != 0 {
			return model.Invalid("The parameter Period must be a multiple of 60.")
		}
		return nil
	case q.MetricStat == nil:
		return model.Invalid("Either MetricStat or Expression must be specified for the query %s.", q.ID)
	}
	return checkStatistic(q.MetricStat.Stat, "MetricStat.Stat")
}

// queriesOf reads a list of queries, and refuses what can't be worked out.
func queriesOf(list []metricQuery) (all model.Queries, err error) {
	for _, q := range list {
		if err := q.check(); err != nil {
			return nil, err
		}
		one := model.Query{ID: q.ID, Label: q.Label, Expression: q.Expression, Period: q.Period, Hidden: q.ReturnData != nil && !*q.ReturnData}
		if m := q.MetricStat; m != nil {
			one.Stat, one.Unit, one.Period, one.Namespace, one.Metric, one.Dimensions = m.Stat, m.Unit, m.Period, m.Metric.Namespace, m.Metric.MetricName, dimensionsOf(m.Metric.Dimensions)
		}
		all = append(all, one)
	}
	return all, all.Check()
}

type getMetricDataInput struct {
	Queries       []metricQuery `query:"MetricDataQueries,required"`
	StartTime     time.Time     `query:"StartTime,required"`
	EndTime       time.Time     `query:"EndTime,required"`
	NextToken     string        `query:"NextToken"`
	ScanBy        string        `query:"ScanBy" enum:"TimestampDescending|TimestampAscending"`
	MaxDatapoints *int          `query:"MaxDatapoints"`
}

type getMetricDataOutput struct {
	MetricDataResults wire.Members[metricDataResult]
	Messages          wire.Members[wire.Empty]
	NextToken         string `json:",omitempty" xml:",omitempty"`
}

type metricDataResult struct {
	ID         string `json:"Id" xml:"Id"`
	Label      string
	Timestamps wire.Members[wire.Time]
	Values     wire.Members[float64]
	StatusCode string
}

// getMetricData answers with all at once: what is kept here is less than a page of AWS's.
func (h *handlers) getMetricData(tx *world.Tx, _ *wire.Call, in *getMetricDataInput) (*getMetricDataOutput, error) {
	switch {
	case in.NextToken != "":
		return nil, refuse.New("InvalidNextToken", "The service encountered a token that it doesn't know.")
	case len(in.Queries) > 500:
		return nil, model.Invalid("The collection MetricDataQueries must not have a size greater than 500.")
	case !in.StartTime.Before(in.EndTime):
		return nil, model.Invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	out := &getMetricDataOutput{MetricDataResults: wire.Members[metricDataResult]{}, Messages: wire.Members[wire.Empty]{}}
	queries, err := queriesOf(in.Queries)
	if err != nil {
		return nil, err
	}
	for _, q := range queries {
		if q.Expression == "" {
			if err := checkSpan(in.StartTime, in.EndTime, q.Period); err != nil {
				return nil, err
			}
		}
		if q.Hidden {
			continue
		}
		r, err := h.result(tx, in, queries, q)
		if err != nil {
			return nil, err
		}
		out.MetricDataResults = append(out.MetricDataResults, r)
	}
	if len(out.MetricDataResults) == 0 {
		return nil, model.Invalid("At least one query must have ReturnData set to true.")
	}
	return out, nil
}

func (h *handlers) result(tx *world.Tx, in *getMetricDataInput, queries model.Queries, q model.Query) (metricDataResult, error) {
	r := metricDataResult{ID: q.ID, Label: cmp.Or(q.Label, q.Metric, q.ID), Timestamps: wire.Members[wire.Time]{}, Values: wire.Members[float64]{}, StatusCode: "Complete"}
	series, err := queries.Series(q.ID, h.source(tx, in.StartTime.Truncate(metrics.Interval), in.EndTime))
	if err != nil {
		return r, err
	}
	times := series.Times()
	if in.ScanBy != "TimestampAscending" {
		slices.Reverse(times)
	}
	for _, at := range times {
		r.Timestamps, r.Values = append(r.Timestamps, wire.Time(at)), append(r.Values, series[at])
	}
	return r, nil
}

// source reads metrics between two times. Periods begin where the clock is a multiple of them.
func (h *handlers) source(tx *world.Tx, from, to time.Time) model.Source {
	return model.Source{
		Metric: func(q model.Query) math.Series {
			series := math.Series{}
			m := metrics.Metric{Region: tx.Region(), Namespace: q.Namespace, Name: q.Metric, Dimensions: q.Dimensions}
			points := map[time.Time]metrics.Point{} // of all units together
			for _, d := range h.Metrics.Seen(m, q.Unit, from, to, time.Duration(q.Period)*time.Second) {
				points[d.At] = points[d.At].Plus(d.Point)
			}
			for at, p := range points {
				if x, ok := p.Statistic(q.Stat); ok {
					series[at] = x
				}
			}
			return series
		},
		Times: func(period time.Duration) (all []time.Time) {
			first, last := from, to
			if oldest := tx.Now().Add(-metrics.Kept); first.Before(oldest) { // nothing older is kept
				first = oldest
			}
			if now := tx.Now(); now.Before(last) {
				last = now
			}
			for at := time.Unix(first.Unix()-first.Unix()%int64(period/time.Second), 0).UTC(); at.Before(last); at = at.Add(period) {
				all = append(all, at)
			}
			return all
		},
	}
}
