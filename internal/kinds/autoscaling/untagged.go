package autoscaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// This file finds the groups and launch templates that the state has and whose tags are gone, so that no list returns them.

func untaggedGroups(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	missing := deletions.MissingIDs(kindGroup)
	if len(missing) == 0 {
		return nil, nil
	}
	out, err := c.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: missing})
	if err != nil {
		return nil, err
	}
	there, tags := []string{}, map[string]map[string]string{}
	for _, group := range out.AutoScalingGroups {
		if group.Status == nil { // else it is being deleted
			there, tags[*group.AutoScalingGroupName] = append(there, *group.AutoScalingGroupName), awsapi.FromGroup(group.Tags)
		}
	}
	return resource.FindUntagged(ctx, "Auto Scaling group", there, func(_ context.Context, name string) (map[string]string, error) { return tags[name], nil })
}

func untaggedTemplates(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	return resource.FindUntagged(ctx, "launch template", deletions.MissingIDs("launch-template"), func(ctx context.Context, id string) (map[string]string, error) {
		out, err := c.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{id}})
		if err != nil || len(out.LaunchTemplates) == 0 {
			return nil, err
		}
		return awsapi.FromEC2(out.LaunchTemplates[0].Tags), nil
	})
}
