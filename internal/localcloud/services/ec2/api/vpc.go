package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) vpcOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateVpc", createVpc),
		change(h, "DeleteVpc", deleteVpc),
		change(h, "ModifyVpcAttribute", modifyVpcAttribute),
		view(h, "DescribeVpcAttribute", describeVpcAttribute),
		view(h, "DescribeVpcs", describeVpcs),
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
	Tags          wire.Items[tag]              `xml:"tagSet"`
}

type vpcCidrBlockItem struct {
	AssociationID string `xml:"associationId"`
	CidrBlock     string `xml:"cidrBlock"`
	State         string `xml:"cidrBlockState>state"`
}

func renderVPC(v *network.VPC) vpcItem {
	return vpcItem{VpcID: v.ID, OwnerID: world.AccountID, State: v.State, CidrBlock: v.CIDR.String(),
		Associations:  wire.Items[vpcCidrBlockItem]{{v.AssociationID, v.CIDR.String(), "associated"}},
		DhcpOptionsID: v.DHCPOptionsID, Tenancy: "default", IsDefault: v.Default, Tags: tagSet(v.Tags)}
}

type createVpcInput struct {
	CidrBlock string             `query:"CidrBlock"`
	Tags      []tagSpecification `query:"TagSpecification"`
	_         wire.Only          `query:"InstanceTenancy" only:"default"`
	_         wire.Only          `query:"AmazonProvidedIpv6CidrBlock" only:"false"`
}

type createVpcOutput struct {
	Vpc vpcItem `xml:"vpc"`
}

func createVpc(tx *world.Tx, c *wire.Call, in *createVpcInput) (*createVpcOutput, error) {
	if in.CidrBlock == "" {
		return nil, refuse.New("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	tags, err := tagsFor(in.Tags, "vpc")
	if err != nil {
		return nil, err
	}
	v, err := network.CreateVPC(tx, in.CidrBlock, tags)
	if err != nil {
		return nil, err
	}
	c.Resource = v.ID
	return &createVpcOutput{renderVPC(v)}, nil
}

type vpcIDInput struct {
	VpcID string `query:"VpcId,required"`
}

func deleteVpc(tx *world.Tx, _ *wire.Call, in *vpcIDInput) (*wire.Return, error) {
	return wire.Done(), network.DeleteVPC(tx, in.VpcID)
}

type booleanValue struct {
	Value *bool `query:"Value" xml:"value"`
}

type modifyVpcAttributeInput struct {
	VpcID              string       `query:"VpcId,required"`
	EnableDNSSupport   booleanValue `query:"EnableDnsSupport"`
	EnableDNSHostnames booleanValue `query:"EnableDnsHostnames"`
}

func modifyVpcAttribute(tx *world.Tx, _ *wire.Call, in *modifyVpcAttributeInput) (*wire.Return, error) {
	return wire.Done(), network.SetVPCAttribute(tx, in.VpcID, in.EnableDNSSupport.Value, in.EnableDNSHostnames.Value)
}

type describeVpcAttributeInput struct {
	VpcID     string `query:"VpcId,required"`
	Attribute string `query:"Attribute,required" enum:"enableDnsSupport|enableDnsHostnames|enableNetworkAddressUsageMetrics"`
}

type describeVpcAttributeOutput struct {
	VpcID        string        `xml:"vpcId"`
	DNSSupport   *booleanValue `xml:"enableDnsSupport"`
	DNSHostnames *booleanValue `xml:"enableDnsHostnames"`
	UsageMetrics *booleanValue `xml:"enableNetworkAddressUsageMetrics"`
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
		out.DNSSupport = &booleanValue{&v.DNSSupport}
	case "enableDnsHostnames":
		out.DNSHostnames = &booleanValue{&v.DNSHostnames}
	default:
		out.UsageMetrics = &booleanValue{&off}
	}
	return out, nil
}

type describeVpcsInput struct {
	IDs []string `query:"VpcId"`
	paging
}

type describeVpcsOutput struct {
	Vpcs      wire.Items[vpcItem] `xml:"vpcSet"`
	NextToken string              `xml:"nextToken,omitempty"`
}

func vpcFields() fields[*network.VPC] {
	return fields[*network.VPC]{
		"vpc-id":                                func(v *network.VPC) []string { return one(v.ID) },
		"state":                                 func(v *network.VPC) []string { return one(v.State) },
		"cidr":                                  func(v *network.VPC) []string { return one(v.CIDR.String()) },
		"cidr-block":                            func(v *network.VPC) []string { return one(v.CIDR.String()) },
		"dhcp-options-id":                       func(v *network.VPC) []string { return one(v.DHCPOptionsID) },
		"is-default":                            func(v *network.VPC) []string { return yesNo(v.Default) },
		"isDefault":                             func(v *network.VPC) []string { return yesNo(v.Default) },
		"owner-id":                              func(*network.VPC) []string { return one(world.AccountID) },
		"cidr-block-association.cidr-block":     func(v *network.VPC) []string { return one(v.CIDR.String()) },
		"cidr-block-association.association-id": func(v *network.VPC) []string { return one(v.AssociationID) },
		"cidr-block-association.state":          func(*network.VPC) []string { return one("associated") },
		"ipv6-cidr-block-association.ipv6-cidr-block": never[*network.VPC],
		"ipv6-cidr-block-association.ipv6-pool":       never[*network.VPC],
		"ipv6-cidr-block-association.association-id":  never[*network.VPC],
		"ipv6-cidr-block-association.state":           never[*network.VPC],
	}
}

func describeVpcs(tx *world.Tx, _ *wire.Call, in *describeVpcsInput) (*describeVpcsOutput, error) {
	items, next, err := list(tx, in.IDs, in.paging, vpcFields(), renderVPC)
	if err != nil {
		return nil, err
	}
	return &describeVpcsOutput{items, next}, nil
}
