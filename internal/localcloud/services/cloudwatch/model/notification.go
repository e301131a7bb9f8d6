package model

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// notification is what an alarm sends to a topic.
// Source: SNS messages of alarms in the CloudWatch User Guide and in public logs.
type notification struct {
	Name        string   `json:"AlarmName"`
	Description *string  `json:"AlarmDescription"`
	Account     string   `json:"AWSAccountId"`
	Configured  string   `json:"AlarmConfigurationUpdatedTimestamp"`
	New         string   `json:"NewStateValue"`
	Reason      string   `json:"NewStateReason"`
	Time        string   `json:"StateChangeTime"`
	Region      string   `json:"Region"`
	ARN         string   `json:"AlarmArn"`
	Old         string   `json:"OldStateValue"`
	OK          []string `json:"OKActions"`
	Alarm       []string `json:"AlarmActions"`
	NoData      []string `json:"InsufficientDataActions"`
	Trigger     trigger  `json:"Trigger"`
}

type trigger struct {
	Metric        string      `json:"MetricName,omitempty"`
	Namespace     string      `json:"Namespace,omitempty"`
	StatisticType string      `json:"StatisticType,omitempty"`
	Statistic     string      `json:"Statistic,omitempty"`
	Extended      string      `json:"ExtendedStatistic,omitempty"`
	Unit          *string     `json:"Unit,omitempty"`
	Metrics       []watched   `json:"Metrics,omitempty"`
	Dimensions    []dimension `json:"Dimensions,omitempty"`
	Period        int         `json:"Period"`
	Periods       int         `json:"EvaluationPeriods"`
	ToAlarm       int         `json:"DatapointsToAlarm,omitempty"`
	Comparison    string      `json:"ComparisonOperator"`
	Threshold     float64     `json:"Threshold"`
	Missing       string      `json:"TreatMissingData"`
	LowSample     string      `json:"EvaluateLowSampleCountPercentile"`
}

// watched is a query as notifications show it.
type watched struct {
	Expression string       `json:"Expression,omitempty"`
	ID         string       `json:"Id"`
	Label      string       `json:"Label,omitempty"`
	Stat       *watchedStat `json:"MetricStat,omitempty"`
	Returns    bool         `json:"ReturnData"`
}

type watchedStat struct {
	Metric struct {
		Dimensions []dimension `json:"Dimensions"`
		Name       string      `json:"MetricName"`
		Namespace  string      `json:"Namespace"`
	} `json:"Metric"`
	Period int    `json:"Period"`
	Stat   string `json:"Stat"`
}

type dimension struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

// Notification is what the alarm's present state makes it send to a topic.
func (a *Alarm) Notification(tx *world.Tx) (subject, text string) {
	long := region.LongName(tx.Region())
	n := notification{Name: a.ID, Account: world.AccountID, Configured: a.Configured.UTC().Format(stamp), New: a.State, Reason: a.Reason, Time: a.Transitioned.UTC().Format(stamp),
		Region: long, ARN: ARN(tx, a.ID), Old: a.Before, OK: list(a.OKActions), Alarm: list(a.AlarmActions), NoData: list(a.NoDataActions), Trigger: a.trigger(tx)}
	if a.Description != "" {
		n.Description = &a.Description
	}
	document, err := json.Marshal(n)
	if err != nil {
		panic(fmt.Sprintf("cloudwatch: a notification can't be written: %v", err)) // a programming error
	}
	subject = a.State + `: "` + a.ID + `" in ` + long
	if most := 99; len(subject) > most {
		subject = strings.ToValidUTF8(subject[:most], "")
	}
	return subject, string(document)
}

func list(actions []string) []string { return append([]string{}, actions...) }

func (a *Alarm) trigger(tx *world.Tx) trigger {
	if len(a.Queries) > 0 {
		return trigger{Period: a.period(), Periods: a.Periods, ToAlarm: a.ToAlarm, Comparison: a.Comparison, Threshold: a.Threshold, Missing: a.Missing,
			LowSample: a.LowSampleCount, Metrics: a.Queries.shown()}
	}
	m := a.metric(tx.Region())
	t := trigger{Metric: m.Name, Namespace: m.Namespace, Period: a.period(), Periods: a.Periods, ToAlarm: a.ToAlarm, Comparison: a.Comparison, Threshold: a.Threshold,
		Missing: a.Missing, LowSample: a.LowSampleCount, Dimensions: dimensions(m.Dimensions)}
	if unit := a.unit(); unit != "" {
		t.Unit = &unit
	}
	if stat := a.stat(); strings.HasPrefix(stat, "p") {
		t.StatisticType, t.Extended = "ExtendedStatistic", stat
	} else {
		t.StatisticType, t.Statistic = "Statistic", upper(stat)
	}
	return t
}

func (all Queries) shown() (list []watched) {
	for _, q := range all {
		w := watched{Expression: q.Expression, ID: q.ID, Label: q.Label, Returns: !q.Hidden}
		if q.Expression == "" {
			w.Stat = &watchedStat{Period: q.Period, Stat: q.Stat}
			w.Stat.Metric.Name, w.Stat.Metric.Namespace, w.Stat.Metric.Dimensions = q.Metric, q.Namespace, dimensions(q.Dimensions)
		}
		list = append(list, w)
	}
	return list
}

func dimensions(list []metrics.Dimension) (all []dimension) {
	for _, d := range list {
		all = append(all, dimension{d.Value, d.Name})
	}
	return all
}

// upper writes SampleCount as SAMPLE_COUNT.
func upper(stat string) string {
	if stat == "SampleCount" {
		return "SAMPLE_COUNT"
	}
	return strings.ToUpper(stat)
}
