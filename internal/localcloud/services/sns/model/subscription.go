package model

import (
	"maps"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Subscription is where messages of a topic go.
type Subscription struct {
	world.Object  // ID: its ARN
	Topic         string
	Protocol      string // email, email-json, http or https
	Endpoint      string
	Pending       bool // until its owner confirms it
	Token         string
	Authenticated bool // only its owner may end it
	Set           Values
}

// PendingFor is how long a subscription waits for its confirmation.
// Source: SNS Developer Guide, "Deleting an Amazon SNS subscription and topic": pending ones go after 48 hours.
const PendingFor = 48 * time.Hour

const expired = "expired"

func forgotten() world.Step {
	return world.Step{Name: "subscription forgotten", Fast: PendingFor, AWS: PendingFor, Met: true}
}

func subscriptionKind() world.AnyKind {
	return world.Kind[Subscription, *Subscription]{
		Traits: world.Traits{Noun: "subscription"},
		Name:   "sns-subscription", Untaggable: true, KnownAtOnce: true,
		NotFound: func(...string) error { return notFound("Subscription") },
		Parent:   func(s *Subscription) string { return s.Topic },
		Settle: func(tx *world.Tx, s *Subscription, to string) {
			if to == expired && s.Pending {
				s.remove(tx)
			}
		},
	}
}

// protocols are those that are simulated.
func protocols() []string { return []string{"email", "email-json", "http", "https"} }

// FindSubscription returns the subscription of an ARN, or AWS's refusal of the ARN.
func FindSubscription(tx *world.Tx, arn string) (*Subscription, error) {
	parts, err := splitARN("SubscriptionArn", arn)
	if err != nil {
		return nil, err
	}
	if len(parts) < subscriptionParts {
		return nil, Invalid("SubscriptionArn Reason: An ARN must have at least %d elements, not %d", subscriptionParts, len(parts))
	}
	return world.Find[Subscription](tx, arn)
}

// Subscribe makes a subscription that waits for its confirmation, and sends the message that asks for it; or returns the one
// that is there already for the endpoint. Asked again before it was confirmed, the message is sent again.
func Subscribe(tx *world.Tx, topicARN, protocol, endpoint string, given Values) (*Subscription, error) {
	if err := checkEndpoint(protocol, endpoint); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if err := checkAttribute("Attributes Reason: ", name, given[name]); err != nil {
			return nil, err
		}
	}
	topic, err := FindTopic(tx, topicARN)
	if err != nil {
		return nil, err
	}
	for _, s := range world.Of[Subscription](tx, topic.ID) {
		if s.Protocol != protocol || s.Endpoint != endpoint {
			continue
		}
		for name, value := range given {
			if s.attribute(name) != value {
				return nil, Invalid("Attributes Reason: Subscription already exists with different attributes")
			}
		}
		if s.Pending {
			s.ask(tx)
		}
		return s, nil
	}
	s := &Subscription{Object: tx.NamedObject(topic.ID+":"+tx.UUID(), nil), Topic: topic.ID, Protocol: protocol, Endpoint: endpoint, Pending: true, Token: tx.Hex(tokenDigits), Set: given}
	s.Become(tx, expired, forgotten())
	world.Add(tx, s)
	s.ask(tx)
	return s, nil
}

// tokenDigits is how long tokens are.
const tokenDigits = 240

// maxEndpoint is the longest endpoint, in bytes.
const maxEndpoint = 2048

// checkEndpoint refuses what can't be a protocol, or the endpoint of one.
// Source: SNS API Reference, "Subscribe".
func checkEndpoint(protocol, endpoint string) error {
	switch protocol {
	case "sqs", "sms", "application", "lambda", "firehose":
		return refuse.NotSimulated("subscriptions of the protocol %s are not simulated", protocol)
	}
	if !slices.Contains(protocols(), protocol) {
		return Invalid("Amazon SNS does not support this protocol string: %s", protocol)
	}
	if len(endpoint) > maxEndpoint {
		return Invalid("Endpoint Reason: Endpoint is too long")
	}
	if strings.HasPrefix(protocol, "email") {
		if a, err := mail.ParseAddress(endpoint); err != nil || a.Address != endpoint {
			return Invalid("Email address")
		}
		return nil
	}
	switch u, err := url.Parse(endpoint); {
	case !strings.HasPrefix(endpoint, protocol+"://"):
		return Invalid("Endpoint must match the specified protocol")
	case err != nil || u.Hostname() == "":
		return Invalid("Unreachable Endpoint")
	}
	return nil
}

// RawMessageDelivery is the attribute of subscriptions that is simulated.
const RawMessageDelivery = "RawMessageDelivery"

func checkAttribute(where, name, value string) error {
	switch name {
	case RawMessageDelivery:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return Invalid("%sRawMessageDelivery: Invalid value [%s]. Must be true or false.", where, value)
		}
	case "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "ReplayPolicy", "SubscriptionRoleArn":
		return refuse.NotSimulated("the attribute %s of subscriptions is not simulated", name)
	default:
		return Invalid("%sAttributeName", where)
	}
	return nil
}

func (s *Subscription) attribute(name string) string {
	if value, given := s.Set[name]; given {
		return value
	}
	if name == RawMessageDelivery {
		return "false"
	}
	return ""
}

// Raw reports whether messages go out without the document around them.
func (s *Subscription) Raw() bool { return strings.EqualFold(s.attribute(RawMessageDelivery), "true") }

// SetAttribute gives an attribute of a subscription another value.
func SetAttribute(tx *world.Tx, arn, name, value string) error {
	s, err := FindSubscription(tx, arn)
	if err != nil {
		return err
	}
	if err := checkAttribute("", name, value); err != nil {
		return err
	}
	world.Edit(tx, s.ID, func(s *Subscription) {
		s.Set = maps.Clone(s.Set)
		if s.Set == nil {
			s.Set = Values{}
		}
		s.Set[name] = value
	})
	return nil
}

// Attributes are those that GetSubscriptionAttributes shows.
func (s *Subscription) Attributes(principal string) Values {
	return Values{
		"SubscriptionArn": s.ID, "TopicArn": s.Topic, "Owner": world.AccountID, "Protocol": s.Protocol, "Endpoint": s.Endpoint,
		RawMessageDelivery: strings.ToLower(s.attribute(RawMessageDelivery)), "PendingConfirmation": strconv.FormatBool(s.Pending),
		"ConfirmationWasAuthenticated": strconv.FormatBool(s.Authenticated), "SubscriptionPrincipal": principal,
	}
}

var tokenShape = regexp.MustCompile(`^[0-9a-f]+$`)

// Confirm confirms the subscription that has a token. A token can be used again while its subscription is there. Of the topic's
// ARN only the region counts.
// Source: replies of AWS that others recorded.
func Confirm(tx *world.Tx, topicARN, token string, authenticated bool) (*Subscription, error) {
	parts, err := splitARN("TopicArn", topicARN)
	if err != nil {
		return nil, Invalid("Topic")
	}
	if !tokenShape.MatchString(token) {
		return nil, refuse.New("InvalidParameter", "Invalid token")
	}
	has := func(s *Subscription) bool { return s.Token == token }
	here := at(tx, parts)
	if found := world.Where(here, has); len(found) > 0 {
		if found[0].Pending {
			world.Edit(here, found[0].ID, func(s *Subscription) { s.Pending, s.Authenticated = false, authenticated; s.Stay() })
		}
		return found[0], nil
	}
	for _, region := range tx.Regions() {
		if world.Exists(tx.In(region), has) {
			return nil, Invalid("Topic")
		}
	}
	return nil, Invalid("Token")
}

// Unsubscribe ends a subscription; one that isn't there is no error. signed says that the caller has credentials. One that
// waits for its confirmation can't be ended.
// Source: SNS Developer Guide, "Deleting an Amazon SNS subscription and topic".
func Unsubscribe(tx *world.Tx, arn string, signed bool) error {
	if arn == "" {
		return Invalid("SubscriptionArn Reason: no value for required parameter")
	}
	parts, err := splitARN("SubscriptionArn", arn)
	if err != nil {
		return err
	}
	if len(parts) < subscriptionParts {
		return Invalid("SubscriptionId")
	}
	tx = at(tx, parts)
	s, there := world.Get[Subscription](tx, arn)
	switch {
	case !there:
		return nil
	case s.Pending:
		return Invalid("SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation")
	case s.Authenticated && !signed:
		return refuse.WithStatus(refuse.StatusForbidden, "AuthorizationError", "Only the owner of the topic or of the subscription may unsubscribe")
	}
	s.remove(tx)
	return nil
}

// remove deletes the subscription and what is on its way to it.
func (s *Subscription) remove(tx *world.Tx) {
	for _, d := range world.Of[Delivery](tx, s.ID) {
		world.Delete[Delivery](tx, d.ID)
	}
	world.Edit(tx, s.Topic, func(t *Topic) { t.Deleted++ })
	world.Delete[Subscription](tx, s.ID)
}
