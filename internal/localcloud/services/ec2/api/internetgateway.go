package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) internetGatewayOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateInternetGateway", createInternetGateway),
		change(h, "DeleteInternetGateway", deleteInternetGateway),
		change(h, "AttachInternetGateway", attachInternetGateway),
		change(h, "DetachInternetGateway", detachInternetGateway),
		view(h, "DescribeInternetGateways", describeInternetGateways),
	}
}

type internetGatewayItem struct {
	ID          string                             `xml:"internetGatewayId"`
	OwnerID     string                             `xml:"ownerId"`
	Attachments wire.Items[internetAttachmentItem] `xml:"attachmentSet"`
	Tags        wire.Items[tag]                    `xml:"tagSet"`
}

type internetAttachmentItem struct {
	VpcID string `xml:"vpcId"`
	State string `xml:"state"`
}

func renderInternetGateway(g *network.InternetGateway) internetGatewayItem {
	item := internetGatewayItem{ID: g.ID, OwnerID: world.AccountID, Tags: tagSet(g.Tags)}
	if g.VPCID != "" {
		item.Attachments = wire.Items[internetAttachmentItem]{{g.VPCID, "available"}}
	}
	return item
}

type createInternetGatewayInput struct {
	Tags []tagSpecification `query:"TagSpecification"`
}

type createInternetGatewayOutput struct {
	Gateway internetGatewayItem `xml:"internetGateway"`
}

func createInternetGateway(tx *world.Tx, c *wire.Call, in *createInternetGatewayInput) (*createInternetGatewayOutput, error) {
	tags, err := tagsFor(in.Tags, "internet-gateway")
	if err != nil {
		return nil, err
	}
	g, err := network.CreateInternetGateway(tx, tags)
	if err != nil {
		return nil, err
	}
	c.Resource = g.ID
	return &createInternetGatewayOutput{renderInternetGateway(g)}, nil
}

type internetGatewayIDInput struct {
	ID string `query:"InternetGatewayId,required"`
}

func deleteInternetGateway(tx *world.Tx, _ *wire.Call, in *internetGatewayIDInput) (*wire.Return, error) {
	return wire.Done(), network.DeleteInternetGateway(tx, in.ID)
}

type internetGatewayVPCInput struct {
	ID    string `query:"InternetGatewayId,required"`
	VpcID string `query:"VpcId,required"`
}

func attachInternetGateway(tx *world.Tx, _ *wire.Call, in *internetGatewayVPCInput) (*wire.Return, error) {
	return wire.Done(), network.AttachInternetGateway(tx, in.ID, in.VpcID)
}

func detachInternetGateway(tx *world.Tx, _ *wire.Call, in *internetGatewayVPCInput) (*wire.Return, error) {
	return wire.Done(), network.DetachInternetGateway(tx, in.ID, in.VpcID)
}

type describeInternetGatewaysInput struct {
	IDs []string `query:"InternetGatewayId"`
	paging
}

type describeInternetGatewaysOutput struct {
	Gateways  wire.Items[internetGatewayItem] `xml:"internetGatewaySet"`
	NextToken string                          `xml:"nextToken,omitempty"`
}

func describeInternetGateways(tx *world.Tx, _ *wire.Call, in *describeInternetGatewaysInput) (*describeInternetGatewaysOutput, error) {
	items, next, err := list(tx, in.IDs, in.paging, fields[*network.InternetGateway]{
		"internet-gateway-id": func(g *network.InternetGateway) []string { return one(g.ID) },
		"owner-id":            func(*network.InternetGateway) []string { return one(world.AccountID) },
		"attachment.vpc-id":   func(g *network.InternetGateway) []string { return some(g.VPCID) },
		"attachment.state": func(g *network.InternetGateway) []string {
			if g.VPCID == "" {
				return nil
			}
			return one("available")
		},
	}, renderInternetGateway)
	return &describeInternetGatewaysOutput{items, next}, err
}
