package services_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

const latestAlias = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

// templateData is what a launch template of web instances has.
func templateData(group string) *types.RequestLaunchTemplateData {
	return &types.RequestLaunchTemplateData{
		ImageId: aws.String(latestAlias), InstanceType: "t3.micro",
		UserData:            aws.String(base64.StdEncoding.EncodeToString([]byte("#cloud-config\n"))),
		MetadataOptions:     &types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(1)},
		Monitoring:          &types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)},
		CreditSpecification: &types.CreditSpecificationRequest{CpuCredits: aws.String("standard")},
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
			{DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(false), Groups: []string{group}, DeleteOnTermination: aws.Bool(true)}},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{
			VolumeSize: aws.Int32(9), VolumeType: "gp3", Encrypted: aws.Bool(true)}}},
		TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{
			{ResourceType: "instance", Tags: []types.Tag{{Key: aws.String("key"), Value: aws.String("web")}}},
			{ResourceType: "volume", Tags: []types.Tag{{Key: aws.String("key"), Value: aws.String("web")}}},
			{ResourceType: "network-interface", Tags: []types.Tag{{Key: aws.String("key"), Value: aws.String("web")}}}},
	}
}

func (c *ec2Cloud) template(t *testing.T, data *types.RequestLaunchTemplateData) *types.LaunchTemplate {
	t.Helper()
	return must(c.CreateLaunchTemplate(c.ctx, &sdk.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"), LaunchTemplateData: data,
		TagSpecifications: tagged("launch-template", "key", "web")}))(t).LaunchTemplate
}

func (c *ec2Cloud) versions(t *testing.T, in *sdk.DescribeLaunchTemplateVersionsInput) (numbers []string) {
	t.Helper()
	for _, v := range must(c.DescribeLaunchTemplateVersions(c.ctx, in))(t).LaunchTemplateVersions {
		numbers = append(numbers, fmt.Sprintf("%s %d %t", *v.LaunchTemplateName, *v.VersionNumber, *v.DefaultVersion))
	}
	return numbers
}

func TestLaunchTemplate_ShowsWhatItWasGivenAndNoMore(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	made := c.template(t, templateData(s.member))
	if *made.DefaultVersionNumber != 1 || *made.LatestVersionNumber != 1 || *made.Tags[0].Value != "web" {
		t.Errorf("made %+v", made)
	}
	get := func(resolve bool) types.LaunchTemplateVersion {
		return must(c.DescribeLaunchTemplateVersions(c.ctx, &sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("web"), ResolveAlias: &resolve}))(t).LaunchTemplateVersions[0]
	}
	got, gave := *get(false).LaunchTemplateData, templateData(s.member)
	want := types.ResponseLaunchTemplateData{
		ImageId: gave.ImageId, InstanceType: gave.InstanceType, UserData: gave.UserData,
		MetadataOptions:     &types.LaunchTemplateInstanceMetadataOptions{HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(1)},
		Monitoring:          &types.LaunchTemplatesMonitoring{Enabled: aws.Bool(true)},
		CreditSpecification: &types.CreditSpecification{CpuCredits: aws.String("standard")},
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecification{
			{DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(false), Groups: []string{s.member}, DeleteOnTermination: aws.Bool(true)}},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDevice{
			VolumeSize: aws.Int32(9), VolumeType: "gp3", Encrypted: aws.Bool(true)}}},
	}
	for _, kind := range []types.ResourceType{"instance", "volume", "network-interface"} {
		want.TagSpecifications = append(want.TagSpecifications, types.LaunchTemplateTagSpecification{ResourceType: kind, Tags: []types.Tag{{Key: aws.String("key"), Value: aws.String("web")}}})
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if id := get(true).LaunchTemplateData.ImageId; *id != *image("x86_64") {
		t.Errorf("the alias stands for %s", *id)
	}
}

func TestLaunchTemplate_VersionsAreListedNewestFirst(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	c.template(t, &types.RequestLaunchTemplateData{InstanceType: "t3.micro"})
	for _, kind := range []types.InstanceType{"t3.small", "t3.medium"} {
		must(c.CreateLaunchTemplateVersion(c.ctx, &sdk.CreateLaunchTemplateVersionInput{LaunchTemplateName: aws.String("web"), SourceVersion: aws.String("1"),
			LaunchTemplateData: &types.RequestLaunchTemplateData{InstanceType: kind, EbsOptimized: aws.Bool(true)}}))(t)
	}
	must(c.ModifyLaunchTemplate(c.ctx, &sdk.ModifyLaunchTemplateInput{LaunchTemplateName: aws.String("web"), DefaultVersion: aws.String("2")}))(t)
	web := aws.String("web")
	for name, tt := range map[string]struct {
		in   sdk.DescribeLaunchTemplateVersionsInput
		want []string
	}{
		"all":           {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: web}, []string{"web 3 false", "web 2 true", "web 1 false"}},
		"by name":       {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: web, Versions: []string{"$Latest", "1"}}, []string{"web 3 false", "web 1 false"}},
		"of all":        {sdk.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Latest", "$Default"}}, []string{"web 3 false", "web 2 true"}},
		"a range":       {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: web, MinVersion: aws.String("2"), MaxVersion: aws.String("2")}, []string{"web 2 true"}},
		"by the type":   {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: web, Filters: []types.Filter{{Name: aws.String("instance-type"), Values: []string{"t3.m*"}}}}, []string{"web 3 false", "web 1 false"}},
		"the first two": {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: web, MaxResults: aws.Int32(2)}, []string{"web 3 false", "web 2 true"}},
	} {
		if got := c.versions(t, &tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	deleted := must(c.DeleteLaunchTemplateVersions(c.ctx, &sdk.DeleteLaunchTemplateVersionsInput{LaunchTemplateName: web, Versions: []string{"2", "3", "9"}}))(t)
	if len(deleted.SuccessfullyDeletedLaunchTemplateVersions) != 1 || *deleted.SuccessfullyDeletedLaunchTemplateVersions[0].VersionNumber != 3 ||
		len(deleted.UnsuccessfullyDeletedLaunchTemplateVersions) != 2 || deleted.UnsuccessfullyDeletedLaunchTemplateVersions[1].ResponseError.Code != "launchTemplateVersionDoesNotExist" {
		t.Errorf("deleted %+v", deleted)
	}
	must(c.DeleteLaunchTemplate(c.ctx, &sdk.DeleteLaunchTemplateInput{LaunchTemplateName: web}))(t)
	if left := must(c.DescribeLaunchTemplates(c.ctx, &sdk.DescribeLaunchTemplatesInput{}))(t).LaunchTemplates; len(left) != 0 {
		t.Errorf("left %+v", left)
	}
}

func TestLaunchTemplate_RefusesWhatIsNotThere(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	data := &types.RequestLaunchTemplateData{InstanceType: "t3.micro"}
	made := c.template(t, data)
	create := func(name string, data *types.RequestLaunchTemplateData) error {
		_, err := c.CreateLaunchTemplate(c.ctx, &sdk.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: data})
		return err
	}
	describe := func(in *sdk.DescribeLaunchTemplatesInput) error {
		_, err := c.DescribeLaunchTemplates(c.ctx, in)
		return err
	}
	modify := func(in *sdk.ModifyLaunchTemplateInput) error {
		_, err := c.ModifyLaunchTemplate(c.ctx, in)
		return err
	}
	versions := func(versions ...string) error {
		_, err := c.DescribeLaunchTemplateVersions(c.ctx, &sdk.DescribeLaunchTemplateVersionsInput{Versions: versions})
		return err
	}
	gone := aws.String("lt-0123456789abcdef0")
	for name, tt := range map[string]struct {
		err           error
		code, message string
	}{
		"a name twice":      {create("web", data), "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use."},
		"a name with a gap": {create("a b c", data), "InvalidLaunchTemplateName.MalformedException", ""},
		"no data":           {create("other", &types.RequestLaunchTemplateData{}), "MissingParameter", ""},
		"user data":         {create("other", &types.RequestLaunchTemplateData{UserData: aws.String("#!")}), "InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."},
		"an absent ID":      {describe(&sdk.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{*gone}}), "InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID " + *gone + ", does not exist."},
		"no ID":             {describe(&sdk.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{"web"}}), "InvalidLaunchTemplateId.Malformed", ""},
		"an absent name":    {describe(&sdk.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"web", "other"}}), "InvalidLaunchTemplateName.NotFoundException", "At least one of the launch templates specified in the request does not exist."},
		"an absent version": {modify(&sdk.ModifyLaunchTemplateInput{LaunchTemplateId: made.LaunchTemplateId, DefaultVersion: aws.String("666")}), "InvalidLaunchTemplateId.VersionNotFound", "The launch template version 666 is not found for the specified launch template."},
		"ID and name":       {modify(&sdk.ModifyLaunchTemplateInput{LaunchTemplateId: made.LaunchTemplateId, LaunchTemplateName: aws.String("web"), DefaultVersion: aws.String("1")}), "InvalidParameterCombination", "Either provide launch template ID or launch template name to modify the template."},
		"neither":           {modify(&sdk.ModifyLaunchTemplateInput{DefaultVersion: aws.String("1")}), "MissingParameter", ""},
		"all templates":     {versions(), "MissingParameter", ""},
		"their first":       {versions("1"), "InvalidParameterValue", ""},
		"an unknown image":  {create("other", &types.RequestLaunchTemplateData{ImageId: aws.String("ami-0123456789abcdef0")}), "NotSimulated", ""},
	} {
		t.Run(name, func(t *testing.T) {
			status := 400
			if tt.code == "NotSimulated" {
				status = 501
			}
			refused(t, tt.err, status, tt.code, tt.message)
		})
	}
}

func TestCreateLaunchTemplate_WarnsOfWhatCannotBeLaunched(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	warned := func(data *types.RequestLaunchTemplateData) (codes []string) {
		t.Helper()
		made := must(c.CreateLaunchTemplate(c.ctx, &sdk.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"), LaunchTemplateData: data}))(t)
		must(c.DeleteLaunchTemplate(c.ctx, &sdk.DeleteLaunchTemplateInput{LaunchTemplateId: made.LaunchTemplate.LaunchTemplateId}))(t)
		if made.Warning != nil {
			for _, e := range made.Warning.Errors {
				codes = append(codes, *e.Code)
			}
		}
		return codes
	}
	if got := warned(&types.RequestLaunchTemplateData{ImageId: image("x86_64"), InstanceType: "t3.micro"}); got != nil {
		t.Errorf("warned of %q", got)
	}
	got := warned(&types.RequestLaunchTemplateData{ImageId: aws.String("ami-01234567"), InstanceType: "t3.moon", SecurityGroupIds: []string{"sg-0123456789abcdef0"},
		IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("nobody")}})
	if want := []string{"InvalidAMIID.NotFound", "InvalidParameterValue", "InvalidParameterValue", "InvalidGroup.NotFound"}; !slices.Equal(got, want) {
		t.Errorf("warned of %q, want %q", got, want)
	}
	if got := warned(&types.RequestLaunchTemplateData{ImageId: image("x86_64"), InstanceType: "t4g.micro"}); !slices.Equal(got, []string{"InvalidParameterValue"}) {
		t.Errorf("warned of %q where the architectures differ", got)
	}
}

func TestRunInstances_TakesItsTemplatesParametersAndOverridesThem(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	data := templateData(s.member)
	data.NetworkInterfaces, data.SecurityGroupIds = nil, []string{s.member}
	made := c.template(t, data)
	run := func(change func(*sdk.RunInstancesInput)) (*sdk.RunInstancesOutput, error) {
		in := &sdk.RunInstancesInput{LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("web")},
			MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &s.private}
		change(in)
		return c.RunInstances(c.ctx, in)
	}
	i := must(run(func(*sdk.RunInstancesInput) {}))(t).Instances[0]
	c.clock.advance(time.Second)
	i = c.instance(*i.InstanceId)
	tags := map[string]string{}
	for _, tag := range i.Tags {
		tags[*tag.Key] = *tag.Value
	}
	if diff := testenv.Diff(map[string]string{"key": "web", "aws:ec2launchtemplate:id": *made.LaunchTemplateId, "aws:ec2launchtemplate:version": "1"}, tags); diff != "" {
		t.Error(diff)
	}
	if i.InstanceType != "t3.micro" || *i.ImageId != *image("x86_64") || *i.SubnetId != s.private || *i.SecurityGroups[0].GroupId != s.member ||
		i.Monitoring.State != "enabled" || *i.MetadataOptions.HttpPutResponseHopLimit != 1 || i.PublicIpAddress != nil {
		t.Errorf("launched %+v", i)
	}
	for id, of := range map[string]string{*i.BlockDeviceMappings[0].Ebs.VolumeId: "volume", *i.NetworkInterfaces[0].NetworkInterfaceId: "interface"} {
		if found := must(c.DescribeTags(c.ctx, &sdk.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("resource-id"), Values: []string{id}}}}))(t).Tags; len(found) != 1 || *found[0].Value != "web" {
			t.Errorf("the %s has the tags %+v", of, found)
		}
	}
	other := must(run(func(in *sdk.RunInstancesInput) {
		in.InstanceType, in.ImageId, in.SecurityGroupIds = "t4g.small", image("arm64"), []string{s.group}
		in.Monitoring = &types.RunInstancesMonitoringEnabled{Enabled: aws.Bool(false)}
		in.TagSpecifications = tagged("instance", "own", "1")
	}))(t).Instances[0]
	if other.InstanceType != "t4g.small" || *other.SecurityGroups[0].GroupId != s.group || other.Monitoring.State != "disabled" || len(other.Tags) != 3 || *other.Tags[2].Key != "own" {
		t.Errorf("launched %+v", other)
	}
	_, err := run(func(in *sdk.RunInstancesInput) { in.LaunchTemplate.Version = aws.String("2") })
	refused(t, err, 400, "InvalidLaunchTemplateId.VersionNotFound", "")
	_, err = run(func(in *sdk.RunInstancesInput) { in.LaunchTemplate.LaunchTemplateName = aws.String("other") })
	refused(t, err, 400, "InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name other, does not exist.")
	_, err = run(func(in *sdk.RunInstancesInput) { in.LaunchTemplate = nil })
	refused(t, err, 400, "MissingParameter", "The request must contain the parameter ImageId")
}

// What a template's network interface says excludes what the call says of the same, as with interfaces of the call.
func TestRunInstances_RefusesSubnetBesideItsTemplatesInterface(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	c.template(t, templateData(s.member))
	_, err := c.RunInstances(c.ctx, &sdk.RunInstancesInput{LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("web")},
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &s.private})
	refused(t, err, 400, "InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request")
}

// What AWS itself gave stays when users change tags, and only AWS gives it.
func TestTags_OfAWSStayWithTheInstance(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	data := templateData(s.member)
	data.NetworkInterfaces = nil
	c.template(t, data)
	i := must(c.RunInstances(c.ctx, &sdk.RunInstancesInput{LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("web")},
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &s.private}))(t).Instances[0]
	c.clock.advance(time.Second)
	ids := []string{*i.InstanceId}
	must(c.CreateTags(c.ctx, &sdk.CreateTagsInput{Resources: ids, Tags: []types.Tag{{Key: aws.String("own"), Value: aws.String("1")}}}))(t)
	must(c.DeleteTags(c.ctx, &sdk.DeleteTagsInput{Resources: ids}))(t)
	if left := c.instance(ids[0]).Tags; len(left) != 2 || *left[0].Key != "aws:ec2launchtemplate:id" || *left[1].Key != "aws:ec2launchtemplate:version" {
		t.Errorf("left %+v", left)
	}
	_, err := c.DeleteTags(c.ctx, &sdk.DeleteTagsInput{Resources: ids, Tags: []types.Tag{{Key: aws.String("aws:ec2launchtemplate:id")}}})
	refused(t, err, 400, "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
}

func TestGetLaunchTemplateData_LaunchesTheSameAgain(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	first := must(c.RunInstances(c.ctx, launch(s.private, s.member)))(t).Instances[0]
	c.clock.advance(time.Second)
	got := must(c.GetLaunchTemplateData(c.ctx, &sdk.GetLaunchTemplateDataInput{InstanceId: first.InstanceId}))(t).LaunchTemplateData
	if *got.ImageId != *first.ImageId || got.InstanceType != "t3.micro" || *got.NetworkInterfaces[0].SubnetId != s.private || got.NetworkInterfaces[0].Groups[0] != s.member ||
		!*got.BlockDeviceMappings[0].Ebs.Encrypted || *got.BlockDeviceMappings[0].Ebs.VolumeSize != 8 || got.MetadataOptions.HttpTokens != "required" || *got.TagSpecifications[0].Tags[0].Value != "instance/a" {
		t.Errorf("got %+v", got)
	}
	_, err := c.GetLaunchTemplateData(c.ctx, &sdk.GetLaunchTemplateDataInput{InstanceId: aws.String("i-0123456789abcdef0")})
	refused(t, err, 400, "InvalidInstanceID.NotFound", "")
}
