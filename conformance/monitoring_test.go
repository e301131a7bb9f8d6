//go:build judges

package conformance_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// replied is a reply of the SDK's client, or a refusal, as recordings have it: without what isn't there, documents within
// texts as documents, and of the account that they were made in.
func replied(t *testing.T, reply any, err error) any {
	t.Helper()
	var refusal smithy.APIError
	switch {
	case errors.As(err, &refusal):
		reply = map[string]any{"Error": map[string]any{"Code": refusal.ErrorCode(), "Message": refusal.ErrorMessage(), "Type": "Sender"}}
	case err != nil:
		t.Fatal(err)
	}
	text, err := json.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), world.AccountID, "111111111111")), &value); err != nil {
		t.Fatal(err)
	}
	return bare(value)
}

func bare(value any) any {
	switch value := value.(type) {
	case map[string]any:
		delete(value, "ResultMetadata")
		for name, inner := range value {
			if inner == nil || reflect.DeepEqual(inner, "") && name == "NextToken" {
				delete(value, name)
				continue
			}
			value[name] = bare(inner)
		}
	case []any:
		for i := range value {
			value[i] = bare(value[i])
		}
	case string:
		var document map[string]any
		if strings.HasPrefix(value, "{") && json.Unmarshal([]byte(value), &document) == nil {
			return document
		}
	}
	return value
}

// TestSnapshots_OfTopics does what others did on AWS, and expects SNS's replies to be as theirs.
func TestSnapshots_OfTopics(t *testing.T) {
	t.Parallel()
	s, c, ctx := readSnapshots(t, "sns-test_sns.json"), startCloud(t), t.Context()
	client := sns.New(sns.Options{Region: "us-east-1", BaseEndpoint: &c.Endpoint, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("AKID", "local", "")})
	agree := func(test, name string, reply any, err error) {
		t.Helper()
		s.agree(t, test, name, replied(t, reply, err), nil)
	}
	tags := func(pairs ...string) (list []snstypes.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, snstypes.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return list
	}

	const made, again = "test_create_topic_test_arn", "test_create_duplicate_topic_check_idempotency"
	topic, err := client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("topic")})
	agree(made, "create-topic", topic, err)
	agree(again, "response-created", topic, err)
	arn := topic.TopicArn
	attributes, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})
	agree(made, "get-topic-attrs", attributes, err)
	for _, name := range []string{"response-same-arn-0", "response-same-arn-1", "response-same-arn-2"} {
		topic, err = client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("topic")})
		agree(again, name, topic, err)
	}
	_, err = client.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("topic"), Tags: tags("k", "v")})
	agree("test_create_duplicate_topic_with_more_tags", "exception-duplicate", nil, err)
	_, err = client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(*arn + "-none")})
	agree("test_create_topic_with_attributes", "get-attrs-nonexistent-topic", nil, err)
	_, err = client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String("topic")})
	agree("test_create_topic_with_attributes", "get-attrs-malformed-topic", nil, err)

	tag := func(pairs ...string) error {
		_, err := client.TagResource(ctx, &sns.TagResourceInput{ResourceArn: arn, Tags: tags(pairs...)})
		return err
	}
	listed := func(name string) {
		t.Helper()
		list, err := client.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: arn})
		agree("test_tags", name, list, err)
	}
	agree("test_tags", "duplicate-key-error", nil, tag("k1", "v1", "k1", "v2"))
	replied(t, nil, tag("k1", "v1", "k2", "v2"))
	listed("list-created-tags")
	_, err = client.UntagResource(ctx, &sns.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"k1"}})
	replied(t, nil, err)
	listed("list-after-delete-tags")
	replied(t, nil, tag("k2", "v2b"))
	listed("list-after-update-tags")

	publish := func(test, name string, in sns.PublishInput) {
		t.Helper()
		if in.TopicArn == nil {
			in.TopicArn = arn
		}
		out, err := client.Publish(ctx, &in)
		if err != nil {
			agree(test, name, nil, err)
			return
		}
		agree(test, name, out, nil)
	}
	text, structured := aws.String("message"), aws.String("json")
	publish("test_publish_wrong_arn_format", "invalid-topic-arn", sns.PublishInput{Message: text, TopicArn: aws.String("randomstring")})
	publish("test_publish_wrong_arn_format", "invalid-topic-arn-1", sns.PublishInput{Message: text, TopicArn: aws.String("randomstring:1")})
	publish("test_unknown_topic_publish", "success", sns.PublishInput{Message: text})
	publish("test_unknown_topic_publish", "error", sns.PublishInput{Message: text, TopicArn: aws.String(*arn + "-none")})
	publish("test_topic_publish_another_region", "error", sns.PublishInput{Message: text, TopicArn: aws.String(strings.Replace(*arn, "us-east-1", "us-west-1", 1))})
	publish("test_publish_with_empty_subject", "response-without-subject", sns.PublishInput{Message: text})
	publish("test_publish_with_empty_subject", "response-with-empty-subject", sns.PublishInput{Message: text, Subject: aws.String("")})
	publish("test_empty_sns_message", "empty-msg-error", sns.PublishInput{Message: aws.String("")})
	publish("test_publish_too_long_message", "error", sns.PublishInput{Message: aws.String(strings.Repeat("a", 256<<10+1))})
	for name, message := range map[string]string{"missing-default-key": `{"sqs": "message"}`, "invalid-json": `{"default": "This is a default field"`,
		"duplicate-json-keys": `{"default": "This is a default field", "default": "This is a default field"}`, "key-is-not-string": `{"default": {"object": "test"}}`} {
		publish("test_message_structure_json_exc", name, sns.PublishInput{Message: &message, MessageStructure: structured})
	}

	subscribe := func(protocol, endpoint string, set map[string]string, returned bool) (*sns.SubscribeOutput, error) {
		return client.Subscribe(ctx, &sns.SubscribeInput{TopicArn: arn, Protocol: &protocol, Endpoint: &endpoint, Attributes: set, ReturnSubscriptionArn: returned})
	}
	_, err = subscribe("test-protocol", "x", nil, false)
	agree("test_subscribe_with_invalid_protocol", "exception", nil, err)
	_, err = subscribe("http", "http://localhost:1/", map[string]string{"RawMessageDelivery": "wrongvalue"}, false)
	agree("test_create_subscriptions_with_attributes", "subscribe-wrong-attr", nil, err)
	pending, err := subscribe("http", "http://localhost:1/", nil, false)
	agree("test_http_subscription_response", "subscription", pending, err)
	pending, err = subscribe("http", "http://localhost:1/", nil, true)
	agree("test_http_subscription_response", "subscription-with-arn", pending, err)
	set := func(name, value string) error {
		_, err := client.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{SubscriptionArn: pending.SubscriptionArn, AttributeName: &name, AttributeValue: &value})
		return err
	}
	agree("test_validate_set_sub_attributes", "fake-attribute", nil, set("FakeAttribute", "test"))
	agree("test_validate_set_sub_attributes", "raw-message-wrong-value", nil, set("RawMessageDelivery", "test-ValUe"))
	agree("test_validate_set_sub_attributes", "raw-message-empty-value", nil, set("RawMessageDelivery", ""))
	_, err = client.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: aws.String(*arn + ":fakeid")})
	agree("test_create_subscriptions_with_attributes", "get-attrs-nonexistent-sub", nil, err)

	confirm := func(name, topic, token string) {
		t.Helper()
		_, err := client.ConfirmSubscription(ctx, &sns.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token})
		agree("test_sns_confirm_subscription_wrong_token", name, nil, err)
	}
	token := strings.Repeat("51b2ff3e", 36)
	confirm("topic-not-exists", (*arn)[:len(*arn)-1]+"i", token)
	confirm("invalid-token", *arn, "randomtoken")
	confirm("token-not-exists", *arn, token)
	for name, subscription := range map[string]string{"invalid-unsubscribe-arn-1": "randomstring", "invalid-unsubscribe-arn-2": "arn:aws:sns:us-east-1:random", "invalid-unsubscribe-arn-3": *arn} {
		_, err := client.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: &subscription})
		agree("test_unsubscribe_wrong_arn_format", name, nil, err)
	}
	deleted, err := client.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: arn})
	agree(made, "delete-topic", deleted, err)
	_, err = client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: arn})
	agree(made, "topic-not-exists", nil, err)
}

// TestSnapshots_OfAlarmsAndDashboards does what others did on AWS, and expects CloudWatch's replies to be as theirs.
func TestSnapshots_OfAlarmsAndDashboards(t *testing.T) {
	t.Parallel()
	s, c, ctx := readSnapshots(t, "cloudwatch-test_cloudwatch.json"), startCloud(t), t.Context()
	client := cloudwatch.New(cloudwatch.Options{Region: "us-east-1", BaseEndpoint: &c.Endpoint, RetryMaxAttempts: 1, Credentials: credentials.NewStaticCredentialsProvider("AKID", "local", "")})
	// The SDK's client gives a refusal's code alone, and its text once.
	code := map[string]string{`Error\.QueryErrorCode is missing`: "", `^message is missing`: ""}
	agree := func(test, name string, reply any, err error) {
		t.Helper()
		but := map[string]string{}
		if recorded := s[test][name]; err != nil {
			of := recorded.(map[string]any) //nolint:forcetypeassert // as recorded
			if _, there := of["message"]; there {
				but = code
			} else {
				but = map[string]string{`Error\.QueryErrorCode is missing`: ""}
			}
		}
		s.agree(t, test, name, replied(t, reply, err), but)
	}
	const dashboards = "test_dashboard_lifecycle[smithy-rpc-v2-cbor]"
	body := `{"widgets": [{"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {"metrics": [["AWS/EC2", "CPUUtilization", "InstanceId", "i-12345678"]], "region": "<region>", "view": "timeSeries", "stacked": false}}]}`
	body = strings.Replace(body, "<region>", "us-east-1", 1)
	_, err := client.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: aws.String("test-dashboard"), DashboardBody: &body})
	replied(t, nil, err)
	got, err := client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String("test-dashboard")})
	agree(dashboards, "get_dashboard", got, err)
	size := map[string]string{`Size is \d+, recorded as 240`: "the region's name is another"}
	list := func(name, prefix string, but map[string]string) {
		t.Helper()
		in := &cloudwatch.ListDashboardsInput{}
		if prefix != "" {
			in.DashboardNamePrefix = &prefix
		}
		out, err := client.ListDashboards(ctx, in)
		s.agree(t, dashboards, name, replied(t, out, err), but)
	}
	list("list_dashboards", "", size)
	list("list_dashboards_prefix_empty", "no-valid", nil)
	list("list_dashboards_prefix", "test-", size)
	_, err = client.DeleteDashboards(ctx, &cloudwatch.DeleteDashboardsInput{DashboardNames: []string{"test-dashboard"}})
	replied(t, nil, err)
	list("list_dashboards_empty", "", nil)
	_, err = client.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: aws.String("test dashboard"), DashboardBody: &body})
	agree("test_invalid_dashboard_name[smithy-rpc-v2-cbor]", "error-invalid-dashboardname", nil, err)

	put := func(in cloudwatch.PutMetricAlarmInput) *string {
		t.Helper()
		in.Namespace, in.Statistic, in.EvaluationPeriods, in.ComparisonOperator = aws.String("test/namespace"), cwtypes.StatisticSum, aws.Int32(1), cwtypes.ComparisonOperatorGreaterThanThreshold
		_, err := client.PutMetricAlarm(ctx, &in)
		replied(t, nil, err)
		out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{*in.AlarmName}})
		replied(t, nil, err)
		return out.MetricAlarms[0].AlarmArn
	}
	describe := func(test, name, alarm string) {
		t.Helper()
		out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{alarm}})
		but := map[string]string{}
		if len(out.MetricAlarms) > 0 {
			but = map[string]string{`Timestamp is .*, recorded as timestamp`: "a placeholder", `(EvaluationState|Unit) wasn't recorded`: "the SDK's client has a text of no length for none"}
		}
		s.agree(t, test, name, replied(t, out, err), but)
	}
	const gone, tagged = "test_delete_alarm[smithy-rpc-v2-cbor]", "test_tagging_metric_alarm[smithy-rpc-v2-cbor]"
	arn := put(cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("a"), MetricName: aws.String("metric1"), Period: aws.Int32(60), Threshold: aws.Float64(30),
		Tags: []cwtypes.Tag{{Key: aws.String("Environment"), Value: aws.String("Production")}}})
	describe(gone, "describe-alarm", "a")
	put(cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("b"), MetricName: aws.String("m"), Period: aws.Int32(600), Threshold: aws.Float64(1), AlarmDescription: aws.String("<"),
		AlarmActions: []string{"arn:aws:sns:us-east-1:111122223333:MyTopic"}})
	describe("test_put_metric_alarm_escape_character[smithy-rpc-v2-cbor]", "describe-alarms-escaped-character", "b")
	tags := func(name string) {
		t.Helper()
		out, err := client.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: arn})
		agree(tagged, name, out, err)
	}
	tags("list_tags_for_resource_after_creation")
	_, err = client.TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: arn, Tags: []cwtypes.Tag{{Key: aws.String("tag1"), Value: aws.String("foo")}, {Key: aws.String("tag2"), Value: aws.String("bar")}}})
	replied(t, nil, err)
	tags("list_tags_for_resource_updated")
	_, err = client.UntagResource(ctx, &cloudwatch.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"tag1"}})
	replied(t, nil, err)
	tags("list_tags_for_resource_post_untag")
	_, err = client.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"a"}})
	replied(t, nil, err)
	describe(gone, "describe-after-delete", "a")
	tags("list_tags_for_deleted_resource")
	state := func(name, alarm string, to cwtypes.StateValue) {
		t.Helper()
		_, err := client.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: &alarm, StateValue: to, StateReason: aws.String("test")})
		agree("test_set_alarm_invalid_input[smithy-rpc-v2-cbor]", name, nil, err)
	}
	state("error-invalid-state", "b", "INVALID")
	state("error-resource-not-found", "nonexistent", cwtypes.StateValueOk)

	now := time.Now()
	statistics := func(name string, begin time.Time, end time.Time, period int32) {
		t.Helper()
		out, err := client.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{Namespace: aws.String("n"), MetricName: aws.String("metric_name"), StartTime: &begin, EndTime: &end,
			Period: &period, Statistics: []cwtypes.Statistic{cwtypes.StatisticSampleCount}})
		agree("test_invalid_amount_of_datapoints[smithy-rpc-v2-cbor]", name, out, err)
	}
	statistics("error-invalid-time-frame", now, now, 60)
	statistics("get-metric-statitics", now.Add(-time.Hour), now, 60)
}
