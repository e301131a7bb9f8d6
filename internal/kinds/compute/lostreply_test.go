package compute_test

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

// TestIdentity_SurvivesLostReplies loses the first reply to each call that changes a role or a profile: it was carried out, and
// the SDK repeats it, which IAM refuses for most of them.
func TestIdentity_SurvivesLostReplies(t *testing.T) {
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

// TestUpdateInstanceProfile_RetriesWhileProfileIsStale adds a role to a profile that has it, which IAM refuses, while a look doesn't
// show it yet.
func TestUpdateInstanceProfile_RetriesWhileProfileIsStale(t *testing.T) {
	cloud := localcloudtest.Start(t)
	p := kindtest.New(t, cloud.Endpoint, "shop")
	g := &resource.Graph{}
	role := resource.Add(g, compute.RoleKind(), compute.IdentityName, compute.Role{TrustedService: "ec2.amazonaws.com"})
	profile := resource.Add(g, compute.InstanceProfileKind(), compute.IdentityName, compute.InstanceProfile{Role: role})
	p.Make(t, g.Node(role.Key()))
	if err := cloud.SetFaults(faults.Config{ChangeDelay: faults.Duration(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	node := g.Node(profile.Key())
	name, err := node.Handler.Create(t.Context(), p.Request(node))
	if err != nil {
		t.Fatal(err)
	}
	p.IDs[node.Key] = name
	request := p.Request(node)
	empty := node.Handler.AsCreated(request, name)
	changes := node.Handler.Diff(node, empty, request.IDs, nil)
	if err := node.Handler.Update(t.Context(), request, empty, changes); err != nil {
		t.Fatal(err)
	}
	if err := node.Handler.Update(t.Context(), request, empty, changes); !awsapi.IsPropagating(err) {
		t.Errorf("the second time, before it is seen: %v, want an error after which it is asked again", err)
	}
	if err := cloud.SetFaults(faults.Config{}); err != nil {
		t.Fatal(err)
	}
	if err := node.Handler.Update(t.Context(), request, empty, changes); err != nil {
		t.Errorf("once it is seen: %v", err)
	}
}
