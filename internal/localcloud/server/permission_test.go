package server_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

// What one call does besides needs a permission too: it tags, or passes a role.
func TestDeny_CoversTagsAndPassRole(t *testing.T) {
	c := newTroubled(t, faults.Config{Deny: []string{"ec2:CreateTags", "elasticloadbalancing:AddTags", "iam:TagRole", "iam:PassRole"}})
	ctx, name := t.Context(), aws.String("web")
	vpc := &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
	group := &elb.CreateTargetGroupInput{Name: name}
	role := &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String("{}")}
	run := &ec2.RunInstancesInput{ImageId: aws.String("ami-00000000"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}
	calls := func() []string {
		_, err1 := c.ec2.CreateVpc(ctx, vpc)
		_, err2 := c.elb.CreateTargetGroup(ctx, group)
		_, err3 := c.iam.CreateRole(ctx, role)
		_, err4 := c.ec2.RunInstances(ctx, run)
		return []string{outcome(err1), outcome(err2), outcome(err3), outcome(err4)}
	}
	c.expect("without tags", calls(), "ok", "ValidationError", "MalformedPolicyDocument", "InvalidAMIID.NotFound")
	vpc.TagSpecifications = []types.TagSpecification{{ResourceType: "vpc", Tags: []types.Tag{{Key: name, Value: name}}}}
	group.Tags = []elbtypes.Tag{{Key: name, Value: name}}
	role.Tags = []iamtypes.Tag{{Key: name, Value: name}}
	run.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: name}
	c.expect("with tags, or a role", calls(), "UnauthorizedOperation", "AccessDenied", "AccessDenied", "UnauthorizedOperation")
	_, err := c.ec2.RunInstances(ctx, run)
	if !strings.Contains(err.Error(), "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/") {
		t.Error(err)
	}
	_, err = c.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{RoleName: name, InstanceProfileName: name})
	if outcome(err) != "AccessDenied" || !strings.Contains(err.Error(), "iam:PassRole on resource: arn:aws:iam::123456789012:role/web") {
		t.Error(err)
	}
}

func TestAllow_DeniesEverythingElse(t *testing.T) {
	c := newTroubled(t, faults.Config{Allow: []string{"ec2:*Vpc*", "iam:SimulatePrincipalPolicy"}, Deny: []string{"ec2:DeleteVpc"}})
	c.expect("an allowed call", outcomes(1, c.createVPC), "ok")
	id := c.vpcs()[0].VpcId
	_, err := c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: id, CidrBlock: aws.String("10.0.0.0/24")})
	if outcome(err) != "UnauthorizedOperation" || !strings.Contains(err.Error(), "because no identity-based policy allows the ec2:CreateSubnet action") {
		t.Error(err)
	}
	_, err = c.ec2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: id})
	if outcome(err) != "UnauthorizedOperation" || !strings.Contains(err.Error(), "explicit deny") {
		t.Error(err)
	}
	caller, err := c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	ask := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: caller.Arn, ActionNames: []string{"ec2:CreateVpc", "ec2:DeleteVpc", "iam:PassRole"}}
	out, err := c.iam.SimulatePrincipalPolicy(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	var decisions []string
	for _, r := range out.EvaluationResults {
		decisions = append(decisions, string(r.EvalDecision))
	}
	c.expect("the policy simulator", decisions, "allowed", "explicitDeny", "implicitDeny")

	if err := c.SetFaults(faults.Config{Deny: []string{"iam:Simulate*"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.iam.SimulatePrincipalPolicy(t.Context(), ask); outcome(err) != "AccessDenied" {
		t.Errorf("who may not ask is told %v", err)
	}
}
