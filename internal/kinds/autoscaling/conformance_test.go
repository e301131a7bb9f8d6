package autoscaling_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

// TestLaunchTemplate_ChangesByVersions takes a launch template through its life, and changes it by hand in between. Moto has no
// part in it: there a template keeps the tags that it was made with.
func TestLaunchTemplate_ChangesByVersions(t *testing.T) {
	p := kindtest.New(t, localcloudtest.Start(t).Endpoint, "shop")
	p.Owner.AutoScaling = true
	network := p.MakeNetwork(t)
	image, err := compute.LatestImage(t.Context(), p.Clients, compute.ImageParameter("t3.micro"))
	if err != nil {
		t.Fatal(err)
	}
	g := &resource.Graph{}
	group := p.Existing(g, "security-group", "web", network.Group)
	role := resource.Add(g, compute.RoleKind(), "web", compute.Role{TrustedService: "ec2.amazonaws.com"})
	profile := resource.Add(g, compute.InstanceProfileKind(), "web", compute.InstanceProfile{Role: role})
	ref := resource.Add(g, autoscaling.LaunchTemplateKind(), "web", autoscaling.LaunchTemplate{
		ImageID: image, Type: "t3.micro", Profile: profile, Groups: []resource.Ref{group}, UserData: []byte("#cloud-config\n"),
		Tags: map[string]string{"team": "blue"},
	})
	p.Conform(t, g, func(t *testing.T) {
		node, id := g.Node(ref.Key()), p.IDs[ref.Key()]
		versions := func() []types.LaunchTemplateVersion {
			out, err := p.Clients.EC2.DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id})
			if err != nil {
				t.Fatal(err)
			}
			return out.LaunchTemplateVersions
		}
		if n := len(versions()); n != 1 {
			t.Errorf("as made it has %d versions, want 1", n)
		}
		if _, err := p.Clients.EC2.CreateLaunchTemplateVersion(t.Context(), &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateId: &id, SourceVersion: aws.String("1"), LaunchTemplateData: &types.RequestLaunchTemplateData{InstanceType: "t3.nano"},
		}); err != nil {
			t.Fatal(err)
		}
		changes := p.Diff(t, node)
		if len(changes) != 1 || changes[0].Field != "instance type" || changes[0].Replace {
			t.Fatalf("a version made by hand: %v, want one of the instance type", changes)
		}
		p.Settle(t, node)
		if n := len(versions()); n != 3 {
			t.Errorf("repaired, it has %d versions, want 3: none is taken away", n)
		}
		// Everything of the platform's own is found by two calls, whatever there is.
		before := p.Clients.Ledger.Calls()
		snapshot := p.Clients.Snapshot()
		for _, kind := range autoscaling.Kinds()[:1] {
			if _, err := kind.Observe(t.Context(), snapshot, p.Owner); err != nil {
				t.Fatal(err)
			}
		}
		if calls := p.Clients.Ledger.Calls() - before; calls > 3 { // groups, templates, versions
			t.Errorf("looking took %d calls: %v", calls, p.Clients.Ledger.ByOperation())
		}
		tags := awsapi.FromEC2(versions()[0].LaunchTemplateData.TagSpecifications[1].Tags)
		if tags[awsapi.TagKey] != "auto-scaling-group/web" || tags[awsapi.TagName] != "shop-web" || tags["team"] != "blue" {
			t.Errorf("its instances' volumes get the tags %v", tags)
		}
	})
}
