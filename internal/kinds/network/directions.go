package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// rulesCall is one of the API's calls on a group's rules.
type rulesCall func(context.Context, *awsapi.Clients, *string, []permission) error

// apply makes one call for all permissions. AWS does all of them or none, so
// where one is so already, which it tells of, they are tried one by one.
func apply(ctx context.Context, c *awsapi.Clients, call rulesCall, group *string, all []permission, already func()) error {
	if len(all) == 0 {
		return nil
	}
	err := call(ctx, c, group, all)
	if alreadyApplied(err) {
		already()
	}
	if !alreadyApplied(err) || len(all) == 1 {
		return unlessApplied(err)
	}
	for i := range all {
		if err := unlessApplied(call(ctx, c, group, all[i:i+1])); err != nil {
			return err
		}
	}
	return nil
}

func unlessApplied(err error) error {
	if alreadyApplied(err) {
		return nil
	}
	return err
}

// alreadyApplied reports that a rule is already as asked for.
func alreadyApplied(err error) bool {
	return awsapi.HasCode(err, "InvalidPermission.Duplicate", "InvalidPermission.NotFound")
}

// direction is ingress or egress, which the API keeps apart in everything.
type direction struct {
	name                        string
	wanted                      func(Rules) []Rule
	of                          func(types.SecurityGroup) []types.IpPermission
	authorize, revoke, describe rulesCall
}

func directions() []direction {
	return []direction{
		{
			name:   "ingress",
			wanted: func(s Rules) []Rule { return s.Ingress },
			of:     func(l types.SecurityGroup) []types.IpPermission { return l.IpPermissions },
			authorize: func(ctx context.Context, c *awsapi.Clients, group *string, rules []permission) error {
				_, err := c.EC2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group, IpPermissions: describedAll(rules)})
				return err
			},
			revoke: func(ctx context.Context, c *awsapi.Clients, group *string, rules []permission) error {
				_, err := c.EC2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: group, IpPermissions: describedAll(rules)})
				return err
			},
			describe: func(ctx context.Context, c *awsapi.Clients, group *string, rules []permission) error {
				_, err := c.EC2.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: group, IpPermissions: describedAll(rules)})
				return err
			},
		},
		{
			name:   "egress",
			wanted: func(s Rules) []Rule { return s.Egress },
			of:     func(l types.SecurityGroup) []types.IpPermission { return l.IpPermissionsEgress },
			authorize: func(ctx context.Context, c *awsapi.Clients, group *string, rules []permission) error {
				_, err := c.EC2.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: group, IpPermissions: describedAll(rules)})
				return err
			},
			revoke: func(ctx context.Context, c *awsapi.Clients, group *string, rules []permission) error {
				_, err := c.EC2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: group, IpPermissions: describedAll(rules)})
				return err
			},
			describe: func(ctx context.Context, c *awsapi.Clients, group *string, rules []permission) error {
				_, err := c.EC2.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: group, IpPermissions: describedAll(rules)})
				return err
			},
		},
	}
}

// describedAll is the rules as the API takes them. AWS revokes a rule without
// its description just as well, but endpoints that compare whole rules don't.
func describedAll(rules []permission) []types.IpPermission {
	var api []types.IpPermission
	for _, rule := range rules {
		api = append(api, rule.described())
	}
	return api
}
