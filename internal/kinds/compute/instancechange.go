package compute

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// The fields of an instance that can change in place.
const (
	fieldGroups   = "security groups"
	fieldMetadata = "metadata options"
	fieldSource   = "source/destination check"
	fieldState    = "state"
)

// diffInstance compares what makes an instance what it is. Its image is pinned
// when it is made, and is compared only where the spec says so.
func diffInstance(spec Instance, live types.Instance, ids resource.IDs) []resource.Change {
	switch state(live) {
	case types.InstanceStateNameShuttingDown, types.InstanceStateNameTerminated:
		return nil // it is past changing, and AWS no longer says what it was
	}
	var changes []resource.Change
	replace := func(field, want, have string) {
		if want != have {
			changes = append(changes, resource.Change{Field: field, Want: want, Have: have, Replace: true})
		}
	}
	profile := ""
	if live.IamInstanceProfile != nil {
		profile = profileName(aws.ToString(live.IamInstanceProfile.Arn))
	}
	if spec.Follow {
		replace("image", spec.ImageID, aws.ToString(live.ImageId))
	}
	replace("instance type", spec.Type, string(live.InstanceType))
	replace("subnet", ids.Of(spec.Subnet), aws.ToString(live.SubnetId))
	replace("instance profile", ids.Of(spec.Profile), profile)
	if want, have := digest(spec.UserData), awsapi.FromEC2(live.Tags)[tagUserData]; want != have {
		changes = append(changes, resource.Change{Field: "user data", Want: want, Have: have, Replace: true, Text: OtherUserData})
	}

	var groups []string
	for _, group := range live.SecurityGroups {
		groups = append(groups, aws.ToString(group.GroupId))
	}
	changes = append(changes, resource.CompareSets(fieldGroups, ids.All(spec.Groups), groups)...)
	if have := metadata(live.MetadataOptions); have != wantedMetadata && !metadataIsOff(live) {
		changes = append(changes, resource.Change{Field: fieldMetadata, Want: wantedMetadata, Have: have})
	}
	if live.SourceDestCheck != nil && !*live.SourceDestCheck {
		changes = append(changes, resource.Change{Field: fieldSource, Want: "true", Have: "false"})
	}
	switch s := state(live); s {
	case types.InstanceStateNameStopping, types.InstanceStateNameStopped:
		changes = append(changes, resource.Change{Field: fieldState, Want: string(types.InstanceStateNameRunning), Have: string(s)})
	}
	return changes
}

// OtherUserData is said of user data of which only a digest is known.
const OtherUserData = "not what the configuration and this version of platformctl make of it"

// wantedMetadata is metadata of an instance whose metadata service gives
// nothing to those who can only make it fetch a URL (IMDSv2).
const wantedMetadata = "endpoint enabled, tokens required, hop limit 1, tags disabled"

// metadataIsOff reports that nobody on the instance reaches the metadata service, which is
// stricter than what is asked for.
func metadataIsOff(live types.Instance) bool {
	return live.MetadataOptions != nil && live.MetadataOptions.HttpEndpoint == types.InstanceMetadataEndpointStateDisabled
}

// keptOfInstance are what an operator has set, and DescribeInstances tells.
func keptOfInstance(_ Instance, live types.Instance) []resource.Change {
	var kept []resource.Change
	if metadataIsOff(live) {
		kept = append(kept, resource.Change{Field: "metadata endpoint", Want: "enabled", Have: "disabled"})
	}
	if m := live.Monitoring; m != nil && (m.State == types.MonitoringStateEnabled || m.State == types.MonitoringStatePending) {
		kept = append(kept, resource.Change{Field: "detailed monitoring", Want: "disabled", Have: "enabled"})
	}
	if n := len(live.NetworkInterfaces); n > 1 {
		kept = append(kept, resource.Change{Field: "network interfaces", Want: "1", Have: strconv.Itoa(n)})
	}
	return kept
}

// instanceFields declares what is compared of an instance.
func instanceFields() []resource.Field {
	const another = "an instance made by the configuration takes its place"
	return []resource.Field{
		resource.Identity("InstanceId", "State", "StateReason", "StateTransitionReason", "LaunchTime", "AmiLaunchIndex", "ClientToken", "VpcId",
			"PrivateIpAddress", "PrivateDnsName", "PublicIpAddress", "PublicDnsName", "Ipv6Address", "Placement", "Tags"),
		{Name: "image", Of: []string{"ImageId"}, How: resource.Repaired, Why: "only where `web.image` says so; " + another},
		{Name: "instance type", Of: []string{"InstanceType"}, How: resource.Repaired, Why: another},
		{Name: "subnet", Of: []string{"SubnetId"}, How: resource.Repaired, Why: another},
		{Name: "instance profile", Of: []string{"IamInstanceProfile"}, How: resource.Repaired, Why: "it decides what a program on the instance may do; " + another},
		{Name: "user data", Of: []string{}, How: resource.Repaired, Why: "by its digest in a tag; " + another},
		{Name: fieldGroups, Of: []string{"SecurityGroups"}, How: resource.Repaired, Why: "they decide who gets in"},
		{Name: fieldMetadata, Of: []string{"MetadataOptions"}, How: resource.Repaired, Why: "who can make the page fetch a URL must not get credentials. An endpoint that is off, which is stricter, is kept as found"},
		{Name: fieldSource, Of: []string{"SourceDestCheck"}, How: resource.Repaired, Why: "without it the instance may pass on what isn't for it"},
		{Name: fieldState, Of: []string{}, How: resource.Repaired, Why: "a stopped instance serves nobody: it is started"},
		{Name: "metadata endpoint", Of: []string{}, How: resource.Kept, Why: "off is stricter than asked"},
		{Name: "termination protection, stop protection", Of: []string{}, How: resource.Kept, Why: "an operator's protection; it holds up what would end the instance"},
		{Name: "detailed monitoring", Of: []string{"Monitoring"}, How: resource.Kept, Why: "it decides neither who is served nor who gets in"},
		{Name: "network interfaces", Of: []string{"NetworkInterfaces", "SecondaryInterfaces"}, How: resource.Kept, Why: "a second one is the operator's"},
		{Name: "inside of the instance, volumes", Of: []string{"BlockDeviceMappings", "RootDeviceName", "RootDeviceType", "EbsOptimized"}, How: resource.Ignored, Why: "what it serves, the health checks tell"},
		{Name: "platform of the image, placement and billing", Of: []string{"Architecture", "BootMode", "CurrentInstanceBootMode", "CapacityBlockId", "CapacityReservationId", "CapacityReservationSpecification", "CpuOptions",
			"ElasticGpuAssociations", "ElasticInferenceAcceleratorAssociations", "EnaSupport", "EnclaveOptions", "HibernationOptions", "Hypervisor", "InstanceLifecycle", "KernelId", "KeyName", "Licenses",
			"MaintenanceOptions", "NetworkPerformanceOptions", "Operator", "OutpostArn", "Platform", "PlatformDetails", "PrivateDnsNameOptions", "ProductCodes", "RamdiskId", "SpotInstanceRequestId",
			"SriovNetSupport", "TpmSupport", "UsageOperation", "UsageOperationUpdateTime", "VirtualizationType"}, How: resource.Ignored, Why: "set when it is made, or it decides neither who is served nor who gets in"},
	}
}

func metadata(o *types.InstanceMetadataOptionsResponse) string {
	if o == nil {
		return ""
	}
	tags := o.InstanceMetadataTags
	if tags == "" {
		tags = types.InstanceMetadataTagsStateDisabled // where it isn't said, it is so
	}
	return fmt.Sprintf("endpoint %s, tokens %s, hop limit %d, tags %s",
		o.HttpEndpoint, o.HttpTokens, aws.ToInt32(o.HttpPutResponseHopLimit), tags)
}

func updateInstance(ctx context.Context, call resource.Call[Instance], _ types.Instance, changes []resource.Change) error {
	for _, change := range changes {
		var err error
		switch change.Field {
		case fieldGroups:
			_, err = call.Clients.EC2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
				InstanceId: &call.ID, Groups: call.IDs.All(call.Spec.Groups),
			})
		case fieldMetadata:
			_, err = call.Clients.EC2.ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{
				InstanceId:              &call.ID,
				HttpEndpoint:            types.InstanceMetadataEndpointStateEnabled,
				HttpTokens:              types.HttpTokensStateRequired,
				HttpPutResponseHopLimit: aws.Int32(MetadataHopLimit),
				InstanceMetadataTags:    types.InstanceMetadataTagsStateDisabled,
			})
		case fieldSource:
			_, err = call.Clients.EC2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{
				InstanceId: &call.ID, SourceDestCheck: &types.AttributeBooleanValue{Value: aws.Bool(true)},
			})
		case fieldState:
			_, err = call.Clients.EC2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{call.ID}})
			if awsapi.IsInUse(err) {
				err = fmt.Errorf("it can't be started while it is %s; try again when it has stopped: %w", change.Have, err)
			}
		}
		if err != nil {
			return fmt.Errorf("set the %s of instance %s: %w", change.Field, call.ID, err)
		}
	}
	return nil
}
