package compute_test

import (
	"testing"

	"github.com/platformctl/platformctl/internal/compute"
	"github.com/platformctl/platformctl/internal/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

// TestLostRepliesOfIdentity loses the first reply to each call that changes a role or a profile: it was carried out, and
// the SDK repeats it, which IAM refuses for most of them.
func TestLostRepliesOfIdentity(t *testing.T) {
	cloud := localcloudtest.Start(t)
	var trouble faults.Config
	for _, operation := range []string{
		"CreateRole", "AttachRolePolicy", "CreateInstanceProfile", "AddRoleToInstanceProfile",
		"RemoveRoleFromInstanceProfile", "DeleteInstanceProfile", "DetachRolePolicy", "DeleteRole",
	} {
		trouble.Rules = append(trouble.Rules, faults.Rule{Operations: []string{"iam:" + operation}, Fault: faults.LostReply, Nth: 1})
	}
	if err := cloud.SetFaults(trouble); err != nil {
		t.Fatal(err)
	}
	p := kindtest.New(t, cloud.Endpoint, "shop")
	g := &resource.Graph{}
	role := resource.Add(g, compute.RoleKind(), compute.IdentityName, compute.Role{TrustedService: "ec2.amazonaws.com", Policies: []string{ssmPolicy}})
	profile := resource.Add(g, compute.InstanceProfileKind(), compute.IdentityName, compute.InstanceProfile{Role: role})
	p.Make(t, g.Node(role.Key()))
	p.Make(t, g.Node(profile.Key()))
	p.Delete(t, g.Node(profile.Key()))
	p.Delete(t, g.Node(role.Key()))
}
