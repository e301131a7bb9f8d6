package services_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	acmmodel "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	s3model "github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

// What a call has made is in the file when the call is answered: a second reader finds
// all of it, whatever becomes of the first.
func TestWorld_EveryCallToELBIsOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "world.db")
	kinds := slices.Concat(network.Kinds(), compute.Kinds(), acmmodel.Kinds(), s3model.Kinds(), model.Kinds())
	c := newELBCloudAt(t, path, world.Options{})
	group := c.targetGroup("web")
	listener := c.listener(*c.loadBalancer("web").LoadBalancerArn, 80, forwardTo(group))
	do(c.CreateRule(c.ctx, &sdk.CreateRuleInput{ListenerArn: &listener, Priority: aws.Int32(1), Actions: fixed("200"),
		Conditions: []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/x"}}}}))(t)
	targets := []types.TargetDescription{{Id: aws.String(c.instance("1", "a"))}, {Id: aws.String(c.instance("2", "b"))}}
	do(c.RegisterTargets(c.ctx, &sdk.RegisterTargetsInput{TargetGroupArn: &group, Targets: targets}))(t)
	do(c.DeregisterTargets(c.ctx, &sdk.DeregisterTargetsInput{TargetGroupArn: &group, Targets: targets[:1]}))(t)
	before := do(c.world.Dump())(t)
	if err := c.world.Close(); err != nil {
		t.Fatal(err)
	}
	again := do(world.Open(path, world.Options{}, kinds...))(t)
	defer again.Close()
	if diff := testenv.Diff(before, do(again.Dump())(t)); diff != "" {
		t.Fatal(diff)
	}
	// What was under way goes on: the drained target is long gone by now.
	if err := again.Settle(); err != nil {
		t.Fatal(err)
	}
	if err := again.View(region, func(tx *world.Tx) error {
		if left := model.TargetsOf(tx, group); len(left) != 1 || left[0].InstanceID != *targets[1].Id {
			t.Errorf("targets %+v", left)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
