package network

import (
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func subnetOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateSubnet", createSubnet),
		requests.Do(h, "DeleteSubnet", func(tx *world.Tx, in *deleteSubnetInput) error { return network.DeleteSubnet(tx, in.SubnetID) }),
		requests.Do(h, "ModifySubnetAttribute", modifySubnetAttribute),
		requests.Describe(h, "DescribeSubnets", "SubnetId", "subnetSet", subnetFields, renderSubnet),
	}
}

type subnetItem struct {
	SubnetID         string                    `xml:"subnetId"`
	SubnetArn        string                    `xml:"subnetArn"`
	OwnerID          string                    `xml:"ownerId"`
	State            string                    `xml:"state"`
	VpcID            string                    `xml:"vpcId"`
	CidrBlock        string                    `xml:"cidrBlock"`
	IPv6Associations wire.Items[requests.None] `xml:"ipv6CidrBlockAssociationSet"`
	FreeAddresses    int                       `xml:"availableIpAddressCount"`
	Zone             string                    `xml:"availabilityZone"`
	ZoneID           string                    `xml:"availabilityZoneId"`
	DefaultForAz     bool                      `xml:"defaultForAz"`
	MapPublicIP      bool                      `xml:"mapPublicIpOnLaunch"`
	AssignIPv6       bool                      `xml:"assignIpv6AddressOnCreation"`
	CustomerOwnedIP  bool                      `xml:"mapCustomerOwnedIpOnLaunch"`
	EnableDNS64      bool                      `xml:"enableDns64"`
	IPv6Native       bool                      `xml:"ipv6Native"`
	BlockMode        string                    `xml:"blockPublicAccessStates>internetGatewayBlockMode"`
	HostnameType     string                    `xml:"privateDnsNameOptionsOnLaunch>hostnameType"`
	ResourceNameA    bool                      `xml:"privateDnsNameOptionsOnLaunch>enableResourceNameDnsARecord"`
	ResourceNameAAAA bool                      `xml:"privateDnsNameOptionsOnLaunch>enableResourceNameDnsAAAARecord"`
	Tags             wire.Items[requests.Tag]  `xml:"tagSet,omitempty"`
}

func renderSubnet(tx *world.Tx, s *network.Subnet) subnetItem {
	return subnetItem{SubnetID: s.ID, SubnetArn: requests.Arn(tx.Region(), "subnet", s.ID), OwnerID: world.AccountID, State: s.State, VpcID: s.VPCID,
		CidrBlock: s.CIDR.String(), FreeAddresses: network.FreeAddresses(tx, s), Zone: s.Zone.Name, ZoneID: s.Zone.ID,
		DefaultForAz: s.Default, MapPublicIP: s.MapPublicIPOnLaunch, BlockMode: "off", HostnameType: "ip-name", Tags: requests.TagSet(s.Tags)}
}

type createSubnetInput struct {
	VpcID     string                      `query:"VpcId,required"`
	CidrBlock string                      `query:"CidrBlock,required"`
	Zone      string                      `query:"AvailabilityZone"`
	ZoneID    string                      `query:"AvailabilityZoneId"`
	Tags      []requests.TagSpecification `query:"TagSpecification"`
	_         wire.Only                   `query:"Ipv6Native" only:"false"`
}

type createSubnetOutput struct {
	Subnet subnetItem `xml:"subnet"`
}

func createSubnet(tx *world.Tx, c *wire.Call, in *createSubnetInput) (*createSubnetOutput, error) {
	made, err := requests.Create(c, in.Tags, "subnet", func(tags world.Tags) (*network.Subnet, error) {
		return network.CreateSubnet(tx, in.VpcID, in.CidrBlock, in.Zone, in.ZoneID, tags)
	})
	if err != nil {
		return nil, err
	}
	return &createSubnetOutput{renderSubnet(tx, made)}, nil
}

type deleteSubnetInput struct {
	SubnetID string `query:"SubnetId,required"`
}

type modifySubnetAttributeInput struct {
	SubnetID    string                `query:"SubnetId,required"`
	MapPublicIP requests.BooleanValue `query:"MapPublicIpOnLaunch"`
}

func modifySubnetAttribute(tx *world.Tx, in *modifySubnetAttributeInput) error {
	if in.MapPublicIP.Value == nil {
		return refuse.InvalidParameterCombination("No attributes specified.")
	}
	return network.SetMapPublicIPOnLaunch(tx, in.SubnetID, *in.MapPublicIP.Value)
}

func subnetFields(tx *world.Tx) requests.Fields[*network.Subnet] {
	zone := func(s *network.Subnet) []string { return requests.One(s.Zone.Name) }
	zoneID := func(s *network.Subnet) []string { return requests.One(s.Zone.ID) }
	cidr := func(s *network.Subnet) []string { return requests.One(s.CIDR.String()) }
	isDefault := func(s *network.Subnet) []string { return requests.YesNo(s.Default) }
	return requests.Fields[*network.Subnet]{
		"subnet-id":            func(s *network.Subnet) []string { return requests.One(s.ID) },
		"subnet-arn":           func(s *network.Subnet) []string { return requests.One(requests.Arn(tx.Region(), "subnet", s.ID)) },
		"vpc-id":               func(s *network.Subnet) []string { return requests.One(s.VPCID) },
		"state":                func(s *network.Subnet) []string { return requests.One(s.State) },
		"owner-id":             func(*network.Subnet) []string { return requests.One(world.AccountID) },
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
			return requests.YesNo(s.MapPublicIPOnLaunch)
		},
		"available-ip-address-count": func(s *network.Subnet) []string {
			return requests.One(strconv.Itoa(network.FreeAddresses(tx, s)))
		},
		"customer-owned-ipv4-pool":                         requests.Never[*network.Subnet],
		"ipv6-cidr-block-association.ipv6-cidr-block":      requests.Never[*network.Subnet],
		"ipv6-cidr-block-association.association-id":       requests.Never[*network.Subnet],
		"ipv6-cidr-block-association.state":                requests.Never[*network.Subnet],
		"outpost-arn":                                      requests.Never[*network.Subnet],
		"enable-dns64":                                     requests.No[*network.Subnet],
		"ipv6-native":                                      requests.No[*network.Subnet],
		"map-customer-owned-ip-on-launch":                  requests.No[*network.Subnet],
		"private-dns-name-options-on-launch.hostname-type": func(*network.Subnet) []string { return requests.One("ip-name") },
		"private-dns-name-options-on-launch.enable-resource-name-dns-a-record":    requests.No[*network.Subnet],
		"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": requests.No[*network.Subnet],
	}
}
