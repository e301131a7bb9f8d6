package loadbalancing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// TargetGroup is a group of instances that answer HTTP on one port.
type TargetGroup struct {
	VPC resource.Ref
	// Port is the targets' port.
	Port        int32
	HealthCheck HealthCheck
	// DeregistrationDelay is how long a target that was taken out may go on
	// with the requests that it has: 0 to 3600 s, in whole seconds.
	DeregistrationDelay time.Duration
	// Algorithm spreads requests: "round_robin" (also where it is empty) or
	// "least_outstanding_requests".
	Algorithm string
}

// Refs implements resource.Spec.
func (g TargetGroup) Refs() []resource.Ref { return []resource.Ref{g.VPC} }

// LiveTargetGroup is a target group as ELBv2 reports it.
type LiveTargetGroup struct {
	types.TargetGroup
	Attributes map[string]string
	Tags       map[string]string
}

// TargetGroupKind is the kind "target-group". Its ID is the ARN.
func TargetGroupKind() resource.Kind[TargetGroup, LiveTargetGroup] {
	return resource.Kind[TargetGroup, LiveTargetGroup]{
		Traits: resource.Traits{
			Name:       "target-group",
			TagCommand: awsapi.TagCommandELB,
			Console:    resource.Console{Object: "ec2#TargetGroup:targetGroupArn=", List: "ec2#TargetGroups:"},
			Actions: resource.Actions{
				Read:   []string{"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTags"},
				Make:   []string{"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes", "elasticloadbalancing:AddTags"},
				Change: []string{"elasticloadbalancing:ModifyTargetGroup"},
				Delete: []string{"elasticloadbalancing:DeleteTargetGroup"},
			},
			Compared:    targetGroupFields(),
			Unplaceable: unplaceable(targetGroups()),
			Quotas:      []resource.Quota{{Service: "elasticloadbalancing", Code: "L-B22855CB", Name: "Target Groups per Region", Refusals: []string{"TooManyTargetGroups"}, Used: countTargetGroups}},
			Propagating: []awsapi.Refusal{{Code: "ValidationError", Message: "^The VPC ID .*not found"}},
			Removal:     resource.Removal{Delete: deleteTargetGroup, Blockers: targetGroupBlockers, Foreign: foreignToTargetGroups},
		},
		Reading: resource.Reading[LiveTargetGroup]{
			List:      whole(targetGroups(), liveTargetGroup),
			ListBasic: basic(targetGroups(), liveTargetGroup), // without the attributes
			ID:        func(g LiveTargetGroup) string { return aws.ToString(g.TargetGroupArn) },
			Tags:      func(g LiveTargetGroup) map[string]string { return g.Tags },
			Status:    func(LiveTargetGroup) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[TargetGroup, LiveTargetGroup]{
			Diff:      diffTargetGroup,
			Create:    createTargetGroup,
			AsCreated: targetGroupAsCreated,
			Update:    updateTargetGroup,
			Retag:     awsapi.RetagELB,
		},
		Impact: targetGroupImpact,
	}
}

func targetGroups() namedObjects[types.TargetGroup] {
	return namedObjects[types.TargetGroup]{
		noun: "target group",
		all: func(ctx context.Context, c *awsapi.Clients) ([]types.TargetGroup, error) {
			return awsapi.Once(ctx, c, "target groups", func(ctx context.Context, c *awsapi.Clients) ([]types.TargetGroup, error) {
				return describeTargetGroups(ctx, c, &elb.DescribeTargetGroupsInput{})
			})
		},
		byName: func(ctx context.Context, c *awsapi.Clients, name string) ([]types.TargetGroup, error) {
			return describeTargetGroups(ctx, c, &elb.DescribeTargetGroupsInput{Names: []string{name}})
		},
		attributes: func(ctx context.Context, c *awsapi.Clients, arn string) (map[string]string, error) {
			out, err := c.ELB.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
			if err != nil {
				return nil, err
			}
			return valuesOf(out.Attributes, func(a types.TargetGroupAttribute) (name, value *string) { return a.Key, a.Value }), nil
		},
		about: func(g types.TargetGroup) (arn, name *string) { return g.TargetGroupArn, g.TargetGroupName },
	}
}

func describeTargetGroups(ctx context.Context, c *awsapi.Clients, which *elb.DescribeTargetGroupsInput) ([]types.TargetGroup, error) {
	return awsapi.Collect(ctx, elb.NewDescribeTargetGroupsPaginator(c.ELB, which),
		func(page *elb.DescribeTargetGroupsOutput) []types.TargetGroup { return page.TargetGroups })
}

func liveTargetGroup(g types.TargetGroup, attributes, tags map[string]string) LiveTargetGroup {
	return LiveTargetGroup{TargetGroup: g, Attributes: attributes, Tags: tags}
}

func diffTargetGroup(spec TargetGroup, live LiveTargetGroup, ids resource.IDs) []resource.Change {
	checks := compareSettings(healthSettings(spec.HealthCheck), liveHealthSettings(live.TargetGroup))
	for i := range checks {
		// Who answered the old path need not answer the new one.
		checks[i].InvalidatesDependents = checks[i].Field == healthPath
	}
	return slices.Concat(
		resource.Fixed("vpc", ids.Of(spec.VPC), aws.ToString(live.VpcId)),
		resource.Fixed("port", strconv.Itoa(int(spec.Port)), strconv.Itoa(int(aws.ToInt32(live.Port)))),
		resource.Fixed("protocol", string(types.ProtocolEnumHttp), string(live.Protocol)),
		checks,
		compareSettings(targetGroupAttributesOf(spec), live.Attributes),
	)
}

func createTargetGroup(ctx context.Context, call resource.Call[TargetGroup]) (string, error) {
	return createNamed(ctx, call, targetGroups(), "DuplicateTargetGroupName", func(name *string) ([]types.TargetGroup, error) {
		check := call.Spec.HealthCheck
		out, err := call.Clients.ELB.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name:                       name,
			VpcId:                      aws.String(call.IDs.Of(call.Spec.VPC)),
			Port:                       aws.Int32(call.Spec.Port),
			Protocol:                   types.ProtocolEnumHttp,
			TargetType:                 types.TargetTypeEnumInstance,
			HealthCheckProtocol:        types.ProtocolEnumHttp,
			HealthCheckPort:            aws.String(trafficPort),
			HealthCheckPath:            &check.Path,
			HealthCheckIntervalSeconds: aws.Int32(int32(check.Interval / time.Second)),
			HealthCheckTimeoutSeconds:  aws.Int32(int32(check.Timeout / time.Second)),
			HealthyThresholdCount:      &check.Healthy,
			UnhealthyThresholdCount:    &check.Unhealthy,
			Matcher:                    &types.Matcher{HttpCode: aws.String(matcher(check))},
			Tags:                       awsapi.ELBTags(call.Tags),
		})
		if err != nil {
			return nil, err
		}
		return out.TargetGroups, nil
	})
}

// targetGroupAsCreated lacks the attributes, which CreateTargetGroup doesn't take.
func targetGroupAsCreated(call resource.Call[TargetGroup], arn string) LiveTargetGroup {
	check := call.Spec.HealthCheck
	return LiveTargetGroup{TargetGroup: types.TargetGroup{
		TargetGroupArn:             &arn,
		VpcId:                      aws.String(call.IDs.Of(call.Spec.VPC)),
		Port:                       aws.Int32(call.Spec.Port),
		Protocol:                   types.ProtocolEnumHttp,
		HealthCheckProtocol:        types.ProtocolEnumHttp,
		HealthCheckPort:            aws.String(trafficPort),
		HealthCheckPath:            &check.Path,
		HealthCheckIntervalSeconds: aws.Int32(int32(check.Interval / time.Second)),
		HealthCheckTimeoutSeconds:  aws.Int32(int32(check.Timeout / time.Second)),
		HealthyThresholdCount:      &check.Healthy,
		UnhealthyThresholdCount:    &check.Unhealthy,
		Matcher:                    &types.Matcher{HttpCode: aws.String(matcher(check))},
	}}
}

func updateTargetGroup(ctx context.Context, call resource.Call[TargetGroup], _ LiveTargetGroup, changes []resource.Change) error {
	check := call.Spec.HealthCheck
	if len(changedSettings(healthSettings(check), changes)) > 0 {
		if _, err := call.Clients.ELB.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{
			TargetGroupArn:             &call.ID,
			HealthCheckProtocol:        types.ProtocolEnumHttp,
			HealthCheckPort:            aws.String(trafficPort),
			HealthCheckPath:            &check.Path,
			HealthCheckIntervalSeconds: aws.Int32(int32(check.Interval / time.Second)),
			HealthCheckTimeoutSeconds:  aws.Int32(int32(check.Timeout / time.Second)),
			HealthyThresholdCount:      &check.Healthy,
			UnhealthyThresholdCount:    &check.Unhealthy,
			Matcher:                    &types.Matcher{HttpCode: aws.String(matcher(check))},
		}); err != nil {
			return fmt.Errorf("set the health check of target group %s: %w", call.ID, err)
		}
	}
	var attributes []types.TargetGroupAttribute
	for _, s := range changedSettings(targetGroupAttributesOf(call.Spec), changes) {
		attributes = append(attributes, types.TargetGroupAttribute{Key: aws.String(s.name), Value: aws.String(s.value)})
	}
	if len(attributes) == 0 {
		return nil
	}
	if _, err := call.Clients.ELB.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &call.ID, Attributes: attributes,
	}); err != nil {
		return fmt.Errorf("set the attributes of target group %s: %w", call.ID, err)
	}
	return nil
}

func deleteTargetGroup(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.ELB.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &record.ID})
	return err
}

// targetGroupBlockers are the load balancers whose listeners use the group.
func targetGroupBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]resource.Blocker, error) {
	out, err := c.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{id}})
	if awsapi.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look what uses target group %s: %w", id, err)
	}
	var blockers []resource.Blocker
	for _, group := range out.TargetGroups {
		using, err := users(ctx, c, group)
		if err != nil {
			return nil, err
		}
		blockers = append(blockers, using...)
	}
	return blockers, nil
}
