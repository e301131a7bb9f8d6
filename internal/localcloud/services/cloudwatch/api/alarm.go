package api

import (
	"cmp"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) alarmOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "PutMetricAlarm", putMetricAlarm),
		change(h, "DeleteAlarms", service.Does(wire.Empty{}, func(tx *world.Tx, in *alarmNames) error {
			model.Delete(tx, in.Names...)
			return nil
		})),
		change(h, "SetAlarmState", service.Does(wire.Empty{}, func(tx *world.Tx, in *setAlarmStateInput) error {
			return model.Set(tx, in.Name, in.State, in.Reason, in.Data)
		})),
		change(h, "EnableAlarmActions", service.Does(wire.Empty{}, func(tx *world.Tx, in *alarmNames) error {
			model.EnableActions(tx, in.Names, true)
			return nil
		})),
		change(h, "DisableAlarmActions", service.Does(wire.Empty{}, func(tx *world.Tx, in *alarmNames) error {
			model.EnableActions(tx, in.Names, false)
			return nil
		})),
	}
}

type alarmNames struct {
	Names []string `query:"AlarmNames,required" max:"100" eachmin:"1" eachmax:"255"`
}

type setAlarmStateInput struct {
	Name   string `query:"AlarmName,required" min:"1" max:"255"`
	State  string `query:"StateValue,required" enum:"INSUFFICIENT_DATA|ALARM|OK"`
	Reason string `query:"StateReason,required" min:"0" max:"1023"`
	Data   string `query:"StateReasonData" min:"0" max:"4000"`
}

type putMetricAlarmInput struct {
	Name           string        `query:"AlarmName,required" min:"1" max:"255"`
	Description    string        `query:"AlarmDescription" min:"0" max:"1024"`
	ActionsEnabled *bool         `query:"ActionsEnabled"`
	OKActions      []string      `query:"OKActions" max:"5" eachmin:"1" eachmax:"1024"`
	AlarmActions   []string      `query:"AlarmActions" max:"5" eachmin:"1" eachmax:"1024"`
	NoDataActions  []string      `query:"InsufficientDataActions" max:"5" eachmin:"1" eachmax:"1024"`
	MetricName     string        `query:"MetricName" min:"1" max:"255"`
	Namespace      string        `query:"Namespace" min:"1" max:"255" pattern:"[^:].*"`
	Statistic      string        `query:"Statistic" enum:"SampleCount|Average|Sum|Minimum|Maximum"`
	Extended       string        `query:"ExtendedStatistic"`
	Dimensions     []dimension   `query:"Dimensions" max:"30"`
	Period         int           `query:"Period" min:"1"`
	Unit           string        `query:"Unit" enum:"Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None"`
	Periods        int           `query:"EvaluationPeriods,required" min:"1"`
	ToAlarm        *int          `query:"DatapointsToAlarm" min:"1"`
	Threshold      *float64      `query:"Threshold"`
	Comparison     string        `query:"ComparisonOperator,required" enum:"GreaterThanOrEqualToThreshold|GreaterThanThreshold|LessThanThreshold|LessThanOrEqualToThreshold|LessThanLowerOrGreaterThanUpperThreshold|LessThanLowerThreshold|GreaterThanUpperThreshold"`
	Missing        string        `query:"TreatMissingData" min:"1" max:"255"`
	LowSampleCount string        `query:"EvaluateLowSampleCountPercentile" min:"1" max:"255"`
	Metrics        []metricQuery `query:"Metrics"`
	Tags           []tag         `query:"Tags"`
}

func putMetricAlarm(tx *world.Tx, _ *wire.Call, in *putMetricAlarmInput) (*wire.Empty, error) {
	s := model.Settings{Description: in.Description, ActionsEnabled: in.ActionsEnabled == nil || *in.ActionsEnabled, OKActions: in.OKActions, AlarmActions: in.AlarmActions,
		NoDataActions: in.NoDataActions, Namespace: in.Namespace, Metric: in.MetricName, Dimensions: dimensionsOf(in.Dimensions), Statistic: in.Statistic, Extended: in.Extended,
		Unit: in.Unit, Period: in.Period, Periods: in.Periods, Comparison: in.Comparison, Missing: in.Missing, LowSampleCount: in.LowSampleCount}
	if strings.Contains(in.Comparison, "Lower") || strings.Contains(in.Comparison, "Upper") {
		return nil, refuse.NotSimulated("alarms on anomaly detection are not simulated")
	}
	if in.Threshold == nil {
		return nil, refuse.New("MissingParameter", "The parameter Threshold is required.")
	}
	s.Threshold = *in.Threshold
	if in.ToAlarm != nil {
		s.ToAlarm = *in.ToAlarm
	}
	if len(in.Metrics) > 0 {
		if cmp.Or(in.MetricName, in.Namespace, in.Statistic, in.Extended, in.Unit) != "" || in.Period != 0 || len(in.Dimensions) > 0 {
			return nil, model.Invalid("Metrics list must not be specified with the parameters of a single metric")
		}
		var err error
		if s.Queries, err = queriesOf(in.Metrics); err != nil {
			return nil, err
		}
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	return &wire.Empty{}, model.Put(tx, in.Name, s, tags)
}
