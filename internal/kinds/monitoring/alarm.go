package monitoring

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/resource"
)

const kindAlarm = "alarm"

// Alarm watches a metric, or what an expression makes of several, and tells the topic when it crosses a threshold, and when it no
// longer does.
type Alarm struct {
	Topic resource.Ref
	// Description is for who is woken by it: what it means, and what to do.
	Description string
	Metrics     []Metric
	// Expression is metric math over the metrics, by their IDs; "" where there is one, which is watched itself.
	Expression string
	// Above says that the alarm is raised above the threshold, else below it.
	Above     bool
	Threshold float64
	Period    time.Duration // whole minutes
	// Periods are looked at, of which Breaching have to breach.
	Periods, Breaching int
	Missing            Missing
}

// Missing is how a period without data is taken.
type Missing string

// The ways to take it.
const (
	MissingFine   Missing = "notBreaching"
	MissingIgnore Missing = "ignore" // the alarm stays as it is
	// MissingTold is a state of its own, INSUFFICIENT_DATA, in which every alarm begins. Who comes into it again tells that.
	MissingTold Missing = "missing"
)

// Metric is a metric of CloudWatch.
type Metric struct {
	ID              string // by which the expression names it; "" without an expression
	Namespace, Name string
	Dimensions      []Dimension
	Statistic       string // "Sum", or a percentile such as "p95"
}

// Dimension is one of a metric's. Its value is Value, or what metrics call the object that Of refers to.
type Dimension struct {
	Name, Value string
	Of          resource.Ref
}

// Refs implements resource.Spec.
func (a Alarm) Refs() []resource.Ref {
	refs := []resource.Ref{a.Topic}
	for _, metric := range a.Metrics {
		for _, dimension := range metric.Dimensions {
			if !dimension.Of.IsZero() {
				refs = append(refs, dimension.Of)
			}
		}
	}
	return refs
}

// LiveAlarm is an alarm as CloudWatch describes it. Its name says whose it is: to ask for each one's tags would be as many calls.
type LiveAlarm struct {
	types.MetricAlarm
	Tags map[string]string
}

// Name is the alarm's for people, which is the last part of AWS's.
func (l LiveAlarm) Name() string {
	name := aws.ToString(l.AlarmName)
	return name[strings.LastIndexByte(name, '.')+1:]
}

const (
	fieldWatches   = "what it watches"
	fieldThreshold = "threshold"
	fieldActions   = "actions"
	fieldMeaning   = "description"
)

// AlarmKind is the kind "alarm". Its ID is the alarm's name.
func AlarmKind() resource.Kind[Alarm, LiveAlarm] {
	return resource.Kind[Alarm, LiveAlarm]{
		Traits: resource.Traits{
			Name:    kindAlarm,
			AskedBy: section,
			Console: resource.Console{Object: "cloudwatch#alarmsV2:alarm/", List: "cloudwatch#alarmsV2:?search=platformctl.{platform}."},
			Actions: resource.Actions{
				Read:   []string{"cloudwatch:DescribeAlarms"},
				Make:   []string{"cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"},
				Delete: []string{"cloudwatch:DeleteAlarms"},
				On: func(owner awsapi.Owner, account string) string { // of one of many, which are allowed alike
					return "arn:aws:cloudwatch:" + owner.Region + ":" + account + ":alarm:" + AlarmName(owner.Platform, "latency")
				},
			},
			Compared: []resource.Field{
				resource.Identity("AlarmName", "AlarmArn", "Tags", "StateReason", "StateReasonData", "StateTransitionedTimestamp", "StateUpdatedTimestamp",
					"StateValue", "EvaluationState", "AlarmConfigurationUpdatedTimestamp"),
				{Name: fieldWatches, Of: []string{"Namespace", "MetricName", "Dimensions", "Metrics", "Statistic", "ExtendedStatistic", "Period", "Unit", "EvaluateLowSampleCountPercentile"},
					How: resource.Repaired, Why: "an alarm that watches something else is silent"},
				{Name: fieldThreshold, Of: []string{"Threshold", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm", "TreatMissingData"},
					How: resource.Repaired, Why: "it decides when somebody is told"},
				{Name: fieldActions, Of: []string{"ActionsEnabled", "AlarmActions", "InsufficientDataActions", "OKActions"}, How: resource.Repaired, Why: "without them nobody is told"},
				{Name: fieldMeaning, Of: []string{"AlarmDescription"}, How: resource.Repaired, Why: "it says what to do"},
				{Name: "anomaly detection and missing data", Of: []string{"ThresholdMetricId", "EvaluationCriteria", "EvaluationInterval", "EvaluationWindow",
					"ActionConfiguration", "WarmUpConfiguration"}, How: resource.Ignored,
					Why: "the alarms have none"},
			},
			Removal: resource.Removal{
				Delete: func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
					_, err := c.CloudWatch.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{record.ID}})
					return err
				},
			},
		},
		Reading: resource.Reading[LiveAlarm]{
			List:   listAlarms,
			ID:     func(l LiveAlarm) string { return aws.ToString(l.AlarmName) },
			Tags:   func(l LiveAlarm) map[string]string { return l.Tags },
			Status: func(LiveAlarm) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Alarm, LiveAlarm]{
			Diff:   diffAlarm,
			Create: putAlarm,
			Update: func(ctx context.Context, call resource.Call[Alarm], _ LiveAlarm, _ []resource.Change) error {
				_, err := putAlarm(ctx, call)
				return err
			},
		},
		Costs: resource.Costs[Alarm, LiveAlarm]{
			Wanted: func(a Alarm) []prices.Item { return []prices.Item{{Name: prices.Alarm, Count: int64(len(a.Metrics))}} },
			Live: func(l LiveAlarm) []prices.Item {
				n := 1
				if len(l.Metrics) > 0 {
					n = len(slices.DeleteFunc(slices.Clone(l.Metrics), func(q types.MetricDataQuery) bool { return q.MetricStat == nil }))
				}
				return []prices.Item{{Name: prices.Alarm, Count: int64(n)}}
			},
		},
	}
}

// AlarmName is the name of a platform's alarm in CloudWatch. No platform's name has a dot.
func AlarmName(platform, name string) string { return alarmPrefix(platform) + name }

func alarmPrefix(platform string) string { return "platformctl." + platform + "." }

// alarmsPage is how many alarms one reply has at most.
const alarmsPage = 100

func listAlarms(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveAlarm, error) {
	if !owner.Monitoring || owner.IsEveryone() {
		return nil, nil
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(c.CloudWatch, &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String(alarmPrefix(owner.Platform)), AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}, MaxRecords: aws.Int32(alarmsPage),
	})
	alarms, err := awsapi.Collect(ctx, pages, func(page *cloudwatch.DescribeAlarmsOutput) []types.MetricAlarm { return page.MetricAlarms })
	var live []LiveAlarm
	for _, alarm := range alarms {
		name := strings.TrimPrefix(aws.ToString(alarm.AlarmName), alarmPrefix(owner.Platform))
		live = append(live, LiveAlarm{alarm, map[string]string{awsapi.TagPlatform: owner.Platform, awsapi.TagKey: resource.Key{Kind: kindAlarm, Name: name}.String()}})
	}
	return live, err
}

func diffAlarm(spec Alarm, live LiveAlarm, ids resource.IDs) (changes []resource.Change) {
	want := settings(spec, ids)
	differ := func(field, want, have string) {
		if want != have {
			changes = append(changes, resource.Change{Field: field, Want: want, Have: have})
		}
	}
	have := inputOf(live.MetricAlarm)
	differ(fieldWatches, watches(want), watches(have))
	differ(fieldThreshold, threshold(want), threshold(have))
	differ(fieldActions, actions(want), actions(have))
	if aws.ToString(want.AlarmDescription) != aws.ToString(have.AlarmDescription) {
		changes = append(changes, resource.Change{Field: fieldMeaning, Want: aws.ToString(want.AlarmDescription), Have: aws.ToString(have.AlarmDescription), Text: "it says something else"})
	}
	return changes
}

func putAlarm(ctx context.Context, call resource.Call[Alarm]) (string, error) {
	in := settings(call.Spec, call.IDs)
	in.AlarmName = aws.String(AlarmName(call.Owner.Platform, call.Key.Name))
	in.Tags = tagsOf(call.Tags)
	if _, err := call.Clients.CloudWatch.PutMetricAlarm(ctx, in); err != nil {
		return "", fmt.Errorf("put the alarm %s: %w", *in.AlarmName, err)
	}
	call.Unconfirmed() // it replaces what has the name
	return *in.AlarmName, nil
}
