// Package reads has the calls that people and tools make to see what is there, and an SDK that says how long each took.
package reads

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Call is a call that reads. It returns how many objects came; with a platform's
// name it asks for those of that platform, with "" for all.
type Call struct {
	Operation string
	Make      func(ctx context.Context, platform string) (int, error)
	// OnlyOne is set where the call is always about one platform.
	OnlyOne bool
}

// Calls are those that people and tools make to see what is there.
func Calls(ctx context.Context, c aws.Config) ([]Call, error) {
	balancing, err := describesOfLoadBalancing(ctx, elb.NewFromConfig(c))
	if err != nil {
		return nil, err
	}
	roles := iam.NewFromConfig(c)
	return append(append(describesOfEC2(ec2.NewFromConfig(c)), balancing...), Call{"GetRole", func(ctx context.Context, p string) (int, error) {
		out, err := roles.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(p + "-us-east-1-web")})
		return count(err, func() int { return len(*out.Role.RoleName) })
	}, true}), nil
}

func describesOfEC2(c *ec2.Client) []Call {
	of := func(p string) []types.Filter {
		if p == "" {
			return nil
		}
		return []types.Filter{{Name: aws.String("tag:platformctl:platform"), Values: []string{p}}}
	}
	return []Call{
		{"DescribeVpcs", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: of(p)})
			return count(err, func() int { return len(out.Vpcs) })
		}, false},
		{"DescribeSubnets", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: of(p)})
			return count(err, func() int { return len(out.Subnets) })
		}, false},
		{"DescribeInternetGateways", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: of(p)})
			return count(err, func() int { return len(out.InternetGateways) })
		}, false},
		{"DescribeAddresses", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: of(p)})
			return count(err, func() int { return len(out.Addresses) })
		}, false},
		{"DescribeNatGateways", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{Filter: of(p)})
			return count(err, func() int { return len(out.NatGateways) })
		}, false},
		{"DescribeRouteTables", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: of(p)})
			return count(err, func() int { return len(out.RouteTables) })
		}, false},
		{"DescribeNetworkAcls", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: of(p)})
			return count(err, func() int { return max(1, len(out.NetworkAcls)) }) // the VPC's own has no tags
		}, false},
		{"DescribeSecurityGroups", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: of(p)})
			return count(err, func() int { return len(out.SecurityGroups) })
		}, false},
		{"DescribeSecurityGroupRules", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: of(p)})
			return count(err, func() int { return max(1, len(out.SecurityGroupRules)) }) // they have no tags
		}, false},
		{"DescribeVpcEndpoints", func(ctx context.Context, p string) (int, error) {
			// The default platform has none, and each status asks for them.
			_, err := c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: of(p)})
			return 1, err
		}, false},
		{"DescribeNetworkInterfaces", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: of(p)})
			return count(err, func() int { return len(out.NetworkInterfaces) })
		}, false},
		{"DescribeInstances", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: of(p)})
			return count(err, func() int { return len(out.Reservations) })
		}, false},
		{"DescribeInstanceStatus", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{Filters: of(p)})
			return count(err, func() int { return len(out.InstanceStatuses) })
		}, false},
		{"DescribeVolumes", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: of(p)})
			return count(err, func() int { return len(out.Volumes) })
		}, false},
		{"DescribeTags", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: of(p)})
			return count(err, func() int { return len(out.Tags) })
		}, false},
	}
}

// describesOfLoadBalancing need the ARNs of the platforms' objects, which are looked up beforehand.
func describesOfLoadBalancing(ctx context.Context, c *elb.Client) ([]Call, error) {
	balancers, listeners, groups := map[string]string{}, map[string]string{}, map[string]string{}
	for pages := elb.NewDescribeLoadBalancersPaginator(c, &elb.DescribeLoadBalancersInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range page.LoadBalancers {
			p := strings.TrimSuffix(*b.LoadBalancerName, "-alb")
			out, err := c.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})
			if err != nil {
				return nil, err
			}
			balancers[p], listeners[p] = *b.LoadBalancerArn, *out.Listeners[0].ListenerArn
		}
	}
	for pages := elb.NewDescribeTargetGroupsPaginator(c, &elb.DescribeTargetGroupsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range page.TargetGroups {
			groups[strings.TrimSuffix(*g.TargetGroupName, "-web")] = *g.TargetGroupArn
		}
	}
	names := func(p, suffix string) []string {
		if p == "" {
			return nil
		}
		return []string{p + suffix}
	}
	return []Call{
		{"DescribeLoadBalancers", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: names(p, "-alb")})
			return count(err, func() int { return len(out.LoadBalancers) })
		}, false},
		{"DescribeLoadBalancerAttributes", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: aws.String(balancers[p])})
			return count(err, func() int { return len(out.Attributes) })
		}, true},
		{"DescribeListeners", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: aws.String(balancers[p])})
			return count(err, func() int { return len(out.Listeners) })
		}, true},
		{"DescribeRules", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: aws.String(listeners[p])})
			return count(err, func() int { return len(out.Rules) })
		}, true},
		{"DescribeTargetGroups", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: names(p, "-web")})
			return count(err, func() int { return len(out.TargetGroups) })
		}, false},
		{"DescribeTargetHealth", func(ctx context.Context, p string) (int, error) {
			out, err := c.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(groups[p])})
			return count(err, func() int { return len(out.TargetHealthDescriptions) })
		}, true},
	}, nil
}

// count fails a call that found nothing: it would measure nothing either.
func count(err error, of func() int) (int, error) {
	if err != nil {
		return 0, err
	}
	if n := of(); n > 0 {
		return n, nil
	}
	return 0, errors.New("nothing was found")
}
