package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// TestLaunchTemplate_ListedWhileLatestVersionIsUnseen makes a version that EC2 doesn't show yet: the template is no less there,
// and no other is to be made in its place.
func TestLaunchTemplate_ListedWhileLatestVersionIsUnseen(t *testing.T) {
	now := clock.NewFake(time.Now())
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Clock = now })
	p := kindtest.New(t, cloud.Endpoint, "shop")
	p.Owner.AutoScaling = true
	version := func(name string) *types.RequestLaunchTemplateData {
		return &types.RequestLaunchTemplateData{InstanceType: types.InstanceType(name)}
	}
	made, err := p.Clients.EC2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("shop-web"), LaunchTemplateData: version("t3.micro"),
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeLaunchTemplate, map[string]string{
			awsapi.TagPlatform: "shop", awsapi.TagKey: "launch-template/web",
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Hour)
	if err := cloud.SetFaults(faults.Config{DescribeDelay: faults.Duration(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Clients.EC2.CreateLaunchTemplateVersion(t.Context(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: made.LaunchTemplate.LaunchTemplateId, LaunchTemplateData: version("t3.small"),
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []types.InstanceType{"t3.micro", "t3.small"} {
		listed, err := autoscaling.LaunchTemplateKind().List(t.Context(), p.Clients.Snapshot(), p.Owner)
		if err != nil {
			t.Fatal(err)
		}
		if len(listed) != 1 || listed[0].InstanceType != want {
			t.Errorf("listed are %+v, want the template as %s", listed, want)
		}
		now.Advance(time.Minute)
	}
}
