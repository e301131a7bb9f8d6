package api

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) subscriptionOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "Subscribe", subscribe),
		change(h, "ConfirmSubscription", confirmSubscription),
		change(h, "Unsubscribe", unsubscribe),
		view(h, "GetSubscriptionAttributes", getSubscriptionAttributes),
		does(h, "SetSubscriptionAttributes", func(tx *world.Tx, in *setSubscriptionAttributesInput) error {
			return model.SetAttribute(tx, in.SubscriptionARN, in.Name, in.Value)
		}),
		view(h, "ListSubscriptions", listSubscriptions),
		view(h, "ListSubscriptionsByTopic", listSubscriptionsByTopic),
	}
}

type subscribeInput struct {
	topicInput
	Protocol   string            `query:"Protocol,required"`
	Endpoint   string            `query:"Endpoint"`
	Attributes map[string]string `query:"Attributes"`
	ReturnARN  bool              `query:"ReturnSubscriptionArn"`
}

type subscriptionOutput struct {
	SubscriptionARN string `xml:"SubscriptionArn"`
}

func subscribe(tx *world.Tx, c *wire.Call, in *subscribeInput) (*subscriptionOutput, error) {
	s, err := model.Subscribe(tx, in.TopicARN, in.Protocol, in.Endpoint, in.Attributes)
	if err != nil {
		return nil, err
	}
	c.Resource = s.ID
	if s.Pending && !in.ReturnARN {
		return &subscriptionOutput{"pending confirmation"}, nil
	}
	return &subscriptionOutput{s.ID}, nil
}

type confirmSubscriptionInput struct {
	topicInput
	Token         string `query:"Token,required"`
	Authenticated string `query:"AuthenticateOnUnsubscribe"`
}

func confirmSubscription(tx *world.Tx, c *wire.Call, in *confirmSubscriptionInput) (*subscriptionOutput, error) {
	s, err := model.Confirm(tx, in.TopicARN, in.Token, strings.EqualFold(in.Authenticated, "true"))
	if err != nil {
		return nil, err
	}
	c.Resource = s.ID
	return &subscriptionOutput{s.ID}, nil
}

type unsubscribeInput struct {
	SubscriptionARN string `query:"SubscriptionArn,required"`
}

func unsubscribe(tx *world.Tx, c *wire.Call, in *unsubscribeInput) (*wire.Empty, error) {
	return &wire.Empty{}, model.Unsubscribe(tx, in.SubscriptionARN, c.AccessKey != "")
}

func getSubscriptionAttributes(tx *world.Tx, _ *wire.Call, in *unsubscribeInput) (*attributesOutput, error) {
	s, err := model.FindSubscription(tx, in.SubscriptionARN)
	if err != nil {
		return nil, err
	}
	return &attributesOutput{renderAttributes(s.Attributes(service.UserARN()))}, nil
}

type setSubscriptionAttributesInput struct {
	unsubscribeInput
	Name  string `query:"AttributeName,required"`
	Value string `query:"AttributeValue"`
}

type subscriptionItem struct {
	SubscriptionARN string `xml:"SubscriptionArn"`
	Owner           string `xml:"Owner"`
	Protocol        string `xml:"Protocol"`
	Endpoint        string `xml:"Endpoint"`
	TopicARN        string `xml:"TopicArn"`
}

// renderSubscription writes a subscription as lists have it: one that waits for its confirmation has no ARN there.
func renderSubscription(s *model.Subscription) subscriptionItem {
	item := subscriptionItem{SubscriptionARN: s.ID, Owner: world.AccountID, Protocol: s.Protocol, Endpoint: s.Endpoint, TopicARN: s.Topic}
	if s.Pending {
		item.SubscriptionARN = "PendingConfirmation"
	}
	return item
}

type listSubscriptionsOutput struct {
	Subscriptions wire.Members[subscriptionItem] `xml:"Subscriptions"`
	NextToken     string                         `xml:"NextToken,omitempty"`
}

func listSubscriptions(tx *world.Tx, _ *wire.Call, in *listInput) (out *listSubscriptionsOutput, err error) {
	out = &listSubscriptionsOutput{}
	out.Subscriptions, out.NextToken, err = page(world.Described[model.Subscription](tx), in.NextToken, renderSubscription)
	return out, err
}

type listSubscriptionsByTopicInput struct {
	topicInput
	listInput
}

func listSubscriptionsByTopic(tx *world.Tx, _ *wire.Call, in *listSubscriptionsByTopicInput) (out *listSubscriptionsOutput, err error) {
	t, err := model.FindTopic(tx, in.TopicARN)
	if err != nil {
		return nil, err
	}
	out = &listSubscriptionsOutput{}
	out.Subscriptions, out.NextToken, err = page(world.Of[model.Subscription](tx, t.ID), in.NextToken, renderSubscription)
	return out, err
}
