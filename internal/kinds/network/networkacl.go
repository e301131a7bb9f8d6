package network

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// A platform makes no network ACL. Its subnets have the VPC's default one, with the entries
// that AWS gives it: the entries are compared with the VPC, the associations with the subnets.
// Source: Amazon VPC User Guide, "Default network ACL for a VPC".
const (
	// allowAll is the number of the entries that let everything through.
	allowAll = 100
	// lastEntry is the number of the first entry that is AWS's own and refuses what no other
	// decides about.
	lastEntry = 32767
)

func networkACLs(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.NetworkAcl, error) {
	return awsapi.Collect(ctx,
		ec2.NewDescribeNetworkAclsPaginator(c.EC2, &ec2.DescribeNetworkAclsInput{Filters: filters}),
		func(page *ec2.DescribeNetworkAclsOutput) []types.NetworkAcl { return page.NetworkAcls })
}

// ownedNetworkACLs are all network ACLs in the owner's VPCs, also those of others.
func ownedNetworkACLs(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]types.NetworkAcl, error) {
	return awsapi.Once(ctx, c, "network ACLs of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) ([]types.NetworkAcl, error) {
		vpcs, err := ownedVPCs(ctx, c, owner)
		if err != nil || len(vpcs) == 0 {
			return nil, err
		}
		ids := make([]string, len(vpcs))
		for i, vpc := range vpcs {
			ids[i] = aws.ToString(vpc.VpcId)
		}
		return networkACLs(ctx, c, awsapi.Filter(awsapi.FilterVPC, ids...))
	})
}

// defaultACLOf is a VPC's default network ACL; empty where it isn't listed.
func defaultACLOf(acls []types.NetworkAcl, vpc string) types.NetworkAcl {
	for _, acl := range acls {
		if aws.ToBool(acl.IsDefault) && aws.ToString(acl.VpcId) == vpc {
			return acl
		}
	}
	return types.NetworkAcl{}
}

// aclEntry is an entry by what tells it from others of its network ACL.
type aclEntry struct {
	egress bool
	number int32
}

func (e aclEntry) direction() string {
	if e.egress {
		return "egress"
	}
	return "ingress"
}

// compareEntries returns what has to go from a default network ACL, and which of the entries
// that AWS gives it are missing, or are others.
func compareEntries(acl types.NetworkAcl) (surplus []types.NetworkAclEntry, missing []aclEntry, changed map[aclEntry]types.NetworkAclEntry) {
	missing, changed = []aclEntry{{false, allowAll}, {true, allowAll}}, map[aclEntry]types.NetworkAclEntry{}
	for _, entry := range acl.Entries {
		key := aclEntry{aws.ToBool(entry.Egress), aws.ToInt32(entry.RuleNumber)}
		switch {
		case key.number >= lastEntry, isIPv6Default(entry):
		case key.number != allowAll:
			surplus = append(surplus, entry)
		default:
			missing = slices.DeleteFunc(missing, func(e aclEntry) bool { return e == key })
			if describeEntry(entry) != describeEntry(allowing(key)) {
				changed[key] = entry
			}
		}
	}
	return surplus, missing, changed
}

// isIPv6Default reports the entry that AWS adds where a VPC is given a range of IPv6.
func isIPv6Default(entry types.NetworkAclEntry) bool {
	return aws.ToInt32(entry.RuleNumber) == allowAll+1 && aws.ToString(entry.Ipv6CidrBlock) == "::/0" &&
		entry.RuleAction == types.RuleActionAllow && aws.ToString(entry.Protocol) == allProtocols
}

// allowing is the entry that AWS gives a default network ACL.
func allowing(key aclEntry) types.NetworkAclEntry {
	return types.NetworkAclEntry{
		Egress: &key.egress, RuleNumber: &key.number, RuleAction: types.RuleActionAllow,
		Protocol: aws.String(allProtocols), CidrBlock: aws.String("0.0.0.0/0"),
	}
}

// describeEntry is an entry as people read it, such as "deny tcp 80, 0.0.0.0/0".
func describeEntry(entry types.NetworkAclEntry) string {
	protocol := cmp.Or(map[string]string{allProtocols: "all", "1": "icmp", "6": "tcp", "17": "udp"}[aws.ToString(entry.Protocol)],
		"protocol "+aws.ToString(entry.Protocol))
	if ports := entry.PortRange; ports != nil {
		protocol += fmt.Sprintf(" %d", aws.ToInt32(ports.From))
		if aws.ToInt32(ports.To) != aws.ToInt32(ports.From) {
			protocol += fmt.Sprintf("-%d", aws.ToInt32(ports.To))
		}
	}
	return fmt.Sprintf("%s %s, %s", entry.RuleAction, protocol, cmp.Or(aws.ToString(entry.CidrBlock), aws.ToString(entry.Ipv6CidrBlock)))
}

// entryChanges are the differences in the entries of a default network ACL.
func entryChanges(acl types.NetworkAcl) []resource.Change {
	if acl.NetworkAclId == nil {
		return nil
	}
	field := func(e aclEntry) string {
		return fmt.Sprintf("network ACL %s, %s entry %d", *acl.NetworkAclId, e.direction(), e.number)
	}
	surplus, missing, changed := compareEntries(acl)
	var changes []resource.Change
	for _, entry := range surplus {
		key := aclEntry{aws.ToBool(entry.Egress), aws.ToInt32(entry.RuleNumber)}
		changes = append(changes, resource.Change{Field: field(key), Have: describeEntry(entry)})
	}
	for _, key := range missing {
		changes = append(changes, resource.Change{Field: field(key), Want: describeEntry(allowing(key))})
	}
	for key, entry := range changed {
		changes = append(changes, resource.Change{Field: field(key), Want: describeEntry(allowing(key)), Have: describeEntry(entry)})
	}
	slices.SortFunc(changes, func(a, b resource.Change) int { return cmp.Compare(a.Field, b.Field) })
	return changes
}

// restoreEntries gives a default network ACL the entries that AWS gives it, and takes all
// others away. What allows comes first, so that nothing stops that went through.
func restoreEntries(ctx context.Context, call resource.Call[VPC], acl types.NetworkAcl) error {
	if acl.NetworkAclId == nil {
		return nil
	}
	c := call.Clients
	surplus, missing, changed := compareEntries(acl)
	for _, key := range missing {
		entry := allowing(key)
		_, err := c.EC2.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
			NetworkAclId: acl.NetworkAclId, Egress: entry.Egress, RuleNumber: entry.RuleNumber,
			RuleAction: entry.RuleAction, Protocol: entry.Protocol, CidrBlock: entry.CidrBlock,
		})
		if awsapi.HasCode(err, "NetworkAclEntryAlreadyExists") {
			call.Unconfirmed()
		} else if err != nil {
			return err
		}
	}
	for key := range changed {
		entry := allowing(key)
		if _, err := c.EC2.ReplaceNetworkAclEntry(ctx, &ec2.ReplaceNetworkAclEntryInput{
			NetworkAclId: acl.NetworkAclId, Egress: entry.Egress, RuleNumber: entry.RuleNumber,
			RuleAction: entry.RuleAction, Protocol: entry.Protocol, CidrBlock: entry.CidrBlock,
		}); err != nil {
			return err
		}
	}
	for _, entry := range surplus {
		_, err := c.EC2.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{
			NetworkAclId: acl.NetworkAclId, Egress: entry.Egress, RuleNumber: entry.RuleNumber,
		})
		if err != nil && !awsapi.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// subnetACL is the network ACL of a subnet, and the one that it should have.
type subnetACL struct{ id, association, normal string }

// aclOf finds a subnet's network ACL; empty where AWS doesn't list it, or its VPC's default
// one, yet.
func aclOf(acls []types.NetworkAcl, vpc, subnet string) subnetACL {
	for _, acl := range acls {
		for _, association := range acl.Associations {
			if aws.ToString(association.SubnetId) == subnet {
				return subnetACL{
					id: aws.ToString(acl.NetworkAclId), association: aws.ToString(association.NetworkAclAssociationId),
					normal: aws.ToString(defaultACLOf(acls, vpc).NetworkAclId),
				}
			}
		}
	}
	return subnetACL{}
}

// isOther reports whether somebody gave the subnet another network ACL than the default.
func (a subnetACL) isOther() bool { return a.id != "" && a.normal != "" && a.id != a.normal }
