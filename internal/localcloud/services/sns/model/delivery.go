package model

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Delivery is a message on its way to a subscription. It is gone once it has arrived, or was given up.
type Delivery struct {
	world.Object
	Subscription string
	Type         string // Notification or SubscriptionConfirmation
	MessageID    string
	Subject      string
	Message      string
	Attempts     int // that failed
	Due          time.Time
}

// The types of messages.
const (
	Notification = "Notification"
	Confirmation = "SubscriptionConfirmation"
)

func deliveryKind() world.AnyKind {
	return world.Kind[Delivery, *Delivery]{
		Name: "sns-delivery", Prefix: "delivery", Untaggable: true, KnownAtOnce: true,
		NotFound: func(...string) error { return notFound("Delivery") },
		Parent:   func(d *Delivery) string { return d.Subscription },
	}
}

// Message is what is published to a topic.
type Message struct {
	Subject    string // "": none
	Text       string
	Structured bool // Text is a JSON document with a text for each protocol
}

// The longest texts. Source: SNS API Reference, "Publish".
const (
	maxMessage = 256 << 10 // bytes
	maxSubject = 100       // characters: fewer than that
)

// Publish sends a message of a caller of the account to all subscriptions of a topic that are confirmed, and returns its
// ID.
func Publish(tx *world.Tx, topicARN string, m Message) (string, error) {
	topic, err := FindTopic(tx, topicARN)
	if err != nil {
		return "", err
	}
	if err := topic.unlock(tx, nil); err != nil {
		return "", err
	}
	return topic.publish(tx, m)
}

func (t *Topic) publish(tx *world.Tx, m Message) (string, error) {
	texts, err := m.texts()
	if err != nil {
		return "", err
	}
	id := tx.UUID()
	for _, s := range world.Of[Subscription](tx, t.ID) {
		if !s.Pending {
			world.Add(tx, &Delivery{Object: tx.NewObject("delivery", nil), Subscription: s.ID, Type: Notification, MessageID: id, Subject: m.Subject,
				Message: cmp.Or(texts[s.Protocol], texts["default"]), Due: tx.Now()})
		}
	}
	return id, nil
}

// texts are the message's by protocol; the one for all others is "default".
func (m Message) texts() (map[string]string, error) {
	switch {
	case m.Text == "":
		return nil, Invalid("Empty message")
	case len(m.Text) > maxMessage:
		return nil, Invalid("Message too long")
	case utf8.RuneCountInString(m.Subject) >= maxSubject || strings.ContainsAny(m.Subject, "\r\n"):
		return nil, Invalid("Subject")
	case !m.Structured:
		return map[string]string{"default": m.Text}, nil
	}
	var all map[string]any
	if json.Unmarshal([]byte(m.Text), &all) != nil {
		return nil, Invalid("Message Structure - JSON message body failed to parse")
	}
	texts := map[string]string{}
	for protocol, value := range all {
		if text, is := value.(string); is {
			texts[protocol] = text
		}
	}
	if _, there := texts["default"]; !there {
		return nil, Invalid("Message Structure - No default entry in JSON message body")
	}
	return texts, nil
}

// ask sends the message that asks for the confirmation of a subscription.
func (s *Subscription) ask(tx *world.Tx) {
	text := "You have chosen to subscribe to the topic " + s.Topic + ".\nTo confirm the subscription, visit the SubscribeURL included in this message."
	world.Add(tx, &Delivery{Object: tx.NewObject("delivery", nil), Subscription: s.ID, Type: Confirmation, MessageID: tx.UUID(), Message: text, Due: tx.Now()})
}

// Service is an AWS service that wants to publish for one of its objects.
type Service struct{ Name, Source string } // such as "cloudwatch.amazonaws.com", and the object's ARN

// PublishFor publishes what an AWS service wants to, if the topic's policy and key let it. The error's text is what
// CloudWatch writes into an alarm's history.
// Sources: SNS Developer Guide, "Example cases for Amazon SNS access control"; AWS re:Post, "Why didn't I receive an SNS
// notification for my CloudWatch alarm trigger?".
func PublishFor(tx *world.Tx, s Service, topicARN string, m Message) (string, error) {
	topic, err := FindTopic(tx, topicARN)
	if err != nil {
		return "", err
	}
	d, err := policy.Resource(topic.PolicyDocument())
	if err != nil {
		return "", err
	}
	request := policy.Request{Action: "SNS:Publish", Resource: topic.ID, Context: policy.Context{
		"aws:SourceArn": {s.Source}, "aws:SourceAccount": {world.AccountID}, "aws:SourceOwner": {world.AccountID},
	}}
	may := policy.Principal{Identity: []policy.Policy{{Name: topic.ID, Document: d.ForService(s.Name)}}}
	if may.Decide(request).Decision != policy.Allowed {
		return "", refuse.WithStatus(refuse.StatusForbidden, "AuthorizationError", "Resource: %s is not authorized to perform: SNS:Publish on resource: %s", s.Source, topic.ID)
	}
	if err := topic.unlock(tx, &s); err != nil {
		return "", err
	}
	return topic.publish(tx, m)
}

// How a delivery is tried again that an HTTP endpoint didn't take: see deliveryPolicy.
const (
	retries    = 3
	retryAfter = 20 * time.Second
)

// Due are the deliveries whose time has come, the oldest first, and the time of the next one, which is zero where there is
// none.
func Due(tx *world.Tx) (due []*Delivery, next time.Time) {
	for _, d := range world.All[Delivery](tx) {
		switch {
		case !d.Due.After(tx.Now()):
			due = append(due, d)
		case next.IsZero() || d.Due.Before(next):
			next = d.Due
		}
	}
	return due, next
}

// Arrived notes that a delivery has arrived, or was refused for good.
func Arrived(tx *world.Tx, id string) { world.Delete[Delivery](tx, id) }

// Failed notes that a delivery has failed, and reports whether it will be tried again.
func Failed(tx *world.Tx, id string) (again bool) {
	d, there := world.Get[Delivery](tx, id)
	if !there {
		return false
	}
	if d.Attempts >= retries {
		world.Delete[Delivery](tx, id)
		return false
	}
	world.Edit(tx, id, func(d *Delivery) { d.Attempts, d.Due = d.Attempts+1, tx.Now().Add(retryAfter) })
	return true
}
