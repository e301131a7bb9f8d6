package services_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func image(architecture string) *string {
	return aws.String(compute.LatestImages("eu-west-1")["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"+architecture])
}

// launch is a launch as the tool makes it, to be changed by the tests.
func launch(subnet, group string, changes ...func(*sdk.RunInstancesInput)) *sdk.RunInstancesInput {
	in := &sdk.RunInstancesInput{
		ImageId: image("x86_64"), InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		SubnetId: &subnet, SecurityGroupIds: []string{group}, ClientToken: aws.String("token-1"),
		UserData:        aws.String(base64.StdEncoding.EncodeToString([]byte("#cloud-config\n"))),
		MetadataOptions: &types.InstanceMetadataOptionsRequest{HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(1), HttpEndpoint: "enabled"},
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{
			VolumeType: "gp3", Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(true)}}},
		TagSpecifications:  append(tagged("instance", "key", "instance/a"), tagged("volume", "key", "instance/a")...),
		MaintenanceOptions: &types.InstanceMaintenanceOptionsRequest{AutoRecovery: "default"},
	}
	for _, change := range changes {
		change(in)
	}
	return in
}

func (c *ec2Cloud) instance(id string) types.Instance {
	c.t.Helper()
	found := must(c.DescribeInstances(c.ctx, &sdk.DescribeInstancesInput{InstanceIds: []string{id}}))(c.t)
	return found.Reservations[0].Instances[0]
}

func TestInstance_RunStopStartTerminate(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	run := must(c.RunInstances(c.ctx, launch(s.private, s.member)))(t)
	id := *run.Instances[0].InstanceId
	if run.Instances[0].State.Name != "pending" {
		t.Fatalf("launched %+v", run.Instances[0].State)
	}
	_, err := c.StopInstances(c.ctx, &sdk.StopInstancesInput{InstanceIds: []string{id}})
	refused(t, err, 400, "IncorrectInstanceState", "The instance '"+id+"' is not in a state from which it can be stopped.")
	c.clock.advance(time.Second)
	i := c.instance(id)
	if i.State.Name != "running" || *i.State.Code != 16 || i.PublicIpAddress != nil || *i.SecurityGroups[0].GroupName != "web" ||
		i.MetadataOptions.HttpTokens != "required" || *i.MetadataOptions.HttpPutResponseHopLimit != 1 || *i.NetworkInterfaces[0].SubnetId != s.private ||
		*i.Placement.AvailabilityZone != "eu-west-1b" {
		t.Fatalf("running: %+v", i)
	}
	volume := must(c.DescribeVolumes(c.ctx, &sdk.DescribeVolumesInput{Filters: byTag("key", "instance/a")}))(t).Volumes[0]
	if !*volume.Encrypted || volume.VolumeType != "gp3" || *volume.Size != 8 || *volume.Attachments[0].InstanceId != id {
		t.Fatalf("volume %+v", volume)
	}
	status := must(c.DescribeInstanceStatus(c.ctx, &sdk.DescribeInstanceStatusInput{}))(t).InstanceStatuses
	if len(status) != 1 || status[0].InstanceStatus.Status != "ok" {
		t.Fatalf("status %+v", status)
	}
	c.world.SetSwitches(world.Switches{ImpairedSystems: []string{id}})
	for filter, want := range map[string]int{"system-status.status": 1, "instance-status.status": 0} {
		in := &sdk.DescribeInstanceStatusInput{Filters: []types.Filter{{Name: &filter, Values: []string{"impaired"}}}}
		impaired := must(c.DescribeInstanceStatus(c.ctx, in))(t).InstanceStatuses
		if len(impaired) != want || want == 1 && (impaired[0].SystemStatus.Details[0].Status != "failed" || impaired[0].InstanceStatus.Status != "ok") {
			t.Fatalf("%s: %+v", filter, impaired)
		}
	}
	c.world.SetSwitches(world.Switches{})

	must(c.StopInstances(c.ctx, &sdk.StopInstancesInput{InstanceIds: []string{id}}))(t)
	_, err = c.ModifyInstanceAttribute(c.ctx, &sdk.ModifyInstanceAttributeInput{InstanceId: &id, UserData: &types.SecureBlobAttributeValue{Value: []byte("x")}})
	refused(t, err, 400, "IncorrectInstanceState", "The instance '"+id+"' is not in the 'stopped' state.")
	c.clock.advance(29 * time.Second)
	if i := c.instance(id); i.State.Name != "stopping" {
		t.Fatalf("29 s after it was told to stop: %+v", i.State)
	}
	c.clock.advance(time.Second)
	must(c.ModifyInstanceAttribute(c.ctx, &sdk.ModifyInstanceAttributeInput{InstanceId: &id, UserData: &types.SecureBlobAttributeValue{Value: []byte("x")}}))(t)
	data := must(c.DescribeInstanceAttribute(c.ctx, &sdk.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: "userData"}))(t).UserData
	if got, _ := base64.StdEncoding.DecodeString(aws.ToString(data.Value)); string(got) != "x" {
		t.Fatalf("user data %q", got)
	}
	must(c.StartInstances(c.ctx, &sdk.StartInstancesInput{InstanceIds: []string{id}}))(t)
	c.clock.advance(24 * time.Second)
	if i := c.instance(id); i.State.Name != "pending" {
		t.Fatalf("24 s after it was told to start: %+v", i.State)
	}
	c.clock.advance(time.Second)
	must(c.RebootInstances(c.ctx, &sdk.RebootInstancesInput{InstanceIds: []string{id}}))(t)

	must(c.TerminateInstances(c.ctx, &sdk.TerminateInstancesInput{InstanceIds: []string{id}}))(t)
	if i := c.instance(id); i.State.Name != "shutting-down" || len(i.NetworkInterfaces) != 1 {
		t.Fatalf("terminating: %+v", i)
	}
	_, err = c.DeleteSecurityGroup(c.ctx, &sdk.DeleteSecurityGroupInput{GroupId: &s.member})
	refused(t, err, 400, "DependencyViolation", "resource "+s.member+" has a dependent object")
	c.clock.advance(time.Second)
	if i := c.instance(id); i.State.Name != "terminated" || i.VpcId != nil || len(i.NetworkInterfaces) != 0 || *i.StateReason.Code != "Client.UserInitiatedShutdown" {
		t.Fatalf("terminated: %+v", i)
	}
	if left := must(c.DescribeVolumes(c.ctx, &sdk.DescribeVolumesInput{}))(t).Volumes; len(left) != 0 {
		t.Fatalf("volumes left: %+v", left)
	}
	must(c.DeleteSecurityGroup(c.ctx, &sdk.DeleteSecurityGroupInput{GroupId: &s.member}))(t)
	_, err = c.RunInstances(c.ctx, launch(s.private, s.member))
	refused(t, err, 400, "IdempotentInstanceTerminated", "")
	c.clock.advance(2 * time.Hour)
	_, err = c.DescribeInstances(c.ctx, &sdk.DescribeInstancesInput{InstanceIds: []string{id}})
	refused(t, err, 400, "InvalidInstanceID.NotFound", "The instance ID '"+id+"' does not exist")
	_, err = c.RunInstances(c.ctx, launch(s.private, s.member))
	refused(t, err, 400, "IdempotentInstanceTerminated", "")
}

func TestRunInstances_TokenIsPerZone(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	elsewhere := *must(c.CreateSubnet(c.ctx, &sdk.CreateSubnetInput{VpcId: &s.vpc, CidrBlock: aws.String("10.0.2.0/24"), AvailabilityZone: aws.String("eu-west-1a")}))(t).Subnet.SubnetId
	one := *must(c.RunInstances(c.ctx, launch(s.private, s.member)))(t).Instances[0].InstanceId
	if again := *must(c.RunInstances(c.ctx, launch(s.private, s.member)))(t).Instances[0].InstanceId; again != one {
		t.Fatalf("one token launched %s and %s", one, again)
	}
	if other := *must(c.RunInstances(c.ctx, launch(elsewhere, s.member)))(t).Instances[0].InstanceId; other == one {
		t.Fatal("a token of another zone found the instance")
	}
	_, err := c.RunInstances(c.ctx, launch(s.private, s.member, func(in *sdk.RunInstancesInput) { in.InstanceType = "t3.small" }))
	refused(t, err, 400, "IdempotentParameterMismatch", "")
	found := must(c.DescribeInstances(c.ctx, &sdk.DescribeInstancesInput{Filters: []types.Filter{{Name: aws.String("client-token"), Values: []string{"token-1"}}}}))(t).Reservations
	if len(found) != 2 {
		t.Fatalf("found %d reservations by token", len(found))
	}
}

func TestRunInstances_RefusesInvalidLaunches(t *testing.T) {
	c := newEC2Cloud(t, world.Options{Quotas: world.Quotas{"vcpus": 8}})
	c.world.SetSwitches(world.Switches{NoCapacity: []string{"m5.large@eu-west-1b"}, NotOffered: []string{"c5.large@eu-west-1b"}})
	s := buildSite(t, c)
	foreign := *must(c.CreateSecurityGroup(c.ctx, &sdk.CreateSecurityGroupInput{GroupName: aws.String("other"), Description: aws.String("d")}))(t).GroupId
	for name, test := range map[string]struct {
		change        func(*sdk.RunInstancesInput)
		status        int
		code, message string
	}{
		"unknown image": {func(in *sdk.RunInstancesInput) { in.ImageId = aws.String("ami-00000000") }, 400, "InvalidAMIID.NotFound", "The image id '[ami-00000000]' does not exist"},
		"real type":     {func(in *sdk.RunInstancesInput) { in.InstanceType = "m5.24xlarge" }, 501, "NotSimulated", ""},
		"real image":    {func(in *sdk.RunInstancesInput) { in.ImageId = aws.String("ami-0c02fb55956c7d316") }, 501, "NotSimulated", ""},
		"no image":      {func(in *sdk.RunInstancesInput) { in.ImageId = aws.String("ami-fc02fb55956c7d316") }, 400, "InvalidAMIID.NotFound", "The image id '[ami-fc02fb55956c7d316]' does not exist"},
		"real alias":    {func(in *sdk.RunInstancesInput) { in.ImageId = aws.String("resolve:ssm:/aws/service/ecs/x") }, 501, "NotSimulated", ""},
		"no alias":      {func(in *sdk.RunInstancesInput) { in.ImageId = aws.String("resolve:ssm:/mine") }, 400, "SsmInvalidParameter", ""},
		"zone elsewhere": {func(in *sdk.RunInstancesInput) {
			in.SubnetId, in.Placement = nil, &types.Placement{AvailabilityZone: aws.String("us-east-1a")}
		}, 400, "InvalidParameterValue", "Invalid availability zone: [us-east-1a]"},
		"unknown type":   {func(in *sdk.RunInstancesInput) { in.InstanceType = "t9.huge" }, 400, "InvalidParameterValue", "Invalid value 't9.huge' for InstanceType."},
		"unknown subnet": {func(in *sdk.RunInstancesInput) { in.SubnetId = aws.String("subnet-00000000") }, 400, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-00000000' does not exist"},
		"unknown group":  {func(in *sdk.RunInstancesInput) { in.SecurityGroupIds = []string{"sg-00000000"} }, 400, "InvalidGroup.NotFound", "The security group 'sg-00000000' does not exist"},
		"foreign group": {func(in *sdk.RunInstancesInput) { in.SecurityGroupIds = []string{foreign} }, 400, "InvalidParameter",
			"Security group " + foreign + " and subnet " + s.private + " belong to different networks."},
		"wrong architecture": {func(in *sdk.RunInstancesInput) { in.InstanceType = "t4g.micro" }, 400, "InvalidParameterValue", ""},
		"unknown profile": {func(in *sdk.RunInstancesInput) {
			in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("nobody")}
		}, 400, "InvalidParameterValue", "Value (nobody) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"},
		"long user data": {func(in *sdk.RunInstancesInput) {
			in.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 16385))))
		}, 400, "InvalidParameterValue", "User data is limited to 16384 bytes"},
		"plain user data": {func(in *sdk.RunInstancesInput) { in.UserData = aws.String("#cloud-config") }, 400, "InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."},
		"small disk":      {func(in *sdk.RunInstancesInput) { in.BlockDeviceMappings[0].Ebs.VolumeSize = aws.Int32(4) }, 400, "InvalidBlockDeviceMapping", ""},
		"no capacity":     {func(in *sdk.RunInstancesInput) { in.InstanceType = "m5.large" }, 500, "InsufficientInstanceCapacity", ""},
		"not offered": {func(in *sdk.RunInstancesInput) { in.InstanceType = "c5.large" }, 400, "Unsupported",
			"Your requested instance type (c5.large) is not supported in your requested Availability Zone (eu-west-1b). Please retry your request by not specifying an Availability Zone or choosing eu-west-1a, eu-west-1c."},
		"too many vCPUs": {func(in *sdk.RunInstancesInput) { in.MinCount, in.MaxCount = aws.Int32(5), aws.Int32(5) }, 400, "VcpuLimitExceeded", ""},
		"unsimulated": {func(in *sdk.RunInstancesInput) { in.KeyName = aws.String("key") }, 501, "NotSimulated",
			"platformctl local cloud: parameter KeyName of RunInstances is not simulated"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.RunInstances(c.ctx, launch(s.private, s.member, test.change))
			refused(t, err, test.status, test.code, test.message)
		})
	}
	if left := must(c.DescribeInstances(c.ctx, &sdk.DescribeInstancesInput{}))(t).Reservations; len(left) != 0 {
		t.Fatalf("refused launches left %+v", left)
	}
}

func TestRunInstances_RefusesProfileUntilPropagated(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	c.world.SetSwitches(world.Switches{IAMPropagation: 5 * time.Second})
	s := buildSite(t, c)
	if err := c.world.Update("", func(tx *world.Tx) error {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
		if _, err := iammodel.CreateRole(tx, iammodel.NewRole{Name: "web", TrustPolicy: trust}); err != nil {
			return err
		}
		if _, err := iammodel.CreateProfile(tx, "web", "/", nil); err != nil {
			return err
		}
		return iammodel.AddRole(tx, "web", "web")
	}); err != nil {
		t.Fatal(err)
	}
	with := launch(s.private, s.member, func(in *sdk.RunInstancesInput) {
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("web")}
	})
	_, err := c.RunInstances(c.ctx, with)
	refused(t, err, 400, "InvalidParameterValue", "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")
	c.clock.advance(5 * time.Second)
	made := must(c.RunInstances(c.ctx, with))(t).Instances[0]
	if !strings.HasSuffix(aws.ToString(made.IamInstanceProfile.Arn), ":instance-profile/web") {
		t.Fatalf("profile %+v", made.IamInstanceProfile)
	}
}

func TestTerminateInstances_RefusedWhileProtected(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	id := *must(c.RunInstances(c.ctx, launch(s.private, s.member, func(in *sdk.RunInstancesInput) { in.DisableApiTermination = aws.Bool(true) })))(t).Instances[0].InstanceId
	terminate := func() error {
		_, err := c.TerminateInstances(c.ctx, &sdk.TerminateInstancesInput{InstanceIds: []string{id}})
		return err
	}
	refused(t, terminate(), 400, "OperationNotPermitted", "The instance '"+id+"' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.")
	must(c.ModifyInstanceAttribute(c.ctx, &sdk.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiTermination: &types.AttributeBooleanValue{Value: aws.Bool(false)}}))(t)
	if err := terminate(); err != nil {
		t.Fatal(err)
	}
}

func TestDescribe_ImagesAndInstanceTypes(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	c.world.SetSwitches(world.Switches{NotOffered: []string{"t3.micro@eu-west-1c"}})
	images := must(c.DescribeImages(c.ctx, &sdk.DescribeImagesInput{Owners: []string{"amazon"}, Filters: []types.Filter{
		{Name: aws.String("name"), Values: []string{"al2023-ami-2023.*-kernel-6.1-arm64"}}}}))(t).Images
	if len(images) != 2 || images[0].Architecture != "arm64" || *images[1].ImageId != *image("arm64") {
		t.Fatalf("images %+v", images)
	}
	offered := must(c.DescribeInstanceTypeOfferings(c.ctx, &sdk.DescribeInstanceTypeOfferingsInput{LocationType: "availability-zone", Filters: []types.Filter{
		{Name: aws.String("instance-type"), Values: []string{"t3.micro"}}}}))(t).InstanceTypeOfferings
	if len(offered) != 2 || *offered[1].Location != "eu-west-1b" {
		t.Fatalf("offered %+v", offered)
	}
	kinds := must(c.DescribeInstanceTypes(c.ctx, &sdk.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{"t4g.micro"}}))(t).InstanceTypes
	if len(kinds) != 1 || kinds[0].ProcessorInfo.SupportedArchitectures[0] != "arm64" || *kinds[0].MemoryInfo.SizeInMiB != 1024 {
		t.Fatalf("types %+v", kinds)
	}
}

func TestRunInstances_DefaultTypeAndAlias(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	const name = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
	for alias, want := range map[string]string{name: *image("x86_64"), name + ":1": compute.Images("eu-west-1")[0].ID} {
		made := must(c.RunInstances(c.ctx, &sdk.RunInstancesInput{ImageId: aws.String(alias), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &s.private}))(t).Instances[0]
		if *made.ImageId != want || made.InstanceType != "m1.small" {
			t.Errorf("%s: %s of %s, want %s of m1.small", alias, *made.ImageId, made.InstanceType, want)
		}
	}
}

func TestDescribeInstanceTypes_RefusesRealNames(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	describe := func(name string) error {
		_, err := c.DescribeInstanceTypes(c.ctx, &sdk.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{types.InstanceType(name)}})
		return err
	}
	for _, name := range []string{"m5.24xlarge", "m7i-flex.8xlarge", "u-6tb1.112xlarge", "c7gn.metal", "x2iedn.metal-48xl", "p4d.24xlarge"} {
		refused(t, describe(name), 501, "NotSimulated", "platformctl local cloud: instance type "+name+" is not simulated, only those that DescribeInstanceTypes lists")
	}
	for _, name := range []string{"moon", "m5", "m5.", "m5.huge", "5m.large", "m.large"} {
		refused(t, describe(name), 400, "InvalidInstanceType", "The following supplied instance types do not exist: ["+name+"]")
	}
	_, err := c.DescribeInstanceTypeOfferings(c.ctx, &sdk.DescribeInstanceTypeOfferingsInput{Filters: []types.Filter{{Name: aws.String("instance-type"), Values: []string{"m5.24xlarge"}}}})
	refused(t, err, 501, "NotSimulated", "")
}

func TestDescribeImages_RefusesOtherOwners(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	for _, in := range []*sdk.DescribeImagesInput{
		{Owners: []string{"099720109477"}}, {Owners: []string{"aws-marketplace"}},
		{Filters: []types.Filter{{Name: aws.String("owner-id"), Values: []string{"099720109477"}}}},
		{Owners: []string{"amazon"}, Filters: []types.Filter{{Name: aws.String("name"), Values: []string{"Windows_Server-2022*"}}}},
	} {
		_, err := c.DescribeImages(c.ctx, in)
		refused(t, err, 501, "NotSimulated", "")
	}
	if own := must(c.DescribeImages(c.ctx, &sdk.DescribeImagesInput{Owners: []string{"self"}}))(t).Images; len(own) != 0 {
		t.Errorf("own images %+v", own)
	}
}
