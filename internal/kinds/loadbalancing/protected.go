package loadbalancing

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// attributeProtection keeps AWS from deleting a load balancer.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
const attributeProtection = "deletion_protection.enabled"

// tagProtected is on a load balancer whose deletion protection this tool has set: what has it, and
// isn't to be protected any more, is no longer. A tag tells that, and not the state, since the state
// can be lost. It is written before the attribute is set, and "false" after it is taken off, so
// that a protection of this tool's always has it.
const tagProtected = "platformctl:protected"

// isOwnProtection reports whether this tool has set the deletion protection.
func isOwnProtection(tags map[string]string) bool { return tags[tagProtected] == "true" }

// compareProtection is of a load balancer whose attributes are known, or which is new and has none yet. A protection
// that somebody else has set stays.
func compareProtection(spec LoadBalancer, live LiveLoadBalancer) []resource.Change {
	have := live.Attributes[attributeProtection] == "true"
	change := resource.Change{Field: attributeProtection, Want: strconv.FormatBool(spec.Protect), Have: strconv.FormatBool(have)}
	switch {
	case spec.Protect && !have, !spec.Protect && have && isOwnProtection(live.Tags):
		return []resource.Change{change}
	case !spec.Protect && isOwnProtection(live.Tags):
		change.Text = "the tag " + tagProtected + " outlived it"
		return []resource.Change{change}
	}
	return nil
}

// keptProtection is a protection that somebody else has set.
func keptProtection(spec LoadBalancer, live LiveLoadBalancer) []resource.Change {
	if spec.Protect || isOwnProtection(live.Tags) || live.Attributes[attributeProtection] != "true" {
		return nil
	}
	return []resource.Change{{Field: attributeProtection, Want: "false", Have: "true", Protects: true}}
}

// setProtection sets deletion protection or takes it off, and marks whose it is. Tags are those that the load
// balancer has.
func setProtection(ctx context.Context, c *awsapi.Clients, arn string, tags map[string]string, on bool) error {
	mark := func() error {
		if isOwnProtection(tags) == on {
			return nil
		}
		return awsapi.RetagELB(ctx, c, arn, map[string]string{tagProtected: strconv.FormatBool(on)})
	}
	set := func() error {
		_, err := c.ELB.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: &arn,
			Attributes:      []types.LoadBalancerAttribute{{Key: aws.String(attributeProtection), Value: aws.String(strconv.FormatBool(on))}},
		})
		return err
	}
	steps := []func() error{mark, set}
	if !on {
		steps = []func() error{set, mark}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// unprotectLoadBalancers takes deletion protection off. What is gone has none.
func unprotectLoadBalancers(ctx context.Context, c *awsapi.Clients, objects []resource.Object) error {
	protected, err := protectedLoadBalancers(ctx, c, objects)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if !slices.ContainsFunc(protected, func(b resource.Blocker) bool { return b.ID == object.ID }) {
			continue
		}
		if err := setProtection(ctx, c, object.ID, object.Tags, false); err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("take deletion protection off load balancer %s: %w", object.ID, err)
		}
	}
	return nil
}

// protectedLoadBalancers names those with deletion protection. The attributes are asked for
// where the list left them out.
func protectedLoadBalancers(ctx context.Context, c *awsapi.Clients, objects []resource.Object) ([]resource.Blocker, error) {
	var unread []string
	attributes := map[string]map[string]string{}
	for _, object := range objects {
		if live, ok := object.Live.(LiveLoadBalancer); ok && live.Attributes != nil {
			attributes[object.ID] = live.Attributes
		} else {
			unread = append(unread, object.ID)
		}
	}
	read, err := awsapi.Each(ctx, unread, func(ctx context.Context, arn string) (map[string]string, error) {
		return loadBalancers().attributes(ctx, c, arn)
	})
	var blockers []resource.Blocker
	for _, object := range objects {
		set := attributes[object.ID]
		if set == nil {
			set = read[object.ID]
		}
		if set[attributeProtection] != "true" {
			continue
		}
		b := named("load balancer", &object.ID, nil)
		if live, ok := object.Live.(LiveLoadBalancer); ok {
			b.Name = aws.ToString(live.LoadBalancerName)
		}
		b.Protection, b.Configured = "deletion protection", isOwnProtection(object.Tags)
		b.Lift = c.Command("elbv2 modify-load-balancer-attributes --load-balancer-arn " + object.ID + " --attributes Key=" + attributeProtection + ",Value=false")
		blockers = append(blockers, b)
	}
	return blockers, err
}
