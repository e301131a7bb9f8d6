package services_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// newSNSClient is a client of SNS alone, whose clock stands still.
func newSNSClient(t *testing.T) *sdk.Client {
	t.Helper()
	w, err := world.Open("", world.Options{Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }}, model.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	handler := &wire.Handler{}
	if err := handler.Add(api.Operations(service.Env{World: w})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
}

func newTopic(t *testing.T, c *sdk.Client, in sdk.CreateTopicInput) *string {
	t.Helper()
	in.Name = aws.String("alarms")
	out, err := c.CreateTopic(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return out.TopicArn
}

// Topics and subscriptions as AWS was recorded to show them.
func TestTopic_ThroughItsLife(t *testing.T) {
	c, ctx := newSNSClient(t), t.Context()
	arn := newTopic(t, c, sdk.CreateTopicInput{Attributes: map[string]string{"DisplayName": "Shop"}, Tags: []types.Tag{{Key: aws.String("k1"), Value: aws.String("v1")}}})
	if again := newTopic(t, c, sdk.CreateTopicInput{}); *again != *arn {
		t.Errorf("made twice: %s", *again)
	}
	if _, err := c.SetTopicAttributes(ctx, &sdk.SetTopicAttributesInput{TopicArn: arn, AttributeName: aws.String("SignatureVersion"), AttributeValue: aws.String("2")}); err != nil {
		t.Fatal(err)
	}
	shown, err := c.GetTopicAttributes(ctx, &sdk.GetTopicAttributesInput{TopicArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms", "Owner": "123456789012", "DisplayName": "Shop", "SignatureVersion": "2",
		"SubscriptionsConfirmed": "0", "SubscriptionsPending": "0", "SubscriptionsDeleted": "0"} {
		if shown.Attributes[name] != want {
			t.Errorf("%s is %q", name, shown.Attributes[name])
		}
	}
	if !strings.Contains(shown.Attributes["Policy"], "__default_policy_ID") || !strings.Contains(shown.Attributes["EffectiveDeliveryPolicy"], `"numRetries":3`) {
		t.Errorf("the attributes are %v", shown.Attributes)
	}
	if _, err := c.TagResource(ctx, &sdk.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("k2"), Value: aws.String("v2")}}}); err != nil {
		t.Error(err)
	}
	if _, err := c.UntagResource(ctx, &sdk.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"k1"}}); err != nil {
		t.Error(err)
	}
	if tags, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceArn: arn}); err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Key != "k2" {
		t.Errorf("the tags are %+v, %v", tags, err)
	}
	if topics, err := c.ListTopics(ctx, &sdk.ListTopicsInput{}); err != nil || len(topics.Topics) != 1 || *topics.Topics[0].TopicArn != *arn {
		t.Errorf("the topics are %+v, %v", topics, err)
	}
	for range 2 {
		if _, err := c.DeleteTopic(ctx, &sdk.DeleteTopicInput{TopicArn: arn}); err != nil {
			t.Error(err)
		}
	}
}

func TestSubscription_IsPendingInItsWords(t *testing.T) {
	c, ctx := newSNSClient(t), t.Context()
	arn := newTopic(t, c, sdk.CreateTopicInput{})
	in := &sdk.SubscribeInput{TopicArn: arn, Protocol: aws.String("email"), Endpoint: aws.String("people@example.com")}
	s, err := c.Subscribe(ctx, in)
	if err != nil || *s.SubscriptionArn != "pending confirmation" {
		t.Fatalf("%+v, %v", s, err)
	}
	in.ReturnSubscriptionArn = true
	if s, err = c.Subscribe(ctx, in); err != nil || !strings.HasPrefix(*s.SubscriptionArn, *arn+":") {
		t.Fatalf("%+v, %v", s, err)
	}
	all, err := c.ListSubscriptions(ctx, &sdk.ListSubscriptionsInput{})
	if err != nil || len(all.Subscriptions) != 1 || *all.Subscriptions[0].SubscriptionArn != "PendingConfirmation" || *all.Subscriptions[0].Endpoint != "people@example.com" {
		t.Errorf("the subscriptions are %+v, %v", all, err)
	}
	if of, err := c.ListSubscriptionsByTopic(ctx, &sdk.ListSubscriptionsByTopicInput{TopicArn: arn}); err != nil || len(of.Subscriptions) != 1 {
		t.Errorf("the topic's subscriptions are %+v, %v", of, err)
	}
	if _, err := c.SetSubscriptionAttributes(ctx, &sdk.SetSubscriptionAttributesInput{SubscriptionArn: s.SubscriptionArn, AttributeName: aws.String("RawMessageDelivery"), AttributeValue: aws.String("true")}); err != nil {
		t.Error(err)
	}
	shown, err := c.GetSubscriptionAttributes(ctx, &sdk.GetSubscriptionAttributesInput{SubscriptionArn: s.SubscriptionArn})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false", "RawMessageDelivery": "true", "Protocol": "email",
		"SubscriptionPrincipal": "arn:aws:iam::123456789012:user/local"} {
		if shown.Attributes[name] != want {
			t.Errorf("%s is %q", name, shown.Attributes[name])
		}
	}
	if out, err := c.Publish(ctx, &sdk.PublishInput{TopicArn: arn, Message: aws.String("x"), Subject: aws.String("y")}); err != nil || *out.MessageId == "" {
		t.Errorf("%+v, %v", out, err)
	}
}

// Refusals in AWS's words, as others recorded them.
func TestRefusals_AreAWSs(t *testing.T) {
	c, ctx := newSNSClient(t), t.Context()
	arn := newTopic(t, c, sdk.CreateTopicInput{Attributes: map[string]string{"DisplayName": "Shop"}, Tags: []types.Tag{{Key: aws.String("k1"), Value: aws.String("v1")}}})
	nowhere := aws.String(*arn + "-none")
	create := func(in sdk.CreateTopicInput) error {
		if in.Name == nil {
			in.Name = aws.String("alarms")
		}
		_, err := c.CreateTopic(ctx, &in)
		return err
	}
	publish := func(in sdk.PublishInput) error {
		if in.TopicArn == nil {
			in.TopicArn = arn
		}
		_, err := c.Publish(ctx, &in)
		return err
	}
	subscribe := func(topic *string, protocol, endpoint string, attributes map[string]string) error {
		_, err := c.Subscribe(ctx, &sdk.SubscribeInput{TopicArn: topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes})
		return err
	}
	confirm := func(topic *string, token string) error {
		_, err := c.ConfirmSubscription(ctx, &sdk.ConfirmSubscriptionInput{TopicArn: topic, Token: &token})
		return err
	}
	unsubscribe := func(subscription string) error {
		_, err := c.Unsubscribe(ctx, &sdk.UnsubscribeInput{SubscriptionArn: &subscription})
		return err
	}
	attributes := func(topic string) error {
		_, err := c.GetTopicAttributes(ctx, &sdk.GetTopicAttributesInput{TopicArn: &topic})
		return err
	}
	tagged := func(keys ...string) (tags []types.Tag) {
		for _, key := range keys {
			tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String("x")})
		}
		return tags
	}
	const invalid = "InvalidParameter"
	for n, test := range []struct {
		err           error
		code, message string
	}{
		{create(sdk.CreateTopicInput{Tags: tagged("k2")}), invalid, "Invalid parameter: Tags Reason: Topic already exists with different tags"},
		{create(sdk.CreateTopicInput{Attributes: map[string]string{"DisplayName": "Other"}}), invalid, "Invalid parameter: Attributes Reason: Topic already exists with different attributes"},
		{create(sdk.CreateTopicInput{Tags: tagged("k", "k")}), invalid, "Invalid parameter: Duplicated keys are not allowed."},
		{create(sdk.CreateTopicInput{Name: aws.String("with space")}), invalid, "Invalid parameter: Topic Name"},
		{create(sdk.CreateTopicInput{Name: aws.String("")}), invalid, "Invalid parameter: Topic Name"},
		{create(sdk.CreateTopicInput{Name: aws.String(strings.Repeat("x", 257))}), invalid, "Invalid parameter: Topic Name"},
		{create(sdk.CreateTopicInput{Name: aws.String("a.fifo")}), "NotSimulated", ""},
		{attributes(*nowhere), "NotFound", "Topic does not exist"},
		{attributes("x"), invalid, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"},
		{publish(sdk.PublishInput{Message: aws.String("x"), TopicArn: aws.String("randomstring:something")}), invalid, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 2"},
		{publish(sdk.PublishInput{Message: aws.String("x"), TopicArn: aws.String(strings.Replace(*arn, "eu-west-1", "us-east-1", 1))}), invalid, "Invalid parameter: TopicArn"},
		{publish(sdk.PublishInput{Message: aws.String("x"), TopicArn: nowhere}), "NotFound", "Topic does not exist"},
		{publish(sdk.PublishInput{Message: aws.String("x"), Subject: aws.String("")}), invalid, "Invalid parameter: Subject"},
		{publish(sdk.PublishInput{Message: aws.String("")}), invalid, "Invalid parameter: Empty message"},
		{publish(sdk.PublishInput{Message: aws.String(strings.Repeat("x", 256<<10+1))}), invalid, "Invalid parameter: Message too long"},
		{publish(sdk.PublishInput{Message: aws.String(`{"email":"x"}`), MessageStructure: aws.String("json")}), invalid, "Invalid parameter: Message Structure - No default entry in JSON message body"},
		{publish(sdk.PublishInput{Message: aws.String(`{"default":5}`), MessageStructure: aws.String("json")}), invalid, "Invalid parameter: Message Structure - No default entry in JSON message body"},
		{publish(sdk.PublishInput{Message: aws.String(`{`), MessageStructure: aws.String("json")}), invalid, "Invalid parameter: Message Structure - JSON message body failed to parse"},
		{subscribe(arn, "test-protocol", "x", nil), invalid, "Invalid parameter: Amazon SNS does not support this protocol string: test-protocol"},
		{subscribe(arn, "http", "http://localhost/", map[string]string{"RawMessageDelivery": "wrongvalue"}), invalid, "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false."},
		{subscribe(nowhere, "http", "http://localhost/", nil), "NotFound", "Topic does not exist"},
		{subscribe(aws.String("a:b:c:d:e"), "http", "http://localhost/", nil), invalid, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 5"},
		{subscribe(arn, "sqs", "arn:aws:sqs:eu-west-1:1:q", nil), "NotSimulated", ""},
		{confirm(arn, "not-a-token"), invalid, "Invalid token"},
		{confirm(nowhere, strings.Repeat("a", 240)), invalid, "Invalid parameter: Token"},
		{confirm(aws.String("not-an-arn"), strings.Repeat("a", 240)), invalid, "Invalid parameter: Topic"},
		{confirm(arn, strings.Repeat("a", 240)), invalid, "Invalid parameter: Token"},
		{unsubscribe("x"), invalid, "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"},
		{unsubscribe(*arn), invalid, "Invalid parameter: SubscriptionId"},
		{unsubscribe(*arn + ":none"), "", ""},
	} {
		t.Run(fmt.Sprint(n, test.message), func(t *testing.T) {
			var refusal smithy.APIError
			switch {
			case test.code == "" && test.err == nil:
			case !errors.As(test.err, &refusal) || refusal.ErrorCode() != test.code || test.message != "" && refusal.ErrorMessage() != test.message:
				t.Errorf("%v, not %s: %s", test.err, test.code, test.message)
			}
		})
	}
}
