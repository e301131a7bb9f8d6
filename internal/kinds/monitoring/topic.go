package monitoring

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

const kindTopic = "topic"

// Topic is where a platform's alarms go to, and from there to whom they are for. It is encrypted with the platform's key.
type Topic struct {
	Platform, Region string
	Key              resource.Ref
}

// Refs implements resource.Spec.
func (t Topic) Refs() []resource.Ref { return []resource.Ref{t.Key} }

// LiveTopic is a topic as SNS has it.
type LiveTopic struct {
	ARN, Policy, Key string
	Tags             map[string]string
}

// The attributes of a topic that are compared.
const (
	attributePolicy = "Policy"
	attributeKey    = "KmsMasterKeyId"
	fieldTopicKey   = "key"
)

// TopicKind is the kind "topic". Its ID is the ARN.
func TopicKind() resource.Kind[Topic, LiveTopic] {
	return resource.Kind[Topic, LiveTopic]{
		Traits: resource.Traits{
			Name:       kindTopic,
			AskedBy:    section,
			TagCommand: "sns tag-resource --resource-arn {id} --tags Key={tag},Value={value}",
			Console:    resource.Console{Object: "sns/v3#/topic/", List: "sns/v3#/topics"},
			Actions: resource.Actions{
				Read:   []string{"sns:GetTopicAttributes", "sns:ListTagsForResource"},
				Make:   []string{"sns:CreateTopic", "sns:TagResource"},
				Change: []string{"sns:SetTopicAttributes"},
				Delete: []string{"sns:DeleteTopic"},
				On:     topicARN,
			},
			Compared: []resource.Field{
				resource.Identity("ARN", "Tags"),
				{Name: fieldPolicy, Of: []string{"Policy"}, How: resource.Repaired, Why: "without it alarms don't get through; a laxer one lets others send"},
				{Name: fieldTopicKey, Of: []string{"Key"}, How: resource.Repaired, Why: "what alarms say is encrypted, with a key that lets them through"},
			},
			Unplaceable: unplaceableTopic,
			Removal: resource.Removal{
				Foreign: untaggedTopics,
				Delete: func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
					_, err := c.SNS.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &record.ID})
					return err
				},
			},
		},
		Reading: resource.Reading[LiveTopic]{
			List:   listTopics,
			ID:     func(l LiveTopic) string { return l.ARN },
			Tags:   func(l LiveTopic) map[string]string { return l.Tags },
			Status: func(LiveTopic) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Topic, LiveTopic]{
			Diff:   diffTopic,
			Create: createTopic,
			Update: updateTopic,
			Retag: func(ctx context.Context, c *awsapi.Clients, arn string, tags map[string]string) error {
				_, err := c.SNS.TagResource(ctx, &sns.TagResourceInput{ResourceArn: &arn, Tags: awsapi.SNSTags(tags)})
				return err
			},
		},
	}
}

// TopicName is the name of a platform's topic.
func TopicName(platform string) string { return "platformctl-" + platform }

func topicARN(owner awsapi.Owner, account string) string {
	return "arn:aws:sns:" + owner.Region + ":" + account + ":" + TopicName(owner.Platform)
}

// arnOf is the ARN that a platform's topic has, or would have.
func arnOf(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (string, error) {
	caller, err := c.Caller(ctx)
	if err != nil {
		return "", err
	}
	return topicARN(owner, caller.Account), nil
}

func listTopics(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveTopic, error) {
	if !owner.Monitoring || owner.IsEveryone() {
		return nil, nil
	}
	arn, err := arnOf(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	live, err := readTopic(ctx, c, arn)
	if err != nil || live == nil || !owner.Owns(live.Tags) {
		return nil, err
	}
	return []LiveTopic{*live}, nil
}

// readTopic is the topic of an ARN with its tags; nil where there is none.
func readTopic(ctx context.Context, c *awsapi.Clients, arn string) (*LiveTopic, error) {
	out, err := c.SNS.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if awsapi.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the topic %s: %w", arn, err)
	}
	tags, err := c.SNS.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &arn})
	if awsapi.IsNotFound(err) {
		return nil, nil // it was deleted since
	}
	if err != nil {
		return nil, fmt.Errorf("list the tags of the topic %s: %w", arn, err)
	}
	return &LiveTopic{arn, out.Attributes[attributePolicy], out.Attributes[attributeKey], awsapi.FromSNS(tags.Tags)}, nil
}

// untaggedTopics names the topics that the state has and whose tags are gone.
func untaggedTopics(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	return resource.FindUntagged(ctx, kindTopic, deletions.MissingIDs(kindTopic), func(ctx context.Context, arn string) (map[string]string, error) {
		tags, err := c.SNS.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &arn})
		if err != nil {
			return nil, err
		}
		return awsapi.FromSNS(tags.Tags), nil
	})
}

// unplaceableTopic names a new topic whose name somebody else's has.
func unplaceableTopic(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, creations []resource.Creation) ([]resource.Problem, error) {
	var problems []resource.Problem
	for _, node := range creations {
		arn, err := arnOf(ctx, c, owner)
		if err != nil {
			return nil, err
		}
		live, err := readTopic(ctx, c, arn)
		if err != nil {
			return nil, err
		}
		if live != nil && !owner.Owns(live.Tags) {
			problems = append(problems, resource.Problem{Key: node.Key, Text: "somebody else's topic has the name " + TopicName(owner.Platform),
				Hint: "delete it, or choose another name for the platform"})
		}
	}
	return problems, nil
}

func diffTopic(_ Topic, live LiveTopic, _ resource.IDs) (changes []resource.Change) {
	if want := topicPolicy(live.ARN); !sameDocument(want, live.Policy) {
		changes = append(changes, resource.Change{Field: fieldPolicy, Want: want, Have: live.Policy, Text: "it isn't for this account's alarms alone"})
	}
	if want := KeyAlias(live.Tags[awsapi.TagPlatform]); live.Key != want {
		changes = append(changes, resource.Change{Field: fieldTopicKey, Want: want, Have: live.Key})
	}
	return changes
}

// topicPolicy lets the alarms of the topic's account and region publish, and nobody else: the account's own users have their own
// policies.
// Source: SNS Developer Guide, "Example cases for Amazon SNS access control": CloudWatch alarms.
func topicPolicy(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	partition, region, account := parts[1], parts[3], parts[4]
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{ // of texts alone
		map[string]any{"Sid": "Alarms", "Effect": "Allow", "Principal": map[string]string{"Service": "cloudwatch.amazonaws.com"}, "Action": "SNS:Publish", "Resource": arn,
			"Condition": map[string]any{
				"StringEquals": map[string]string{"aws:SourceAccount": account},
				"ArnLike":      map[string]string{"aws:SourceArn": "arn:" + partition + ":cloudwatch:" + region + ":" + account + ":alarm:*"},
			}},
	}})
	return string(text)
}

// createTopic makes a topic, or finds the one that an earlier run has made: SNS refuses a name whose topic has other tags.
func createTopic(ctx context.Context, call resource.Call[Topic]) (string, error) {
	name := TopicName(call.Owner.Platform)
	arn, err := arnOf(ctx, call.Clients, call.Owner)
	if err != nil {
		return "", err
	}
	call.Unconfirmed()
	live, err := readTopic(ctx, call.Clients, arn)
	switch {
	case err != nil:
		return "", err
	case live != nil && call.Owner.Owns(live.Tags):
		return arn, nil
	case live != nil:
		return "", fmt.Errorf("somebody else's topic has the name %s: delete it, or choose another name for the platform", name)
	}
	out, err := call.Clients.SNS.CreateTopic(ctx, &sns.CreateTopicInput{Name: &name, Tags: awsapi.SNSTags(call.Tags), Attributes: map[string]string{
		attributePolicy: topicPolicy(arn), attributeKey: KeyAlias(call.Owner.Platform),
	}})
	if err != nil {
		return "", fmt.Errorf("create the topic %s: %w", name, err)
	}
	return aws.ToString(out.TopicArn), nil
}

func updateTopic(ctx context.Context, call resource.Call[Topic], live LiveTopic, changes []resource.Change) error {
	names := map[string]string{fieldPolicy: attributePolicy, fieldTopicKey: attributeKey}
	for _, change := range changes {
		_, err := call.Clients.SNS.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: &live.ARN, AttributeName: aws.String(names[change.Field]), AttributeValue: aws.String(change.Want)})
		if err != nil {
			return fmt.Errorf("set the %s of the topic %s: %w", change.Field, live.ARN, err)
		}
	}
	return nil
}
