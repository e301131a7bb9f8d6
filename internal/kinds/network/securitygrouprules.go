package network

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Rules are all rules of one security group: no others stay. They are an object
// apart from the group, so that groups can name each other: the groups are
// made first, and deleted last.
type Rules struct {
	// Group is the group that they are of. Both have the same name.
	Group resource.Ref
	// Ingress is what may come in. Ingress and Egress can't both be empty: a
	// group without a rule counts as one whose rules are deleted.
	Ingress []Rule
	// Egress is what may go out. AWS gives each new group a rule that allows
	// all; it goes, unless it is named here.
	Egress []Rule
}

// Rule allows one kind of traffic from or to one peer: exactly one of CIDR,
// Group and PrefixList is set.
type Rule struct {
	// Protocol is "tcp", "udp", "icmp", "icmpv6", a number, or "-1" for all.
	Protocol string
	// FromPort and ToPort are the first and the last port, or ICMP's type and
	// code. They mean nothing for other protocols.
	FromPort, ToPort int32
	// CIDR is a range of addresses.
	CIDR netip.Prefix
	// Group is a security group, for all interfaces that are in it.
	Group resource.Ref
	// PrefixList is the ID of a prefix list, "pl-…".
	PrefixList string
	// Description tells a reader of the AWS console why.
	Description string
}

// Refs names the group, and the groups in the rules.
func (s Rules) Refs() []resource.Ref {
	refs := []resource.Ref{s.Group}
	for _, d := range directions() {
		for _, rule := range d.wanted(s) {
			refs = append(refs, rule.Group)
		}
	}
	return refs
}

const rulesKind = "security-group-rules"

// SecurityGroupRulesKind is the kind of the rules of a security group. Their ID
// is the group's, and so are their tags.
func SecurityGroupRulesKind() resource.Kind[Rules, types.SecurityGroup] {
	return resource.Kind[Rules, types.SecurityGroup]{
		Traits: resource.Traits{
			Name: rulesKind,
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeSecurityGroups"},
				Make:   []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"},
				Change: []string{"ec2:UpdateSecurityGroupRuleDescriptionsIngress", "ec2:UpdateSecurityGroupRuleDescriptionsEgress"},
				Delete: []string{"ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"},
			},
			Compared: securityGroupRulesFields(),
			Quotas:   []resource.Quota{{Service: "vpc", Code: "L-0EA8095F", Name: "Inbound or outbound rules per security group", Refusals: []string{"RulesPerSecurityGroupLimitExceeded"}}},
			Removal:  resource.Removal{Delete: deleteSecurityGroupRules},
		},
		Reading: resource.Reading[types.SecurityGroup]{
			List:   listSecurityGroupRules,
			ID:     func(l types.SecurityGroup) string { return aws.ToString(l.GroupId) },
			Tags:   func(l types.SecurityGroup) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: ready[types.SecurityGroup],
		},
		Writing: resource.Writing[Rules, types.SecurityGroup]{
			Diff:      diffSecurityGroupRules,
			Create:    createSecurityGroupRules,
			AsCreated: securityGroupRulesAsCreated,
			Update: func(ctx context.Context, call resource.Call[Rules], l types.SecurityGroup, _ []resource.Change) error {
				return setRules(ctx, call, l)
			},
			DeleteObserved: func(ctx context.Context, c *awsapi.Clients, _ resource.Record, l types.SecurityGroup) error {
				return revokeAll(ctx, c, l)
			},
		},
	}
}

func listSecurityGroupRules(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]types.SecurityGroup, error) {
	groups, err := ownedSecurityGroups(ctx, c, owner)
	var withRules []types.SecurityGroup
	for _, group := range groups {
		if len(group.IpPermissions)+len(group.IpPermissionsEgress) > 0 {
			withRules = append(withRules, group)
		}
	}
	return withRules, err
}

func diffSecurityGroupRules(s Rules, l types.SecurityGroup, ids resource.IDs) []resource.Change {
	changes := resource.Fixed("group", ids.Of(s.Group), aws.ToString(l.GroupId))
	for _, d := range directions() {
		missing, surplus, renamed := comparePermissions(wantedPermissions(d.wanted(s), ids), flatten(d.of(l)))
		for _, p := range missing {
			changes = append(changes, resource.Change{Field: d.name + " rule", Want: p.String()})
		}
		for _, p := range surplus {
			changes = append(changes, resource.Change{Field: d.name + " rule", Have: p.String()})
		}
		for _, p := range renamed {
			changes = append(changes, resource.Change{
				Field: fmt.Sprintf("description of %s rule %s", d.name, p), Want: p.description, Have: p.was,
			})
		}
	}
	return changes
}

// createSecurityGroupRules changes the rules that a new group has. It is more than one
// call, and needs no token: each of its calls can be repeated. A group that isn't new
// and has no rules does as well, and of any other AWS says that something is so already.
func createSecurityGroupRules(ctx context.Context, call resource.Call[Rules]) (string, error) {
	id := call.IDs.Of(call.Spec.Group)
	if err := setRules(ctx, call, newGroup(&id)); err != nil {
		return "", err
	}
	return id, nil
}

// newGroup has the rule that AWS gives each new group: all may go out.
func newGroup(id *string) types.SecurityGroup {
	everywhere := []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}
	return types.SecurityGroup{GroupId: id, IpPermissionsEgress: []types.IpPermission{{IpProtocol: aws.String(allProtocols), IpRanges: everywhere}}}
}

func securityGroupRulesAsCreated(call resource.Call[Rules], id string) types.SecurityGroup {
	return types.SecurityGroup{
		GroupId:             &id,
		IpPermissions:       describedAll(wantedPermissions(call.Spec.Ingress, call.IDs)),
		IpPermissionsEgress: describedAll(wantedPermissions(call.Spec.Egress, call.IDs)),
	}
}

func describeSecurityGroup(ctx context.Context, c *awsapi.Clients, id string) (types.SecurityGroup, error) {
	out, err := c.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	if err != nil {
		return types.SecurityGroup{}, err
	}
	if len(out.SecurityGroups) != 1 {
		return types.SecurityGroup{}, fmt.Errorf("AWS described %d groups for %s, not one: try again", len(out.SecurityGroups), id)
	}
	return out.SecurityGroups[0], nil
}

// setRules makes a group's rules exactly the wanted ones. What is missing comes
// before what is surplus goes, so that traffic that both allow never stops.
func setRules(ctx context.Context, call resource.Call[Rules], group types.SecurityGroup) error {
	var revoke []func() error
	for _, d := range directions() {
		missing, surplus, renamed := comparePermissions(wantedPermissions(d.wanted(call.Spec), call.IDs), flatten(d.of(group)))
		if err := apply(ctx, call.Clients, d.authorize, group.GroupId, missing, call.Unconfirmed); err != nil {
			return fmt.Errorf("authorize %s rules: %w", d.name, err)
		}
		if err := apply(ctx, call.Clients, d.describe, group.GroupId, renamed, call.Unconfirmed); err != nil {
			return fmt.Errorf("describe %s rules: %w", d.name, err)
		}
		revoke = append(revoke, func() error { return revokeRules(ctx, call.Clients, d, group.GroupId, surplus, call.Unconfirmed) })
	}
	for _, do := range revoke {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

func revokeRules(ctx context.Context, c *awsapi.Clients, d direction, group *string, surplus []permission, already func()) error {
	if err := apply(ctx, c, d.revoke, group, surplus, already); err != nil {
		return fmt.Errorf("revoke %s rules: %w", d.name, err)
	}
	return nil
}

// revokeAll leaves a group without a rule.
func revokeAll(ctx context.Context, c *awsapi.Clients, group types.SecurityGroup) error {
	for _, d := range directions() {
		if err := revokeRules(ctx, c, d, group.GroupId, flatten(d.of(group)), func() {}); err != nil {
			return err
		}
	}
	return nil
}

func deleteSecurityGroupRules(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	group, err := describeSecurityGroup(ctx, c, record.ID)
	if err != nil {
		return err
	}
	return revokeAll(ctx, c, group)
}

// securityGroupRulesFields declares what is compared of the rules of a security group.
func securityGroupRulesFields() []resource.Field {
	const who = "they decide who gets in and out; all others are revoked"
	return []resource.Field{
		resource.Identity("GroupName", "SecurityGroupArn", "OwnerId", "VpcId", "Description", "Tags"),
		{Name: "group", Of: []string{"GroupId"}, How: resource.Repaired, Why: "the rules of another group are other rules"},
		{Name: "ingress rule", Of: []string{"IpPermissions"}, How: resource.Repaired, Why: who},
		{Name: "egress rule", Of: []string{"IpPermissionsEgress"}, How: resource.Repaired, Why: who},
		{Name: "description of *", Of: []string{}, How: resource.Repaired, Why: "it tells a reader of the console why the rule is there"},
	}
}
