package monitoring_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	kmsmodel "github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/resource"
)

func TestKey_IsRepairedAndTakenBack(t *testing.T) {
	cloud := localcloudtest.Start(t)
	p := kindtest.New(t, cloud.Endpoint, "shop")
	p.Owner.Monitoring = true
	g := &resource.Graph{}
	ref := resource.Add(g, monitoring.KeyKind(), "alarms", monitoring.Key{})
	first := ""
	p.Conform(t, g, func(t *testing.T) {
		node := g.Node(ref.Key())
		first = p.IDs[ref.Key()]
		if err := cloud.World.View("us-east-1", func(tx *world.Tx) error {
			alarm := func(region string) *kmsmodel.Service {
				return &kmsmodel.Service{Name: "cloudwatch.amazonaws.com", Source: "arn:aws:cloudwatch:" + region + ":123456789012:alarm:a"}
			}
			if err := kmsmodel.Use(tx, monitoring.KeyAlias("shop"), alarm("us-east-1"), "kms:GenerateDataKey", "kms:Decrypt"); err != nil {
				t.Errorf("an alarm: %v", err)
			}
			if err := kmsmodel.Use(tx, monitoring.KeyAlias("shop"), alarm("eu-west-1"), "kms:GenerateDataKey"); err == nil {
				t.Error("another region's alarm may use it, too")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		done := func(_ any, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		api, ctx := p.Clients.KMS, t.Context()
		done(api.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &first, Policy: aws.String(kmsmodel.DefaultPolicy())}))
		done(api.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: &first}))
		done(api.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &first}))
		if changes := p.Diff(t, node); len(changes) != 3 {
			t.Errorf("changed by hand: %v", changes)
		}
		p.Settle(t, node)
		// As a run leaves it that was killed right after the key was made.
		done(api.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String(monitoring.KeyAlias("shop"))}))
		if changes := p.Diff(t, node); len(changes) != 1 || changes[0].Field != "alias" {
			t.Errorf("without its alias: %v", changes)
		}
		p.Settle(t, node)
	})
	out, err := p.Clients.KMS.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &first})
	if err != nil || out.KeyMetadata.KeyState != types.KeyStatePendingDeletion {
		t.Fatalf("after its deletion: %+v, %v", out, err)
	}
	p.Make(t, g.Node(ref.Key()))
	if again := p.IDs[ref.Key()]; again != first {
		t.Errorf("made again it is %s, not %s", again, first)
	}
	if changes := p.Diff(t, g.Node(ref.Key())); len(changes) > 0 {
		t.Errorf("taken back, it is to be changed: %v", changes)
	}
	if keys, err := p.Clients.KMS.ListKeys(t.Context(), &kms.ListKeysInput{}); err != nil || len(keys.Keys) != 1 {
		t.Errorf("%+v, %v", keys, err)
	}
}

func TestKey_TakesNobodyElsesAlias(t *testing.T) {
	p := kindtest.New(t, localcloudtest.Start(t).Endpoint, "shop")
	p.Owner.Monitoring = true
	g := &resource.Graph{}
	ref := resource.Add(g, monitoring.KeyKind(), "alarms", monitoring.Key{})
	other, err := p.Clients.KMS.CreateKey(t.Context(), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Clients.KMS.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String(monitoring.KeyAlias("shop")), TargetKeyId: other.KeyMetadata.KeyId}); err != nil {
		t.Fatal(err)
	}
	node := g.Node(ref.Key())
	if found, err := node.Handler.Observe(t.Context(), p.Clients.Snapshot(), p.Owner); err != nil || len(found) > 0 {
		t.Errorf("somebody else's is listed: %+v, %v", found, err)
	}
	if _, err := monitoring.KeyKind().Create(t.Context(), resource.Call[monitoring.Key]{Clients: p.Clients, Owner: p.Owner}); err == nil {
		t.Error("a key was made that can't have its alias")
	}
	if keys, err := p.Clients.KMS.ListKeys(t.Context(), &kms.ListKeysInput{}); err != nil || len(keys.Keys) != 1 {
		t.Errorf("%+v, %v", keys, err)
	}
}
