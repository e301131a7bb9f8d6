// Package reads has the calls that people and tools make to see what is there, and an SDK that says how long each took.
package reads

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Call is a call that reads. With a platform's name it asks for the objects of that platform, with "" for all. It fails
// where nothing is found: it would measure nothing either.
type Call struct {
	Operation string
	Make      func(ctx context.Context, platform string) error
	// OnlyOne is set where the call is always about one platform.
	OnlyOne bool
}

// Calls are those that people and tools make to see what is there.
func Calls(ctx context.Context, c aws.Config) ([]Call, error) {
	balancing, err := describesOfLoadBalancing(ctx, elb.NewFromConfig(c))
	if err != nil {
		return nil, err
	}
	return slices.Concat(describesOfEC2(ec2.NewFromConfig(c)), balancing, []Call{
		reading(iam.NewFromConfig(c).GetRole, func(p string) *iam.GetRoleInput { return &iam.GetRoleInput{RoleName: aws.String(p + "-us-east-1-web")} }, true),
	}), nil
}

// mayBeEmpty are the operations that may find nothing: rules and the VPC's own network ACL have no tags, and the default
// platform has no endpoint, though each status asks for them.
func mayBeEmpty() []string {
	return []string{"DescribeNetworkAcls", "DescribeSecurityGroupRules", "DescribeVpcEndpoints"}
}

// reading is a call of the SDK, with the parameters for a platform. The operation is named in their type.
func reading[In, Out, O any](call func(context.Context, *In, ...func(*O)) (*Out, error), about func(platform string) *In, onlyOne bool) Call {
	operation := strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Input")
	return Call{operation, func(ctx context.Context, platform string) error {
		out, err := call(ctx, about(platform))
		if err != nil || slices.Contains(mayBeEmpty(), operation) {
			return err
		}
		for _, list := range reflect.ValueOf(out).Elem().Fields() {
			if list.Kind() == reflect.Slice && list.Len() == 0 {
				return errors.New("nothing was found")
			}
		}
		return nil
	}, onlyOne}
}

// tagged is a call of EC2, whose parameters have a field for filters.
func tagged[In, Out any](call func(context.Context, *In, ...func(*ec2.Options)) (*Out, error)) Call {
	return reading(call, func(platform string) *In {
		in := new(In)
		if platform != "" {
			filters := reflect.ValueOf(in).Elem().FieldByNameFunc(func(name string) bool { return name == "Filters" || name == "Filter" })
			filters.Set(reflect.ValueOf([]types.Filter{awsapi.Filter("tag:"+awsapi.TagPlatform, platform)}))
		}
		return in
	}, false)
}

func describesOfEC2(c *ec2.Client) []Call {
	return []Call{
		tagged(c.DescribeVpcs), tagged(c.DescribeSubnets), tagged(c.DescribeInternetGateways), tagged(c.DescribeAddresses),
		tagged(c.DescribeNatGateways), tagged(c.DescribeRouteTables), tagged(c.DescribeNetworkAcls), tagged(c.DescribeSecurityGroups),
		tagged(c.DescribeSecurityGroupRules), tagged(c.DescribeVpcEndpoints), tagged(c.DescribeNetworkInterfaces),
		tagged(c.DescribeInstances), tagged(c.DescribeInstanceStatus), tagged(c.DescribeVolumes), tagged(c.DescribeTags),
	}
}

// describesOfLoadBalancing need the ARNs of the platforms' objects, which are looked up beforehand.
func describesOfLoadBalancing(ctx context.Context, c *elb.Client) ([]Call, error) {
	all, err := awsapi.Collect(ctx, elb.NewDescribeLoadBalancersPaginator(c, &elb.DescribeLoadBalancersInput{}), func(page *elb.DescribeLoadBalancersOutput) []elbtypes.LoadBalancer { return page.LoadBalancers })
	if err != nil {
		return nil, err
	}
	balancers, listeners, groups := map[string]*string{}, map[string]*string{}, map[string]*string{}
	for _, b := range all {
		p := strings.TrimSuffix(*b.LoadBalancerName, "-alb")
		out, err := c.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})
		if err != nil {
			return nil, err
		}
		balancers[p], listeners[p] = b.LoadBalancerArn, out.Listeners[0].ListenerArn
	}
	targets, err := awsapi.Collect(ctx, elb.NewDescribeTargetGroupsPaginator(c, &elb.DescribeTargetGroupsInput{}), func(page *elb.DescribeTargetGroupsOutput) []elbtypes.TargetGroup { return page.TargetGroups })
	if err != nil {
		return nil, err
	}
	for _, g := range targets {
		groups[strings.TrimSuffix(*g.TargetGroupName, "-web")] = g.TargetGroupArn
	}
	names := func(p, suffix string) []string {
		if p == "" {
			return nil
		}
		return []string{p + suffix}
	}
	return []Call{
		reading(c.DescribeLoadBalancers, func(p string) *elb.DescribeLoadBalancersInput {
			return &elb.DescribeLoadBalancersInput{Names: names(p, "-alb")}
		}, false),
		reading(c.DescribeLoadBalancerAttributes, func(p string) *elb.DescribeLoadBalancerAttributesInput {
			return &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: balancers[p]}
		}, true),
		reading(c.DescribeListeners, func(p string) *elb.DescribeListenersInput {
			return &elb.DescribeListenersInput{LoadBalancerArn: balancers[p]}
		}, true),
		reading(c.DescribeRules, func(p string) *elb.DescribeRulesInput { return &elb.DescribeRulesInput{ListenerArn: listeners[p]} }, true),
		reading(c.DescribeTargetGroups, func(p string) *elb.DescribeTargetGroupsInput {
			return &elb.DescribeTargetGroupsInput{Names: names(p, "-web")}
		}, false),
		reading(c.DescribeTargetHealth, func(p string) *elb.DescribeTargetHealthInput {
			return &elb.DescribeTargetHealthInput{TargetGroupArn: groups[p]}
		}, true),
	}, nil
}
