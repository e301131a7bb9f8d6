package compute_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

// A role or an instance profile that has the platform's name is somebody else's until its tags say otherwise.
func TestUnplaceable_RoleAndProfileOfOthers(t *testing.T) {
	p := kindtest.New(t, localcloudtest.Start(t).Endpoint, "shop")
	g := &resource.Graph{}
	role := resource.Add(g, compute.RoleKind(), compute.IdentityName, compute.Role{TrustedService: "ec2.amazonaws.com"})
	profile := resource.Add(g, compute.InstanceProfileKind(), compute.IdentityName, compute.InstanceProfile{Role: role})
	expect := func(when string, want int) {
		t.Helper()
		for _, ref := range []resource.Ref{role, profile} {
			node := g.Node(ref.Key())
			problems, err := node.Handler.Unplaceable(t.Context(), p.Clients.Snapshot(), p.Owner, []resource.Creation{{Node: node, Generation: 1}})
			if err != nil || len(problems) != want {
				t.Errorf("%s, %s: problems %+v, error %v; want %d", when, ref.Key(), problems, err, want)
			}
		}
	}
	expect("before anything is there", 0)

	name := aws.String("shop-us-east-1-web")
	trust := aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	if _, err := p.Clients.IAM.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trust}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Clients.IAM.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: name}); err != nil {
		t.Fatal(err)
	}
	expect("without tags", 1)

	tags := func(key string) map[string]string {
		return map[string]string{awsapi.TagPlatform: "shop", awsapi.TagKey: key}
	}
	if _, err := p.Clients.IAM.TagRole(t.Context(), &iam.TagRoleInput{RoleName: name, Tags: awsapi.IAMTags(tags("role/web"))}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Clients.IAM.TagInstanceProfile(t.Context(), &iam.TagInstanceProfileInput{InstanceProfileName: name, Tags: awsapi.IAMTags(tags("instance-profile/web"))}); err != nil {
		t.Fatal(err)
	}
	expect("with the platform's tags", 0)
}
