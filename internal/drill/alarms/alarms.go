// Package alarms reads what a platform's alarms say while a failover drill runs, and tells those who hear them that it is one.
//
// Which alarms a fault raises, and when, is for package predict to say; what of it makes a verdict, for package drill.
package alarms

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
	"github.com/platformctl/platformctl/internal/resource"
)

// Alarm is an alarm in CloudWatch.
type Alarm struct {
	Name string // for people
	ID   string // its name in CloudWatch
	// Targets says that it is on the platform's targets, so that a drill can tell when it is raised; Zone is whose where it is on one's.
	Targets bool
	Zone    string
	Rule    predict.Alarm
	State
}

// State is an alarm's.
type State struct {
	Ringing bool
	// Since is when it came into the state, by AWS's clock.
	Since time.Time
}

// Of are the alarms among a platform's objects, and the topic that they tell; "" where there is none.
func Of(objects []resource.Object) (all []Alarm, topic string) {
	for _, object := range objects {
		switch live := object.Live.(type) {
		case monitoring.LiveTopic:
			topic = live.ARN
		case monitoring.LiveAlarm:
			alarm := Alarm{Name: object.Key.Name, ID: object.ID, State: stateOf(live.MetricAlarm)}
			alarm.Rule.Period = periodOf(live.MetricAlarm)
			alarm.Rule.Breaching = int(aws.ToInt32(live.EvaluationPeriods))
			if live.DatapointsToAlarm != nil {
				alarm.Rule.Breaching = int(*live.DatapointsToAlarm)
			}
			zone, emptied := strings.CutPrefix(alarm.Name, blueprint.AlarmNoHealthy+"-")
			switch {
			case emptied:
				alarm.Rule.Watches, alarm.Zone = predict.Emptied, zone
			case alarm.Name == blueprint.AlarmUnhealthy:
				alarm.Rule.Watches = predict.Unhealthy
			case alarm.Name == blueprint.AlarmMissing:
				alarm.Rule.Watches = predict.Missing
			}
			alarm.Targets = alarm.Rule.Watches != ""
			all = append(all, alarm)
		}
	}
	return all, topic
}

// periodOf is how long one of an alarm's periods lasts, which an expression has from its metrics.
func periodOf(live types.MetricAlarm) time.Duration {
	seconds := aws.ToInt32(live.Period)
	for _, query := range live.Metrics {
		if query.MetricStat != nil {
			seconds = aws.ToInt32(query.MetricStat.Period)
		}
	}
	return time.Duration(seconds) * time.Second
}

func stateOf(live types.MetricAlarm) State {
	since := live.StateTransitionedTimestamp
	if since == nil {
		since = live.StateUpdatedTimestamp
	}
	return State{Ringing: live.StateValue == types.StateValueAlarm, Since: aws.ToTime(since)}
}

// Look reads the states of alarms, by their IDs. Those that aren't there are left out.
func Look(ctx context.Context, c *awsapi.Clients, ids []string) (map[string]State, error) {
	out, err := c.CloudWatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: ids, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}, MaxRecords: aws.Int32(most)})
	if err != nil {
		return nil, fmt.Errorf("look at the alarms: %w", err)
	}
	states := map[string]State{}
	for _, alarm := range out.MetricAlarms {
		states[aws.ToString(alarm.AlarmName)] = stateOf(alarm)
	}
	return states, nil
}

// most is how many alarms one call describes.
const most = 100

// Told is when an alarm's message went out since a time; the zero time where none has. Its error is why CloudWatch could not send
// it, or why its history could not be read.
func Told(ctx context.Context, c *awsapi.Clients, id string, since time.Time) (time.Time, error) {
	out, err := c.CloudWatch.DescribeAlarmHistory(ctx, &cloudwatch.DescribeAlarmHistoryInput{AlarmName: &id, HistoryItemType: types.HistoryItemTypeAction, StartDate: &since,
		ScanBy: types.ScanByTimestampAscending})
	if err != nil {
		return time.Time{}, fmt.Errorf("read the history of the alarm %s: %w", id, err)
	}
	for _, item := range out.AlarmHistoryItems {
		summary := aws.ToString(item.HistorySummary)
		if at := aws.ToTime(item.Timestamp); !at.Before(since) {
			if strings.HasPrefix(summary, "Successfully") {
				return at, nil
			}
			return time.Time{}, fmt.Errorf("%s", summary)
		}
	}
	return time.Time{}, nil
}

// Tell sends a message to a topic.
func Tell(ctx context.Context, c *awsapi.Clients, topic, subject, text string) error {
	_, err := c.SNS.Publish(ctx, &sns.PublishInput{TopicArn: &topic, Subject: &subject, Message: &text})
	return err
}
