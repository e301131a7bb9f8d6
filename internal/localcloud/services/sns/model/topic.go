package model

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Topic is a standard topic.
type Topic struct {
	world.Object        // ID: its ARN
	Set          Values // the attributes that were given
	Deleted      int    // how many of its subscriptions were deleted
}

// Values are attributes by their names.
type Values map[string]string

// Name is the last part of the topic's ARN.
func (t *Topic) Name() string { return t.ID[strings.LastIndexByte(t.ID, ':')+1:] }

// topicsQuota is how many standard topics an account may have in a region.
// Source: AWS General Reference, "Amazon SNS endpoints and quotas".
func topicsQuota() world.Quota {
	return world.Quota{Key: "topics", Service: "sns", ServiceName: "Amazon Simple Notification Service (Amazon SNS)", Code: "L-61103206", Name: "Topics per Account", Default: 100_000}
}

func topicKind() world.AnyKind {
	return world.Kind[Topic, *Topic]{
		Traits: world.Traits{Noun: "topic", Quotas: []world.Quota{topicsQuota()}},
		Name:   "sns-topic", Untaggable: true, KnownAtOnce: true,
		NotFound: func(...string) error { return notFound("Topic") },
	}
}

// The attributes of topics that are simulated.
const (
	DisplayName      = "DisplayName"
	Policy           = "Policy"
	Key              = "KmsMasterKeyId"
	SignatureVersion = "SignatureVersion"
)

// ServiceKey is the alias of the key that AWS has in every account for topics. It lets no other service in.
const ServiceKey = "alias/aws/sns"

var topicName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`) })

// maxTags is how many tags a topic may have.
const maxTags = 50

// TopicARN is the ARN of the topic of a name.
func TopicARN(tx *world.Tx, name string) string {
	return "arn:" + region.Partition(tx.Region()) + ":sns:" + tx.Region() + ":" + world.AccountID + ":" + name
}

// TopicOf is the ARN of the topic of a subscription's ARN; that of a topic stays.
func TopicOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > topicParts {
		return strings.Join(parts[:topicParts], ":")
	}
	return arn
}

// FindTopic returns the topic of an ARN, or AWS's refusal of the ARN.
func FindTopic(tx *world.Tx, arn string) (*Topic, error) {
	parts, err := splitARN("TopicArn", arn)
	if err != nil {
		return nil, err
	}
	if parts[3] != tx.Region() {
		return nil, Invalid("TopicArn")
	}
	return world.Find[Topic](tx, arn)
}

// CreateTopic makes a topic, or returns the one that has the name already: it is refused where that one has other tags or
// attributes than those that are given.
func CreateTopic(tx *world.Tx, name string, given Values, tags world.Tags) (*Topic, error) {
	if given["FifoTopic"] == "true" || strings.HasSuffix(name, ".fifo") {
		return nil, refuse.NotSimulated("FIFO topics are not simulated")
	}
	if !topicName().MatchString(name) {
		return nil, Invalid("Topic Name")
	}
	for _, attribute := range slices.Sorted(maps.Keys(given)) {
		if err := checkTopicAttribute("Attributes Reason: ", attribute, given[attribute]); err != nil {
			return nil, err
		}
	}
	arn := TopicARN(tx, name)
	if t, there := world.Get[Topic](tx, arn); there {
		for attribute, value := range given {
			if t.Set[attribute] != value {
				return nil, Invalid("Attributes Reason: Topic already exists with different attributes")
			}
		}
		for key, value := range tags {
			if have, there := t.Tags[key]; !there || have != value {
				return nil, Invalid("Tags Reason: Topic already exists with different tags")
			}
		}
		return t, nil
	}
	if len(world.All[Topic](tx)) >= tx.Limit(topicsQuota()) {
		return nil, refuse.WithStatus(refuse.StatusForbidden, "TopicLimitExceeded", "The maximum number of topics is reached")
	}
	t := &Topic{Object: tx.NamedObject(arn, tags), Set: given}
	if t.Set == nil {
		t.Set = Values{}
	}
	world.Add(tx, t)
	return t, nil
}

// SetTopicAttribute gives an attribute another value.
func SetTopicAttribute(tx *world.Tx, arn, name, value string) error {
	t, err := FindTopic(tx, arn)
	if err != nil {
		return err
	}
	if err := checkTopicAttribute("", name, value); err != nil {
		return err
	}
	world.Edit(tx, t.ID, func(t *Topic) {
		t.Set = maps.Clone(t.Set)
		t.Set[name] = value
	})
	return nil
}

// checkTopicAttribute refuses attributes that there aren't, and values that they can't have. where stands in front of the
// reason.
// Source: SNS API Reference, "SetTopicAttributes"; replies of AWS that others recorded.
func checkTopicAttribute(where, name, value string) error {
	switch name {
	case DisplayName:
		if utf8.RuneCountInString(value) > 100 {
			return Invalid("%sDisplayName must be at most 100 characters long", where)
		}
	case SignatureVersion:
		if value != "1" && value != "2" {
			return Invalid("%sSignatureVersion: Invalid value [%s]. Must be 1 or 2.", where, value)
		}
	case Key: // AWS looks at the key when there is a message
	case Policy:
		return checkPolicy(where, value)
	case "DeliveryPolicy", "TracingConfig", "FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy":
		return refuse.NotSimulated("the attribute %s of topics is not simulated", name)
	default:
		if strings.HasSuffix(name, "FeedbackRoleArn") || strings.HasSuffix(name, "FeedbackSampleRate") {
			if value == "" || value == "0" {
				return nil // nothing is noted of deliveries
			}
			return refuse.NotSimulated("the attribute %s of topics is not simulated", name)
		}
		return Invalid("%sAttributeName", where)
	}
	return nil
}

func checkPolicy(where, text string) error {
	d, err := policy.Resource(text)
	if err != nil {
		return Invalid("%sPolicy Error: %v", where, err)
	}
	for _, s := range d.Statements {
		if s.Effect == "Deny" || s.NotPrincipal != nil {
			return refuse.NotSimulated("topic policies with Deny or NotPrincipal are not simulated")
		}
		if s.Principal == nil {
			return Invalid("%sPolicy statement must contain principals", where)
		}
	}
	return nil
}

// PolicyDocument is the topic's policy: the one that was given, or the one that AWS gives every topic.
// Source: replies of GetTopicAttributes that others recorded.
func (t *Topic) PolicyDocument() string {
	if given := t.Set[Policy]; given != "" {
		return given
	}
	text, _ := json.Marshal(map[string]any{ // of texts alone
		"Version": "2008-10-17", "Id": "__default_policy_ID",
		"Statement": []any{map[string]any{
			"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": map[string]string{"AWS": "*"},
			"Action": []string{"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
				"SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"},
			"Resource": t.ID, "Condition": map[string]any{"StringEquals": map[string]string{"AWS:SourceOwner": world.AccountID}},
		}},
	})
	return string(text)
}

// deliveryPolicy is how messages to HTTP and HTTPS endpoints are tried again where nobody says otherwise.
// Source: replies of GetTopicAttributes that others recorded; SNS Developer Guide, "Amazon SNS message delivery retries".
const deliveryPolicy = `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,` +
	`"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,` +
	`"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`

// Attributes are those that GetTopicAttributes shows.
func (t *Topic) Attributes(tx *world.Tx) Values {
	confirmed, pending := 0, 0
	for _, s := range world.Of[Subscription](tx, t.ID) {
		if s.Pending {
			pending++
		} else {
			confirmed++
		}
	}
	all := Values{
		"TopicArn": t.ID, "Owner": world.AccountID, DisplayName: "", Policy: t.PolicyDocument(), "EffectiveDeliveryPolicy": deliveryPolicy,
		"SubscriptionsConfirmed": strconv.Itoa(confirmed), "SubscriptionsPending": strconv.Itoa(pending), "SubscriptionsDeleted": strconv.Itoa(t.Deleted),
	}
	for name, value := range t.Set {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// DeleteTopic deletes a topic with all its subscriptions. One that isn't there is no error.
func DeleteTopic(tx *world.Tx, arn string) error {
	parts, err := splitARN("TopicArn", arn)
	if err != nil {
		return err
	}
	if parts[3] != tx.Region() {
		return Invalid("TopicArn")
	}
	for _, s := range world.Of[Subscription](tx, arn) {
		s.remove(tx)
	}
	world.Delete[Topic](tx, arn)
	return nil
}

// Tagged is the topic whose tags a call is about.
func Tagged(tx *world.Tx, arn string) (*Topic, error) {
	if t, there := world.Get[Topic](tx, arn); there {
		return t, nil
	}
	return nil, refuse.WithStatus(refuse.StatusNotFound, "ResourceNotFound", "Resource does not exist")
}

// Tag gives a topic tags and takes those of the keys.
func Tag(tx *world.Tx, arn string, tags world.Tags, keys []string) error {
	t, err := Tagged(tx, arn)
	if err != nil {
		return err
	}
	all := maps.Clone(t.Tags)
	if all == nil {
		all = world.Tags{}
	}
	maps.Copy(all, tags)
	for _, key := range keys {
		delete(all, key)
	}
	if len(all) > maxTags {
		return refuse.New("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
	}
	world.Edit(tx, arn, func(t *Topic) { t.Tags = all })
	return nil
}
