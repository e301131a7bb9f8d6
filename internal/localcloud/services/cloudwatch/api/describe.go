package api

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) describeOperations() []wire.Operation {
	return []wire.Operation{view(h, "DescribeAlarms", describeAlarms), view(h, "DescribeAlarmsForMetric", describeAlarmsForMetric)}
}

type describeAlarmsInput struct {
	Names        []string `query:"AlarmNames" max:"100" eachmin:"1" eachmax:"255"`
	Prefix       string   `query:"AlarmNamePrefix" min:"1" max:"255"`
	Types        []string `query:"AlarmTypes" eachenum:"CompositeAlarm|MetricAlarm"`
	State        string   `query:"StateValue" enum:"OK|ALARM|INSUFFICIENT_DATA"`
	ActionPrefix string   `query:"ActionPrefix" min:"1" max:"1024"`
	MaxRecords   *int     `query:"MaxRecords" min:"1" max:"100"`
	NextToken    string   `query:"NextToken"`
}

type describeAlarmsOutput struct {
	CompositeAlarms wire.Members[wire.Empty]
	MetricAlarms    wire.Members[shownAlarm]
	NextToken       string `json:",omitempty" xml:",omitempty"`
}

type shownAlarm struct {
	AlarmName                          string
	AlarmArn                           string
	AlarmDescription                   string `json:",omitempty" xml:",omitempty"`
	AlarmConfigurationUpdatedTimestamp *wire.Time
	ActionsEnabled                     bool
	OKActions                          wire.Members[string]
	AlarmActions                       wire.Members[string]
	InsufficientDataActions            wire.Members[string]
	StateValue                         string
	StateReason                        string
	StateReasonData                    string `json:",omitempty" xml:",omitempty"`
	StateUpdatedTimestamp              *wire.Time
	StateTransitionedTimestamp         *wire.Time
	MetricName                         string `json:",omitempty" xml:",omitempty"`
	Namespace                          string `json:",omitempty" xml:",omitempty"`
	Statistic                          string `json:",omitempty" xml:",omitempty"`
	ExtendedStatistic                  string `json:",omitempty" xml:",omitempty"`
	Dimensions                         wire.Members[shownDimension]
	Period                             int    `json:",omitempty" xml:",omitempty"`
	Unit                               string `json:",omitempty" xml:",omitempty"`
	EvaluationPeriods                  int
	DatapointsToAlarm                  int `json:",omitempty" xml:",omitempty"`
	Threshold                          float64
	ComparisonOperator                 string
	TreatMissingData                   string                   `json:",omitempty" xml:",omitempty"`
	EvaluateLowSampleCountPercentile   string                   `json:",omitempty" xml:",omitempty"`
	Metrics                            wire.Members[shownQuery] `json:",omitempty" xml:",omitempty"`
}

type shownQuery struct {
	ID         string     `json:"Id" xml:"Id"`
	MetricStat *shownStat `json:",omitempty" xml:",omitempty"`
	Expression string     `json:",omitempty" xml:",omitempty"`
	Label      string     `json:",omitempty" xml:",omitempty"`
	ReturnData bool
}

type shownStat struct {
	Metric listedMetric
	Period int
	Stat   string
	Unit   string `json:",omitempty" xml:",omitempty"`
}

func show(tx *world.Tx, a *model.Alarm) shownAlarm {
	s := shownAlarm{AlarmName: a.ID, AlarmArn: model.ARN(tx, a.ID), AlarmDescription: a.Description, AlarmConfigurationUpdatedTimestamp: at(a.Configured),
		ActionsEnabled: a.ActionsEnabled, OKActions: listed(a.OKActions), AlarmActions: listed(a.AlarmActions), InsufficientDataActions: listed(a.NoDataActions),
		StateValue: a.State, StateReason: a.Reason, StateReasonData: a.ReasonData, StateUpdatedTimestamp: at(a.Updated), StateTransitionedTimestamp: at(a.Transitioned),
		MetricName: a.Metric, Namespace: a.Namespace, Statistic: a.Statistic, ExtendedStatistic: a.Extended, Dimensions: shown(a.Dimensions), Period: a.Period, Unit: a.Unit,
		EvaluationPeriods: a.Periods, DatapointsToAlarm: a.ToAlarm, Threshold: a.Threshold, ComparisonOperator: a.Comparison, TreatMissingData: a.Missing,
		EvaluateLowSampleCountPercentile: a.LowSampleCount}
	for _, q := range a.Queries {
		one := shownQuery{ID: q.ID, Expression: q.Expression, Label: q.Label, ReturnData: !q.Hidden}
		if q.Expression == "" {
			one.MetricStat = &shownStat{listedMetric{q.Namespace, q.Metric, shown(q.Dimensions)}, q.Period, q.Stat, q.Unit}
		}
		s.Metrics = append(s.Metrics, one)
	}
	return s
}

func listed(list []string) wire.Members[string] { return append(wire.Members[string]{}, list...) }

func describeAlarms(tx *world.Tx, _ *wire.Call, in *describeAlarmsInput) (*describeAlarmsOutput, error) {
	if len(in.Names) > 0 && in.Prefix != "" {
		return nil, model.Invalid("AlarmNamePrefix and AlarmNames are mutually exclusive and you have specified both.")
	}
	all := wire.Members[shownAlarm]{}
	if len(in.Types) == 0 || slices.Contains(in.Types, "MetricAlarm") {
		for _, a := range byName(tx) {
			if (len(in.Names) == 0 || slices.Contains(in.Names, a.ID)) && strings.HasPrefix(a.ID, in.Prefix) && (in.State == "" || a.State == in.State) && acts(a, in.ActionPrefix) {
				all = append(all, show(tx, a))
			}
		}
	}
	page, next, ok := wire.Page(all, in.NextToken, in.MaxRecords, 100)
	if !ok {
		return nil, refuse.New("InvalidNextToken", "The next token specified is invalid.")
	}
	return &describeAlarmsOutput{wire.Members[wire.Empty]{}, page, next}, nil
}

func byName(tx *world.Tx) []*model.Alarm {
	all := slices.Clone(world.All[model.Alarm](tx))
	slices.SortFunc(all, func(a, b *model.Alarm) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// acts reports whether an alarm has an action that begins so.
func acts(a *model.Alarm, prefix string) bool {
	return prefix == "" || slices.ContainsFunc(slices.Concat(a.OKActions, a.AlarmActions, a.NoDataActions), func(action string) bool { return strings.HasPrefix(action, prefix) })
}

type describeAlarmsForMetricInput struct {
	MetricName string      `query:"MetricName,required" min:"1" max:"255"`
	Namespace  string      `query:"Namespace,required" min:"1" max:"255" pattern:"[^:].*"`
	Statistic  string      `query:"Statistic" enum:"SampleCount|Average|Sum|Minimum|Maximum"`
	Extended   string      `query:"ExtendedStatistic"`
	Dimensions []dimension `query:"Dimensions" max:"30"`
	Period     int         `query:"Period" min:"1"`
	Unit       string      `query:"Unit" enum:"Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None"`
}

type describeAlarmsForMetricOutput struct{ MetricAlarms wire.Members[shownAlarm] }

func describeAlarmsForMetric(tx *world.Tx, _ *wire.Call, in *describeAlarmsForMetricInput) (*describeAlarmsForMetricOutput, error) {
	out := &describeAlarmsForMetricOutput{wire.Members[shownAlarm]{}}
	wanted := metrics.Sorted(dimensionsOf(in.Dimensions))
	for _, a := range byName(tx) {
		if a.Metric == in.MetricName && a.Namespace == in.Namespace && slices.Equal(metrics.Sorted(a.Dimensions), wanted) &&
			(in.Statistic == "" || a.Statistic == in.Statistic) && (in.Extended == "" || a.Extended == in.Extended) &&
			(in.Period == 0 || a.Period == in.Period) && (in.Unit == "" || a.Unit == in.Unit) {
			out.MetricAlarms = append(out.MetricAlarms, show(tx, a))
		}
	}
	return out, nil
}
