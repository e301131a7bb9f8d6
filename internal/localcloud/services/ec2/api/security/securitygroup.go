package security

import (
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func securityGroupOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateSecurityGroup", createSecurityGroup),
		requests.Change(h, "DeleteSecurityGroup", deleteSecurityGroup),
		requests.View(h, "DescribeSecurityGroups", describeSecurityGroups),
	}
}

type securityGroupItem struct {
	GroupID     string                       `xml:"groupId"`
	GroupName   string                       `xml:"groupName"`
	Description string                       `xml:"groupDescription"`
	VpcID       string                       `xml:"vpcId"`
	OwnerID     string                       `xml:"ownerId"`
	Arn         string                       `xml:"securityGroupArn"`
	Ingress     wire.Items[ipPermissionItem] `xml:"ipPermissions"`
	Egress      wire.Items[ipPermissionItem] `xml:"ipPermissionsEgress"`
	Tags        wire.Items[requests.Tag]     `xml:"tagSet,omitempty"`
}

// ipPermissionItem gathers the rules of a group that differ in their peer alone.
type ipPermissionItem struct {
	IPProtocol  string                     `xml:"ipProtocol"`
	FromPort    *int                       `xml:"fromPort"`
	ToPort      *int                       `xml:"toPort"`
	Groups      wire.Items[groupPairItem]  `xml:"groups"`
	IPRanges    wire.Items[ipRangeItem]    `xml:"ipRanges"`
	IPv6Ranges  wire.Items[ipv6RangeItem]  `xml:"ipv6Ranges"`
	PrefixLists wire.Items[prefixListItem] `xml:"prefixListIds"`
}

type groupPairItem struct {
	GroupID     string `query:"GroupId" xml:"groupId"`
	UserID      string `query:"UserId" xml:"userId"`
	Description string `query:"Description" xml:"description,omitempty"`
}

type ipRangeItem struct {
	CidrIP      string `query:"CidrIp,required" xml:"cidrIp"`
	Description string `query:"Description" xml:"description,omitempty"`
}

type ipv6RangeItem struct {
	CidrIPv6    string `query:"CidrIpv6,required" xml:"cidrIpv6"`
	Description string `query:"Description" xml:"description,omitempty"`
}

type prefixListItem struct {
	PrefixListID string `query:"PrefixListId,required" xml:"prefixListId"`
	Description  string `query:"Description" xml:"description,omitempty"`
}

func renderSecurityGroup(tx *world.Tx, g *network.SecurityGroup) securityGroupItem {
	item := securityGroupItem{GroupID: g.ID, GroupName: g.Name, Description: g.Description, VpcID: g.VPCID, OwnerID: world.AccountID,
		Arn: requests.Arn(tx.Region(), "security-group", g.ID), Tags: requests.TagSet(g.Tags)}
	for _, r := range network.RulesOf(tx, g.ID) {
		if r.Egress {
			item.Egress = gather(item.Egress, r)
		} else {
			item.Ingress = gather(item.Ingress, r)
		}
	}
	return item
}

// gather puts a rule into the permission with its protocol and ports.
func gather(permissions wire.Items[ipPermissionItem], r *network.SecurityGroupRule) wire.Items[ipPermissionItem] {
	var from, to *int
	if r.Permission.Protocol != "-1" {
		from, to = &r.Permission.From, &r.Permission.To
	}
	at := -1
	for i, p := range permissions {
		if p.IPProtocol == r.Permission.Protocol && same(p.FromPort, from) && same(p.ToPort, to) {
			at = i
		}
	}
	if at < 0 {
		permissions = append(permissions, ipPermissionItem{IPProtocol: r.Permission.Protocol, FromPort: from, ToPort: to})
		at = len(permissions) - 1
	}
	p := &permissions[at]
	switch {
	case r.Permission.CIDR != "":
		p.IPRanges = append(p.IPRanges, ipRangeItem{r.Permission.CIDR, r.Description})
	case r.Permission.CIDR6 != "":
		p.IPv6Ranges = append(p.IPv6Ranges, ipv6RangeItem{r.Permission.CIDR6, r.Description})
	case r.Permission.GroupID != "":
		p.Groups = append(p.Groups, groupPairItem{r.Permission.GroupID, world.AccountID, r.Description})
	default:
		p.PrefixLists = append(p.PrefixLists, prefixListItem{r.Permission.PrefixListID, r.Description})
	}
	return permissions
}

func same(a, b *int) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

type createSecurityGroupInput struct {
	GroupName   string                      `query:"GroupName,required"`
	Description string                      `query:"GroupDescription,required"`
	VpcID       string                      `query:"VpcId"`
	Tags        []requests.TagSpecification `query:"TagSpecification"`
}

type createSecurityGroupOutput struct {
	GroupID string                   `xml:"groupId"`
	Arn     string                   `xml:"securityGroupArn"`
	Tags    wire.Items[requests.Tag] `xml:"tagSet,omitempty"`
}

func createSecurityGroup(tx *world.Tx, c *wire.Call, in *createSecurityGroupInput) (*createSecurityGroupOutput, error) {
	g, err := requests.Create(c, in.Tags, "security-group", func(tags world.Tags) (*network.SecurityGroup, error) {
		return network.CreateSecurityGroup(tx, in.GroupName, in.Description, in.VpcID, tags)
	})
	if err != nil {
		return nil, err
	}
	return &createSecurityGroupOutput{g.ID, requests.Arn(tx.Region(), "security-group", g.ID), requests.TagSet(g.Tags)}, nil
}

type deleteSecurityGroupInput struct {
	GroupID string `query:"GroupId"`
}

type deleteSecurityGroupOutput struct {
	Return  bool   `xml:"return"`
	GroupID string `xml:"groupId"`
}

func deleteSecurityGroup(tx *world.Tx, _ *wire.Call, in *deleteSecurityGroupInput) (*deleteSecurityGroupOutput, error) {
	if in.GroupID == "" {
		return nil, refuse.New("MissingParameter", "The request must contain the parameter groupName or groupId")
	}
	return &deleteSecurityGroupOutput{true, in.GroupID}, network.DeleteSecurityGroup(tx, in.GroupID)
}

type describeSecurityGroupsInput struct {
	IDs   []string `query:"GroupId"`
	Names []string `query:"GroupName"`
	requests.Paging
}

type describeSecurityGroupsOutput struct {
	Groups    wire.Items[securityGroupItem] `xml:"securityGroupInfo"`
	NextToken string                        `xml:"nextToken,omitempty"`
}

func describeSecurityGroups(tx *world.Tx, _ *wire.Call, in *describeSecurityGroupsInput) (*describeSecurityGroupsOutput, error) {
	// Names stand for groups of the default VPC only.
	// Source: API reference of DescribeSecurityGroups.
	for _, name := range in.Names {
		v, _ := network.DefaultVPC(tx)
		found := world.Where(tx, func(g *network.SecurityGroup) bool { return v != nil && g.VPCID == v.ID && g.Name == name })
		if len(found) == 0 {
			return nil, refuse.New("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", name)
		}
		in.IDs = append(in.IDs, found[0].ID)
	}
	items, next, err := requests.List(tx, in.IDs, in.Paging, securityGroupFields(tx), func(g *network.SecurityGroup) securityGroupItem {
		return renderSecurityGroup(tx, g)
	})
	return &describeSecurityGroupsOutput{items, next}, err
}

func securityGroupFields(tx *world.Tx) requests.Fields[*network.SecurityGroup] {
	rules := func(egress bool, value func(network.Permission) string) func(*network.SecurityGroup) []string {
		return func(g *network.SecurityGroup) (values []string) {
			for _, r := range network.RulesOf(tx, g.ID) {
				if r.Egress == egress {
					values = append(values, requests.Some(value(r.Permission))...)
				}
			}
			return values
		}
	}
	all := requests.Fields[*network.SecurityGroup]{
		"group-id":    func(g *network.SecurityGroup) []string { return requests.One(g.ID) },
		"group-name":  func(g *network.SecurityGroup) []string { return requests.One(g.Name) },
		"description": func(g *network.SecurityGroup) []string { return requests.One(g.Description) },
		"vpc-id":      func(g *network.SecurityGroup) []string { return requests.One(g.VPCID) },
		"owner-id":    func(*network.SecurityGroup) []string { return requests.One(world.AccountID) },
	}
	for prefix, egress := range map[string]bool{"ip-permission.": false, "egress.ip-permission.": true} {
		all[prefix+"cidr"] = rules(egress, func(p network.Permission) string { return p.CIDR })
		all[prefix+"group-id"] = rules(egress, func(p network.Permission) string { return p.GroupID })
		all[prefix+"protocol"] = rules(egress, func(p network.Permission) string { return p.Protocol })
		all[prefix+"from-port"] = rules(egress, func(p network.Permission) string { return strconv.Itoa(p.From) })
		all[prefix+"to-port"] = rules(egress, func(p network.Permission) string { return strconv.Itoa(p.To) })
		all[prefix+"ipv6-cidr"] = rules(egress, func(p network.Permission) string { return p.CIDR6 })
		all[prefix+"group-name"] = rules(egress, func(p network.Permission) string {
			if other, ok := world.Get[network.SecurityGroup](tx, p.GroupID); ok {
				return other.Name
			}
			return ""
		})
		all[prefix+"user-id"] = rules(egress, func(p network.Permission) string {
			if p.GroupID == "" {
				return ""
			}
			return world.AccountID
		})
		all[prefix+"prefix-list-id"] = rules(egress, func(p network.Permission) string { return p.PrefixListID })
	}
	return all
}
