package network

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// SecurityGroup is a group without its rules: those are Rules, an object of
// their own, so that groups can name each other.
type SecurityGroup struct {
	// VPC is what the group is of.
	VPC resource.Ref
	// Description is up to 255 of AWS's characters (a-z, A-Z, 0-9, spaces and
	// ._-:/()#,@[]+=&;{}!$*), and can never be changed.
	Description string
}

// Refs names the VPC.
func (s SecurityGroup) Refs() []resource.Ref { return []resource.Ref{s.VPC} }

// SecurityGroupKind is the kind of security groups. They have no client token,
// but a name that must be unique in the VPC.
func SecurityGroupKind() resource.Kind[SecurityGroup, types.SecurityGroup] {
	return resource.Kind[SecurityGroup, types.SecurityGroup]{
		Traits: resource.Traits{
			Name:       "security-group",
			TagCommand: awsapi.TagCommandEC2,
			Console:    resource.Console{Object: "ec2#SecurityGroup:groupId=", List: "ec2#SecurityGroups:"},
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces"},
				Make:   []string{"ec2:CreateSecurityGroup", "ec2:CreateTags"},
				Delete: []string{"ec2:DeleteSecurityGroup"},
			},
			Compared: securityGroupFields(),
			Quotas:   []resource.Quota{{Service: "vpc", Code: "L-E79EC296", Name: "VPC security groups per Region", Refusals: []string{"SecurityGroupLimitExceeded"}}},
			Removal: resource.Removal{
				Delete:   deleteSecurityGroup,
				Blockers: securityGroupBlockers,
				Foreign:  inside(securityGroupsIn),
				DryRun:   dryRun("ec2:DeleteSecurityGroup", dryRunSecurityGroup),
			},
		},
		Reading: resource.Reading[types.SecurityGroup]{
			List:   ownedSecurityGroups,
			ID:     func(l types.SecurityGroup) string { return aws.ToString(l.GroupId) },
			Tags:   func(l types.SecurityGroup) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: ready[types.SecurityGroup],
		},
		Writing: resource.Writing[SecurityGroup, types.SecurityGroup]{
			Diff:   diffSecurityGroup,
			Create: createSecurityGroup,
			AsCreated: func(call resource.Call[SecurityGroup], id string) types.SecurityGroup {
				return types.SecurityGroup{GroupId: &id, VpcId: aws.String(call.IDs.Of(call.Spec.VPC)), Description: &call.Spec.Description}
			},
			Retag: awsapi.RetagEC2,
		},
	}
}

func securityGroups(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.SecurityGroup, error) {
	return awsapi.Collect(ctx,
		ec2.NewDescribeSecurityGroupsPaginator(c.EC2, &ec2.DescribeSecurityGroupsInput{Filters: filters}),
		func(page *ec2.DescribeSecurityGroupsOutput) []types.SecurityGroup { return page.SecurityGroups })
}

// ownedSecurityGroups is one read for the groups and for their rules.
func ownedSecurityGroups(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]types.SecurityGroup, error) {
	return awsapi.Once(ctx, c, "security groups of "+owner.Platform,
		func(ctx context.Context, c *awsapi.Clients) ([]types.SecurityGroup, error) {
			return securityGroups(ctx, c, awsapi.OwnedBy(owner))
		})
}

func diffSecurityGroup(s SecurityGroup, l types.SecurityGroup, ids resource.IDs) []resource.Change {
	return slices.Concat(
		resource.Fixed("VPC", ids.Of(s.VPC), aws.ToString(l.VpcId)),
		resource.Fixed("description", s.Description, aws.ToString(l.Description)),
	)
}

func createSecurityGroup(ctx context.Context, call resource.Call[SecurityGroup]) (string, error) {
	vpc, name := call.IDs.Of(call.Spec.VPC), call.PhysicalName()
	out, err := call.Clients.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId:             &vpc,
		GroupName:         &name,
		Description:       &call.Spec.Description,
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeSecurityGroup, call.Tags),
	})
	if awsapi.HasCode(err, "InvalidGroup.Duplicate") {
		return adoptSecurityGroup(ctx, call, vpc, name, err)
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.GroupId), nil
}

// adoptSecurityGroup finds the group of an earlier run of the same call, or
// names the one that has the name.
func adoptSecurityGroup(ctx context.Context, call resource.Call[SecurityGroup], vpc, name string, duplicate error) (string, error) {
	there, err := securityGroups(ctx, call.Clients, awsapi.Filter(awsapi.FilterVPC, vpc))
	if err != nil {
		return "", err
	}
	// AWS compares the names of groups without regard to case, its filter doesn't.
	i := slices.IndexFunc(there, func(g types.SecurityGroup) bool { return strings.EqualFold(aws.ToString(g.GroupName), name) })
	if i < 0 {
		return "", &awsapi.Unseen{Err: duplicate}
	}
	if other := there[i]; !madeBy(call, other.Tags) {
		return "", fmt.Errorf("%s has a security group %q already, %s (%s): delete that one, or give the platform another name: %w",
			vpc, aws.ToString(other.GroupName), aws.ToString(other.GroupId), whose(other.Tags), duplicate)
	}
	call.Unconfirmed()
	return aws.ToString(there[i].GroupId), nil
}

func deleteSecurityGroup(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.EC2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &record.ID})
	return err
}

// securityGroupBlockers names the interfaces that use the group, among them
// those that a load balancer leaves for minutes, and the groups whose rules
// name it.
func securityGroupBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]resource.Blocker, error) {
	names := func(direction string) func(types.SecurityGroup) *resource.Blocker {
		return func(l types.SecurityGroup) *resource.Blocker {
			if aws.ToString(l.GroupId) == id { // naming itself stops nothing
				return nil
			}
			b := blocker("security group", l.GroupId, l.OwnerId, l.Tags, aws.ToString(l.GroupName), direction+" rules name it")
			b.Component = resource.Handle(rulesKind, aws.ToString(l.GroupId))
			return &b
		}
	}
	return gather(ctx,
		named(networkInterfaces, c, awsapi.Filter(awsapi.FilterInterfaceGroup, id), every(nameInterface)),
		named(securityGroups, c, awsapi.Filter(awsapi.FilterIngressGroup, id), names("ingress")),
		named(securityGroups, c, awsapi.Filter(awsapi.FilterEgressGroup, id), names("egress")),
	)
}

// securityGroupsIn names the default group, too, where its rules name another:
// that one can't be deleted then.
func securityGroupsIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(securityGroups, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.SecurityGroup) *resource.Blocker {
		b := blocker("security group", l.GroupId, l.OwnerId, l.Tags, aws.ToString(l.GroupName))
		others := namedGroups(l)
		if len(others) > 0 {
			b.Notes = append(b.Notes, "its rules name "+strings.Join(others, " and "))
		}
		if aws.ToString(l.GroupName) == defaultGroup && len(others) == 0 {
			return nil
		}
		return &b
	})
}

// namedGroups are the other groups that a group's rules name.
func namedGroups(l types.SecurityGroup) []string {
	var others []string
	for _, permission := range slices.Concat(l.IpPermissions, l.IpPermissionsEgress) {
		for _, pair := range permission.UserIdGroupPairs {
			if id := aws.ToString(pair.GroupId); id != aws.ToString(l.GroupId) {
				others = append(others, id)
			}
		}
	}
	slices.Sort(others)
	return slices.Compact(others)
}

// securityGroupFields declares what is compared of a security group.
func securityGroupFields() []resource.Field {
	const fixed = "AWS can't change it: another group takes its place"
	return []resource.Field{
		resource.Identity("GroupId", "GroupName", "SecurityGroupArn", "OwnerId", "Tags"),
		{Name: "VPC", Of: []string{"VpcId"}, How: resource.Repaired, Why: fixed},
		{Name: "description", Of: []string{"Description"}, How: resource.Repaired, Why: fixed},
		{Name: "rules", Of: []string{"IpPermissions", "IpPermissionsEgress"}, How: resource.Ignored, Why: "compared as `" + rulesKind + "`"},
	}
}
