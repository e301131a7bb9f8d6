package network

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func dhcpOptionsOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{requests.View(h, "DescribeDhcpOptions", describeDHCPOptions)}
}

type describeDHCPOptionsInput struct {
	IDs []string `query:"DhcpOptionsId"`
	requests.Paging
}

type describeDHCPOptionsOutput struct {
	Options   wire.Items[dhcpOptionsItem] `xml:"dhcpOptionsSet"`
	NextToken string                      `xml:"nextToken,omitempty"`
}

type dhcpOptionsItem struct {
	ID             string                        `xml:"dhcpOptionsId"`
	OwnerID        string                        `xml:"ownerId"`
	Configurations wire.Items[dhcpConfiguration] `xml:"dhcpConfigurationSet"`
	Tags           wire.Items[requests.Tag]      `xml:"tagSet"`
}

type dhcpConfiguration struct {
	Key    string                `xml:"key"`
	Values wire.Items[dhcpValue] `xml:"valueSet"`
}

type dhcpValue struct {
	Value string `xml:"value"`
}

// describeDHCPOptions knows the one set that AWS puts into a region; there are no others.
// Source: Amazon VPC User Guide, "DHCP option sets".
func describeDHCPOptions(tx *world.Tx, _ *wire.Call, in *describeDHCPOptionsInput) (*describeDHCPOptionsOutput, error) {
	here, err := world.Find[network.Region](tx, tx.Region())
	if err != nil {
		return nil, err
	}
	for _, id := range in.IDs {
		if id != here.DHCPOptionsID {
			return nil, refuse.NotFound("InvalidDhcpOptionID.NotFound", "dhcpOption ID", id)
		}
	}
	domain := network.PrivateDomain(tx.Region())
	item := dhcpOptionsItem{ID: here.DHCPOptionsID, OwnerID: world.AccountID, Configurations: wire.Items[dhcpConfiguration]{
		{"domain-name", wire.Items[dhcpValue]{{domain}}}, {"domain-name-servers", wire.Items[dhcpValue]{{"AmazonProvidedDNS"}}}}}
	found, next, err := requests.SelectObjects([]*network.Region{here}, in.Paging, requests.Fields[*network.Region]{
		"dhcp-options-id": func(r *network.Region) []string { return requests.One(r.DHCPOptionsID) },
		"owner-id":        func(*network.Region) []string { return requests.One(world.AccountID) },
		"key":             func(*network.Region) []string { return []string{"domain-name", "domain-name-servers"} },
		"value":           func(*network.Region) []string { return []string{domain, "AmazonProvidedDNS"} },
	})
	out := &describeDHCPOptionsOutput{NextToken: next}
	for range found {
		out.Options = append(out.Options, item)
	}
	return out, err
}
