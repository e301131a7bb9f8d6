package provision_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
)

// disown takes from an object the tag that says whose it is; of a bucket S3 can only take all.
func disown(ctx context.Context, c *awsapi.Clients, kind resource.Handler, id string) (err error) {
	keys := []string{awsapi.TagPlatform}
	switch {
	case kind.TagCommand == awsapi.TagCommandEC2:
		_, err = c.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: &keys[0]}}})
	case kind.TagCommand == awsapi.TagCommandELB:
		_, err = c.ELB.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{id}, TagKeys: keys})
	case kind.Name == "role":
		_, err = c.IAM.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &id, TagKeys: keys})
	case kind.Name == "instance-profile":
		_, err = c.IAM.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: &id, TagKeys: keys})
	case kind.Name == "topic":
		_, err = c.SNS.UntagResource(ctx, &sns.UntagResourceInput{ResourceArn: &id, TagKeys: keys})
	case kind.Name == "kms-key":
		_, err = c.KMS.UntagResource(ctx, &kms.UntagResourceInput{KeyId: &id, TagKeys: keys})
	case kind.Name == "auto-scaling-group":
		_, err = c.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []autoscalingtypes.Tag{
			{ResourceId: &id, ResourceType: aws.String("auto-scaling-group"), Key: &keys[0]},
		}})
	case kind.Name == "certificate":
		_, err = c.ACM.RemoveTagsFromCertificate(ctx, &acm.RemoveTagsFromCertificateInput{CertificateArn: &id, Tags: []acmtypes.Tag{{Key: &keys[0]}}})
	case kind.Name == "bucket":
		_, err = c.S3.DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: &id})
	default:
		err = errors.New("this test doesn't know how a " + kind.Name + " loses a tag")
	}
	return err
}

// TestInspect_KeepsWhatLostItsTag takes the platform's tag from an object of each kind: nothing is to be made in its place,
// nothing that is built on it changes, and the command that puts the tag back is named.
func TestInspect_KeepsWhatLostItsTag(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Network.Egress = config.EgressNATSingle
	keepsWhatLostItsTag(t, cfg, 14)
}

// TestInspect_KeepsWhatLostItsTagOfEveryArea does the same under a domain, with an Auto Scaling group, alarms and logs.
func TestInspect_KeepsWhatLostItsTagOfEveryArea(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Network.Egress = config.EgressNATSingle
	cfg.Web.AutoScaling = config.AutoScaling{Min: 2, Max: 3, CPU: 50}
	cfg.Logs.Access = 1
	cfg.LoadBalancer.HTTPS = config.HTTPS{Domain: "shop.example.localhost", HostedZone: "example.localhost", Policy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"}
	cfg.Monitoring.Notify = []string{"ops@example.com"}
	keepsWhatLostItsTag(t, cfg, 19)
}

func keepsWhatLostItsTag(t *testing.T, cfg config.Config, kinds int) {
	t.Helper()
	ctx := t.Context()
	endpoint, store := up(t, cfg)
	clients := connect(t, endpoint)
	inspect := func() *provision.View {
		t.Helper()
		view, err := provision.Inspect(ctx, clients, cfg, store)
		if err != nil {
			t.Fatal(err)
		}
		return view
	}
	tried := 0
	for _, kind := range blueprint.Kinds() {
		objects := inspect().Observed.Of(kind.Name)
		if kind.TagCommand == "" || len(objects) == 0 {
			continue
		}
		tried++
		command, _, _ := strings.Cut(strings.ReplaceAll(kind.TagCommand, "{id}", objects[0].ID), "{tag}")
		object := objects[0]
		if err := disown(ctx, clients, kind, object.ID); err != nil {
			t.Fatalf("%s: %v", object.Key, err)
		}
		view := inspect()
		for _, step := range view.Plan.Steps {
			if step.Action != plan.Keep {
				t.Errorf("without the tag of %s: %s %s: %v", object.Key, step.Action, step.Key, step.Reasons)
			}
			if step.Key == object.Key && (!step.Untagged() || step.ID() != object.ID || !strings.Contains(strings.Join(step.Reasons, ""), "there, but its tag platformctl:platform is gone")) {
				t.Errorf("%s (%s) is said to be %s (%s): %v", object.Key, object.ID, step.Status().Phase, step.ID(), step.Reasons)
			}
		}
		if !view.Plan.Pending() || len(view.Plan.Forget) > 0 {
			t.Errorf("without the tag of %s: pending: %t; forgets %v", object.Key, view.Plan.Pending(), view.Plan.Forget)
		}
		blockers, err := provision.Refusals(ctx, view, preflight.Protection{}, preflight.Teller{})
		if err != nil || len(blockers) != 1 || blockers[0].Handle() != object.Handle() || !strings.HasPrefix(blockers[0].Lift, "aws "+command) {
			t.Errorf("without the tag of %s: refused for %v, %v", object.Key, blockers, err)
		}
		if err := kind.Update(ctx, resource.Request{Clients: clients, Tags: object.Tags}, object, []resource.Change{{Field: resource.TagsField}}); err != nil {
			t.Fatalf("%s: %v", object.Key, err)
		}
	}
	if tried != kinds {
		t.Errorf("%d kinds were tried, want %d", tried, kinds)
	}
	if view := inspect(); view.Plan.Pending() || view.Unknowable() != nil {
		t.Errorf("with all tags: %v", view.Plan.Steps)
	}
}
