package compute

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Instance is an EC2 instance in a private subnet.
type Instance struct {
	// ImageID is the image to start from.
	ImageID string
	// Follow says that an instance of another image is to be replaced. Else the
	// image is not compared afterwards, so that a newer one is no drift.
	Follow bool
	// Type is the instance type, such as "t3.micro".
	Type   string
	Subnet resource.Ref
	Groups []resource.Ref
	// Profile is the instance profile.
	Profile resource.Ref
	// UserData is what cloud-init reads, at most 16 KB, not encoded.
	UserData []byte
}

// Refs implements resource.Spec.
func (i Instance) Refs() []resource.Ref {
	return append([]resource.Ref{i.Subnet, i.Profile}, i.Groups...)
}

const (
	// tagUserData holds a digest of the user data, which can't be read back
	// with the list of instances.
	tagUserData = "platformctl:user-data"
	// RootDevice is the root device of the Amazon Linux images.
	RootDevice = "/dev/xvda"
	// MetadataHopLimit keeps the credentials in the instance: an answer of the
	// metadata service doesn't survive a further hop, such as a container's.
	MetadataHopLimit = 1
)

// InstanceKind is the kind "instance". Its ID is the instance's ID.
func InstanceKind() resource.Kind[Instance, types.Instance] {
	return resource.Kind[Instance, types.Instance]{
		Traits: resource.Traits{
			Name:       "instance",
			TagCommand: awsapi.TagCommandEC2,
			Console:    resource.Console{Object: "ec2#InstanceDetails:instanceId=", List: "ec2#Instances:tag:platformctl:platform={platform}"},
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeInstances", "ec2:DescribeInstanceAttribute", "ec2:DescribeImages", "ec2:DescribeNetworkInterfaces"},
				Make:   []string{"ec2:RunInstances", "ec2:CreateTags"},
				MakeOn: map[string][]string{"role": {"iam:PassRole"}},
				Change: []string{"ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions", "ec2:StartInstances"},
				Delete: []string{"ec2:TerminateInstances"},
			},
			Compared: instanceFields(),
			Quotas: []resource.Quota{
				VCPUs(),
				{Service: "vpc", Code: "L-DF5E4CA3", Name: "Network interfaces per Region", Refusals: []string{"NetworkInterfaceLimitExceeded"}},
			},
			Unmakeable: unmakeableInstances,
			Propagating: []awsapi.Refusal{
				{Code: "InvalidParameterValue", Message: "Invalid IAM Instance Profile"},
				{Code: "InvalidParameterValue", Message: "has no associated IAM Roles"},
				{Code: "IncorrectInstanceState", Message: "from which it can be started"}, // it is stopping
			},
			// Sources: logs of Terraform that people published, which show the launch of an
			// instance to take 10 to 42 s, and its termination 20 to 62 s.
			Waiting: resource.Waiting{Ready: resource.Expectation{Least: 10 * time.Second, Usual: 20 * time.Second, Most: 40 * time.Second}},
			Removal: resource.Removal{
				Delete: deleteInstance, AsynchronousDelete: true, Foreign: instancesIn, Protected: protectedInstances,
				DryRun: map[string]func(context.Context, *awsapi.Clients, resource.Object) error{"ec2:TerminateInstances": dryRunTerminate},
				Gone:   resource.Expectation{Least: 20 * time.Second, Usual: 33 * time.Second, Most: time.Minute},
			},
		},
		Reading: resource.Reading[types.Instance]{
			List:   listInstances,
			ID:     func(i types.Instance) string { return aws.ToString(i.InstanceId) },
			Tags:   func(i types.Instance) map[string]string { return awsapi.FromEC2(i.Tags) },
			Status: instanceStatus,
		},
		Writing: resource.Writing[Instance, types.Instance]{
			Diff:      diffInstance,
			Kept:      keptOfInstance,
			Create:    createInstance,
			AsCreated: instanceAsCreated,
			Update:    updateInstance,
			Retag:     awsapi.RetagEC2,
		},
		Costs: resource.Costs[Instance, types.Instance]{Wanted: instanceCost, Live: liveInstanceCost},
	}
}

// listInstances leaves out those that an Auto Scaling group launches and terminates. One that was detached from it is listed.
func listInstances(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]types.Instance, error) {
	all, err := awsapi.Instances(ctx, c, owner)
	return slices.DeleteFunc(slices.Clone(all), func(i types.Instance) bool { return awsapi.GroupOf(i) != "" }), err
}

// instanceStatus reads the state. A stopped instance is pending, not failed:
// Diff asks for its start.
func instanceStatus(i types.Instance) resource.Status {
	status := resource.Status{Reason: stateReason(i)}
	switch state(i) {
	case types.InstanceStateNameRunning:
		return resource.Status{Phase: resource.Ready}
	case types.InstanceStateNameShuttingDown:
		status.Phase = resource.Deleting
	case types.InstanceStateNameTerminated:
		status.Phase = resource.Gone
	default:
		status.Phase = resource.Pending
	}
	return status
}

func state(i types.Instance) types.InstanceStateName {
	if i.State == nil {
		return types.InstanceStateNamePending
	}
	return i.State.Name
}

// stateReason is the state, and why AWS put the instance into it.
func stateReason(i types.Instance) string {
	reason := string(state(i))
	if i.StateReason != nil && aws.ToString(i.StateReason.Message) != "" {
		reason += ": " + aws.ToString(i.StateReason.Message)
	}
	return reason
}

// digest is what of the user data goes into a tag.
func digest(userData []byte) string {
	sum := sha256.Sum256(userData)
	return hex.EncodeToString(sum[:8])
}

func createInstance(ctx context.Context, call resource.Call[Instance]) (string, error) {
	out, err := call.Clients.EC2.RunInstances(ctx, runInstances(call))
	if err != nil {
		return "", err
	}
	if len(out.Instances) != 1 {
		return "", fmt.Errorf("asked for one instance and got %d", len(out.Instances))
	}
	return aws.ToString(out.Instances[0].InstanceId), nil
}

// runInstances is the request for one instance.
func runInstances(call resource.Call[Instance]) *ec2.RunInstancesInput {
	spec := call.Spec
	tags := maps.Clone(call.Tags)
	tags[tagUserData] = digest(spec.UserData)
	// Its size is the image's own: AWS refuses less, and an image of the user's may have more.
	volume := &types.EbsBlockDevice{
		VolumeType:          types.VolumeTypeGp3,
		Encrypted:           aws.Bool(true),
		DeleteOnTermination: aws.Bool(true),
	}
	return &ec2.RunInstancesInput{
		ClientToken:  &call.Token,
		ImageId:      &spec.ImageID,
		InstanceType: types.InstanceType(spec.Type),
		MinCount:     aws.Int32(1),
		MaxCount:     aws.Int32(1),
		UserData:     aws.String(base64.StdEncoding.EncodeToString(spec.UserData)),
		IamInstanceProfile: &types.IamInstanceProfileSpecification{
			Name: aws.String(call.IDs.Of(spec.Profile)),
		},
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex:              aws.Int32(0),
			SubnetId:                 aws.String(call.IDs.Of(spec.Subnet)),
			Groups:                   call.IDs.All(spec.Groups),
			AssociatePublicIpAddress: aws.Bool(false),
			DeleteOnTermination:      aws.Bool(true),
		}},
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String(RootDevice), Ebs: volume}},
		MetadataOptions: &types.InstanceMetadataOptionsRequest{
			HttpEndpoint:            types.InstanceMetadataEndpointStateEnabled,
			HttpTokens:              types.HttpTokensStateRequired,
			HttpPutResponseHopLimit: aws.Int32(MetadataHopLimit),
			InstanceMetadataTags:    types.InstanceMetadataTagsStateDisabled,
		},
		Monitoring:                        &types.RunInstancesMonitoringEnabled{Enabled: aws.Bool(false)},
		InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorStop,
		TagSpecifications: append(append(
			awsapi.TagEC2(types.ResourceTypeInstance, tags),
			awsapi.TagEC2(types.ResourceTypeVolume, call.Tags)...),
			awsapi.TagEC2(types.ResourceTypeNetworkInterface, call.Tags)...),
	}
}

// instanceAsCreated is an instance as RunInstances leaves it: pending, and as it was asked
// for.
func instanceAsCreated(call resource.Call[Instance], id string) types.Instance {
	asked := runInstances(call)
	made := types.Instance{
		InstanceId:         &id,
		State:              &types.InstanceState{Name: types.InstanceStateNamePending},
		ImageId:            asked.ImageId,
		InstanceType:       asked.InstanceType,
		SubnetId:           asked.NetworkInterfaces[0].SubnetId,
		IamInstanceProfile: &types.IamInstanceProfile{Arn: asked.IamInstanceProfile.Name},
		Tags:               asked.TagSpecifications[0].Tags,
		MetadataOptions: &types.InstanceMetadataOptionsResponse{
			HttpEndpoint:            asked.MetadataOptions.HttpEndpoint,
			HttpTokens:              asked.MetadataOptions.HttpTokens,
			HttpPutResponseHopLimit: asked.MetadataOptions.HttpPutResponseHopLimit,
			InstanceMetadataTags:    asked.MetadataOptions.InstanceMetadataTags,
		},
	}
	for _, group := range asked.NetworkInterfaces[0].Groups {
		made.SecurityGroups = append(made.SecurityGroups, types.GroupIdentifier{GroupId: &group})
	}
	return made
}

func deleteInstance(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{record.ID}})
	return err
}
