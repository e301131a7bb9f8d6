package compute

import (
	"context"
	"fmt"

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
	replace("user data", digest(spec.UserData), awsapi.FromEC2(live.Tags)[tagUserData])

	var groups []string
	for _, group := range live.SecurityGroups {
		groups = append(groups, aws.ToString(group.GroupId))
	}
	changes = append(changes, resource.CompareSets(fieldGroups, ids.All(spec.Groups), groups)...)
	if want, have := wantedMetadata, metadata(live.MetadataOptions); want != have {
		changes = append(changes, resource.Change{Field: fieldMetadata, Want: want, Have: have})
	}
	switch s := state(live); s {
	case types.InstanceStateNameStopping, types.InstanceStateNameStopped:
		changes = append(changes, resource.Change{Field: fieldState, Want: string(types.InstanceStateNameRunning), Have: string(s)})
	}
	return changes
}

// wantedMetadata is metadata of an instance whose metadata service gives
// nothing to those who can only make it fetch a URL (IMDSv2).
const wantedMetadata = "endpoint enabled, tokens required, hop limit 1, tags disabled"

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
				HttpPutResponseHopLimit: aws.Int32(metadataHopLimit),
				InstanceMetadataTags:    types.InstanceMetadataTagsStateDisabled,
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
