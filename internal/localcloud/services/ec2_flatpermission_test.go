package services_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// A rule of ingress can be said without a list of permissions; the two forms mean the same.
func TestAuthorizeSecurityGroupIngress_AcceptsRuleWithoutPermissions(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	in := &sdk.AuthorizeSecurityGroupIngressInput{GroupId: &s.group, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), CidrIp: aws.String("10.0.0.0/8")}
	made := must(c.AuthorizeSecurityGroupIngress(c.ctx, in))(t).SecurityGroupRules
	if len(made) != 1 || *made[0].CidrIpv4 != "10.0.0.0/8" || *made[0].FromPort != 443 {
		t.Fatalf("made %+v", made)
	}
	listed := []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}}}
	_, err := c.AuthorizeSecurityGroupIngress(c.ctx, &sdk.AuthorizeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: listed})
	refused(t, err, 400, "InvalidPermission.Duplicate", "")
	in.IpPermissions = listed
	_, err = c.AuthorizeSecurityGroupIngress(c.ctx, in)
	refused(t, err, 400, "InvalidParameterCombination", "")
	_, err = c.AuthorizeSecurityGroupIngress(c.ctx, &sdk.AuthorizeSecurityGroupIngressInput{GroupId: &s.group, CidrIp: aws.String("10.0.0.0/8")})
	refused(t, err, 400, "InvalidParameterValue", "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
	_, err = c.AuthorizeSecurityGroupEgress(c.ctx, &sdk.AuthorizeSecurityGroupEgressInput{GroupId: &s.group, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), CidrIp: aws.String("10.0.0.0/8")})
	refused(t, err, 501, "NotSimulated", "")
	must(c.RevokeSecurityGroupIngress(c.ctx, &sdk.RevokeSecurityGroupIngressInput{GroupId: &s.group, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), CidrIp: aws.String("10.0.0.0/8")}))(t)
	_, err = c.RevokeSecurityGroupIngress(c.ctx, &sdk.RevokeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: listed})
	refused(t, err, 400, "InvalidPermission.NotFound", "")
}

// Filters that AWS has and the local cloud doesn't are refused by name, others as AWS does.
func TestDescribe_RefusesUnknownFilters(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	ask := func(name string) error {
		_, err := c.DescribeSubnets(c.ctx, &sdk.DescribeSubnetsInput{Filters: []types.Filter{{Name: &name, Values: []string{"x"}}}})
		return err
	}
	refused(t, ask("enable-lni-at-device-index"), 501, "NotSimulated", "platformctl local cloud: filter enable-lni-at-device-index of DescribeSubnets is not simulated")
	refused(t, ask("colour"), 400, "InvalidParameterValue", "The filter 'colour' is invalid")
}
