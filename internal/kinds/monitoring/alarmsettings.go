package monitoring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/platformctl/platformctl/internal/resource"
)

// resultID is the ID of an alarm's expression.
const resultID = "result"

// settings are all of an alarm's, as the call that makes or changes it has them, but for its name and tags.
func settings(spec Alarm, ids resource.IDs) *cloudwatch.PutMetricAlarmInput {
	topic := []string{ids.Of(spec.Topic)}
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmDescription: &spec.Description, ActionsEnabled: aws.Bool(true), AlarmActions: topic, OKActions: topic,
		ComparisonOperator: types.ComparisonOperatorLessThanThreshold, Threshold: &spec.Threshold,
		EvaluationPeriods: aws.Int32(int32(spec.Periods)), DatapointsToAlarm: aws.Int32(int32(spec.Breaching)), //nolint:gosec // a handful
		TreatMissingData: aws.String(string(spec.Missing)),
	}
	if spec.Missing == MissingTold {
		in.InsufficientDataActions = topic
	}
	if spec.Above {
		in.ComparisonOperator = types.ComparisonOperatorGreaterThanThreshold
	}
	seconds := aws.Int32(int32(spec.Period / time.Second)) //nolint:gosec // an hour at most
	if spec.Expression == "" {
		metric := spec.Metrics[0]
		in.Namespace, in.MetricName, in.Period, in.Dimensions = &metric.Namespace, &metric.Name, seconds, dimensionsOf(metric, ids)
		if isPercentile(metric.Statistic) {
			// Few answers say little of the slowest of twenty.
			in.ExtendedStatistic, in.EvaluateLowSampleCountPercentile = &metric.Statistic, aws.String("ignore")
		} else {
			in.Statistic = types.Statistic(metric.Statistic)
		}
		return in
	}
	for _, metric := range spec.Metrics {
		in.Metrics = append(in.Metrics, types.MetricDataQuery{Id: &metric.ID, ReturnData: aws.Bool(false), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: &metric.Namespace, MetricName: &metric.Name, Dimensions: dimensionsOf(metric, ids)}, Period: seconds, Stat: &metric.Statistic,
		}})
	}
	in.Metrics = append(in.Metrics, types.MetricDataQuery{Id: aws.String(resultID), Expression: &spec.Expression, ReturnData: aws.Bool(true)})
	return in
}

func isPercentile(statistic string) bool { return strings.HasPrefix(statistic, "p") }

func dimensionsOf(metric Metric, ids resource.IDs) (all []types.Dimension) {
	for _, dimension := range metric.Dimensions {
		value := dimension.Value
		if !dimension.Of.IsZero() {
			value = nameInMetrics(dimension.Name, ids.Of(dimension.Of))
		}
		all = append(all, types.Dimension{Name: &dimension.Name, Value: &value})
	}
	return all
}

// nameInMetrics is what metrics call an object.
// Source: Elastic Load Balancing User Guide, "CloudWatch metrics for your Application Load Balancer": dimensions.
func nameInMetrics(dimension, id string) string {
	switch dimension {
	case "LoadBalancer":
		return after(id, ":loadbalancer/")
	case "TargetGroup":
		return targetGroup(id)
	}
	return id
}

// inputOf is the call that would make an alarm as it is.
func inputOf(live types.MetricAlarm) *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmDescription: live.AlarmDescription, ActionsEnabled: live.ActionsEnabled, AlarmActions: live.AlarmActions, OKActions: live.OKActions,
		InsufficientDataActions: live.InsufficientDataActions,
		ComparisonOperator:      live.ComparisonOperator, Threshold: live.Threshold, EvaluationPeriods: live.EvaluationPeriods,
		DatapointsToAlarm: live.DatapointsToAlarm, TreatMissingData: live.TreatMissingData, Namespace: live.Namespace, MetricName: live.MetricName,
		Period: live.Period, Dimensions: live.Dimensions, Statistic: live.Statistic, ExtendedStatistic: live.ExtendedStatistic,
		EvaluateLowSampleCountPercentile: live.EvaluateLowSampleCountPercentile, Metrics: live.Metrics, Unit: live.Unit,
	}
}

// watches says what is watched: "Sum of AWS/ApplicationELB RequestCount (LoadBalancer app/x) each 60 s".
func watches(in *cloudwatch.PutMetricAlarmInput) string {
	if len(in.Metrics) == 0 {
		return statText(string(in.Statistic)+aws.ToString(in.ExtendedStatistic), in.Namespace, in.MetricName, in.Dimensions, in.Period) + string(in.Unit)
	}
	var parts []string
	for _, q := range in.Metrics {
		text := aws.ToString(q.Id) + " = "
		switch {
		case q.MetricStat != nil && q.MetricStat.Metric != nil:
			m := q.MetricStat.Metric
			text += statText(aws.ToString(q.MetricStat.Stat), m.Namespace, m.MetricName, m.Dimensions, q.MetricStat.Period)
		default:
			text += aws.ToString(q.Expression)
		}
		if q.ReturnData == nil || *q.ReturnData {
			text += ", which is watched"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func statText(stat string, namespace, name *string, dimensions []types.Dimension, period *int32) string {
	var of []string
	for _, d := range dimensions {
		of = append(of, aws.ToString(d.Name)+" "+aws.ToString(d.Value))
	}
	slices.Sort(of)
	return fmt.Sprintf("%s of %s %s (%s) each %d s", stat, aws.ToString(namespace), aws.ToString(name), strings.Join(of, ", "), aws.ToInt32(period))
}

// threshold says when the alarm is raised.
func threshold(in *cloudwatch.PutMetricAlarmInput) string {
	operator := map[types.ComparisonOperator]string{types.ComparisonOperatorGreaterThanThreshold: "above", types.ComparisonOperatorLessThanThreshold: "below",
		types.ComparisonOperatorGreaterThanOrEqualToThreshold: "at least", types.ComparisonOperatorLessThanOrEqualToThreshold: "at most"}[in.ComparisonOperator]
	if operator == "" {
		operator = string(in.ComparisonOperator)
	}
	periods := aws.ToInt32(in.EvaluationPeriods)
	breaching := periods
	if in.DatapointsToAlarm != nil {
		breaching = *in.DatapointsToAlarm
	}
	return fmt.Sprintf("%s %s in %d of %d periods, without data %s", operator, strconv.FormatFloat(aws.ToFloat64(in.Threshold), 'f', -1, 64), breaching, periods, aws.ToString(in.TreatMissingData))
}

// actions says who is told.
func actions(in *cloudwatch.PutMetricAlarmInput) string {
	if in.ActionsEnabled != nil && !*in.ActionsEnabled {
		return "disabled"
	}
	return "ALARM: " + strings.Join(in.AlarmActions, ", ") + "; OK: " + strings.Join(in.OKActions, ", ") + "; no data: " + strings.Join(in.InsufficientDataActions, ", ")
}
