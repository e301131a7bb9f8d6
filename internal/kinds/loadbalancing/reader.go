package loadbalancing

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// ELBv2 filters nothing by tags, and its objects come apart: the list, the
// tags, the attributes and the health are one call each. So this file holds
// each of these reads once; a kind asks for those that it needs, and within a
// snapshot all kinds share them. At most three calls wait for one another:
// load balancers, their listeners, the listeners' tags.
//
// What vanishes between two of the calls is left out, as if the list had not
// had it.

// tagsBatch is how many objects DescribeTags takes at once.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
const tagsBatch = 20

// tagSets are tags by ARN.
type tagSets = map[string]map[string]string

// reader reads what an owner has of something.
type reader[T any] = func(context.Context, *awsapi.Clients, awsapi.Owner) (T, error)

// both makes two reads at once. Neither cuts off the other, which others may share.
func both[A, B any](ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, readA reader[A], readB reader[B]) (a A, b B, err error) {
	var g errgroup.Group
	g.Go(func() (err error) { a, err = readA(ctx, c, owner); return err })
	g.Go(func() (err error) { b, err = readB(ctx, c, owner); return err })
	if err := g.Wait(); err != nil {
		var noA A
		var noB B
		return noA, noB, err
	}
	return a, b, nil
}

// tagsOfBoth are the tags of load balancers and target groups, in one call. Of a platform under a domain the listeners'
// come with them: that is a call less, and no later than the listeners' own would be.
func tagsOfBoth(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (tagSets, error) {
	if owner.Domain.Look && !owner.IsEveryone() {
		return tagsOfAll(ctx, c, owner)
	}
	return awsapi.Once(ctx, c, "ELB tags of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) (tagSets, error) {
		balancers, groups, err := both(ctx, c, owner, loadBalancers().arnsOf, targetGroups().arnsOf)
		if err != nil {
			return nil, err
		}
		return tagsOf(ctx, c, slices.Concat(balancers, groups))
	})
}

// tagsOfAll are the tags of load balancers, target groups and listeners, in one call.
func tagsOfAll(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (tagSets, error) {
	return awsapi.Once(ctx, c, "all ELB tags of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) (tagSets, error) {
		listeners, groups, err := both(ctx, c, owner, allListeners, targetGroups().arnsOf)
		if err != nil {
			return nil, err
		}
		balancers, err := loadBalancers().arnsOf(ctx, c, owner)
		if err != nil {
			return nil, err
		}
		return tagsOf(ctx, c, slices.Concat(balancers, groups, listenerARNs(listeners)))
	})
}

// tagsOf reads the tags of any ELBv2 objects, batched. One object that is gone
// spoils AWS's answer for its whole batch, which is then asked for one by one.
func tagsOf(ctx context.Context, c *awsapi.Clients, arns []string) (tagSets, error) {
	all := tagSets{}
	for batch := range slices.Chunk(arns, tagsBatch) {
		tags, err := tagsOfBatch(ctx, c, batch)
		if awsapi.IsNotFound(err) {
			tags, err = tagsOneByOne(ctx, c, batch)
		}
		if err != nil {
			return nil, err
		}
		maps.Copy(all, tags)
	}
	return all, nil
}

func tagsOfBatch(ctx context.Context, c *awsapi.Clients, arns []string) (tagSets, error) {
	out, err := c.ELB.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: arns})
	if err != nil {
		return nil, err
	}
	tags := tagSets{}
	for _, d := range out.TagDescriptions {
		tags[aws.ToString(d.ResourceArn)] = awsapi.FromELB(d.Tags)
	}
	return tags, nil
}

func tagsOneByOne(ctx context.Context, c *awsapi.Clients, arns []string) (tagSets, error) {
	return awsapi.Each(ctx, arns, func(ctx context.Context, arn string) (map[string]string, error) {
		tags, err := tagsOfBatch(ctx, c, []string{arn})
		return tags[arn], err
	})
}
