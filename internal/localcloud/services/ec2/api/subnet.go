package api

import (
	"fmt"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) subnetOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateSubnet", createSubnet),
		change(h, "DeleteSubnet", deleteSubnet),
		change(h, "ModifySubnetAttribute", modifySubnetAttribute),
		view(h, "DescribeSubnets", describeSubnets),
	}
}

type subnetItem struct {
	SubnetID         string           `xml:"subnetId"`
	SubnetArn        string           `xml:"subnetArn"`
	OwnerID          string           `xml:"ownerId"`
	State            string           `xml:"state"`
	VpcID            string           `xml:"vpcId"`
	CidrBlock        string           `xml:"cidrBlock"`
	IPv6Associations wire.Items[none] `xml:"ipv6CidrBlockAssociationSet"`
	FreeAddresses    int              `xml:"availableIpAddressCount"`
	Zone             string           `xml:"availabilityZone"`
	ZoneID           string           `xml:"availabilityZoneId"`
	DefaultForAz     bool             `xml:"defaultForAz"`
	MapPublicIP      bool             `xml:"mapPublicIpOnLaunch"`
	AssignIPv6       bool             `xml:"assignIpv6AddressOnCreation"`
	CustomerOwnedIP  bool             `xml:"mapCustomerOwnedIpOnLaunch"`
	EnableDNS64      bool             `xml:"enableDns64"`
	IPv6Native       bool             `xml:"ipv6Native"`
	HostnameType     string           `xml:"privateDnsNameOptionsOnLaunch>hostnameType"`
	ResourceNameA    bool             `xml:"privateDnsNameOptionsOnLaunch>enableResourceNameDnsARecord"`
	ResourceNameAAAA bool             `xml:"privateDnsNameOptionsOnLaunch>enableResourceNameDnsAAAARecord"`
	Tags             wire.Items[tag]  `xml:"tagSet"`
}

// none is the element of a list that is always empty.
type none struct{}

func arn(region, resource, id string) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/%s", region, world.AccountID, resource, id)
}

func renderSubnet(tx *world.Tx, s *network.Subnet) subnetItem {
	return subnetItem{SubnetID: s.ID, SubnetArn: arn(tx.Region(), "subnet", s.ID), OwnerID: world.AccountID, State: s.State, VpcID: s.VPCID,
		CidrBlock: s.CIDR.String(), FreeAddresses: network.FreeAddresses(tx, s), Zone: s.Zone.Name, ZoneID: s.Zone.ID,
		DefaultForAz: s.Default, MapPublicIP: s.MapPublicIPOnLaunch, HostnameType: "ip-name", Tags: tagSet(s.Tags)}
}

type createSubnetInput struct {
	VpcID     string             `query:"VpcId,required"`
	CidrBlock string             `query:"CidrBlock,required"`
	Zone      string             `query:"AvailabilityZone"`
	ZoneID    string             `query:"AvailabilityZoneId"`
	Tags      []tagSpecification `query:"TagSpecification"`
	_         wire.Only          `query:"Ipv6Native" only:"false"`
}

type createSubnetOutput struct {
	Subnet subnetItem `xml:"subnet"`
}

func createSubnet(tx *world.Tx, c *wire.Call, in *createSubnetInput) (*createSubnetOutput, error) {
	tags, err := tagsFor(in.Tags, "subnet")
	if err != nil {
		return nil, err
	}
	made, err := network.CreateSubnet(tx, in.VpcID, in.CidrBlock, in.Zone, in.ZoneID, tags)
	if err != nil {
		return nil, err
	}
	c.Resource = made.ID
	return &createSubnetOutput{renderSubnet(tx, made)}, nil
}

type deleteSubnetInput struct {
	SubnetID string `query:"SubnetId,required"`
}

func deleteSubnet(tx *world.Tx, _ *wire.Call, in *deleteSubnetInput) (*wire.Return, error) {
	return wire.Done(), network.DeleteSubnet(tx, in.SubnetID)
}

type modifySubnetAttributeInput struct {
	SubnetID    string       `query:"SubnetId,required"`
	MapPublicIP booleanValue `query:"MapPublicIpOnLaunch"`
}

func modifySubnetAttribute(tx *world.Tx, _ *wire.Call, in *modifySubnetAttributeInput) (*wire.Return, error) {
	if in.MapPublicIP.Value == nil {
		return nil, refuse.InvalidParameterCombination("No attributes specified.")
	}
	return wire.Done(), network.SetMapPublicIPOnLaunch(tx, in.SubnetID, *in.MapPublicIP.Value)
}

type describeSubnetsInput struct {
	IDs []string `query:"SubnetId"`
	paging
}

type describeSubnetsOutput struct {
	Subnets   wire.Items[subnetItem] `xml:"subnetSet"`
	NextToken string                 `xml:"nextToken,omitempty"`
}

func subnetFields(tx *world.Tx) fields[*network.Subnet] {
	zone := func(s *network.Subnet) []string { return one(s.Zone.Name) }
	zoneID := func(s *network.Subnet) []string { return one(s.Zone.ID) }
	cidr := func(s *network.Subnet) []string { return one(s.CIDR.String()) }
	isDefault := func(s *network.Subnet) []string { return yesNo(s.Default) }
	return fields[*network.Subnet]{
		"subnet-id":            func(s *network.Subnet) []string { return one(s.ID) },
		"subnet-arn":           func(s *network.Subnet) []string { return one(arn(tx.Region(), "subnet", s.ID)) },
		"vpc-id":               func(s *network.Subnet) []string { return one(s.VPCID) },
		"state":                func(s *network.Subnet) []string { return one(s.State) },
		"owner-id":             func(*network.Subnet) []string { return one(world.AccountID) },
		"availability-zone":    zone,
		"availabilityZone":     zone,
		"availability-zone-id": zoneID,
		"availabilityZoneId":   zoneID,
		"cidr":                 cidr,
		"cidr-block":           cidr,
		"cidrBlock":            cidr,
		"default-for-az":       isDefault,
		"defaultForAz":         isDefault,
		"map-public-ip-on-launch": func(s *network.Subnet) []string {
			return yesNo(s.MapPublicIPOnLaunch)
		},
		"available-ip-address-count": func(s *network.Subnet) []string {
			return one(strconv.Itoa(network.FreeAddresses(tx, s)))
		},
		"customer-owned-ipv4-pool":                         never[*network.Subnet],
		"ipv6-cidr-block-association.ipv6-cidr-block":      never[*network.Subnet],
		"ipv6-cidr-block-association.association-id":       never[*network.Subnet],
		"ipv6-cidr-block-association.state":                never[*network.Subnet],
		"outpost-arn":                                      never[*network.Subnet],
		"enable-dns64":                                     no[*network.Subnet],
		"ipv6-native":                                      no[*network.Subnet],
		"map-customer-owned-ip-on-launch":                  no[*network.Subnet],
		"private-dns-name-options-on-launch.hostname-type": func(*network.Subnet) []string { return one("ip-name") },
		"private-dns-name-options-on-launch.enable-resource-name-dns-a-record":    no[*network.Subnet],
		"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": no[*network.Subnet],
	}
}

func describeSubnets(tx *world.Tx, _ *wire.Call, in *describeSubnetsInput) (*describeSubnetsOutput, error) {
	items, next, err := list(tx, in.IDs, in.paging, subnetFields(tx), func(s *network.Subnet) subnetItem { return renderSubnet(tx, s) })
	return &describeSubnetsOutput{items, next}, err
}
