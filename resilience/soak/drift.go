package soak

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/resilience/lab"
)

// errNothingThere is returned by a drift that finds nothing to change.
var errNothingThere = errors.New("there is nothing of the kind")

// drifting is something that somebody does behind the tool's back, to an object of a kind.
type drifting struct {
	what, kind string
	do         func(ctx context.Context, c *awsapi.Clients, o lab.Object) error
}

func driftings() []drifting {
	return []drifting{
		{"terminate an instance", "instance", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{o.ID}})
			return err
		}},
		{"stop an instance", "instance", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.EC2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{o.ID}})
			return err
		}},
		{"deregister an instance", "target group", deregister},
		{"delete a listener", "listener", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &o.ID})
			return err
		}},
		{"delete a load balancer", "load balancer", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.ELB.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &o.ID})
			return err
		}},
		{"change an idle timeout", "load balancer", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.ELB.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &o.ID,
				Attributes: []elbtypes.LoadBalancerAttribute{{Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("77")}}})
			return err
		}},
		{"change a health check", "target group", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.ELB.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: &o.ID, HealthCheckIntervalSeconds: aws.Int32(33)})
			return err
		}},
		{"revoke a rule", "security group", revoke},
		{"add a rule", "security group", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.EC2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &o.ID, IpPermissions: []ec2types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
			}}})
			return err
		}},
		{"delete a route", "route table", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &o.ID, DestinationCidrBlock: aws.String("0.0.0.0/0")})
			return err
		}},
		{"take a subnet from its route table", "route table", disassociate},
		{"delete a NAT gateway", "NAT gateway", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.EC2.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &o.ID})
			return err
		}},
		{"take a VPC its names", "vpc", func(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
			_, err := c.EC2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &o.ID, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: aws.Bool(false)}})
			return err
		}},
		{"detach a policy", "role", detach},
		{"take a tag of the user's away", "subnet", untag},
		{"take a tag of the user's away", "instance", untag},
	}
}

func deregister(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
	health, err := c.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &o.ID})
	if err != nil {
		return err
	}
	if len(health.TargetHealthDescriptions) == 0 {
		return errNothingThere
	}
	_, err = c.ELB.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &o.ID,
		Targets: []elbtypes.TargetDescription{*health.TargetHealthDescriptions[0].Target}})
	return err
}

func revoke(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
	rules, err := c.EC2.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: []string{o.ID}}}})
	if err != nil {
		return err
	}
	if len(rules.SecurityGroupRules) == 0 {
		return errNothingThere
	}
	rule := rules.SecurityGroupRules[0]
	if aws.ToBool(rule.IsEgress) {
		_, err = c.EC2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &o.ID, SecurityGroupRuleIds: []string{*rule.SecurityGroupRuleId}})
	} else {
		_, err = c.EC2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &o.ID, SecurityGroupRuleIds: []string{*rule.SecurityGroupRuleId}})
	}
	return err
}

func disassociate(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
	tables, err := c.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{o.ID}})
	if err != nil {
		return err
	}
	if len(tables.RouteTables) == 0 || len(tables.RouteTables[0].Associations) == 0 {
		return errNothingThere
	}
	_, err = c.EC2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: tables.RouteTables[0].Associations[0].RouteTableAssociationId})
	return err
}

func detach(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
	name := o.Tags[awsapi.TagPlatform] + "-us-east-1-web"
	policies, err := c.IAM.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	if err != nil {
		return err
	}
	if len(policies.AttachedPolicies) == 0 {
		return errNothingThere
	}
	_, err = c.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &name, PolicyArn: policies.AttachedPolicies[0].PolicyArn})
	return err
}

// untag takes the tag away that every drawn set of tags has.
func untag(ctx context.Context, c *awsapi.Clients, o lab.Object) error {
	if _, ok := o.Tags["team"]; !ok {
		return errNothingThere
	}
	_, err := c.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{o.ID}, Tags: []ec2types.Tag{{Key: aws.String("team")}}})
	return err
}

// waysOut are those that take an instance's way out, over which it gets its packages when it boots.
func waysOut() []string {
	return []string{"revoke a rule", "delete a route", "take a subnet from its route table", "delete a NAT gateway"}
}

// drift does one of those things.
func (r *soaking) drift(ctx context.Context, s step) (wrong []string, err error) {
	if late(r.trouble) {
		r.trouble = faults.Config{} // else it could be hidden, and nobody could be blamed for not seeing it
	}
	all := driftings()
	d := all[s.pick%uint64(len(all))]
	objects, err := r.site.Objects()
	if err != nil {
		return nil, err
	}
	objects = slices.DeleteFunc(objects, func(o lab.Object) bool { return o.Kind != d.kind || o.Tags[awsapi.TagPlatform] != lab.Platform })
	slices.SortFunc(objects, func(a, b lab.Object) int {
		return cmp.Or(cmp.Compare(a.Tags[awsapi.TagKey], b.Tags[awsapi.TagKey]), cmp.Compare(a.ID, b.ID))
	})
	r.note("%s", d.what)
	if r.open && slices.Contains(waysOut(), d.what) {
		r.note("not now") // an instance that boots meanwhile comes up empty, which no up repairs
		return nil, nil
	}
	if len(objects) == 0 {
		r.note("there is none")
		return nil, nil
	}
	o := objects[s.pick/uint64(len(all))%uint64(len(objects))]
	aged := s.aged && !r.open && !r.lost
	if aged {
		if err := r.age(time.Hour); err != nil {
			return nil, err
		}
	}
	err = r.calmly(ctx, func() error {
		var refused smithy.APIError
		err := d.do(ctx, r.aws, o)
		if errors.Is(err, errNothingThere) || errors.As(err, &refused) {
			r.note("%v", err)
			return nil
		}
		if err != nil {
			return err
		}
		r.note("%s (%s)", o.Tags[awsapi.TagKey], o.ID)
		r.counts["drift"]++
		// A tag that isn't wanted any more is none of the tool's business.
		_, wanted := r.wanted.Tags["team"]
		r.drifted = r.drifted || wanted || d.what != "take a tag of the user's away"
		if r.drifted && !r.open && aged {
			var plan lab.Outcome
			if plan, _, err = r.command(ctx, cut{}, "plan", "--exit-code"); err == nil && plan.Exit != 3 {
				wrong = append(wrong, "a plan doesn't see the drift: "+plan.String())
			}
		}
		return err
	})
	return wrong, err
}

// oldest is more than faults hide what is new for.
const oldest = 4 * time.Second

// age makes the state one of some time ago, as if so much had passed. What is young may not be listed yet, and is waited for.
func (r *soaking) age(by time.Duration) error {
	doc, err := r.site.Document()
	if err != nil {
		return err
	}
	r.young = time.Now().Add(oldest)
	for i := range doc.Records {
		doc.Records[i].Since = doc.Records[i].Since.Add(-by)
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return os.WriteFile(r.site.State(), data, 0o600)
}

// lose loses the state, or damages it. Only that of a platform whose state is known: an intent that is lost together with
// its copy while AWS doesn't list its object yet is beyond what is promised.
func (r *soaking) lose(s step) (wrong []string, err error) {
	path := r.site.State()
	data, err := os.ReadFile(path)
	if r.open || err != nil {
		r.note("not now")
		return nil, nil //nolint:nilerr // there is none to lose
	}
	r.lost = true
	r.counts["states lost or damaged"]++
	switch s.pick % 5 {
	case 0:
		r.note("the file")
		return nil, os.Remove(path)
	case 1:
		r.note("the file and its copy")
		return nil, errors.Join(os.Remove(path), os.RemoveAll(path+".bak"))
	case 2:
		r.note("empty")
		return nil, os.WriteFile(path, nil, 0o600)
	case 3:
		r.note("half of it")
		return nil, os.WriteFile(path, data[:len(data)/2], 0o600)
	}
	r.note("half of it, and no copy")
	return nil, errors.Join(os.WriteFile(path, data[:len(data)/2], 0o600), os.RemoveAll(path+".bak"))
}

// blocker puts an interface of another's into a subnet: down must name it and delete nothing.
func (r *soaking) blocker(ctx context.Context) (wrong []string, err error) {
	if r.shape == nil || r.open || r.drifted || r.lost {
		r.note("not now")
		return nil, nil
	}
	if err := r.calm(ctx); err != nil {
		return nil, err
	}
	before, err := r.site.Objects()
	if err != nil {
		return nil, err
	}
	subnet := before[slices.IndexFunc(before, func(o lab.Object) bool { return o.Kind == "subnet" })].ID
	made, err := r.aws.EC2.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet, Description: aws.String("spare")})
	if err != nil {
		return nil, err
	}
	id := *made.NetworkInterface.NetworkInterfaceId
	out, _, err := r.command(ctx, cut{}, "down", "-o", "json")
	if err != nil {
		return nil, err
	}
	var failure struct {
		Error struct {
			Code     string
			Blockers []struct{ ID string }
		}
	}
	readable := json.Unmarshal([]byte(out.Out), &failure) == nil
	if !readable || out.Exit != 1 || failure.Error.Code != "blocked" ||
		len(failure.Error.Blockers) != 1 || failure.Error.Blockers[0].ID != id {
		return []string{"down doesn't name " + id + ": " + out.String()}, nil
	}
	r.counts["blockers named"]++
	if _, err := r.aws.EC2.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id}); err != nil {
		return nil, err
	}
	after, err := r.site.Objects()
	if err == nil && !slices.Equal(ids(before), ids(after)) {
		wrong = append(wrong, fmt.Sprintf("something was deleted: there was %q and is %q", ids(before), ids(after)))
	}
	return wrong, err
}
