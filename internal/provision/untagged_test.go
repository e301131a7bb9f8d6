package provision_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
)

// setOwner sets the tag that says whose an object is, or takes it away.
func setOwner(ctx context.Context, c *awsapi.Clients, kind resource.Handler, id, platform string) (err error) {
	switch {
	case kind.TagCommand == awsapi.TagCommandEC2 && platform == "":
		_, err = c.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: []ec2types.Tag{{Key: aws.String(awsapi.TagPlatform)}}})
	case kind.TagCommand == awsapi.TagCommandEC2:
		err = awsapi.RetagEC2(ctx, c, id, map[string]string{awsapi.TagPlatform: platform})
	case kind.TagCommand == awsapi.TagCommandELB && platform == "":
		_, err = c.ELB.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{id}, TagKeys: []string{awsapi.TagPlatform}})
	case kind.TagCommand == awsapi.TagCommandELB:
		err = awsapi.RetagELB(ctx, c, id, map[string]string{awsapi.TagPlatform: platform})
	case kind.Name == "role" && platform == "":
		_, err = c.IAM.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &id, TagKeys: []string{awsapi.TagPlatform}})
	case kind.Name == "role":
		_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: &id, Tags: []iamtypes.Tag{{Key: aws.String(awsapi.TagPlatform), Value: &platform}}})
	case platform == "":
		_, err = c.IAM.UntagInstanceProfile(ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: &id, TagKeys: []string{awsapi.TagPlatform}})
	default:
		_, err = c.IAM.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{
			InstanceProfileName: &id, Tags: []iamtypes.Tag{{Key: aws.String(awsapi.TagPlatform), Value: &platform}},
		})
	}
	return err
}

// TestInspect_KeepsWhatLostItsTag takes the platform's tag from an object of each kind: nothing is to be made in its place,
// nothing that is built on it changes, and the command that puts the tag back is named.
func TestInspect_KeepsWhatLostItsTag(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	cfg := config.Default()
	cfg.Network.Egress = config.EgressNATSingle
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
		object := objects[0]
		if err := setOwner(ctx, clients, kind, object.ID, ""); err != nil {
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
		if err != nil || len(blockers) != 1 || blockers[0].Handle() != object.Handle() || !strings.HasPrefix(blockers[0].Lift, "aws "+kind.TagCommand+" "+object.ID+" ") {
			t.Errorf("without the tag of %s: refused for %v, %v", object.Key, blockers, err)
		}
		if err := setOwner(ctx, clients, kind, object.ID, cfg.Name); err != nil {
			t.Fatalf("%s: %v", object.Key, err)
		}
	}
	if tried != 14 {
		t.Errorf("%d kinds were tried, want 14", tried)
	}
	if view := inspect(); view.Plan.Pending() || view.Unknowable() != nil {
		t.Errorf("with all tags: %v", view.Plan.Steps)
	}
}
