package monitoring

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

const kindSubscription = "subscription"

// Subscription is somebody who is told of alarms, once they have confirmed that they want to be: an e-mail address by the link in
// the mail that SNS sends, a URL by visiting the one that SNS posts.
type Subscription struct {
	Topic    resource.Ref
	Endpoint string // an e-mail address, or a URL, which may be a secret
}

// Refs implements resource.Spec.
func (s Subscription) Refs() []resource.Ref { return []resource.Ref{s.Topic} }

// SubscriptionName is the name of an endpoint's subscription, which tells nobody a URL's path.
func SubscriptionName(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return endpoint
	}
	sum := sha256.Sum256([]byte(endpoint))
	return strings.NewReplacer(":", "-", "[", "", "]", "").Replace(u.Scheme+"-"+u.Host) + "-" + hex.EncodeToString(sum[:3])
}

// LiveSubscription is a subscription as SNS lists it. It has no tags: what subscribes to the platform's topic is the platform's.
type LiveSubscription struct {
	types.Subscription
	Tags map[string]string
}

// Pending reports whether the subscription waits to be confirmed.
func (l LiveSubscription) Pending() bool {
	return aws.ToString(l.SubscriptionArn) == pendingConfirmation
}

// Name is its endpoint's, for people.
func (l LiveSubscription) Name() string { return SubscriptionName(aws.ToString(l.Endpoint)) }

// pendingConfirmation stands for the ARN of a subscription that waits to be confirmed. SNS forgets it after ForgottenAfter.
const pendingConfirmation = "PendingConfirmation"

// ForgottenAfter is for how long a subscription can be confirmed; then it is gone.
// Source: SNS Developer Guide, "Amazon SNS message delivery": tokens; measured by others to be gone after two days.
const ForgottenAfter = "48 hours"

// SubscriptionKind is the kind "subscription". Its ID is the topic's ARN and the subscription's name, since one that is pending has
// no ARN.
func SubscriptionKind() resource.Kind[Subscription, LiveSubscription] {
	return resource.Kind[Subscription, LiveSubscription]{
		Traits: resource.Traits{
			Name:    kindSubscription,
			AskedBy: section,
			Actions: resource.Actions{
				Read:   []string{"sns:ListSubscriptionsByTopic"},
				Make:   []string{"sns:Subscribe"},
				Delete: []string{"sns:Unsubscribe"},
				On:     topicARN,
			},
			Compared: []resource.Field{resource.Identity("Endpoint", "Owner", "Protocol", "SubscriptionArn", "TopicArn", "Tags")},
			Removal: resource.Removal{
				Delete:      unsubscribe,
				DeletedWith: func(id string) string { topic, _, _ := strings.Cut(id, "/"); return resource.Handle(kindTopic, topic) },
			},
		},
		Reading: resource.Reading[LiveSubscription]{
			List:   listSubscriptions,
			ID:     func(l LiveSubscription) string { return subscriptionID(aws.ToString(l.TopicArn), l.Name()) },
			Tags:   func(l LiveSubscription) map[string]string { return l.Tags },
			Status: func(LiveSubscription) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Subscription, LiveSubscription]{
			Diff:   func(Subscription, LiveSubscription, resource.IDs) []resource.Change { return nil },
			Create: subscribe,
		},
	}
}

func subscriptionID(topic, name string) string { return topic + "/" + name }

func listSubscriptions(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveSubscription, error) {
	if !owner.Monitoring || owner.IsEveryone() {
		return nil, nil
	}
	arn, err := arnOf(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	var live []LiveSubscription
	subscriptions, err := subscriptionsOf(ctx, c, arn)
	for _, one := range subscriptions {
		switch aws.ToString(one.Protocol) {
		case "email", "http", "https":
		default:
			continue // others listen, too: a queue, a function
		}
		name := SubscriptionName(aws.ToString(one.Endpoint))
		l := LiveSubscription{one, map[string]string{awsapi.TagPlatform: owner.Platform, awsapi.TagKey: resource.Key{Kind: kindSubscription, Name: name}.String()}}
		if l.Pending() && !owner.Notified(aws.ToString(one.Endpoint)) {
			continue // nobody can end it before it is confirmed, and it ends by itself
		}
		live = append(live, l)
	}
	return live, err
}

func subscriptionsOf(ctx context.Context, c *awsapi.Clients, topic string) ([]types.Subscription, error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(c.SNS, &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	all, err := awsapi.Collect(ctx, pages, func(page *sns.ListSubscriptionsByTopicOutput) []types.Subscription { return page.Subscriptions })
	if awsapi.IsNotFound(err) {
		return nil, nil // there is no topic
	}
	if err != nil {
		return nil, fmt.Errorf("list who subscribes to the topic %s: %w", topic, err)
	}
	return all, nil
}

func subscribe(ctx context.Context, call resource.Call[Subscription]) (string, error) {
	topic, protocol := call.IDs.Of(call.Spec.Topic), "email"
	if scheme, _, is := strings.Cut(call.Spec.Endpoint, "://"); is {
		protocol = scheme
	}
	call.Unconfirmed() // it may have been there
	_, err := call.Clients.SNS.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: &protocol, Endpoint: &call.Spec.Endpoint})
	if err != nil {
		return "", fmt.Errorf("subscribe %s: %w", SubscriptionName(call.Spec.Endpoint), err)
	}
	return subscriptionID(topic, SubscriptionName(call.Spec.Endpoint)), nil
}

func unsubscribe(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	topic, name, _ := strings.Cut(record.ID, "/")
	all, err := subscriptionsOf(ctx, c, topic)
	if err != nil {
		return err
	}
	for _, one := range all {
		if SubscriptionName(aws.ToString(one.Endpoint)) != name || aws.ToString(one.SubscriptionArn) == pendingConfirmation {
			continue
		}
		if _, err := c.SNS.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: one.SubscriptionArn}); err != nil {
			return fmt.Errorf("unsubscribe %s: %w", name, err)
		}
	}
	return nil
}
