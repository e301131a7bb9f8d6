package awsapi

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// TagGroup is the tag by which AWS says which Auto Scaling group an instance is in. It goes when the instance is detached.
const TagGroup = "aws:autoscaling:groupName"

// groupsPage is how many groups AWS gives in one reply: the most it may.
const groupsPage = 100

// AutoScalingGroups are all Auto Scaling groups of the owner, those that are being deleted included. Where nothing says that there
// may be one (see Owner.AutoScaling; an instance of a group says so, too), nobody is asked. Within a snapshot they are read once.
func AutoScalingGroups(ctx context.Context, c *Clients, owner Owner) ([]types.AutoScalingGroup, error) {
	return Once(ctx, c, "Auto Scaling groups of "+owner.Platform, func(ctx context.Context, c *Clients) ([]types.AutoScalingGroup, error) {
		may, err := MayScale(ctx, c, owner)
		if err != nil || !may {
			return nil, err
		}
		filter := types.Filter{Name: aws.String("tag:" + TagPlatform), Values: []string{owner.Platform}}
		if owner.IsEveryone() {
			filter = types.Filter{Name: aws.String("tag-key"), Values: []string{TagPlatform}}
		}
		pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(c.AutoScaling, &autoscaling.DescribeAutoScalingGroupsInput{
			Filters: []types.Filter{filter}, MaxRecords: aws.Int32(groupsPage),
		})
		return Collect(ctx, pages, func(page *autoscaling.DescribeAutoScalingGroupsOutput) []types.AutoScalingGroup {
			return page.AutoScalingGroups
		})
	})
}

// MayScale reports whether the owner may have something of Auto Scaling, so that it is worth asking about.
func MayScale(ctx context.Context, c *Clients, owner Owner) (bool, error) {
	if owner.AutoScaling {
		return true, nil
	}
	instances, err := Instances(ctx, c, owner)
	return slices.ContainsFunc(instances, func(i ec2types.Instance) bool { return GroupOf(i) != "" }), err
}

// GroupOf is the name of the Auto Scaling group that an instance is in; "" for none.
func GroupOf(instance ec2types.Instance) string {
	return FromEC2(instance.Tags)[TagGroup]
}

// FromGroup reads the tags of an Auto Scaling group.
func FromGroup(tags []types.TagDescription) map[string]string {
	return byName(tags, func(t types.TagDescription) (k, v *string) { return t.Key, t.Value })
}

// GroupTags are the tags of an Auto Scaling group for a create call or a change. The instances that it launches get them, too, but
// for the name, which is the group's own unless the user has chosen one.
func GroupTags(group string, tags map[string]string, ownName string) []types.Tag {
	return sorted(tags, func(k, v *string) types.Tag {
		return types.Tag{
			Key: k, Value: v, ResourceId: &group, ResourceType: aws.String("auto-scaling-group"),
			PropagateAtLaunch: aws.Bool(*k != TagName || *v != ownName),
		}
	})
}

// TemplateTags are tag specifications of a launch template.
func TemplateTags(tags map[string]string, kinds ...ec2types.ResourceType) []ec2types.LaunchTemplateTagSpecificationRequest {
	var all []ec2types.LaunchTemplateTagSpecificationRequest
	for _, kind := range kinds {
		all = append(all, ec2types.LaunchTemplateTagSpecificationRequest{ResourceType: kind, Tags: ec2Tags(tags)})
	}
	return all
}

// RetagGroup sets tags on an Auto Scaling group, and on the instances that it has.
func RetagGroup(ctx context.Context, c *Clients, group string, tags map[string]string, ownName string) error {
	if _, err := c.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: GroupTags(group, tags, ownName)}); err != nil {
		return err
	}
	out, err := c.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil || len(out.AutoScalingGroups) == 0 {
		return err
	}
	var ids []string
	for _, instance := range out.AutoScalingGroups[0].Instances {
		if !strings.HasPrefix(string(instance.LifecycleState), "Terminat") {
			ids = append(ids, aws.ToString(instance.InstanceId))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	tags = maps.Clone(tags)
	if tags[TagName] == ownName {
		delete(tags, TagName)
	}
	_, err = c.EC2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: ids, Tags: ec2Tags(tags)})
	return err
}
