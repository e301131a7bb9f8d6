package network

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func natGatewayOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateNatGateway", createNatGateway),
		requests.Change(h, "DeleteNatGateway", deleteNatGateway),
		requests.Describe(h, "DescribeNatGateways", "NatGatewayId", "natGatewaySet", natGatewayFields, renderNATGateway),
	}
}

type natGatewayItem struct {
	ID               string                        `xml:"natGatewayId"`
	VpcID            string                        `xml:"vpcId"`
	SubnetID         string                        `xml:"subnetId"`
	State            string                        `xml:"state"`
	CreateTime       string                        `xml:"createTime"`
	DeleteTime       string                        `xml:"deleteTime,omitempty"`
	FailureCode      string                        `xml:"failureCode,omitempty"`
	FailureMessage   string                        `xml:"failureMessage,omitempty"`
	ConnectivityType string                        `xml:"connectivityType"`
	Addresses        wire.Items[natGatewayAddress] `xml:"natGatewayAddressSet"`
	Tags             wire.Items[requests.Tag]      `xml:"tagSet"`
}

type natGatewayAddress struct {
	AllocationID       string `xml:"allocationId"`
	AssociationID      string `xml:"associationId,omitempty"`
	NetworkInterfaceID string `xml:"networkInterfaceId,omitempty"`
	PrivateIP          string `xml:"privateIp,omitempty"`
	PublicIP           string `xml:"publicIp,omitempty"`
	IsPrimary          bool   `xml:"isPrimary"`
	Status             string `xml:"status"`
}

func renderNATGateway(_ *world.Tx, n *network.NATGateway) natGatewayItem {
	item := natGatewayItem{ID: n.ID, VpcID: n.VPCID, SubnetID: n.SubnetID, State: n.State, CreateTime: wire.Timestamp(n.Created),
		ConnectivityType: "public", Tags: requests.TagSet(n.Tags)}
	address := natGatewayAddress{AllocationID: n.AllocationID, IsPrimary: true, Status: "succeeded"}
	switch n.State {
	case "pending":
		address.Status = "associating"
	case "failed":
		item.FailureCode, item.FailureMessage = n.FailureCode, n.FailureMessage
		address.Status = "failed"
	default:
		address.AssociationID, address.NetworkInterfaceID = n.AssociationID, n.NetworkInterfaceID
		address.PrivateIP, address.PublicIP = requests.AddressText(n.PrivateIP), requests.AddressText(n.PublicIP)
	}
	if !n.Deleted.IsZero() {
		item.DeleteTime = n.Deleted.UTC().Format(time.RFC3339)
	}
	item.Addresses = wire.Items[natGatewayAddress]{address}
	return item
}

type createNatGatewayInput struct {
	SubnetID     string                      `query:"SubnetId,required"`
	AllocationID string                      `query:"AllocationId"`
	ClientToken  string                      `query:"ClientToken" max:"64"`
	Tags         []requests.TagSpecification `query:"TagSpecification"`
	_            wire.Only                   `query:"ConnectivityType" only:"public"`
}

type createNatGatewayOutput struct {
	ClientToken string         `xml:"clientToken,omitempty"`
	NatGateway  natGatewayItem `xml:"natGateway"`
}

func createNatGateway(tx *world.Tx, c *wire.Call, in *createNatGatewayInput) (*createNatGatewayOutput, error) {
	if in.AllocationID == "" {
		return nil, refuse.MissingParameter("AllocationId")
	}
	n, err := requests.Create(c, in.Tags, "natgateway", func(tags world.Tags) (*network.NATGateway, error) {
		return network.CreateNATGateway(tx, in.SubnetID, in.AllocationID, in.ClientToken, tags)
	})
	if err != nil {
		return nil, err
	}
	return &createNatGatewayOutput{in.ClientToken, renderNATGateway(tx, n)}, nil
}

type deleteNatGatewayInput struct {
	ID string `query:"NatGatewayId,required"`
}

type deleteNatGatewayOutput struct {
	ID string `xml:"natGatewayId"`
}

func deleteNatGateway(tx *world.Tx, _ *wire.Call, in *deleteNatGatewayInput) (*deleteNatGatewayOutput, error) {
	return &deleteNatGatewayOutput{in.ID}, network.DeleteNATGateway(tx, in.ID)
}

func natGatewayFields(*world.Tx) requests.Fields[*network.NATGateway] {
	return requests.Fields[*network.NATGateway]{
		"nat-gateway-id": func(n *network.NATGateway) []string { return requests.One(n.ID) },
		"state":          func(n *network.NATGateway) []string { return requests.One(n.State) },
		"subnet-id":      func(n *network.NATGateway) []string { return requests.One(n.SubnetID) },
		"vpc-id":         func(n *network.NATGateway) []string { return requests.One(n.VPCID) },
	}
}
