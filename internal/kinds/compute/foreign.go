package compute

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// This file finds, before anything is deleted, what keeps it from being
// deleted.

// vpcKind is the name of the kind that instances are in, by way of a subnet.
const vpcKind = "vpc"

// instancesIn names the instances in the VPCs that are about to be deleted,
// no matter who started them, where an interface there shows that there are any but those
// that are to be deleted.
func instancesIn(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	ids := deletions.IDs(vpcKind)
	if len(ids) == 0 {
		return nil, nil
	}
	interfaces, err := awsapi.InterfacesIn(ctx, c, ids)
	// One of ours that lost its tags is among those that are named.
	own := resource.DeletionSet{Objects: deletions.Objects}.IDs("instance")
	groups := resource.DeletionSet{Objects: deletions.Objects}.IDs("auto-scaling-group")
	foreign := func(i types.NetworkInterface) bool {
		return i.Attachment != nil && i.Attachment.InstanceId != nil && !slices.Contains(own, *i.Attachment.InstanceId)
	}
	if err == nil && !slices.ContainsFunc(interfaces, foreign) {
		return nil, nil
	}
	reservations, err := awsapi.Collect(ctx,
		ec2.NewDescribeInstancesPaginator(c.EC2, &ec2.DescribeInstancesInput{
			Filters: []types.Filter{awsapi.Filter(awsapi.FilterVPC, ids...)},
		}),
		func(page *ec2.DescribeInstancesOutput) []types.Reservation { return page.Reservations })
	var blockers []resource.Blocker
	for _, reservation := range reservations {
		for _, instance := range reservation.Instances {
			status := instanceStatus(instance)
			if status.Phase == resource.Gone {
				continue
			}
			tags := awsapi.FromEC2(instance.Tags)
			group := awsapi.GroupOf(instance)
			if tags[awsapi.TagPlatform] != "" && slices.Contains(groups, group) {
				continue // it goes with the group that has launched it
			}
			notes := []string{string(instance.InstanceType), string(state(instance))}
			if group != "" {
				notes = append(notes, "in the Auto Scaling group "+group)
			}
			blockers = append(blockers, resource.Blocker{
				Type: "instance", ID: aws.ToString(instance.InstanceId),
				Name: tags[awsapi.TagName], Platform: tags[awsapi.TagPlatform],
				Account: aws.ToString(reservation.OwnerId), Requester: aws.ToString(reservation.RequesterId),
				Notes:     notes,
				Transient: status.Phase == resource.Deleting,
			})
		}
	}
	return blockers, err
}

// foreignRoles names the roles that the state has and whose tags are gone. IAM
// lists nothing by tags, so that without them nobody could tell them from
// somebody else's.
func foreignRoles(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	return untagged(ctx, "role", deletions.MissingIDs("role"), func(ctx context.Context, name string) (string, map[string]string, error) {
		role, err := getRole(ctx, c, name)
		return aws.ToString(role.Arn), awsapi.FromIAM(role.Tags), err
	})
}

// foreignProfiles names such instance profiles.
func foreignProfiles(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	return untagged(ctx, "instance profile", deletions.MissingIDs("instance-profile"), func(ctx context.Context, name string) (string, map[string]string, error) {
		profile, err := getInstanceProfile(ctx, c, name)
		return aws.ToString(profile.Arn), awsapi.FromIAM(profile.Tags), err
	})
}

func untagged(ctx context.Context, kind string, names []string, get func(context.Context, string) (string, map[string]string, error)) ([]resource.Blocker, error) {
	var blockers []resource.Blocker
	for _, name := range names {
		id, tags, err := get(ctx, name)
		if awsapi.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		parsed, _ := arn.Parse(id) // without an account it says less
		blockers = append(blockers, resource.Blocker{
			Type: kind, ID: name, Name: tags[awsapi.TagName], Platform: tags[awsapi.TagPlatform], Account: parsed.AccountID,
		})
	}
	return blockers, nil
}
