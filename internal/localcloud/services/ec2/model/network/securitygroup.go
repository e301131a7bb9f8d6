package network

import (
	"regexp"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// SecurityGroup is a stateful firewall around network interfaces. Its rules are objects
// of their own.
type SecurityGroup struct {
	world.Object
	Name        string
	Description string
	VPCID       string
	Default     bool
}

// securityGroups is how many security groups a region may have.
func securityGroups() world.Quota {
	return quota("security_groups", "L-E79EC296", "VPC security groups per Region", 2500)
}

func securityGroupKind() world.AnyKind {
	return world.Kind[SecurityGroup, *SecurityGroup]{
		Traits: world.Traits{Noun: "security group", Quotas: []world.Quota{securityGroups()}},
		Counts: func(_ *world.Tx, g *SecurityGroup) bool { return !g.Default },
		Name:   "security-group", Prefix: "sg",
		NotFound: func(ids ...string) error {
			if len(ids) == 1 {
				return refuse.New("InvalidGroup.NotFound", "The security group '%s' does not exist", ids[0])
			}
			return refuse.New("InvalidGroup.NotFound", "The security groups '%s' do not exist", strings.Join(ids, ", "))
		},
		Malformed: func(id string) error { return refuse.Malformed("InvalidGroupId.Malformed", id, "sg") },
	}
}

// groupCharacters are those of names and descriptions.
// Source: API reference of CreateSecurityGroup.
var groupCharacters = regexp.MustCompile(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+$`)

// groupText tells whether a name or description is one that AWS takes. The
// length isn't the pattern's: counted there, it costs every start 5 ms.
func groupText(s string) bool { return len(s) <= 255 && groupCharacters.MatchString(s) }

// CreateSecurityGroup makes a security group that lets all traffic out and none in.
// Without a VPC it goes into the default one.
func CreateSecurityGroup(tx *world.Tx, name, description, vpcID string, tags world.Tags) (*SecurityGroup, error) {
	switch {
	case !groupText(name):
		return nil, refuse.InvalidParameterValue("Value (%s) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.", name)
	case !groupText(description):
		return nil, refuse.InvalidParameterValue("Value (%s) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.", description)
	case strings.HasPrefix(strings.ToLower(name), "sg-"):
		return nil, refuse.InvalidParameterValue("Value (%s) for parameter GroupName is invalid. Group names may not be in the format sg-*", name)
	case strings.EqualFold(name, "default"):
		return nil, refuse.New("InvalidParameterValue", "Cannot use reserved security group name: %s", name)
	}
	if vpcID == "" {
		v, ok := DefaultVPC(tx)
		if !ok {
			return nil, refuse.New("VPCIdNotSpecified", "No default VPC for this user")
		}
		vpcID = v.ID
	}
	if _, err := world.Find[VPC](tx, vpcID); err != nil {
		return nil, err
	}
	groups := world.All[SecurityGroup](tx)
	for _, g := range groups {
		if g.VPCID == vpcID && strings.EqualFold(g.Name, name) {
			return nil, refuse.New("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpcID)
		}
	}
	if len(groups) >= tx.Limit(securityGroups()) {
		return nil, refuse.New("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")
	}
	g := &SecurityGroup{Object: tx.NewObject("sg", tags), Name: name, Description: description, VPCID: vpcID}
	world.Add(tx, g)
	addRule(tx, SecurityGroupRule{GroupID: g.ID, Egress: true, Permission: allTraffic("0.0.0.0/0")}, nil)
	return g, nil
}

func addDefaultSecurityGroup(tx *world.Tx, v *VPC) {
	g := &SecurityGroup{Object: tx.NewObject("sg", nil), Name: "default", Description: "default VPC security group", VPCID: v.ID, Default: true}
	world.Add(tx, g)
	addRule(tx, SecurityGroupRule{GroupID: g.ID, Permission: Permission{Protocol: "-1", From: -1, To: -1, GroupID: g.ID}}, nil)
	addRule(tx, SecurityGroupRule{GroupID: g.ID, Egress: true, Permission: allTraffic("0.0.0.0/0")}, nil)
}

// DefaultGroup is a VPC's default security group.
func DefaultGroup(tx *world.Tx, vpcID string) *SecurityGroup {
	for _, g := range world.All[SecurityGroup](tx) {
		if g.VPCID == vpcID && g.Default {
			return g
		}
	}
	panic("world: VPC " + vpcID + " has no default security group") // a programming error
}

// DeleteSecurityGroup deletes a group that no interface is in and no other group names.
func DeleteSecurityGroup(tx *world.Tx, id string) error {
	g, err := world.Find[SecurityGroup](tx, id)
	if err != nil {
		return err
	}
	if g.Default {
		return refuse.New("CannotDelete", "the specified group: %q name: %q cannot be deleted by a user", id, g.Name)
	}
	if world.Exists(tx, func(i *NetworkInterface) bool { return slices.Contains(i.Groups, id) }) ||
		world.Exists(tx, func(r *SecurityGroupRule) bool { return r.Permission.GroupID == id && r.GroupID != id }) {
		return refuse.DependencyViolation("resource %s has a dependent object", id)
	}
	removeGroup(tx, id)
	return nil
}

func removeGroup(tx *world.Tx, id string) {
	for _, r := range RulesOf(tx, id) {
		world.Delete[SecurityGroupRule](tx, r.ID)
	}
	world.Delete[SecurityGroup](tx, id)
}

// RulesOf lists a group's rules.
func RulesOf(tx *world.Tx, groupID string) []*SecurityGroupRule {
	return world.Of[SecurityGroupRule](tx, groupID)
}
