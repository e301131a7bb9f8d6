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
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// newKMSClient is a client of KMS alone, whose clock stands still.
func newKMSClient(t *testing.T) *sdk.Client {
	t.Helper()
	w, err := world.Open("", world.Options{Now: func() time.Time { return now }}, model.Kinds()...)
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

func kmsTag(key, value string) types.Tag { return types.Tag{TagKey: &key, TagValue: &value} }

func newKMSKey(t *testing.T, c *sdk.Client, in sdk.CreateKeyInput) *types.KeyMetadata {
	t.Helper()
	out, err := c.CreateKey(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return out.KeyMetadata
}

func TestKMSKey_IsMadeDescribedAndListed(t *testing.T) {
	c, ctx := newKMSClient(t), t.Context()
	k := newKMSKey(t, c, sdk.CreateKeyInput{Description: aws.String("alarms"), Tags: []types.Tag{kmsTag("k1", "v1")}})
	if *k.Arn != "arn:aws:kms:eu-west-1:123456789012:key/"+*k.KeyId || !k.Enabled || k.KeyState != types.KeyStateEnabled || *k.Description != "alarms" ||
		k.KeyManager != types.KeyManagerTypeCustomer || k.DeletionDate != nil || !k.CreationDate.Equal(now) {
		t.Errorf("%+v", k)
	}
	if _, err := c.CreateAlias(ctx, &sdk.CreateAliasInput{AliasName: aws.String("alias/alarms"), TargetKeyId: k.Arn}); err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{*k.KeyId, *k.Arn, "alias/alarms", "arn:aws:kms:eu-west-1:123456789012:alias/alarms"} {
		if out, err := c.DescribeKey(ctx, &sdk.DescribeKeyInput{KeyId: &given}); err != nil || *out.KeyMetadata.KeyId != *k.KeyId {
			t.Errorf("%s: %v", given, err)
		}
	}
	newKMSKey(t, c, sdk.CreateKeyInput{})
	first, err := c.ListKeys(ctx, &sdk.ListKeysInput{Limit: aws.Int32(1)})
	if err != nil || len(first.Keys) != 1 || !first.Truncated || *first.Keys[0].KeyArn != *k.Arn {
		t.Fatalf("%+v, %v", first, err)
	}
	if rest, err := c.ListKeys(ctx, &sdk.ListKeysInput{Marker: first.NextMarker}); err != nil || len(rest.Keys) != 1 || rest.Truncated {
		t.Errorf("%+v, %v", rest, err)
	}
	if aliases, err := c.ListAliases(ctx, &sdk.ListAliasesInput{KeyId: k.KeyId}); err != nil || len(aliases.Aliases) != 1 || *aliases.Aliases[0].TargetKeyId != *k.KeyId {
		t.Errorf("%+v, %v", aliases, err)
	}
	if _, err := c.TagResource(ctx, &sdk.TagResourceInput{KeyId: k.KeyId, Tags: []types.Tag{kmsTag("k2", "")}}); err != nil {
		t.Error(err)
	}
	if _, err := c.UntagResource(ctx, &sdk.UntagResourceInput{KeyId: k.KeyId, TagKeys: []string{"k1"}}); err != nil {
		t.Error(err)
	}
	if tags, err := c.ListResourceTags(ctx, &sdk.ListResourceTagsInput{KeyId: k.Arn}); err != nil || len(tags.Tags) != 1 || *tags.Tags[0].TagKey != "k2" {
		t.Errorf("%+v, %v", tags, err)
	}
}

func TestKMSKey_PolicyRotationAndDeletion(t *testing.T) {
	c, ctx := newKMSClient(t), t.Context()
	id := newKMSKey(t, c, sdk.CreateKeyInput{}).KeyId
	policy, err := c.GetKeyPolicy(ctx, &sdk.GetKeyPolicyInput{KeyId: id})
	if err != nil || *policy.PolicyName != "default" || !strings.Contains(*policy.Policy, "Enable IAM User Permissions") {
		t.Fatalf("%+v, %v", policy, err)
	}
	other := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"kms:*","Resource":"*"}}`
	if _, err := c.PutKeyPolicy(ctx, &sdk.PutKeyPolicyInput{KeyId: id, Policy: &other}); err != nil {
		t.Error(err)
	}
	if policy, err = c.GetKeyPolicy(ctx, &sdk.GetKeyPolicyInput{KeyId: id, PolicyName: aws.String("default")}); err != nil || *policy.Policy != other {
		t.Errorf("%+v, %v", policy, err)
	}
	if names, err := c.ListKeyPolicies(ctx, &sdk.ListKeyPoliciesInput{KeyId: id}); err != nil || len(names.PolicyNames) != 1 {
		t.Errorf("%+v, %v", names, err)
	}
	if status, err := c.GetKeyRotationStatus(ctx, &sdk.GetKeyRotationStatusInput{KeyId: id}); err != nil || status.KeyRotationEnabled {
		t.Errorf("%+v, %v", status, err)
	}
	if _, err := c.EnableKeyRotation(ctx, &sdk.EnableKeyRotationInput{KeyId: id}); err != nil {
		t.Error(err)
	}
	status, err := c.GetKeyRotationStatus(ctx, &sdk.GetKeyRotationStatusInput{KeyId: id})
	if err != nil || !status.KeyRotationEnabled || *status.RotationPeriodInDays != 365 || !status.NextRotationDate.Equal(now.AddDate(0, 0, 365)) {
		t.Errorf("%+v, %v", status, err)
	}
	gone, err := c.ScheduleKeyDeletion(ctx, &sdk.ScheduleKeyDeletionInput{KeyId: id, PendingWindowInDays: aws.Int32(7)})
	if err != nil || gone.KeyState != types.KeyStatePendingDeletion || *gone.PendingWindowInDays != 7 || !gone.DeletionDate.Equal(now.AddDate(0, 0, 7)) {
		t.Fatalf("%+v, %v", gone, err)
	}
	if _, err := c.CancelKeyDeletion(ctx, &sdk.CancelKeyDeletionInput{KeyId: id}); err != nil {
		t.Error(err)
	}
	if _, err := c.EnableKey(ctx, &sdk.EnableKeyInput{KeyId: id}); err != nil {
		t.Error(err)
	}
	if _, err := c.DisableKeyRotation(ctx, &sdk.DisableKeyRotationInput{KeyId: id}); err != nil {
		t.Error(err)
	}
	if _, err := c.DisableKey(ctx, &sdk.DisableKeyInput{KeyId: id}); err != nil {
		t.Error(err)
	}
	if _, err := c.UpdateKeyDescription(ctx, &sdk.UpdateKeyDescriptionInput{KeyId: id, Description: aws.String("new")}); err != nil {
		t.Error(err)
	}
	if k, err := c.DescribeKey(ctx, &sdk.DescribeKeyInput{KeyId: id}); err != nil || k.KeyMetadata.Enabled || k.KeyMetadata.KeyState != types.KeyStateDisabled || *k.KeyMetadata.Description != "new" {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestKMSRefusals_AreInAWSsWords(t *testing.T) {
	c, ctx := newKMSClient(t), t.Context()
	k, other := newKMSKey(t, c, sdk.CreateKeyInput{}), newKMSKey(t, c, sdk.CreateKeyInput{})
	alias := func(name string, key *string) error {
		_, err := c.CreateAlias(ctx, &sdk.CreateAliasInput{AliasName: &name, TargetKeyId: key})
		return err
	}
	if err := alias("alias/a", k.KeyId); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DisableKey(ctx, &sdk.DisableKeyInput{KeyId: other.KeyId}); err != nil {
		t.Fatal(err)
	}
	describe := func(id string) error {
		_, err := c.DescribeKey(ctx, &sdk.DescribeKeyInput{KeyId: &id})
		return err
	}
	create := func(in sdk.CreateKeyInput) error {
		_, err := c.CreateKey(ctx, &in)
		return err
	}
	_, rotation := c.EnableKeyRotation(ctx, &sdk.EnableKeyRotationInput{KeyId: other.KeyId})
	_, byAlias := c.GetKeyPolicy(ctx, &sdk.GetKeyPolicyInput{KeyId: aws.String("alias/a")})
	_, named := c.GetKeyPolicy(ctx, &sdk.GetKeyPolicyInput{KeyId: k.KeyId, PolicyName: aws.String("other")})
	_, aliases := c.ListAliases(ctx, &sdk.ListAliasesInput{KeyId: aws.String("alias/a")})
	_, moved := c.UpdateAlias(ctx, &sdk.UpdateAliasInput{AliasName: aws.String("alias/none"), TargetKeyId: k.KeyId})
	_, marker := c.ListKeys(ctx, &sdk.ListKeysInput{Marker: aws.String("x")})
	_, window := c.ScheduleKeyDeletion(ctx, &sdk.ScheduleKeyDeletionInput{KeyId: k.KeyId, PendingWindowInDays: aws.Int32(5)})
	const unknown = "134f2428-cec1-4b25-a1ae-9048164dba47"
	for n, test := range []struct {
		err           error
		code, message string
	}{
		{describe(unknown), "NotFoundException", "Key 'arn:aws:kms:eu-west-1:123456789012:key/" + unknown + "' does not exist"},
		{describe("134f2428cec14b25a1ae9048164dba47"), "NotFoundException", "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"},
		{describe("arn:aws:kms:us-east-1:123456789012:key/" + unknown), "NotFoundException", "Invalid arn us-east-1"},
		{describe("alias/none"), "NotFoundException", "Alias arn:aws:kms:eu-west-1:123456789012:alias/none is not found."},
		{byAlias, "NotFoundException", "Invalid keyId 'alias/a'"},
		{named, "NotFoundException", "No such policy exists"},
		{aliases, "NotFoundException", "Invalid keyId 'alias/a'"},
		{alias("a", k.KeyId), "ValidationException", `Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html`},
		{alias("alias/aws/mine", k.KeyId), "NotAuthorizedException", ""},
		{alias("alias/a", other.KeyId), "AlreadyExistsException", "An alias with the name arn:aws:kms:eu-west-1:123456789012:alias/a already exists"},
		{moved, "NotFoundException", "Alias arn:aws:kms:eu-west-1:123456789012:alias/none is not found."},
		{rotation, "DisabledException", *other.Arn + " is disabled."},
		{marker, "InvalidMarkerException", "Could not deserialize marker 'x'"},
		{window, "ValidationException", "PendingWindowInDays must be between 7 and 30 (inclusive)"},
		{create(sdk.CreateKeyInput{Tags: []types.Tag{kmsTag("k", "1"), kmsTag("k", "2")}}), "TagException", "Duplicate tag keys"},
		{create(sdk.CreateKeyInput{Policy: aws.String("{}")}), "MalformedPolicyDocumentException", "Syntax errors in policy."},
		{create(sdk.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeSignVerify}), "NotSimulated", ""},
	} {
		t.Run(fmt.Sprint(n, test.code), func(t *testing.T) {
			var refusal smithy.APIError
			if !errors.As(test.err, &refusal) || refusal.ErrorCode() != test.code || test.message != "" && refusal.ErrorMessage() != test.message {
				t.Errorf("%v, not %s: %s", test.err, test.code, test.message)
			}
		})
	}
}
