package network

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func internetGatewayOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateInternetGateway", createInternetGateway),
		requests.Do(h, "DeleteInternetGateway", func(tx *world.Tx, in *internetGatewayIDInput) error { return network.DeleteInternetGateway(tx, in.ID) }),
		requests.Do(h, "AttachInternetGateway", func(tx *world.Tx, in *internetGatewayVPCInput) error {
			return network.AttachInternetGateway(tx, in.ID, in.VpcID)
		}),
		requests.Do(h, "DetachInternetGateway", func(tx *world.Tx, in *internetGatewayVPCInput) error {
			return network.DetachInternetGateway(tx, in.ID, in.VpcID)
		}),
		requests.Describe(h, "DescribeInternetGateways", "InternetGatewayId", "internetGatewaySet", internetGatewayFields, renderInternetGateway),
	}
}

type internetGatewayItem struct {
	ID          string                             `xml:"internetGatewayId"`
	OwnerID     string                             `xml:"ownerId"`
	Attachments wire.Items[internetAttachmentItem] `xml:"attachmentSet"`
	Tags        wire.Items[requests.Tag]           `xml:"tagSet"`
}

type internetAttachmentItem struct {
	VpcID string `xml:"vpcId"`
	State string `xml:"state"`
}

func renderInternetGateway(_ *world.Tx, g *network.InternetGateway) internetGatewayItem {
	item := internetGatewayItem{ID: g.ID, OwnerID: world.AccountID, Tags: requests.TagSet(g.Tags)}
	if g.VPCID != "" {
		item.Attachments = wire.Items[internetAttachmentItem]{{g.VPCID, "available"}}
	}
	return item
}

type createInternetGatewayInput struct {
	Tags []requests.TagSpecification `query:"TagSpecification"`
}

type createInternetGatewayOutput struct {
	Gateway internetGatewayItem `xml:"internetGateway"`
}

func createInternetGateway(tx *world.Tx, c *wire.Call, in *createInternetGatewayInput) (*createInternetGatewayOutput, error) {
	g, err := requests.Create(c, in.Tags, "internet-gateway", func(tags world.Tags) (*network.InternetGateway, error) {
		return network.CreateInternetGateway(tx, tags)
	})
	if err != nil {
		return nil, err
	}
	return &createInternetGatewayOutput{renderInternetGateway(tx, g)}, nil
}

type internetGatewayIDInput struct {
	ID string `query:"InternetGatewayId,required"`
}

type internetGatewayVPCInput struct {
	ID    string `query:"InternetGatewayId,required"`
	VpcID string `query:"VpcId,required"`
}

func internetGatewayFields(*world.Tx) requests.Fields[*network.InternetGateway] {
	return requests.Fields[*network.InternetGateway]{
		"internet-gateway-id": func(g *network.InternetGateway) []string { return requests.One(g.ID) },
		"owner-id":            func(*network.InternetGateway) []string { return requests.One(world.AccountID) },
		"attachment.vpc-id":   func(g *network.InternetGateway) []string { return requests.Some(g.VPCID) },
		"attachment.state": func(g *network.InternetGateway) []string {
			if g.VPCID == "" {
				return nil
			}
			return requests.One("available")
		},
	}
}
