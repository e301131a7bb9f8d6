package loadbalancing

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// This file finds, before anything is deleted, what keeps it from being
// deleted. A target group or a target of somebody else keeps nothing: AWS
// deletes a VPC under a target group that no load balancer uses.

// balancersIn names the load balancers in the VPCs that are about to be
// deleted, no matter who made them. ELBv2 filters nothing.
func balancersIn(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	ids := deletions.IDs("vpc")
	if len(ids) == 0 {
		return nil, nil
	}
	all, err := loadBalancers().all(ctx, c)
	var blockers []resource.Blocker
	for _, lb := range all {
		if slices.Contains(ids, aws.ToString(lb.VpcId)) {
			blockers = append(blockers, named("load balancer", lb.LoadBalancerArn, lb.LoadBalancerName, string(lb.Type)))
		}
	}
	if err != nil {
		return blockers, err
	}
	return blockers, whose(ctx, c, blockers, deletions.MissingIDs("load-balancer"))
}

// whose notes the platform that the tags of some objects name. That of any other object isn't asked for.
func whose(ctx context.Context, c *awsapi.Clients, blockers []resource.Blocker, ids []string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return !slices.ContainsFunc(blockers, func(b resource.Blocker) bool { return b.ID == id })
	})
	if len(ids) == 0 {
		return nil
	}
	tags, err := tagsOf(ctx, c, ids)
	for i := range blockers {
		if own, ok := tags[blockers[i].ID]; ok {
			blockers[i].Platform = own[awsapi.TagPlatform]
		}
	}
	return err
}

// foreignToTargetGroups names the load balancers whose listeners use the target
// groups, and target groups of ours that lost their tags.
func foreignToTargetGroups(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	var blockers []resource.Blocker
	for _, object := range deletions.Objects {
		if live, ok := object.Live.(LiveTargetGroup); ok {
			using, err := users(ctx, c, live.TargetGroup)
			if err != nil {
				return nil, err
			}
			blockers = append(blockers, using...)
		}
	}
	for _, id := range deletions.MissingIDs("target-group") {
		out, err := c.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{id}})
		switch {
		case awsapi.IsNotFound(err):
		case err != nil:
			return nil, err
		default:
			for _, group := range out.TargetGroups {
				blockers = append(blockers, named("target group", group.TargetGroupArn, group.TargetGroupName))
			}
		}
	}
	return blockers, whose(ctx, c, blockers, deletions.MissingIDs("target-group"))
}

// untaggedListeners names listeners of ours that lost their tags and whose load balancer stays: with it they go.
func untaggedListeners(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	going := deletions.IDs("load-balancer")
	missing := slices.DeleteFunc(deletions.MissingIDs("listener"), func(id string) bool { return slices.Contains(going, balancerOf(id)) })
	if len(missing) == 0 {
		return nil, nil
	}
	tags, err := tagsOf(ctx, c, missing)
	var blockers []resource.Blocker
	for _, id := range missing {
		if own, there := tags[id]; there {
			b := named("listener", &id, nil)
			b.Name, b.Platform = own[awsapi.TagName], own[awsapi.TagPlatform]
			blockers = append(blockers, b)
		}
	}
	return blockers, err
}

// users are the load balancers whose listeners forward to a target group. Its list may name
// one that is gone, which uses nothing any more.
func users(ctx context.Context, c *awsapi.Clients, group types.TargetGroup) ([]resource.Blocker, error) {
	if len(group.LoadBalancerArns) == 0 {
		return nil, nil
	}
	there, err := loadBalancers().all(ctx, c)
	if err != nil {
		return nil, err
	}
	is := func(arn string) func(types.LoadBalancer) bool {
		return func(b types.LoadBalancer) bool { return aws.ToString(b.LoadBalancerArn) == arn }
	}
	var blockers []resource.Blocker
	for _, id := range group.LoadBalancerArns {
		if slices.ContainsFunc(there, is(id)) {
			blockers = append(blockers, named("load balancer", &id, nil, "a listener forwards to the target group"))
		}
	}
	return blockers, nil
}

// named names an object of ELBv2, whose ARN tells its account.
func named(kind string, id, name *string, notes ...string) resource.Blocker {
	parsed, _ := arn.Parse(aws.ToString(id)) // without an account it says less
	return resource.Blocker{Type: kind, ID: aws.ToString(id), Name: aws.ToString(name), Account: parsed.AccountID, Notes: notes}
}
