package autoscaling

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

const kindPolicy = "scaling-policy"

// Policy keeps a group's load at a target, by adding and taking away instances.
type Policy struct {
	Group resource.Ref
	// CPU is the instances' mean utilization in percent; 0 where Requests is the target.
	CPU int
	// Requests are those that each instance gets a minute, of the load balancer's to the target group.
	Requests                  int
	LoadBalancer, TargetGroup resource.Ref
}

// Refs implements resource.Spec.
func (p Policy) Refs() []resource.Ref { return []resource.Ref{p.Group, p.LoadBalancer, p.TargetGroup} }

// String is what the policy keeps, for people.
func (p Policy) String() string {
	if p.CPU > 0 {
		return fmt.Sprintf("CPU at %d percent", p.CPU)
	}
	return fmt.Sprintf("%d requests a minute for each", p.Requests)
}

// LivePolicy is a scaling policy as Auto Scaling reports it. It has no tags of its own: what is at the platform's group is the
// platform's.
type LivePolicy struct {
	types.ScalingPolicy
	Tags map[string]string
}

const (
	fieldGroup   = "group"
	fieldTarget  = "target"
	fieldEnabled = "enabled"
)

// PolicyKind is the kind "scaling-policy". Its ID is the ARN. Its alarms are AWS's own, and nobody else's to change.
func PolicyKind() resource.Kind[Policy, LivePolicy] {
	return resource.Kind[Policy, LivePolicy]{
		Traits: resource.Traits{
			Name:    kindPolicy,
			AskedBy: section,
			Actions: resource.Actions{
				Read:   []string{"autoscaling:DescribePolicies"},
				Make:   []string{"autoscaling:PutScalingPolicy"},
				Delete: []string{"autoscaling:DeletePolicy"},
			},
			Compared: []resource.Field{
				resource.Identity("PolicyARN", "PolicyName", "Tags", "Alarms"),
				{Name: fieldGroup, Of: []string{"AutoScalingGroupName"}, How: resource.Repaired, Why: "another policy takes its place"},
				{Name: fieldTarget, Of: []string{"PolicyType", "TargetTrackingConfiguration", "EstimatedInstanceWarmup"}, How: resource.Repaired, Why: "it decides how many serve"},
				{Name: fieldEnabled, Of: []string{"Enabled"}, How: resource.Repaired, Why: "one that is off lets load grow over what there is"},
				{Name: "simple, step and predictive scaling", Of: []string{"AdjustmentType", "Cooldown", "MetricAggregationType", "MinAdjustmentMagnitude", "MinAdjustmentStep", "PredictiveScalingConfiguration",
					"ScalingAdjustment", "StepAdjustments"}, How: resource.Ignored, Why: "a target tracking policy has none"},
			},
			Propagating: []awsapi.Refusal{
				{Code: codeValidation, Message: "does not route traffic to the target group"},
				{Code: codeValidation, Message: "^AutoScalingGroup name not found"},
			},
			Removal: resource.Removal{
				Delete: func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
					_, err := c.AutoScaling.DeletePolicy(ctx, &autoscaling.DeletePolicyInput{PolicyName: &record.ID})
					if awsapi.HasCode(err, codeValidation) && strings.Contains(awsapi.Message(err), "not found") {
						return errGone(record.ID)
					}
					return err
				},
				DeletedWith: func(id string) string {
					group, _, ok := parsePolicyARN(id)
					if !ok {
						return ""
					}
					return resource.Handle(kindGroup, group)
				},
			},
		},
		Reading: resource.Reading[LivePolicy]{
			List:   listPolicies,
			ID:     func(l LivePolicy) string { return aws.ToString(l.PolicyARN) },
			Tags:   func(l LivePolicy) map[string]string { return l.Tags },
			Status: func(LivePolicy) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Policy, LivePolicy]{
			Diff:   diffPolicy,
			Create: putPolicy,
			Update: func(ctx context.Context, call resource.Call[Policy], _ LivePolicy, _ []resource.Change) error {
				_, err := putPolicy(ctx, call)
				return err
			},
		},
		Costs: resource.Costs[Policy, LivePolicy]{Wanted: policyCost, Live: livePolicyCost},
	}
}

func listPolicies(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LivePolicy, error) {
	groups, err := awsapi.AutoScalingGroups(ctx, c, owner)
	if err != nil || owner.IsEveryone() {
		return nil, err
	}
	var live []LivePolicy
	for _, group := range groups {
		if group.Status != nil {
			continue // they go with it
		}
		pages := autoscaling.NewDescribePoliciesPaginator(c.AutoScaling, &autoscaling.DescribePoliciesInput{AutoScalingGroupName: group.AutoScalingGroupName})
		policies, err := awsapi.Collect(ctx, pages, func(page *autoscaling.DescribePoliciesOutput) []types.ScalingPolicy { return page.ScalingPolicies })
		if err != nil {
			if awsapi.HasCode(err, codeValidation) {
				continue // the group has gone since it was listed
			}
			return nil, err
		}
		for _, policy := range policies {
			live = append(live, LivePolicy{policy, policyTags(owner, aws.ToString(policy.PolicyName))})
		}
	}
	return live, nil
}

// policyTags are what a policy's name says of it: its key and its generation. One that somebody else has put at the group is the
// platform's, too, by no name.
func policyTags(owner awsapi.Owner, physical string) map[string]string {
	tags := map[string]string{awsapi.TagPlatform: owner.Platform}
	name, own := strings.CutPrefix(physical, owner.Platform+"-")
	if !own {
		return tags
	}
	generation := 1
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		// No policy's own name ends in a number.
		if n, err := strconv.Atoi(name[i+1:]); err == nil && resource.PhysicalName(owner.Platform, name[:i], n) == physical {
			name, generation = name[:i], n
		}
	}
	tags[awsapi.TagKey] = resource.Key{Kind: kindPolicy, Name: name}.String()
	tags[awsapi.TagGeneration] = strconv.Itoa(generation)
	return tags
}

func diffPolicy(spec Policy, live LivePolicy, ids resource.IDs) []resource.Change {
	changes := resource.Fixed(fieldGroup, ids.Of(spec.Group), aws.ToString(live.AutoScalingGroupName))
	if want, have := targetText(configuration(spec, ids)), targetOf(live); want != have {
		changes = append(changes, resource.Change{Field: fieldTarget, Want: want, Have: have})
	}
	if live.Enabled != nil && !*live.Enabled {
		changes = append(changes, resource.Change{Field: fieldEnabled, Want: "true", Have: "false"})
	}
	return changes
}

func putPolicy(ctx context.Context, call resource.Call[Policy]) (string, error) {
	out, err := call.Clients.AutoScaling.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(call.IDs.Of(call.Spec.Group)),
		PolicyName:           aws.String(call.PhysicalName()),
		PolicyType:           aws.String(targetTracking),
		Enabled:              aws.Bool(true),

		TargetTrackingConfiguration: configuration(call.Spec, call.IDs),
	})
	if err != nil {
		return "", fmt.Errorf("put the scaling policy: %w", err)
	}
	call.Unconfirmed() // it replaces what has the name
	return aws.ToString(out.PolicyARN), nil
}

const targetTracking = "TargetTrackingScaling"

func configuration(spec Policy, ids resource.IDs) *types.TargetTrackingConfiguration {
	if spec.CPU > 0 {
		return &types.TargetTrackingConfiguration{
			TargetValue:                   aws.Float64(float64(spec.CPU)),
			PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: types.MetricTypeASGAverageCPUUtilization},
		}
	}
	label := endOfARN(ids.Of(spec.LoadBalancer), ":loadbalancer/") + "/" + endOfARN(ids.Of(spec.TargetGroup), ":")
	return &types.TargetTrackingConfiguration{
		TargetValue: aws.Float64(float64(spec.Requests)),
		PredefinedMetricSpecification: &types.PredefinedMetricSpecification{
			PredefinedMetricType: types.MetricTypeALBRequestCountPerTarget, ResourceLabel: &label,
		},
	}
}

// endOfARN is what follows the last of some separators: all, where there is none.
func endOfARN(arn, after string) string {
	if i := strings.LastIndex(arn, after); i >= 0 {
		return arn[i+len(after):]
	}
	return arn
}

func targetOf(live LivePolicy) string {
	if kind := aws.ToString(live.PolicyType); kind != targetTracking {
		return kind
	}
	return targetText(live.TargetTrackingConfiguration)
}

// targetText is what a configuration tracks, for people and for comparisons.
func targetText(c *types.TargetTrackingConfiguration) string {
	if c == nil || c.PredefinedMetricSpecification == nil {
		return "another metric"
	}
	metric := c.PredefinedMetricSpecification
	text := string(metric.PredefinedMetricType) + " " + strconv.FormatFloat(aws.ToFloat64(c.TargetValue), 'f', -1, 64)
	if label := aws.ToString(metric.ResourceLabel); label != "" {
		text += " of " + label
	}
	if aws.ToBool(c.DisableScaleIn) {
		text += ", never in"
	}
	return text
}

// parsePolicyARN reads which group and which policy an ARN is of:
// arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:0b6b…:autoScalingGroupName/shop-web:policyName/shop-web.
func parsePolicyARN(arn string) (group, policy string, ok bool) {
	_, rest, found := strings.Cut(arn, ":autoScalingGroupName/")
	if !found {
		return "", "", false
	}
	return strings.Cut(rest, ":policyName/")
}
