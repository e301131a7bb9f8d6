package services_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func fixed(code string) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: &code, ContentType: aws.String("text/plain"), MessageBody: aws.String("gone")}}}
}

func redirect(config types.RedirectActionConfig) []types.Action {
	if config.StatusCode == "" {
		config.StatusCode = types.RedirectActionStatusCodeEnumHttp301
	}
	return []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: &config}}
}

func TestListener_CreateModifyDelete(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	balancer := *c.loadBalancer("web").LoadBalancerArn
	blue, green := c.targetGroup("blue"), c.targetGroup("green")
	arn := c.listener(balancer, 80, forwardTo(blue))
	if again := c.listener(balancer, 80, forwardTo(blue)); again != arn {
		t.Fatalf("made twice: %s", again)
	}
	tagged := newListener(balancer, 80, forwardTo(blue))
	tagged.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	_, err := c.CreateListener(c.ctx, tagged)
	refusedByELB(t, err, "DuplicateListener", "")
	_, err = c.CreateListener(c.ctx, newListener(balancer, 80, forwardTo(green)))
	refusedByELB(t, err, "DuplicateListener", "A listener already exists on this port for this load balancer '"+balancer+"'")

	changed := do(c.ModifyListener(c.ctx, &sdk.ModifyListenerInput{ListenerArn: &arn, Port: aws.Int32(8080), DefaultActions: forwardTo(blue, green)}))(t).Listeners[0]
	groups := changed.DefaultActions[0].ForwardConfig.TargetGroups
	if *changed.Port != 8080 || len(groups) != 2 || *groups[1].Weight != 10 || changed.DefaultActions[0].TargetGroupArn != nil {
		t.Fatalf("changed %+v", changed)
	}
	do(c.ModifyListener(c.ctx, &sdk.ModifyListenerInput{ListenerArn: &arn, DefaultActions: redirect(types.RedirectActionConfig{Protocol: aws.String("HTTPS"), Port: aws.String("443")})}))(t)
	found := do(c.DescribeListeners(c.ctx, &sdk.DescribeListenersInput{LoadBalancerArn: &balancer}))(t).Listeners
	if r := found[0].DefaultActions[0].RedirectConfig; len(found) != 1 || *r.Host != "#{host}" || *r.Path != "/#{path}" || *r.Protocol != "HTTPS" {
		t.Fatalf("found %+v", found)
	}
	attributes := do(c.DescribeListenerAttributes(c.ctx, &sdk.DescribeListenerAttributesInput{ListenerArn: &arn}))(t).Attributes
	if !slices.ContainsFunc(attributes, func(a types.ListenerAttribute) bool {
		return *a.Key == "routing.http.response.server.enabled" && *a.Value == "true"
	}) {
		t.Fatalf("attributes %+v", attributes)
	}
	// Listeners and rules go with their load balancer, and free the target groups.
	do(c.DeleteLoadBalancer(c.ctx, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &balancer}))(t)
	_, err = c.DescribeListeners(c.ctx, &sdk.DescribeListenersInput{ListenerArns: []string{arn}})
	refusedByELB(t, err, "ListenerNotFound", "One or more listeners not found")
	do(c.DeleteTargetGroup(c.ctx, &sdk.DeleteTargetGroupInput{TargetGroupArn: &blue}))(t)
	c.update(func(tx *world.Tx) error {
		if left := world.All[model.Rule](tx); len(left) != 0 {
			t.Fatalf("%d rules left", len(left))
		}
		return nil
	})
}

func TestListener_RefusesInvalidCalls(t *testing.T) {
	c := newELBCloud(t, world.Options{Quotas: world.Quotas{"listeners_per_load_balancer": 2}})
	balancer, other := *c.loadBalancer("web").LoadBalancerArn, *c.loadBalancer("other").LoadBalancerArn
	mine, theirs := c.targetGroup("mine"), c.targetGroup("theirs")
	foreign := c.newTargetGroup("foreign")
	foreign.VpcId = &c.otherVPC
	abroad := *do(c.CreateTargetGroup(c.ctx, foreign))(t).TargetGroups[0].TargetGroupArn
	c.listener(other, 80, forwardTo(theirs))
	c.listener(balancer, 80, forwardTo(mine))
	gone := strings.Replace(mine, "mine", "gone", 1)
	create := func(actions []types.Action, changes ...func(*sdk.CreateListenerInput)) func() error {
		return func() error {
			in := newListener(balancer, 81, actions)
			for _, change := range changes {
				change(in)
			}
			_, err := c.CreateListener(c.ctx, in)
			return err
		}
	}
	protocol := func(p types.ProtocolEnum) func(*sdk.CreateListenerInput) {
		return func(in *sdk.CreateListenerInput) { in.Protocol = p }
	}
	for title, test := range map[string]struct {
		call          func() error
		code, message string
	}{
		"no port":        {create(forwardTo(mine), func(in *sdk.CreateListenerInput) { in.Port = nil }), "ValidationError", "A listener port must be specified"},
		"no protocol":    {create(forwardTo(mine), protocol("")), "ValidationError", "A listener protocol must be specified"},
		"TCP":            {create(forwardTo(mine), protocol("TCP")), "ValidationError", "Listener protocol 'TCP' must be one of 'HTTPS, HTTP'"},
		"no certificate": {create(forwardTo(mine), protocol("HTTPS")), "ValidationError", "A certificate must be specified for HTTPS listeners"},
		"certificate": {create(forwardTo(mine), protocol("HTTPS"), func(in *sdk.CreateListenerInput) {
			in.Certificates = []types.Certificate{{CertificateArn: aws.String("arn:x")}}
		}), "CertificateNotFound", "Certificate 'arn:x' not found"},
		"absent group":   {create(forwardTo(gone)), "TargetGroupNotFound", "One or more target groups not found"},
		"other VPC":      {create(forwardTo(abroad)), "InvalidConfigurationRequest", ""},
		"other's group":  {create(forwardTo(theirs)), "TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: '" + theirs + "'"},
		"group twice":    {create(forwardTo(mine, mine)), "ValidationError", ""},
		"two actions":    {create(append(forwardTo(mine), fixed("200")...)), "InvalidLoadBalancerAction", ""},
		"loop":           {create(redirect(types.RedirectActionConfig{Query: aws.String("a=b")})), "InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop."},
		"redirect path":  {create(redirect(types.RedirectActionConfig{Path: aws.String("x")})), "InvalidLoadBalancerAction", ""},
		"redirect port":  {create(redirect(types.RedirectActionConfig{Port: aws.String("http")})), "InvalidLoadBalancerAction", ""},
		"fixed 302":      {create(fixed("302")), "ValidationError", ""},
		"authentication": {create([]types.Action{{Type: types.ActionTypeEnumAuthenticateOidc}}), "NotSimulated", ""},
		"wrong config":   {create([]types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &mine, RedirectConfig: &types.RedirectActionConfig{StatusCode: "HTTP_301"}}}), "ValidationError", ""},
		"sticky groups":  {create([]types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: &mine}}, TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true)}}}}), "NotSimulated", ""},
		"neither":        {func() error { _, err := c.DescribeListeners(c.ctx, &sdk.DescribeListenersInput{}); return err }, "ValidationError", "You must specify either listener ARNs or a load balancer ARN"},
		"delete malformed": {func() error {
			_, err := c.DeleteListener(c.ctx, &sdk.DeleteListenerInput{ListenerArn: &mine})
			return err
		}, "ValidationError", "'" + mine + "' is not a valid listener ARN"},
	} {
		t.Run(title, func(t *testing.T) { refusedByELB(t, test.call(), test.code, test.message) })
	}
	second := c.listener(balancer, 82, fixed("404"))
	refusedByELB(t, create(forwardTo(mine))(), "TooManyListeners", "")
	_, err := c.ModifyListener(c.ctx, &sdk.ModifyListenerInput{ListenerArn: &second, Port: aws.Int32(80)})
	refusedByELB(t, err, "DuplicateListener", "")
}

func TestRules_CreateReorderDelete(t *testing.T) {
	c := newELBCloud(t, world.Options{Quotas: world.Quotas{"rules_per_load_balancer": 3}})
	group := c.targetGroup("web")
	listener := c.listener(*c.loadBalancer("web").LoadBalancerArn, 80, fixed("404"))
	path := func(values ...string) types.RuleCondition {
		return types.RuleCondition{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: values}}
	}
	create := func(priority int32, conditions ...types.RuleCondition) (string, error) {
		out, err := c.CreateRule(c.ctx, &sdk.CreateRuleInput{ListenerArn: &listener, Priority: &priority, Conditions: conditions, Actions: forwardTo(group)})
		if err != nil {
			return "", err
		}
		return *out.Rules[0].RuleArn, nil
	}
	low := do(create(20, path("/api/*")))(t)
	high := do(create(10, types.RuleCondition{Field: aws.String("host-header"), Values: []string{"*.example.com"}},
		types.RuleCondition{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: aws.String("a"), Value: aws.String("b")}}}}))(t)
	order := func() string {
		var priorities []string
		for _, r := range do(c.DescribeRules(c.ctx, &sdk.DescribeRulesInput{ListenerArn: &listener}))(t).Rules {
			priorities = append(priorities, *r.Priority)
		}
		return strings.Join(priorities, " ")
	}
	if got := order(); got != "10 20 default" {
		t.Fatalf("order %s", got)
	}
	rules := do(c.DescribeRules(c.ctx, &sdk.DescribeRulesInput{RuleArns: []string{high}}))(t).Rules
	if len(rules[0].Conditions) != 2 || rules[0].Conditions[0].HostHeaderConfig.Values[0] != "*.example.com" || *rules[0].Conditions[1].QueryStringConfig.Values[0].Key != "a" {
		t.Fatalf("rules %+v", rules)
	}
	value := func(field, value string) error {
		_, err := create(1, types.RuleCondition{Field: &field, Values: []string{value}})
		return err
	}
	refuse := func(err error, code, message string) {
		t.Helper()
		refusedByELB(t, err, code, message)
	}
	try := func(conditions ...types.RuleCondition) error {
		_, err := create(1, conditions...)
		return err
	}
	_, err := create(20, path("/x"))
	refuse(err, "PriorityInUse", "Priority '20' is currently in use")
	_, err = create(50001, path("/x"))
	refuse(err, "ValidationError", "")
	refuse(value("colour", "red"), "ValidationError", "Condition field 'colour' must be one of '[path-pattern,host-header,http-header,http-request-method,query-string,source-ip]'")
	refuse(value("http-header", "x"), "ValidationError", "The 'Values' field is not compatible with 'http-header'")
	refuse(value("path-pattern", strings.Repeat("/", 129)), "ValidationError", "The 'path-pattern' value is too long; the limit is '128'")
	refuse(value("host-header", "exa mple.com"), "ValidationError", "")
	refuse(value("host-header", "example"), "ValidationError", "The 'host-header' value 'example' must contain at least one '.' character")
	refuse(try(path("/a", "/b", "/c", "/d", "/e", "/f")), "ValidationError", "Rules cannot have more than '5' condition values")
	refuse(try(path("/*/*/*/*"), types.RuleCondition{Field: aws.String("host-header"), Values: []string{"*.*.*"}}), "ValidationError", "Rules cannot have more than '6' wildcards in condition values")
	refuse(try(path("/a"), path("/b")), "ValidationError", "")
	refuse(try(types.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"10.0.0.1/8"}}}), "ValidationError", "")
	refuse(try(types.RuleCondition{Field: aws.String("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"get"}}}), "ValidationError", "")
	refuse(try(types.RuleCondition{Field: aws.String("path-pattern"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{}}), "ValidationError", "")

	// Priorities change places all at once.
	do(c.SetRulePriorities(c.ctx, &sdk.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: &low, Priority: aws.Int32(10)}, {RuleArn: &high, Priority: aws.Int32(20)}}}))(t)
	_, err = c.SetRulePriorities(c.ctx, &sdk.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: &low, Priority: aws.Int32(20)}}})
	refuse(err, "PriorityInUse", "")
	if first := do(c.DescribeRules(c.ctx, &sdk.DescribeRulesInput{ListenerArn: &listener}))(t).Rules; *first[0].RuleArn != low {
		t.Fatal("priorities didn't change")
	}
	last := do(c.DescribeRules(c.ctx, &sdk.DescribeRulesInput{ListenerArn: &listener}))(t).Rules[2].RuleArn
	_, err = c.DeleteRule(c.ctx, &sdk.DeleteRuleInput{RuleArn: last})
	refuse(err, "OperationNotPermitted", "Default rule '"+*last+"' cannot be deleted")
	_, err = c.ModifyRule(c.ctx, &sdk.ModifyRuleInput{RuleArn: &low})
	refuse(err, "ValidationError", "Either conditions or actions must be specified")
	do(c.ModifyRule(c.ctx, &sdk.ModifyRuleInput{RuleArn: &low, Actions: fixed("503")}))(t)
	do(create(30, path("/z")))(t)
	_, err = create(31, path("/z"))
	refuse(err, "TooManyRules", "")
	do(c.DeleteRule(c.ctx, &sdk.DeleteRuleInput{RuleArn: &high}))(t)
	_, err = c.DeleteRule(c.ctx, &sdk.DeleteRuleInput{RuleArn: &high})
	refuse(err, "RuleNotFound", "One or more rules not found")
}

func TestDescribe_PagesAndAccountLimits(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	for _, name := range []string{"a", "b", "c"} {
		c.targetGroup(name)
	}
	seen, pages := 0, 0
	for p := sdk.NewDescribeTargetGroupsPaginator(c, &sdk.DescribeTargetGroupsInput{PageSize: aws.Int32(2)}); p.HasMorePages(); pages++ {
		seen += len(do(p.NextPage(c.ctx))(t).TargetGroups)
	}
	if seen != 3 || pages != 2 {
		t.Fatalf("%d target groups on %d pages", seen, pages)
	}
	limits := do(c.DescribeAccountLimits(c.ctx, &sdk.DescribeAccountLimitsInput{}))(t).Limits
	if !slices.ContainsFunc(limits, func(l types.Limit) bool { return *l.Name == "application-load-balancers" && *l.Max == "50" }) {
		t.Fatalf("limits %+v", limits)
	}
	policies := do(c.DescribeSSLPolicies(c.ctx, &sdk.DescribeSSLPoliciesInput{Names: []string{"ELBSecurityPolicy-2016-08"}}))(t).SslPolicies
	if len(policies) != 1 || len(policies[0].Ciphers) == 0 {
		t.Fatalf("policies %+v", policies)
	}
	arn := c.loadBalancer("web").LoadBalancerArn
	do(c.DescribeCapacityReservation(c.ctx, &sdk.DescribeCapacityReservationInput{LoadBalancerArn: arn}))(t)
	if stores := do(c.DescribeTrustStores(c.ctx, &sdk.DescribeTrustStoresInput{}))(t).TrustStores; len(stores) != 0 {
		t.Fatalf("stores %+v", stores)
	}
}
