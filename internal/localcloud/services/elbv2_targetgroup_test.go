package services_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestTargetGroup_CreateModifyDelete(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	arn := c.targetGroup("web")
	if again := c.targetGroup("web"); again != arn {
		t.Fatalf("made twice: %s", again)
	}
	other := c.newTargetGroup("web")
	other.Port = aws.Int32(81)
	_, err := c.CreateTargetGroup(c.ctx, other)
	refusedByELB(t, err, "DuplicateTargetGroupName", "A target group with the same name 'web' exists, but with different settings")

	changed := do(c.ModifyTargetGroup(c.ctx, &sdk.ModifyTargetGroupInput{TargetGroupArn: &arn, HealthCheckPath: aws.String("/healthz"),
		HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2), HealthyThresholdCount: aws.Int32(2),
		Matcher: &types.Matcher{HttpCode: aws.String("200,300-399")}}))(t).TargetGroups[0]
	if *changed.HealthCheckPath != "/healthz" || *changed.HealthCheckIntervalSeconds != 5 || *changed.UnhealthyThresholdCount != 2 || *changed.Matcher.HttpCode != "200,300-399" {
		t.Fatalf("changed %+v", changed)
	}
	balancer := c.loadBalancer("web")
	listener := c.listener(*balancer.LoadBalancerArn, 80, forwardTo(arn))
	found := do(c.DescribeTargetGroups(c.ctx, &sdk.DescribeTargetGroupsInput{LoadBalancerArn: balancer.LoadBalancerArn}))(t).TargetGroups
	if len(found) != 1 || len(found[0].LoadBalancerArns) != 1 || *found[0].TargetGroupArn != arn {
		t.Fatalf("found %+v", found)
	}
	remove := func() error {
		_, err := c.DeleteTargetGroup(c.ctx, &sdk.DeleteTargetGroupInput{TargetGroupArn: &arn})
		return err
	}
	refusedByELB(t, remove(), "ResourceInUse", "Target group '"+arn+"' is currently in use by a listener or a rule")
	do(c.DeleteListener(c.ctx, &sdk.DeleteListenerInput{ListenerArn: &listener}))(t)
	for range 2 {
		if err := remove(); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.ModifyTargetGroup(c.ctx, &sdk.ModifyTargetGroupInput{TargetGroupArn: &arn})
	refusedByELB(t, err, "TargetGroupNotFound", "One or more target groups not found")
}

func TestTargetGroup_RefusesInvalidCalls(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	create := func(change func(*sdk.CreateTargetGroupInput)) func() error {
		return func() error {
			in := c.newTargetGroup("web")
			change(in)
			_, err := c.CreateTargetGroup(c.ctx, in)
			return err
		}
	}
	matcher := func(codes string) func() error {
		return create(func(in *sdk.CreateTargetGroupInput) { in.Matcher = &types.Matcher{HttpCode: &codes} })
	}
	for title, test := range map[string]struct {
		call          func() error
		code, message string
	}{
		"long name":     {create(func(in *sdk.CreateTargetGroupInput) { in.Name = aws.String(strings.Repeat("x", 33)) }), "ValidationError", "Target group name '" + strings.Repeat("x", 33) + "' cannot be longer than '32' characters"},
		"characters":    {create(func(in *sdk.CreateTargetGroupInput) { in.Name = aws.String("a_b") }), "ValidationError", "Target group name 'a_b' can only contain characters that are alphanumeric characters or hyphens(-)"},
		"hyphen":        {create(func(in *sdk.CreateTargetGroupInput) { in.Name = aws.String("-web") }), "ValidationError", ""},
		"no VPC":        {create(func(in *sdk.CreateTargetGroupInput) { in.VpcId = nil }), "ValidationError", "A VPC ID must be specified"},
		"absent VPC":    {create(func(in *sdk.CreateTargetGroupInput) { in.VpcId = aws.String("vpc-0") }), "ValidationError", "The VPC ID 'vpc-0' is not found"},
		"no port":       {create(func(in *sdk.CreateTargetGroupInput) { in.Port = nil }), "ValidationError", "A port must be specified"},
		"no protocol":   {create(func(in *sdk.CreateTargetGroupInput) { in.Protocol = "" }), "ValidationError", "A protocol must be specified"},
		"TCP":           {create(func(in *sdk.CreateTargetGroupInput) { in.Protocol = "TCP" }), "NotSimulated", ""},
		"ip targets":    {create(func(in *sdk.CreateTargetGroupInput) { in.TargetType = "ip" }), "NotSimulated", "platformctl local cloud: target type ip is not simulated"},
		"interval":      {create(func(in *sdk.CreateTargetGroupInput) { in.HealthCheckIntervalSeconds = aws.Int32(4) }), "ValidationError", "1 validation error detected: Value '4' at 'healthCheckIntervalSeconds' failed to satisfy constraint: Member must have value greater than or equal to 5"},
		"long interval": {create(func(in *sdk.CreateTargetGroupInput) { in.HealthCheckIntervalSeconds = aws.Int32(600) }), "ValidationError", "1 validation error detected: Value '600' at 'healthCheckIntervalSeconds' failed to satisfy constraint: Member must have value less than or equal to 300"},
		"timeout":       {create(func(in *sdk.CreateTargetGroupInput) { in.HealthCheckIntervalSeconds = aws.Int32(5) }), "ValidationError", "Health check interval must be greater than the timeout."},
		"threshold":     {create(func(in *sdk.CreateTargetGroupInput) { in.HealthyThresholdCount = aws.Int32(1) }), "ValidationError", ""},
		"path":          {create(func(in *sdk.CreateTargetGroupInput) { in.HealthCheckPath = aws.String("healthz") }), "ValidationError", ""},
		"check port":    {create(func(in *sdk.CreateTargetGroupInput) { in.HealthCheckPort = aws.String("http") }), "ValidationError", ""},
		"disabled":      {create(func(in *sdk.CreateTargetGroupInput) { in.HealthCheckEnabled = aws.Bool(false) }), "ValidationError", ""},
		"code 500":      {matcher("200-500"), "ValidationError", "Health check matcher HTTP code '200-500' must be within '200-499' inclusive"},
		"code words":    {matcher("ok"), "ValidationError", ""},
		"code reversed": {matcher("299-200"), "ValidationError", ""},
		"two ways": {func() error {
			_, err := c.DescribeTargetGroups(c.ctx, &sdk.DescribeTargetGroupsInput{Names: []string{"a"}, LoadBalancerArn: aws.String("b")})
			return err
		}, "ValidationError", "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time"},
		"unknown name": {func() error {
			_, err := c.DescribeTargetGroups(c.ctx, &sdk.DescribeTargetGroupsInput{Names: []string{"a"}})
			return err
		}, "TargetGroupNotFound", "One or more target groups not found"},
	} {
		t.Run(title, func(t *testing.T) { refusedByELB(t, test.call(), test.code, test.message) })
	}
	if left := do(c.DescribeTargetGroups(c.ctx, &sdk.DescribeTargetGroupsInput{}))(t).TargetGroups; len(left) != 0 {
		t.Fatalf("refusals left %d target groups", len(left))
	}
}

func TestTargetGroup_Attributes(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	arn := c.targetGroup("web")
	modify := func(key, value string) error {
		_, err := c.ModifyTargetGroupAttributes(c.ctx, &sdk.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn,
			Attributes: []types.TargetGroupAttribute{{Key: &key, Value: &value}}})
		return err
	}
	for _, good := range [][2]string{
		{"deregistration_delay.timeout_seconds", "0"}, {"load_balancing.algorithm.type", "least_outstanding_requests"},
		{"load_balancing.cross_zone.enabled", "false"}, {"stickiness.lb_cookie.duration_seconds", "60"},
	} {
		if err := modify(good[0], good[1]); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range [][3]string{
		{"deregistration_delay.timeout_seconds", "3601", "ValidationError"}, {"deregistration_delay.timeout_seconds", "-1", "ValidationError"},
		{"load_balancing.algorithm.type", "random", "ValidationError"}, {"load_balancing.algorithm.type", "weighted_random", "NotSimulated"},
		{"slow_start.duration_seconds", "10", "ValidationError"}, {"slow_start.duration_seconds", "30", "NotSimulated"},
		{"stickiness.type", "source_ip", "ValidationError"}, {"stickiness.enabled", "true", "NotSimulated"},
		{"stickiness.app_cookie.cookie_name", "AWSALB", "ValidationError"}, {"proxy_protocol_v2.enabled", "true", "ValidationError"},
	} {
		refusedByELB(t, modify(bad[0], bad[1]), bad[2], "")
	}
	values := map[string]string{}
	for _, a := range do(c.DescribeTargetGroupAttributes(c.ctx, &sdk.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn}))(t).Attributes {
		values[*a.Key] = *a.Value
	}
	if values["deregistration_delay.timeout_seconds"] != "0" || values["load_balancing.algorithm.type"] != "least_outstanding_requests" || values["stickiness.type"] != "lb_cookie" {
		t.Fatalf("attributes %v", values)
	}
}

func TestTargets_RegisterAndDrain(t *testing.T) {
	c := newELBCloud(t, world.Options{Quotas: world.Quotas{"targets_per_target_group": 4}})
	arn := c.targetGroup("web")
	one, two, far := c.instance("1", "a"), c.instance("2", "b"), c.instance("3", "c")
	change := func(register bool, ids ...string) error {
		var targets []types.TargetDescription
		for _, id := range ids {
			targets = append(targets, types.TargetDescription{Id: &id})
		}
		if register {
			_, err := c.RegisterTargets(c.ctx, &sdk.RegisterTargetsInput{TargetGroupArn: &arn, Targets: targets})
			return err
		}
		_, err := c.DeregisterTargets(c.ctx, &sdk.DeregisterTargetsInput{TargetGroupArn: &arn, Targets: targets})
		return err
	}
	want := func(states map[string]string) {
		t.Helper()
		if diff := testenv.Diff(states, c.targetHealth(arn)); diff != "" {
			t.Fatal(diff)
		}
	}
	c.setState(two, "pending")
	refusedByELB(t, change(true, one, two), "InvalidTarget", "The following targets are not in a running state and cannot be registered: '"+two+"'")
	want(map[string]string{})
	c.setState(two, "running")
	for range 2 {
		if err := change(true, one, two, far); err != nil {
			t.Fatal(err)
		}
	}
	stranger := c.instanceIn(c.otherVPC, "4", "a")
	refusedByELB(t, change(true, stranger), "InvalidTarget", "")
	refusedByELB(t, change(true, "i-00000000000000000"), "InvalidTarget", "")
	refusedByELB(t, change(true, "10.0.0.1"), "ValidationError", "Instance ID '10.0.0.1' is not valid")
	refusedByELB(t, change(true, c.instance("5", "a"), c.instance("6", "a")), "TooManyTargets", "")

	unused := "unused Target.NotInUse"
	want(map[string]string{one: unused, two: unused, far: unused})
	balancer := c.loadBalancer("web")
	listener := c.listener(*balancer.LoadBalancerArn, 80, forwardTo(arn))
	registering := "initial Elb.RegistrationInProgress"
	want(map[string]string{one: registering, two: registering, far: unused})
	c.advance(time.Second) // the load balancer becomes active
	checking := "initial Elb.InitialHealthChecking"
	want(map[string]string{one: checking, two: checking, far: unused})
	c.health = []service.TargetHealth{
		{InstanceID: one, Port: 80, State: "healthy"},
		{InstanceID: far, Port: 80, State: "healthy"},
	}
	c.setState(two, "stopped")
	want(map[string]string{one: "healthy ", two: "unused Target.InvalidState", far: unused})

	// A target in use drains for its group's delay, others go at once, absent ones are fine.
	if err := change(false, one, far, c.instance("9", "a")); err != nil {
		t.Fatal(err)
	}
	draining := "draining Target.DeregistrationInProgress"
	want(map[string]string{one: draining, two: "unused Target.InvalidState"})
	c.advance(299 * time.Second)
	want(map[string]string{one: draining, two: "unused Target.InvalidState"})
	asked := do(c.DescribeTargetHealth(c.ctx, &sdk.DescribeTargetHealthInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{{Id: &far}, {Id: &one}}}))(t).TargetHealthDescriptions
	if len(asked) != 2 || asked[0].TargetHealth.Reason != "Target.NotRegistered" || asked[1].TargetHealth.State != "draining" || *asked[1].HealthCheckPort != "80" {
		t.Fatalf("asked %+v", asked)
	}
	c.advance(time.Second)
	want(map[string]string{two: "unused Target.InvalidState"})

	// Registering again ends the draining.
	if err := change(true, one); err != nil {
		t.Fatal(err)
	}
	if err := change(false, one); err != nil {
		t.Fatal(err)
	}
	if err := change(true, one); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Hour)
	// One whose instance is terminated isn't listed; asked for, it drains for ever.
	c.setState(two, "terminated")
	want(map[string]string{one: "healthy "})
	c.update(func(tx *world.Tx) error { world.Delete[compute.Instance](tx, two); return nil })
	want(map[string]string{one: "healthy "})
	asked = do(c.DescribeTargetHealth(c.ctx, &sdk.DescribeTargetHealthInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{{Id: &two}}}))(t).TargetHealthDescriptions
	if len(asked) != 1 || asked[0].TargetHealth.State != "draining" || asked[0].TargetHealth.Reason != "Target.DeregistrationInProgress" {
		t.Fatalf("of a terminated instance: %+v", asked)
	}
	if err := change(false, two); err != nil {
		t.Fatal(err)
	}
	asked = do(c.DescribeTargetHealth(c.ctx, &sdk.DescribeTargetHealthInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{{Id: &two}}}))(t).TargetHealthDescriptions
	if len(asked) != 1 || asked[0].TargetHealth.Reason != "Target.NotRegistered" {
		t.Fatalf("deregistered: %+v", asked)
	}
	do(c.DeleteListener(c.ctx, &sdk.DeleteListenerInput{ListenerArn: &listener}))(t)
	do(c.DeleteTargetGroup(c.ctx, &sdk.DeleteTargetGroupInput{TargetGroupArn: &arn}))(t)
}
