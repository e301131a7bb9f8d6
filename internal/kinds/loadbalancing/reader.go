package loadbalancing

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
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

const (
	// tagsBatch is how many objects DescribeTags takes at once.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
	tagsBatch = 20
	// together is how many calls for single objects run at the same time.
	together = 8
)

// tagSets are tags by ARN.
type tagSets = map[string]map[string]string

// attributeSets are attributes by ARN.
type attributeSets = map[string]map[string]string

// mayOwn tells by a name whether the object can be the owner's, so that other
// people's are not asked about. The tags decide.
func mayOwn(owner awsapi.Owner, name *string) bool {
	return strings.HasPrefix(aws.ToString(name), owner.Platform+"-")
}

// reader reads what an owner has of something.
type reader[T any] = func(context.Context, *awsapi.Clients, awsapi.Owner) (T, error)

// withTags reads objects and their tags at once, and joins them; join is false for what
// has no tags.
func withTags[T, L any](ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, read reader[[]T], join func(T, tagSets) (L, bool)) ([]L, error) {
	all, tags, err := both(ctx, c, owner, read, tagsOfBoth)
	var lives []L
	for _, object := range all {
		if live, ok := join(object, tags); ok {
			lives = append(lives, live)
		}
	}
	return lives, err
}

// withAttributes reads objects and their attributes at once, and joins them by what of
// gives: the object's ARN, and where its attributes belong. It leaves out what has none.
func withAttributes[L any](ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, list reader[[]L], read reader[attributeSets], of func(*L) (*string, *map[string]string)) ([]L, error) {
	all, sets, err := both(ctx, c, owner, list, read)
	var lives []L
	for _, live := range all {
		arn, attributes := of(&live)
		if *attributes = sets[aws.ToString(arn)]; *attributes != nil {
			lives = append(lives, live)
		}
	}
	return lives, err
}

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

// allLoadBalancers are those of the region, whichever platform they belong to.
func allLoadBalancers(ctx context.Context, c *awsapi.Clients) ([]types.LoadBalancer, error) {
	return awsapi.Once(ctx, c, "load balancers", func(ctx context.Context, c *awsapi.Clients) ([]types.LoadBalancer, error) {
		return awsapi.Collect(ctx, elb.NewDescribeLoadBalancersPaginator(c.ELB, &elb.DescribeLoadBalancersInput{}),
			func(page *elb.DescribeLoadBalancersOutput) []types.LoadBalancer { return page.LoadBalancers })
	})
}

// allTargetGroups are those of the region, whichever platform they belong to.
func allTargetGroups(ctx context.Context, c *awsapi.Clients) ([]types.TargetGroup, error) {
	return awsapi.Once(ctx, c, "target groups", func(ctx context.Context, c *awsapi.Clients) ([]types.TargetGroup, error) {
		return awsapi.Collect(ctx, elb.NewDescribeTargetGroupsPaginator(c.ELB, &elb.DescribeTargetGroupsInput{}),
			func(page *elb.DescribeTargetGroupsOutput) []types.TargetGroup { return page.TargetGroups })
	})
}

// loadBalancers are those whose name may be of the owner.
func loadBalancers(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]types.LoadBalancer, error) {
	all, err := allLoadBalancers(ctx, c)
	var may []types.LoadBalancer
	for _, balancer := range all {
		if mayOwn(owner, balancer.LoadBalancerName) {
			may = append(may, balancer)
		}
	}
	return may, err
}

// targetGroups are those whose name may be of the owner.
func targetGroups(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]types.TargetGroup, error) {
	all, err := allTargetGroups(ctx, c)
	var may []types.TargetGroup
	for _, group := range all {
		if mayOwn(owner, group.TargetGroupName) {
			may = append(may, group)
		}
	}
	return may, err
}

// tagsOfBoth are the tags of load balancers and target groups, in one call.
func tagsOfBoth(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (tagSets, error) {
	return awsapi.Once(ctx, c, "ELB tags of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) (tagSets, error) {
		var balancers, groups []string
		var g errgroup.Group // others share the reads
		g.Go(func() error {
			list, err := loadBalancers(ctx, c, owner)
			balancers = balancerARNs(list)
			return err
		})
		g.Go(func() error {
			list, err := targetGroups(ctx, c, owner)
			groups = groupARNs(list)
			return err
		})
		if err := g.Wait(); err != nil {
			return nil, err
		}
		return tagsOf(ctx, c, slices.Concat(balancers, groups))
	})
}

func balancerARNs(list []types.LoadBalancer) []string {
	arns := make([]string, len(list))
	for i := range list {
		arns[i] = aws.ToString(list[i].LoadBalancerArn)
	}
	return arns
}

func groupARNs(list []types.TargetGroup) []string {
	arns := make([]string, len(list))
	for i := range list {
		arns[i] = aws.ToString(list[i].TargetGroupArn)
	}
	return arns
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
	return each(ctx, arns, func(ctx context.Context, arn string) (map[string]string, error) {
		tags, err := tagsOfBatch(ctx, c, []string{arn})
		return tags[arn], err
	})
}

// each reads something of every ARN at the same time, and leaves out what is
// gone.
func each[T any](ctx context.Context, arns []string, read func(context.Context, string) (T, error)) (map[string]T, error) {
	var mu sync.Mutex
	all := map[string]T{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for _, arn := range arns {
		group.Go(func() error {
			value, err := read(ctx, arn)
			switch {
			case awsapi.IsNotFound(err):
				return nil
			case err != nil:
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			all[arn] = value
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return all, nil
}
