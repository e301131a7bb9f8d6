package services_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

var now = time.Date(2026, 3, 1, 12, 10, 0, 0, time.UTC)

// newCloudWatchClient is a client of CloudWatch alone, whose clock stands still.
func newCloudWatchClient(t *testing.T) *sdk.Client {
	t.Helper()
	w, err := world.Open("", world.Options{Now: func() time.Time { return now }}, model.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	handler := &wire.Handler{}
	if err := handler.Add(api.Operations(service.Env{World: w, Metrics: metrics.New(func() time.Time { return now })})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
}

// refusedByCloudWatch fails the test unless the call was refused with a code and such words.
func refusedByCloudWatch(t *testing.T, err error, code, words string) {
	t.Helper()
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || refusal.ErrorCode() != code || !strings.Contains(refusal.ErrorMessage(), words) {
		t.Errorf("%v, not %s: %s", err, code, words)
	}
}

func TestMetrics_ArePutListedAndRead(t *testing.T) {
	c, ctx := newCloudWatchClient(t), t.Context()
	dimensions := []types.Dimension{{Name: aws.String("host"), Value: aws.String("a")}, {Name: aws.String("disk"), Value: aws.String("b")}}
	put := func(data ...types.MetricDatum) error {
		for i := range data {
			data[i].MetricName, data[i].Dimensions = aws.String("used"), dimensions
		}
		_, err := c.PutMetricData(ctx, &sdk.PutMetricDataInput{Namespace: aws.String("shop"), MetricData: data})
		return err
	}
	at := aws.Time(now.Add(-5 * time.Minute))
	if err := put(types.MetricDatum{Timestamp: at, Value: aws.Float64(1.5), Unit: types.StandardUnitPercent},
		types.MetricDatum{Timestamp: at, Values: []float64{2, 3}, Counts: []float64{1, 2}, Unit: types.StandardUnitPercent},
		types.MetricDatum{Value: aws.Float64(7)}); err != nil {
		t.Fatal(err)
	}
	refusedByCloudWatch(t, put(types.MetricDatum{Value: aws.Float64(1), Values: []float64{1}}), "InvalidParameterCombination", "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.")
	refusedByCloudWatch(t, put(types.MetricDatum{Values: []float64{1}, Counts: []float64{1, 2}}), "InvalidParameterValue", "must be of the same size")
	refusedByCloudWatch(t, put(types.MetricDatum{Value: aws.Float64(1), StorageResolution: aws.Int32(1)}), "NotSimulated", "StorageResolution")

	list, err := c.ListMetrics(ctx, &sdk.ListMetricsInput{Dimensions: []types.DimensionFilter{{Name: aws.String("disk")}}})
	if err != nil || len(list.Metrics) != 1 || *list.Metrics[0].MetricName != "used" || *list.Metrics[0].Dimensions[0].Name != "disk" {
		t.Errorf("%v: %+v", err, list)
	}
	statistics := &sdk.GetMetricStatisticsInput{Namespace: aws.String("shop"), MetricName: aws.String("used"), Dimensions: dimensions, StartTime: aws.Time(now.Add(-10 * time.Minute)),
		EndTime: aws.Time(now.Add(time.Minute)), Period: aws.Int32(60), Statistics: []types.Statistic{"Average", "Sum", "SampleCount"}, ExtendedStatistics: []string{"p90"}}
	read, err := c.GetMetricStatistics(ctx, statistics)
	if err != nil || len(read.Datapoints) != 2 || *read.Label != "used" {
		t.Fatalf("%v: %+v", err, read)
	}
	if d := read.Datapoints[0]; !d.Timestamp.Equal(*at) || *d.Average != 2.375 || *d.Sum != 9.5 || *d.SampleCount != 4 || d.Maximum != nil || d.Unit != "Percent" || d.ExtendedStatistics["p90"] < 2.97 {
		t.Errorf("%+v", d)
	}
	statistics.EndTime = statistics.StartTime
	_, err = c.GetMetricStatistics(ctx, statistics)
	refusedByCloudWatch(t, err, "InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
	statistics.StartTime = aws.Time(now.Add(-1500 * time.Minute))
	_, err = c.GetMetricStatistics(ctx, statistics)
	refusedByCloudWatch(t, err, "InvalidParameterCombination", "which exceeds the limit of 1440")

	query := types.MetricDataQuery{Id: aws.String("q"), MetricStat: &types.MetricStat{Period: aws.Int32(300), Stat: aws.String("Maximum"),
		Metric: &types.Metric{Namespace: aws.String("shop"), MetricName: aws.String("used"), Dimensions: dimensions}}}
	data, err := c.GetMetricData(ctx, &sdk.GetMetricDataInput{StartTime: aws.Time(now.Add(-10 * time.Minute)), EndTime: aws.Time(now.Add(time.Minute)), MetricDataQueries: []types.MetricDataQuery{query}})
	if err != nil || len(data.MetricDataResults) != 1 || !slices.Equal(data.MetricDataResults[0].Values, []float64{7, 3}) || !data.MetricDataResults[0].Timestamps[0].Equal(now) {
		t.Errorf("%v: %+v", err, data)
	}
	query.ReturnData = aws.Bool(false)
	math := func(expressions ...string) ([]types.MetricDataResult, error) {
		in := &sdk.GetMetricDataInput{StartTime: aws.Time(now.Add(-10 * time.Minute)), EndTime: aws.Time(now.Add(time.Minute)), ScanBy: "TimestampAscending", MetricDataQueries: []types.MetricDataQuery{query}}
		for n, e := range expressions {
			in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{Id: aws.String("e" + strconv.Itoa(n)), Expression: &e, ReturnData: aws.Bool(n == 0)})
		}
		out, err := c.GetMetricData(ctx, in)
		if err != nil {
			return nil, err
		}
		return out.MetricDataResults, nil
	}
	got, err := math("e1 * 100", "IF(q > 5, q, 0)")
	if err != nil || len(got) != 1 || *got[0].Id != "e0" || !slices.Equal(got[0].Values, []float64{0, 700}) {
		t.Errorf("%v: %+v", err, got)
	}
	for expression, want := range map[string]string{
		"r + 1": "ValidationError: Error in expression 'e0': there is no query r", "e0 + q": "ValidationError: Error in expression 'e0': it needs itself", "q +": "ValidationError: Error in expression 'e0': the expression ends too early",
		"1 + 1": "ValidationError: Error in expression 'e0': it needs no metric", "SUM(q)": "ValidationError: Error in expression 'e0': the expression gives a number",
		"SEARCH(q)": "NotSimulated: platformctl local cloud: the function SEARCH in metric math is not simulated",
	} {
		_, err := math(expression)
		code, words, _ := strings.Cut(want, ": ")
		refusedByCloudWatch(t, err, code, words)
	}
	in := &sdk.GetMetricDataInput{StartTime: aws.Time(now.Add(-10 * time.Minute)), EndTime: aws.Time(now), MetricDataQueries: []types.MetricDataQuery{query,
		{Id: aws.String("e"), Expression: aws.String("q * 2"), Period: aws.Int32(300)}}}
	if _, err := c.GetMetricData(ctx, in); err != nil {
		t.Errorf("the period of its metric: %v", err)
	}
	in.MetricDataQueries[1].Period = aws.Int32(600)
	_, err = c.GetMetricData(ctx, in)
	refusedByCloudWatch(t, err, "NotSimulated", "another period")
	chain := []string{"q + q"}
	for n := range 400 { // each twice: without memory that would be 2^400 steps
		chain = append([]string{fmt.Sprintf("e%d + e%d", 400-n, 400-n)}, chain...)
	}
	if _, err := math(chain...); err != nil && !strings.Contains(err.Error(), "no worth") {
		t.Error(err)
	}
}

// An alarm on an expression sees what the expression gives, and says nothing where it gives nothing.
func TestAlarm_WatchesAnExpression(t *testing.T) {
	c, ctx := newCloudWatchClient(t), t.Context()
	in := alarm("share")
	in.Namespace, in.MetricName, in.Statistic, in.Period, in.Tags = nil, nil, "", nil, nil
	stat := func(name string) *types.MetricStat {
		return &types.MetricStat{Period: aws.Int32(60), Stat: aws.String("Sum"), Metric: &types.Metric{Namespace: aws.String("shop"), MetricName: &name}}
	}
	in.Metrics = []types.MetricDataQuery{
		{Id: aws.String("share"), Expression: aws.String("IF(requests > 20, 100 * FILL(errors, 0) / requests, 0)")},
		{Id: aws.String("requests"), MetricStat: stat("requests"), ReturnData: aws.Bool(false)}, {Id: aws.String("errors"), MetricStat: stat("errors"), ReturnData: aws.Bool(false)},
	}
	put := func() error {
		_, err := c.PutMetricAlarm(ctx, in)
		return err
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	out, err := c.DescribeAlarms(ctx, &sdk.DescribeAlarmsInput{})
	if err != nil || len(out.MetricAlarms) != 1 || len(out.MetricAlarms[0].Metrics) != 3 || out.MetricAlarms[0].Metrics[0].MetricStat != nil || !*out.MetricAlarms[0].Metrics[0].ReturnData ||
		*out.MetricAlarms[0].Metrics[1].MetricStat.Metric.MetricName != "requests" {
		t.Errorf("%v: %+v", err, out)
	}
	whole := in.Metrics[0].Expression
	in.Metrics[0].Expression = aws.String("SUM(requests) + SUM(errors)")
	refusedByCloudWatch(t, put(), "ValidationError", "a number, not a time series")
	in.Metrics[0].Expression, in.Metrics[0].Period = whole, aws.Int32(300)
	refusedByCloudWatch(t, put(), "NotSimulated", "metrics of different periods")
	in.Metrics[0].Period, in.Metrics[1].ReturnData = nil, nil
	refusedByCloudWatch(t, put(), "ValidationError", "Exactly one element of the metrics list should return data.")
	in.Metrics[1].ReturnData, in.Metrics[1].MetricStat.Period = aws.Bool(false), aws.Int32(300)
	refusedByCloudWatch(t, put(), "NotSimulated", "metrics of different periods")
}

func alarm(name string) *sdk.PutMetricAlarmInput {
	return &sdk.PutMetricAlarmInput{AlarmName: &name, Namespace: aws.String("shop"), MetricName: aws.String("used"), Statistic: "Sum", Period: aws.Int32(60), EvaluationPeriods: aws.Int32(3),
		Threshold: aws.Float64(30), ComparisonOperator: "GreaterThanThreshold", AlarmActions: []string{"arn:aws:sns:eu-west-1:123456789012:people"},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}}
}

func TestAlarms_AreSetDescribedAndDeleted(t *testing.T) {
	c, ctx := newCloudWatchClient(t), t.Context()
	for _, name := range []string{"b", "a"} {
		if _, err := c.PutMetricAlarm(ctx, alarm(name)); err != nil {
			t.Fatal(err)
		}
	}
	page, err := c.DescribeAlarms(ctx, &sdk.DescribeAlarmsInput{MaxRecords: aws.Int32(1)})
	if err != nil || len(page.MetricAlarms) != 1 || page.NextToken == nil {
		t.Fatalf("%v: %+v", err, page)
	}
	if a := page.MetricAlarms[0]; *a.AlarmName != "a" || *a.AlarmArn != "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a" || a.StateValue != "INSUFFICIENT_DATA" ||
		*a.StateReason != "Unchecked: Initial alarm creation" || !*a.ActionsEnabled || *a.Threshold != 30 || a.TreatMissingData != nil || a.DatapointsToAlarm != nil || !a.StateTransitionedTimestamp.Equal(now) {
		t.Errorf("%+v", a)
	}
	page, err = c.DescribeAlarms(ctx, &sdk.DescribeAlarmsInput{MaxRecords: aws.Int32(1), NextToken: page.NextToken})
	if err != nil || len(page.MetricAlarms) != 1 || *page.MetricAlarms[0].AlarmName != "b" || page.NextToken != nil {
		t.Errorf("the second page: %v: %+v", err, page)
	}
	if _, err := c.SetAlarmState(ctx, &sdk.SetAlarmStateInput{AlarmName: aws.String("a"), StateValue: "ALARM", StateReason: aws.String("a test")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.SetAlarmState(ctx, &sdk.SetAlarmStateInput{AlarmName: aws.String("c"), StateValue: "ALARM", StateReason: aws.String("a test")})
	if missing, ok := errors.AsType[*types.ResourceNotFound](err); !ok {
		t.Errorf("%v (%v)", err, missing)
	}
	_, err = c.SetAlarmState(ctx, &sdk.SetAlarmStateInput{AlarmName: aws.String("a"), StateValue: "INVALID", StateReason: aws.String("a test")})
	refusedByCloudWatch(t, err, "ValidationError", "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]")
	if _, err := c.DisableAlarmActions(ctx, &sdk.DisableAlarmActionsInput{AlarmNames: []string{"a", "c"}}); err != nil {
		t.Error(err)
	}
	for _, in := range []*sdk.DescribeAlarmsInput{{StateValue: "ALARM"}, {AlarmNamePrefix: aws.String("a")}, {AlarmNames: []string{"a", "c"}, ActionPrefix: aws.String("arn:aws:sns")}} {
		if got, err := c.DescribeAlarms(ctx, in); err != nil || len(got.MetricAlarms) != 1 || *got.MetricAlarms[0].AlarmName != "a" || *got.MetricAlarms[0].ActionsEnabled {
			t.Errorf("%+v: %v: %+v", in, err, got)
		}
	}
	if got, err := c.DescribeAlarmsForMetric(ctx, &sdk.DescribeAlarmsForMetricInput{Namespace: aws.String("shop"), MetricName: aws.String("used")}); err != nil || len(got.MetricAlarms) != 2 {
		t.Errorf("%v: %+v", err, got)
	}
	history, err := c.DescribeAlarmHistory(ctx, &sdk.DescribeAlarmHistoryInput{AlarmName: aws.String("a"), HistoryItemType: "StateUpdate"})
	if err != nil || len(history.AlarmHistoryItems) != 1 || *history.AlarmHistoryItems[0].HistorySummary != "Alarm updated from INSUFFICIENT_DATA to ALARM" {
		t.Errorf("%v: %+v", err, history)
	}
	if _, err := c.DeleteAlarms(ctx, &sdk.DeleteAlarmsInput{AlarmNames: []string{"a", "b", "c"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.DescribeAlarms(ctx, &sdk.DescribeAlarmsInput{}); err != nil || len(got.MetricAlarms) != 0 {
		t.Errorf("%v: %+v", err, got)
	}
	wrong := alarm("d")
	wrong.TreatMissingData = aws.String("perhaps")
	_, err = c.PutMetricAlarm(ctx, wrong)
	refusedByCloudWatch(t, err, "ValidationError", "TreatMissingData")
}

func TestTags_OfAlarms(t *testing.T) {
	c, ctx := newCloudWatchClient(t), t.Context()
	if _, err := c.PutMetricAlarm(ctx, alarm("a")); err != nil {
		t.Fatal(err)
	}
	arn := aws.String("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a")
	if _, err := c.TagResource(ctx, &sdk.TagResourceInput{ResourceARN: arn, Tags: []types.Tag{{Key: aws.String("cost"), Value: aws.String("1")}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UntagResource(ctx, &sdk.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"team", "none"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceARN: arn}); err != nil || len(got.Tags) != 1 || *got.Tags[0].Key != "cost" {
		t.Errorf("%v: %+v", err, got)
	}
	_, err := c.TagResource(ctx, &sdk.TagResourceInput{ResourceARN: aws.String(*arn + "b"), Tags: []types.Tag{{Key: aws.String("cost"), Value: aws.String("1")}}})
	refusedByCloudWatch(t, err, "ResourceNotFoundException", "")
}
