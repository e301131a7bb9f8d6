package network

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func vpcOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateVpc", createVpc),
		requests.Do(h, "DeleteVpc", func(tx *world.Tx, in *vpcIDInput) error { return network.DeleteVPC(tx, in.VpcID) }),
		requests.Do(h, "ModifyVpcAttribute", func(tx *world.Tx, in *modifyVpcAttributeInput) error {
			return network.SetVPCAttribute(tx, in.VpcID, in.EnableDNSSupport.Value, in.EnableDNSHostnames.Value)
		}),
		requests.View(h, "DescribeVpcAttribute", describeVpcAttribute),
		requests.Describe(h, "DescribeVpcs", "VpcId", "vpcSet", vpcFields, renderVPC),
	}
}

type vpcItem struct {
	VpcID         string                       `xml:"vpcId"`
	OwnerID       string                       `xml:"ownerId"`
	State         string                       `xml:"state"`
	CidrBlock     string                       `xml:"cidrBlock"`
	Associations  wire.Items[vpcCidrBlockItem] `xml:"cidrBlockAssociationSet"`
	DhcpOptionsID string                       `xml:"dhcpOptionsId"`
	Tenancy       string                       `xml:"instanceTenancy"`
	IsDefault     bool                         `xml:"isDefault"`
	Tags          wire.Items[requests.Tag]     `xml:"tagSet,omitempty"`
}

type vpcCidrBlockItem struct {
	AssociationID string `xml:"associationId"`
	CidrBlock     string `xml:"cidrBlock"`
	State         string `xml:"cidrBlockState>state"`
}

func renderVPC(_ *world.Tx, v *network.VPC) vpcItem {
	return vpcItem{VpcID: v.ID, OwnerID: world.AccountID, State: v.State, CidrBlock: v.CIDR.String(),
		Associations:  wire.Items[vpcCidrBlockItem]{{v.AssociationID, v.CIDR.String(), "associated"}},
		DhcpOptionsID: v.DHCPOptionsID, Tenancy: "default", IsDefault: v.Default, Tags: requests.TagSet(v.Tags)}
}

type createVpcInput struct {
	CidrBlock string                      `query:"CidrBlock"`
	Tags      []requests.TagSpecification `query:"TagSpecification"`
	_         wire.Only                   `query:"InstanceTenancy" only:"default"`
	_         wire.Only                   `query:"AmazonProvidedIpv6CidrBlock" only:"false"`
}

type createVpcOutput struct {
	Vpc createdVpcItem `xml:"vpc"`
}

// createdVpcItem is a VPC as CreateVpc shows it: a VPC without IPv6 has the list of its IPv6
// blocks in this reply alone.
type createdVpcItem struct {
	vpcItem
	IPv6 wire.Items[requests.None] `xml:"ipv6CidrBlockAssociationSet"`
}

func createVpc(tx *world.Tx, c *wire.Call, in *createVpcInput) (*createVpcOutput, error) {
	if in.CidrBlock == "" {
		return nil, refuse.New("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	v, err := requests.Create(c, in.Tags, "vpc", func(tags world.Tags) (*network.VPC, error) {
		return network.CreateVPC(tx, in.CidrBlock, tags)
	})
	if err != nil {
		return nil, err
	}
	return &createVpcOutput{createdVpcItem{vpcItem: renderVPC(tx, v)}}, nil
}

type vpcIDInput struct {
	VpcID string `query:"VpcId,required"`
}

type modifyVpcAttributeInput struct {
	VpcID              string                `query:"VpcId,required"`
	EnableDNSSupport   requests.BooleanValue `query:"EnableDnsSupport"`
	EnableDNSHostnames requests.BooleanValue `query:"EnableDnsHostnames"`
}

type describeVpcAttributeInput struct {
	VpcID     string `query:"VpcId,required"`
	Attribute string `query:"Attribute,required" enum:"enableDnsSupport|enableDnsHostnames|enableNetworkAddressUsageMetrics"`
}

type describeVpcAttributeOutput struct {
	VpcID        string                 `xml:"vpcId"`
	DNSSupport   *requests.BooleanValue `xml:"enableDnsSupport"`
	DNSHostnames *requests.BooleanValue `xml:"enableDnsHostnames"`
	UsageMetrics *requests.BooleanValue `xml:"enableNetworkAddressUsageMetrics"`
}

func describeVpcAttribute(tx *world.Tx, _ *wire.Call, in *describeVpcAttributeInput) (*describeVpcAttributeOutput, error) {
	v, err := world.Find[network.VPC](tx, in.VpcID)
	if err != nil {
		return nil, err
	}
	out := &describeVpcAttributeOutput{VpcID: v.ID}
	off := false
	switch in.Attribute {
	case "enableDnsSupport":
		out.DNSSupport = &requests.BooleanValue{Value: &v.DNSSupport}
	case "enableDnsHostnames":
		out.DNSHostnames = &requests.BooleanValue{Value: &v.DNSHostnames}
	default:
		out.UsageMetrics = &requests.BooleanValue{Value: &off}
	}
	return out, nil
}

func vpcFields(*world.Tx) requests.Fields[*network.VPC] {
	return requests.Fields[*network.VPC]{
		"vpc-id":                                func(v *network.VPC) []string { return requests.One(v.ID) },
		"state":                                 func(v *network.VPC) []string { return requests.One(v.State) },
		"cidr":                                  func(v *network.VPC) []string { return requests.One(v.CIDR.String()) },
		"cidr-block":                            func(v *network.VPC) []string { return requests.One(v.CIDR.String()) },
		"dhcp-options-id":                       func(v *network.VPC) []string { return requests.One(v.DHCPOptionsID) },
		"is-default":                            func(v *network.VPC) []string { return requests.YesNo(v.Default) },
		"isDefault":                             func(v *network.VPC) []string { return requests.YesNo(v.Default) },
		"owner-id":                              func(*network.VPC) []string { return requests.One(world.AccountID) },
		"cidr-block-association.cidr-block":     func(v *network.VPC) []string { return requests.One(v.CIDR.String()) },
		"cidr-block-association.association-id": func(v *network.VPC) []string { return requests.One(v.AssociationID) },
		"cidr-block-association.state":          func(*network.VPC) []string { return requests.One("associated") },
		"ipv6-cidr-block-association.ipv6-cidr-block": requests.Never[*network.VPC],
		"ipv6-cidr-block-association.ipv6-pool":       requests.Never[*network.VPC],
		"ipv6-cidr-block-association.association-id":  requests.Never[*network.VPC],
		"ipv6-cidr-block-association.state":           requests.Never[*network.VPC],
	}
}
