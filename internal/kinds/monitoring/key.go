package monitoring

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/resource"
)

const kindKey = "kms-key"

// Key encrypts what alarms say, on its way through the topic. SNS's own key lets no alarm through.
//
// AWS deletes a key no sooner than seven days after it was asked to, for which it charges nothing. Until then it keeps its
// alias: a platform that is made again takes its key back, and so leaves never more than one.
type Key struct{}

// Refs implements resource.Spec.
func (Key) Refs() []resource.Ref { return nil }

// KeyAlias is the name by which a platform's topic knows its key.
func KeyAlias(platform string) string { return "alias/platformctl-" + platform }

// LiveKey is a key as KMS has it.
type LiveKey struct {
	types.KeyMetadata
	Alias  string // that of the platform; "" where it isn't this key's
	Policy string
	Days   int32 // between rotations; 0: it isn't rotated
	Tags   map[string]string
}

const (
	fieldAlias    = "alias"
	fieldPolicy   = "policy"
	fieldRotation = "rotation"
	fieldEnabled  = "enabled"
)

// The days that a deletion waits, which is the least that AWS allows, and those between rotations, which is AWS's choice.
// Sources: KMS API Reference, "ScheduleKeyDeletion" and "EnableKeyRotation".
const (
	deletionDays = 7
	rotationDays = 365
)

// KeyKind is the kind "kms-key". Its ID is KMS's own.
func KeyKind() resource.Kind[Key, LiveKey] {
	return resource.Kind[Key, LiveKey]{
		Traits: resource.Traits{
			Name:       kindKey,
			AskedBy:    section,
			TagCommand: "kms tag-resource --key-id {id} --tags TagKey={tag},TagValue={value}",
			Console:    resource.Console{Object: "kms#kms/keys/", List: "kms#kms/keys"},
			Actions: resource.Actions{
				Read:   []string{"kms:DescribeKey", "kms:ListKeys", "kms:ListResourceTags", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"},
				Make:   []string{"kms:CreateKey", "kms:TagResource", "kms:CreateAlias", "kms:EnableKeyRotation", "kms:CancelKeyDeletion", "kms:EnableKey"},
				Change: []string{"kms:PutKeyPolicy"},
				Delete: []string{"kms:ScheduleKeyDeletion"},
			},
			Compared: []resource.Field{
				resource.Identity("KeyId", "Arn", "AWSAccountId", "CreationDate", "DeletionDate", "KeyState", "KeyManager", "CurrentKeyMaterialId", "Description", "PendingDeletionWindowInDays", "Tags"),
				{Name: fieldAlias, Of: []string{"Alias"}, How: resource.Repaired, Why: "the topic knows its key by it"},
				{Name: fieldPolicy, Of: []string{"Policy"}, How: resource.Repaired, Why: "without it alarms don't get through"},
				{Name: fieldRotation, Of: []string{"Days"}, How: resource.Repaired, Why: "a key that isn't rotated protects all there ever was"},
				{Name: "what kind of key it is", Of: []string{"CloudHsmClusterId", "CustomKeyStoreId", "CustomerMasterKeySpec", "EncapsulationAlgorithms", "EncryptionAlgorithms", "ExpirationModel",
					"KeyAgreementAlgorithms", "KeySpec", "KeyUsage", "MacAlgorithms", "MultiRegion", "MultiRegionConfiguration", "Origin", "SigningAlgorithms", "ValidTo", "XksKeyConfiguration"},
					How: resource.Ignored, Why: "AWS never changes it"},
				{Name: fieldEnabled, Of: []string{"Enabled"}, How: resource.Repaired, Why: "alarms don't get through a key that is disabled"},
			},
			NotIdempotent: true,
			Propagating:   []awsapi.Refusal{{Code: codeAlreadyExists}},
			Removal: resource.Removal{
				Delete: scheduleDeletion, Foreign: untaggedKeys,
				Remains: "AWS deletes the key of the alarms in " + strconv.Itoa(deletionDays) + " days, and no sooner: until then it costs nothing, and a platform of this name " +
					"takes it back.",
			},
		},
		Reading: resource.Reading[LiveKey]{
			List: listKeys,
			ID:   func(l LiveKey) string { return aws.ToString(l.KeyId) },
			Tags: func(l LiveKey) map[string]string { return l.Tags },
			Status: func(l LiveKey) resource.Status {
				if l.KeyState == types.KeyStatePendingDeletion {
					return resource.Status{Phase: resource.Gone}
				}
				return resource.Status{Phase: resource.Ready}
			},
		},
		Costs: resource.Costs[Key, LiveKey]{
			Wanted: func(Key) []prices.Item { return []prices.Item{{Name: prices.KMSKey, Count: 1}} },
			Live:   func(LiveKey) []prices.Item { return []prices.Item{{Name: prices.KMSKey, Count: 1}} },
		},
		Writing: resource.Writing[Key, LiveKey]{
			Diff:   diffKey,
			Create: createKey,
			Update: updateKey,
			Retag: func(ctx context.Context, c *awsapi.Clients, id string, tags map[string]string) error {
				_, err := c.KMS.TagResource(ctx, &kms.TagResourceInput{KeyId: &id, Tags: keyTags(tags)})
				return err
			},
		},
	}
}

func keyTags(tags map[string]string) (list []types.Tag) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{TagKey: aws.String(key), TagValue: aws.String(tags[key])})
	}
	return list
}

// listKeys finds the platform's key by its alias; where nothing has that, by its tags, for which each key of the account is
// asked: a run may have been killed between the key and its alias.
func listKeys(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveKey, error) {
	if !owner.Monitoring || owner.IsEveryone() {
		return nil, nil // each platform has other objects to be known by
	}
	live, err := keyOf(ctx, c, owner)
	if err != nil || live == nil || !owner.Owns(live.Tags) {
		return nil, err
	}
	return []LiveKey{*live}, nil
}

// untaggedKeys names the keys that the state has and whose tags are gone, but for those that are going.
func untaggedKeys(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	missing := deletions.MissingIDs(kindKey)
	keys, err := awsapi.Each(ctx, missing, func(ctx context.Context, id string) (types.KeyState, error) {
		out, err := c.KMS.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
		if err != nil {
			return "", err
		}
		return out.KeyMetadata.KeyState, nil
	})
	if err != nil {
		return nil, fmt.Errorf("describe the keys that were listed before: %w", err)
	}
	missing = slices.DeleteFunc(missing, func(id string) bool { return keys[id] == "" || keys[id] == types.KeyStatePendingDeletion })
	return resource.FindUntagged(ctx, kindKey, missing, func(ctx context.Context, id string) (map[string]string, error) { return tagsOfKey(ctx, c, id) })
}

// keyOf is the key that has the platform's alias, or else the platform's by its tags; nil where there is none.
func keyOf(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (*LiveKey, error) {
	alias := KeyAlias(owner.Platform)
	named, err := c.KMS.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if err == nil {
		return readKey(ctx, c, *named.KeyMetadata, alias)
	}
	if !awsapi.IsNotFound(err) {
		return nil, fmt.Errorf("describe the key %s: %w", alias, err)
	}
	all, err := awsapi.Collect(ctx, kms.NewListKeysPaginator(c.KMS, &kms.ListKeysInput{}), func(page *kms.ListKeysOutput) []types.KeyListEntry { return page.Keys })
	if err != nil {
		return nil, fmt.Errorf("list the keys: %w", err)
	}
	for _, key := range all {
		tags, err := tagsOfKey(ctx, c, aws.ToString(key.KeyId))
		if err != nil || !owner.Owns(tags) {
			continue // keys of others may forbid it
		}
		out, err := c.KMS.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key.KeyId})
		if awsapi.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("describe key %s: %w", aws.ToString(key.KeyId), err)
		}
		if out.KeyMetadata.KeyState != types.KeyStatePendingDeletion {
			return readKey(ctx, c, *out.KeyMetadata, "")
		}
	}
	return nil, nil
}

// readKey reads what a description of a key doesn't have, all at once; nil where not all of KMS knows it yet.
func readKey(ctx context.Context, c *awsapi.Clients, key types.KeyMetadata, alias string) (*LiveKey, error) {
	live := LiveKey{KeyMetadata: key, Alias: alias}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		live.Tags, err = tagsOfKey(ctx, c, *key.KeyId)
		return err
	})
	group.Go(func() error {
		out, err := c.KMS.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: key.KeyId})
		if err == nil {
			live.Policy = aws.ToString(out.Policy)
		}
		return err
	})
	group.Go(func() error {
		out, err := c.KMS.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: key.KeyId})
		if err == nil && out.KeyRotationEnabled {
			live.Days = aws.ToInt32(out.RotationPeriodInDays)
		}
		return err
	})
	err := group.Wait()
	if awsapi.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read key %s: %w", aws.ToString(key.KeyId), err)
	}
	return &live, nil
}

func tagsOfKey(ctx context.Context, c *awsapi.Clients, id string) (map[string]string, error) {
	list, err := awsapi.Collect(ctx, kms.NewListResourceTagsPaginator(c.KMS, &kms.ListResourceTagsInput{KeyId: &id}), func(page *kms.ListResourceTagsOutput) []types.Tag { return page.Tags })
	tags := map[string]string{}
	for _, tag := range list {
		tags[aws.ToString(tag.TagKey)] = aws.ToString(tag.TagValue)
	}
	return tags, err
}

func diffKey(_ Key, live LiveKey, _ resource.IDs) (changes []resource.Change) {
	differ := func(field, want, have string) {
		if want != have {
			changes = append(changes, resource.Change{Field: field, Want: want, Have: have})
		}
	}
	differ(fieldEnabled, "true", strconv.FormatBool(live.Enabled))
	differ(fieldAlias, KeyAlias(live.Tags[awsapi.TagPlatform]), live.Alias)
	if !sameDocument(keyPolicy(aws.ToString(live.Arn)), live.Policy) {
		changes = append(changes, resource.Change{Field: fieldPolicy, Want: keyPolicy(aws.ToString(live.Arn)), Have: live.Policy, Text: "it isn't for this account's alarms alone"})
	}
	if live.Days == 0 {
		differ(fieldRotation, "every "+strconv.Itoa(rotationDays)+" days", "")
	}
	return changes
}

func sameDocument(a, b string) bool {
	var one, other any
	return json.Unmarshal([]byte(a), &one) == nil && json.Unmarshal([]byte(b), &other) == nil && reflect.DeepEqual(one, other)
}

// keyPolicy leaves the key to the account's own policies, and lets its alarms use it.
// Source: SNS Developer Guide, "Enable compatibility between event sources from AWS services and encrypted topics".
func keyPolicy(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	partition, region, account := parts[1], parts[3], parts[4]
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{ // of texts alone
		map[string]any{"Sid": "Account", "Effect": "Allow", "Principal": map[string]string{"AWS": "arn:" + partition + ":iam::" + account + ":root"}, "Action": "kms:*", "Resource": "*"},
		map[string]any{"Sid": "Alarms", "Effect": "Allow", "Principal": map[string]string{"Service": "cloudwatch.amazonaws.com"},
			"Action": []string{"kms:Decrypt", "kms:GenerateDataKey*"}, "Resource": "*", "Condition": map[string]any{
				"StringEquals": map[string]string{"aws:SourceAccount": account},
				"ArnLike":      map[string]string{"aws:SourceArn": "arn:" + partition + ":cloudwatch:" + region + ":" + account + ":alarm:*"},
			}},
	}})
	return string(text)
}

// createKey takes the platform's key back that is to be deleted, or makes one.
func createKey(ctx context.Context, call resource.Call[Key]) (string, error) {
	old, err := keyOf(ctx, call.Clients, call.Owner)
	if err != nil {
		return "", err
	}
	if old != nil && !call.Owner.Owns(old.Tags) {
		return "", fmt.Errorf("somebody else's key %s has the alias %s: give it another one", aws.ToString(old.KeyId), old.Alias)
	}
	if old != nil {
		call.Unconfirmed()
		if old.KeyState == types.KeyStatePendingDeletion {
			if _, err := call.Clients.KMS.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: old.KeyId}); err != nil {
				return "", fmt.Errorf("take back the deletion of key %s: %w", aws.ToString(old.KeyId), err)
			}
		}
		return aws.ToString(old.KeyId), nil
	}
	caller, err := call.Clients.Caller(ctx)
	if err != nil {
		return "", err
	}
	policy := keyPolicy("arn:aws:kms:" + call.Owner.Region + ":" + caller.Account + ":key/new")
	out, err := call.Clients.KMS.CreateKey(ctx, &kms.CreateKeyInput{Policy: &policy, Description: aws.String("alarms of " + call.Owner.Platform + ", made by platformctl"), Tags: keyTags(call.Tags)})
	if err != nil {
		return "", fmt.Errorf("create the key: %w", err)
	}
	return aws.ToString(out.KeyMetadata.KeyId), nil
}

func updateKey(ctx context.Context, call resource.Call[Key], live LiveKey, changes []resource.Change) error {
	id := live.KeyId
	for _, change := range changes {
		var err error
		switch change.Field {
		case fieldEnabled:
			_, err = call.Clients.KMS.EnableKey(ctx, &kms.EnableKeyInput{KeyId: id})
		case fieldAlias:
			err = nameKey(ctx, call.Clients, KeyAlias(call.Owner.Platform), aws.ToString(id))
		case fieldPolicy:
			_, err = call.Clients.KMS.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: id, Policy: aws.String(keyPolicy(aws.ToString(live.Arn)))})
		case fieldRotation:
			_, err = call.Clients.KMS.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: id})
		}
		if err != nil {
			return fmt.Errorf("set the %s of key %s: %w", change.Field, aws.ToString(id), err)
		}
	}
	return nil
}

// nameKey gives a key its alias. Where the alias is there already and isn't known to be another key's, AWS's refusal is returned: it
// may be the key's own, which not all of KMS knows yet.
func nameKey(ctx context.Context, c *awsapi.Clients, alias, id string) error {
	_, refused := c.KMS.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: &id})
	if !awsapi.HasCode(refused, codeAlreadyExists) {
		return refused
	}
	out, err := c.KMS.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	switch {
	case err != nil:
		return refused
	case aws.ToString(out.KeyMetadata.KeyId) != id:
		return fmt.Errorf("somebody else's key has the alias %s: take it away, or set monitoring.notify to none", alias)
	}
	return nil
}

const codeAlreadyExists = "AlreadyExistsException"

// scheduleDeletion has AWS delete the key as soon as it does.
func scheduleDeletion(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.KMS.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &record.ID, PendingWindowInDays: aws.Int32(deletionDays)})
	if awsapi.HasCode(err, "KMSInvalidStateException") {
		return &smithy.GenericAPIError{Code: "NotFound", Message: "key " + record.ID + " is to be deleted already"}
	}
	return err
}
