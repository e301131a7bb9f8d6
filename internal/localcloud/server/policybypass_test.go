package server_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

// What a policy denies is denied however a call writes it.
func TestPolicies_DenyEachWayOfAsking(t *testing.T) {
	const public, ssmManaged, agent = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
	c := newTroubled(t, faults.Config{}, policies(t,
		`"Effect": "Allow", "Action": ["ec2:*", "ssm:*", "iam:CreateRole", "iam:DeleteRole"], "Resource": "*"`,
		`"Effect": "Deny", "Action": "ec2:CreateVpc", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "admin"}}`,
		`"Effect": "Deny", "Action": "ssm:GetParameter*", "Resource": "arn:aws:ssm:*::parameter/aws/service/*"`,
		`"Effect": "Allow", "Action": "iam:PutRolePermissionsBoundary", "Resource": "*", "Condition": {"ArnEquals": {"iam:PermissionsBoundary": "`+agent+`"}}`,
	)...)
	ctx := t.Context()

	tagged := func(key, value string) types.TagSpecification {
		return types.TagSpecification{ResourceType: "vpc", Tags: []types.Tag{{Key: &key, Value: &value}}}
	}
	_, err := c.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: []types.TagSpecification{tagged("team", "admin"), tagged("x", "y")}})
	if err == nil || !strings.Contains(err.Error(), "explicit deny") {
		t.Errorf("tags in two specifications: %v", err)
	}

	for _, name := range []string{public, "arn:aws:ssm:" + region + "::parameter" + public} {
		if _, err := c.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &name}); err == nil || !strings.Contains(err.Error(), "explicit deny") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.ssm.GetParameters(ctx, &ssm.GetParametersInput{Names: []string{name}}); err == nil || !strings.Contains(err.Error(), "explicit deny") {
			t.Errorf("%s among others: %v", name, err)
		}
	}
	if all, err := c.ssm.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: aws.String("/"), Recursive: aws.Bool(true)}); err != nil || len(all.Parameters) > 0 {
		t.Errorf("the account's own parameters: %v, %v", all, err)
	}

	role := aws.String("web")
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	must(c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(trust)}))(t)
	must(c.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: aws.String(agent)}))(t)
	_, err = c.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: aws.String(ssmManaged)})
	if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("another boundary in its place: %v", err)
	}
}
