package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// subscriber is an HTTP endpoint that keeps what it gets, and refuses the first messages with a status.
type subscriber struct {
	*httptest.Server
	mu       sync.Mutex
	messages []map[string]string
	refuses  []int
	refused  int
}

func newSubscriber(t *testing.T, refuses ...int) *subscriber {
	t.Helper()
	s := &subscriber{refuses: refuses}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		var m map[string]string
		if err := json.Unmarshal(body, &m); err != nil || r.Header.Get("X-Amz-Sns-Message-Type") != m["Type"] {
			t.Errorf("%s with %v: %v", body, r.Header, err)
		}
		if len(s.refuses) > s.refused {
			w.WriteHeader(s.refuses[s.refused])
			s.refused++
			return
		}
		s.messages = append(s.messages, m)
	}))
	t.Cleanup(s.Close)
	return s
}

// message waits for the subscriber's message of a number, from 0 on.
func (s *subscriber) message(t *testing.T, number int) (m map[string]string) {
	t.Helper()
	eventually(t, func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.messages) <= number {
			return "the subscriber's message"
		}
		m = s.messages[number]
		return ""
	})
	return m
}

func follow(t *testing.T, link string) int {
	t.Helper()
	response := must(oneShot().Get(link))(t)
	response.Body.Close()
	return response.StatusCode
}

// An alarm that is set off reaches a subscriber who has followed the link of the confirmation, also one who is down at
// first; and what it can't reach stands in the alarm's history.
func TestNotifications_OfAnAlarmReachSubscribers(t *testing.T) {
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Clock = swift{time.Now(), 100} })
	somebody := credentials.NewStaticCredentialsProvider("any", "any", "")
	topics := sns.New(sns.Options{Region: region, BaseEndpoint: &cloud.Endpoint, RetryMaxAttempts: 1, HTTPClient: oneShot(), Credentials: somebody})
	alarms := cloudwatch.New(cloudwatch.Options{Region: region, BaseEndpoint: &cloud.Endpoint, RetryMaxAttempts: 1, HTTPClient: oneShot(), Credentials: somebody})
	topic := must(topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("alarms")}))(t).TopicArn
	locked := must(topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("locked"), Attributes: map[string]string{"KmsMasterKeyId": "alias/aws/sns"}}))(t).TopicArn
	one := newSubscriber(t, http.StatusServiceUnavailable, http.StatusTooManyRequests)
	subscribe := func(protocol, address string) {
		must(topics.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic, Protocol: &protocol, Endpoint: &address}))(t)
	}
	subscribe("http", one.URL)
	subscribe("email", "people@example.com")
	if status := follow(t, one.message(t, 0)["SubscribeURL"]); status != http.StatusOK {
		t.Fatalf("the confirmation's link answers %d", status)
	}
	eventually(t, func() string {
		out := must(topics.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: topic}))(t)
		if out.Attributes["SubscriptionsConfirmed"] != "1" || out.Attributes["SubscriptionsPending"] != "1" {
			return "one subscription of two that is confirmed"
		}
		return ""
	})

	must(alarms.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("down"), AlarmDescription: aws.String("see the runbook"), Namespace: aws.String("shop"),
		MetricName: aws.String("orders"), Statistic: "Sum", Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5), ComparisonOperator: "LessThanThreshold",
		AlarmActions: []string{*topic, *locked}}))(t)
	must(alarms.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("down"), StateValue: "ALARM", StateReason: aws.String("a test")}))(t)
	m := one.message(t, 1)
	if m["Subject"] != `ALARM: "down" in EU (Ireland)` || m["TopicArn"] != *topic {
		t.Errorf("the message is %v", m)
	}
	var told struct{ AlarmName, AlarmDescription, NewStateValue, NewStateReason, OldStateValue, Region string }
	if err := json.Unmarshal([]byte(m["Message"]), &told); err != nil || told.AlarmName != "down" || told.AlarmDescription != "see the runbook" || told.NewStateValue != "ALARM" ||
		told.NewStateReason != "a test" || told.OldStateValue != "INSUFFICIENT_DATA" {
		t.Errorf("it tells %+v, %v", told, err)
	}
	certificate := must(oneShot().Get(m["SigningCertURL"]))(t)
	text := must(io.ReadAll(certificate.Body))(t)
	certificate.Body.Close()
	if !strings.Contains(string(text), "BEGIN CERTIFICATE") {
		t.Errorf("the certificate is %q", text)
	}
	history := must(alarms.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{AlarmName: aws.String("down"), HistoryItemType: "Action"}))(t).AlarmHistoryItems
	if len(history) != 2 || !strings.Contains(*history[0].HistoryData+*history[1].HistoryData, "CloudWatch Alarms does not have authorization to access the SNS topic encryption key") {
		t.Errorf("the history is %+v", history)
	}

	var mails []endpoint.Mail
	eventually(t, func() string {
		mails = must(cloud.Mails())(t)
		if len(mails) == 0 {
			return "the e-mail that asks for the confirmation"
		}
		return ""
	})
	if mails[0].To != "people@example.com" || !strings.Contains(mails[0].Text, mails[0].Confirm) || follow(t, mails[0].Confirm) != http.StatusOK {
		t.Errorf("the e-mail is %+v", mails[0])
	}
	if status := follow(t, m["UnsubscribeURL"]); status != http.StatusOK {
		t.Errorf("the link that ends the subscription answers %d", status)
	}
	if status := follow(t, strings.Replace(mails[0].Confirm, "Token=", "Token=0", 1)); status != http.StatusBadRequest {
		t.Errorf("a wrong token is answered with %d", status)
	}
}
