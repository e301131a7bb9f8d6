package loadbalancing

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// A platform makes no listener rules. One that is there takes requests from it: what its
// conditions match never comes to the listener's default action.

// foreignRules are the rules of each listener but the default one, which is the listener's
// own default action.
func foreignRules(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (map[string][]types.Rule, error) {
	listeners, err := allListeners(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	return awsapi.Each(ctx, listenerARNs(listeners), func(ctx context.Context, arn string) ([]types.Rule, error) {
		pages := elb.NewDescribeRulesPaginator(c.ELB, &elb.DescribeRulesInput{ListenerArn: &arn})
		return awsapi.Collect(ctx, pages, func(page *elb.DescribeRulesOutput) []types.Rule {
			var rules []types.Rule
			for _, rule := range page.Rules {
				if !aws.ToBool(rule.IsDefault) {
					rules = append(rules, rule)
				}
			}
			return rules
		})
	})
}

// ruleChanges are what rules that nobody asked for differ by: their being there.
func ruleChanges(rules []types.Rule) []resource.Change {
	var changes []resource.Change
	for _, rule := range rules {
		changes = append(changes, resource.Change{Field: "rule " + aws.ToString(rule.Priority), Have: describeRule(rule)})
	}
	return changes
}

// describeRule is a rule's conditions and actions, such as
// "path-pattern /*: fixed-response 200".
func describeRule(rule types.Rule) string {
	var conditions, actions []string
	for _, condition := range rule.Conditions {
		conditions = append(conditions, aws.ToString(condition.Field)+" "+strings.Join(conditionValues(condition), " or "))
	}
	for _, action := range rule.Actions {
		actions = append(actions, describeAction(action))
	}
	return strings.Join(conditions, " and ") + ": " + strings.Join(actions, ", then ")
}

// conditionValues are what a request must have, in whichever of AWS's two forms.
func conditionValues(condition types.RuleCondition) []string {
	switch {
	case condition.HostHeaderConfig != nil && len(condition.HostHeaderConfig.Values) > 0:
		return condition.HostHeaderConfig.Values
	case condition.PathPatternConfig != nil && len(condition.PathPatternConfig.Values) > 0:
		return condition.PathPatternConfig.Values
	case condition.HttpRequestMethodConfig != nil:
		return condition.HttpRequestMethodConfig.Values
	case condition.SourceIpConfig != nil:
		return condition.SourceIpConfig.Values
	case condition.HttpHeaderConfig != nil:
		name := aws.ToString(condition.HttpHeaderConfig.HttpHeaderName)
		return []string{name + ": " + strings.Join(condition.HttpHeaderConfig.Values, " or ")}
	case condition.QueryStringConfig != nil:
		var values []string
		for _, pair := range condition.QueryStringConfig.Values {
			values = append(values, strings.TrimPrefix(aws.ToString(pair.Key)+"="+aws.ToString(pair.Value), "="))
		}
		return values
	}
	return condition.Values
}

func describeAction(action types.Action) string {
	kind := string(action.Type)
	switch {
	case action.FixedResponseConfig != nil:
		return kind + " " + aws.ToString(action.FixedResponseConfig.StatusCode)
	case action.RedirectConfig != nil:
		return kind + " " + string(action.RedirectConfig.StatusCode)
	case action.TargetGroupArn != nil:
		return kind + " to " + targetGroupName(*action.TargetGroupArn)
	case action.ForwardConfig != nil:
		var groups []string
		for _, group := range action.ForwardConfig.TargetGroups {
			groups = append(groups, targetGroupName(aws.ToString(group.TargetGroupArn)))
		}
		return kind + " to " + strings.Join(groups, " and ")
	}
	return kind
}

// targetGroupName is the name in a target group's ARN:
// "arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID".
func targetGroupName(id string) string {
	parsed, err := arn.Parse(id)
	if parts := strings.Split(parsed.Resource, "/"); err == nil && len(parts) == 3 {
		return parts[1]
	}
	return id
}

// deleteRules leaves a listener with its default action.
func deleteRules(ctx context.Context, c *awsapi.Clients, rules []types.Rule) error {
	for _, rule := range rules {
		_, err := c.ELB.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: rule.RuleArn})
		if err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("delete rule %s (%s): %w", aws.ToString(rule.Priority), aws.ToString(rule.RuleArn), err)
		}
	}
	return nil
}
