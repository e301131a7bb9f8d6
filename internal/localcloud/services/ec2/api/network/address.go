package network

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func addressOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "AllocateAddress", allocateAddress),
		requests.Do(h, "ReleaseAddress", releaseAddress),
		requests.Change(h, "AssociateAddress", associateAddress),
		requests.Do(h, "DisassociateAddress", func(tx *world.Tx, in *disassociateAddressInput) error {
			return network.DisassociateAddress(tx, in.AssociationID)
		}),
		requests.View(h, "DescribeAddresses", describeAddresses),
		requests.View(h, "DescribeAddressesAttribute", describeAddressesAttribute),
	}
}

type allocateAddressInput struct {
	Tags               []requests.TagSpecification `query:"TagSpecification"`
	NetworkBorderGroup string                      `query:"NetworkBorderGroup"`
	_                  wire.Only                   `query:"Domain" only:"vpc"`
}

type allocateAddressOutput struct {
	PublicIP           string `xml:"publicIp"`
	AllocationID       string `xml:"allocationId"`
	Domain             string `xml:"domain"`
	Pool               string `xml:"publicIpv4Pool"`
	NetworkBorderGroup string `xml:"networkBorderGroup"`
}

func allocateAddress(tx *world.Tx, c *wire.Call, in *allocateAddressInput) (*allocateAddressOutput, error) {
	if err := checkBorderGroup(tx, in.NetworkBorderGroup); err != nil {
		return nil, err
	}
	a, err := requests.Create(c, in.Tags, "elastic-ip", func(tags world.Tags) (*network.Address, error) {
		return network.AllocateAddress(tx, tags)
	})
	if err != nil {
		return nil, err
	}
	return &allocateAddressOutput{a.PublicIP.String(), a.ID, "vpc", "amazon", tx.Region()}, nil
}

type releaseAddressInput struct {
	AllocationID       string `query:"AllocationId,required"`
	NetworkBorderGroup string `query:"NetworkBorderGroup"`
}

// checkBorderGroup accepts the only network border group that a region without local
// zones has: its own name.
func checkBorderGroup(tx *world.Tx, name string) error {
	if name != "" && name != tx.Region() {
		return refuse.InvalidParameterValue("Value (%s) for parameter networkBorderGroup is invalid.", name)
	}
	return nil
}

func releaseAddress(tx *world.Tx, in *releaseAddressInput) error {
	if err := checkBorderGroup(tx, in.NetworkBorderGroup); err != nil {
		return err
	}
	return network.ReleaseAddress(tx, in.AllocationID)
}

type associateAddressInput struct {
	AllocationID       string `query:"AllocationId,required"`
	InstanceID         string `query:"InstanceId"`
	NetworkInterfaceID string `query:"NetworkInterfaceId"`
	AllowReassociation *bool  `query:"AllowReassociation"`
}

type associateAddressOutput struct {
	AssociationID string `xml:"associationId"`
}

func associateAddress(tx *world.Tx, _ *wire.Call, in *associateAddressInput) (*associateAddressOutput, error) {
	target := in.NetworkInterfaceID
	switch {
	case in.InstanceID != "" && target != "":
		return nil, refuse.InvalidParameterCombination("You may specify either instance or network interface, not both")
	case in.InstanceID != "":
		interfaces := network.InterfacesOf(tx, in.InstanceID)
		if len(interfaces) == 0 {
			return nil, refuse.NotFound("InvalidInstanceID.NotFound", "instance ID", in.InstanceID)
		}
		target = interfaces[0].ID
	case target == "":
		return nil, refuse.New("MissingParameter", "Either 'instanceId' or 'networkInterfaceId' must be specified.")
	}
	id, err := network.AssociateAddress(tx, in.AllocationID, target, in.AllowReassociation != nil && *in.AllowReassociation)
	if err != nil {
		return nil, err
	}
	return &associateAddressOutput{id}, nil
}

type disassociateAddressInput struct {
	AssociationID string `query:"AssociationId,required"`
}

type addressItem struct {
	PublicIP           string                   `xml:"publicIp"`
	AllocationID       string                   `xml:"allocationId"`
	Domain             string                   `xml:"domain"`
	AssociationID      string                   `xml:"associationId,omitempty"`
	InstanceID         string                   `xml:"instanceId,omitempty"`
	NetworkInterfaceID string                   `xml:"networkInterfaceId,omitempty"`
	InterfaceOwnerID   string                   `xml:"networkInterfaceOwnerId,omitempty"`
	PrivateIP          string                   `xml:"privateIpAddress,omitempty"`
	Pool               string                   `xml:"publicIpv4Pool"`
	NetworkBorderGroup string                   `xml:"networkBorderGroup"`
	Tags               wire.Items[requests.Tag] `xml:"tagSet,omitempty"`
}

func renderAddress(a *network.Address) addressItem {
	item := addressItem{PublicIP: a.PublicIP.String(), AllocationID: a.ID, Domain: "vpc", AssociationID: a.AssociationID,
		InstanceID: a.InstanceID, NetworkInterfaceID: a.NetworkInterfaceID, PrivateIP: requests.AddressText(a.PrivateIP),
		Pool: "amazon", NetworkBorderGroup: a.Region, Tags: requests.TagSet(a.Tags)}
	if a.AssociationID != "" {
		item.InterfaceOwnerID = world.AccountID
	}
	return item
}

type describeAddressesInput struct {
	AllocationIDs []string          `query:"AllocationId"`
	PublicIPs     []string          `query:"PublicIp"`
	Filters       []requests.Filter `query:"Filter"`
}

type describeAddressesOutput struct {
	Addresses wire.Items[addressItem] `xml:"addressesSet"`
}

func describeAddresses(tx *world.Tx, _ *wire.Call, in *describeAddressesInput) (*describeAddressesOutput, error) {
	if len(in.PublicIPs) > 0 {
		for _, ip := range in.PublicIPs {
			if !world.Exists(tx, func(a *network.Address) bool { return a.PublicIP.String() == ip }) {
				return nil, refuse.New("InvalidAddress.NotFound", "Address '%s' not found.", ip)
			}
		}
		in.Filters = append(in.Filters, requests.Filter{Name: "public-ip", Values: in.PublicIPs})
	}
	items, _, err := requests.List(tx, in.AllocationIDs, requests.Paging{Filters: in.Filters}, requests.Fields[*network.Address]{
		"allocation-id":              func(a *network.Address) []string { return requests.One(a.ID) },
		"association-id":             func(a *network.Address) []string { return requests.Some(a.AssociationID) },
		"domain":                     func(*network.Address) []string { return requests.One("vpc") },
		"instance-id":                func(a *network.Address) []string { return requests.Some(a.InstanceID) },
		"network-border-group":       func(a *network.Address) []string { return requests.One(a.Region) },
		"network-interface-id":       func(a *network.Address) []string { return requests.Some(a.NetworkInterfaceID) },
		"network-interface-owner-id": func(a *network.Address) []string { return requests.Some(renderAddress(a).InterfaceOwnerID) },
		"private-ip-address":         func(a *network.Address) []string { return requests.Some(requests.AddressText(a.PrivateIP)) },
		"public-ip":                  func(a *network.Address) []string { return requests.One(a.PublicIP.String()) },
	}, renderAddress)
	return &describeAddressesOutput{items}, err
}

type describeAddressesAttributeInput struct {
	AllocationIDs []string  `query:"AllocationId"`
	_             wire.Only `query:"Attribute" only:"domain-name" enum:"domain-name"`
	MaxResults    *int      `query:"MaxResults" min:"1" max:"1000"`
	NextToken     string    `query:"NextToken"`
}

type addressAttributeItem struct {
	PublicIP     string `xml:"publicIp"`
	AllocationID string `xml:"allocationId"`
}

type describeAddressesAttributeOutput struct {
	Addresses wire.Items[addressAttributeItem] `xml:"addressSet"`
	NextToken string                           `xml:"nextToken,omitempty"`
}

// describeAddressesAttribute says that no address has a domain name of its own.
func describeAddressesAttribute(tx *world.Tx, _ *wire.Call, in *describeAddressesAttributeInput) (*describeAddressesAttributeOutput, error) {
	items, next, err := requests.List(tx, in.AllocationIDs, requests.Paging{MaxResults: in.MaxResults, NextToken: in.NextToken}, nil,
		func(a *network.Address) addressAttributeItem { return addressAttributeItem{a.PublicIP.String(), a.ID} })
	return &describeAddressesAttributeOutput{items, next}, err
}
