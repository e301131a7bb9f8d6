package security

import (
	"net/netip"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func networkACLOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateNetworkAcl", createNetworkACL),
		requests.Do(h, "DeleteNetworkAcl", func(tx *world.Tx, in *deleteNetworkACLInput) error { return network.DeleteNetworkACL(tx, in.ID) }),
		requests.Do(h, "CreateNetworkAclEntry", putEntry(false)),
		requests.Do(h, "ReplaceNetworkAclEntry", putEntry(true)),
		requests.Do(h, "DeleteNetworkAclEntry", func(tx *world.Tx, in *deleteNetworkACLEntryInput) error {
			return network.DeleteNetworkACLEntry(tx, in.ID, *in.RuleNumber, *in.Egress)
		}),
		requests.Change(h, "ReplaceNetworkAclAssociation", replaceNetworkACLAssociation),
		requests.Describe(h, "DescribeNetworkAcls", "NetworkAclId", "networkAclSet", networkACLFields, renderNetworkACL),
	}
}

type networkACLItem struct {
	ID           string                                `xml:"networkAclId"`
	VpcID        string                                `xml:"vpcId"`
	OwnerID      string                                `xml:"ownerId"`
	Default      bool                                  `xml:"default"`
	Entries      wire.Items[networkACLEntryItem]       `xml:"entrySet"`
	Associations wire.Items[networkACLAssociationItem] `xml:"associationSet"`
	Tags         wire.Items[requests.Tag]              `xml:"tagSet"`
}

type networkACLEntryItem struct {
	RuleNumber int        `xml:"ruleNumber"`
	Protocol   string     `xml:"protocol"`
	RuleAction string     `xml:"ruleAction"`
	Egress     bool       `xml:"egress"`
	CidrBlock  string     `xml:"cidrBlock,omitempty"`
	IPv6Block  string     `xml:"ipv6CidrBlock,omitempty"`
	PortRange  *portRange `xml:"portRange"`
	ICMP       *icmpType  `xml:"icmpTypeCode"`
}

// icmpV6 is the number of ICMP's protocol for IPv6.
const icmpV6 = "58"

type portRange struct {
	From int `query:"From" xml:"from"`
	To   int `query:"To" xml:"to"`
}

type icmpType struct {
	Code int `query:"Code" xml:"code"`
	Type int `query:"Type" xml:"type"`
}

type networkACLAssociationItem struct {
	ID           string `xml:"networkAclAssociationId"`
	NetworkACLID string `xml:"networkAclId"`
	SubnetID     string `xml:"subnetId"`
}

func renderNetworkACL(_ *world.Tx, a *network.NetworkACL) networkACLItem {
	item := networkACLItem{ID: a.ID, VpcID: a.VPCID, OwnerID: world.AccountID, Default: a.Default, Tags: requests.TagSet(a.Tags)}
	for _, egress := range []bool{true, false} {
		for _, e := range a.Entries {
			if e.Egress == egress {
				item.Entries = append(item.Entries, renderEntry(e))
			}
		}
		item.Entries = append(item.Entries, networkACLEntryItem{RuleNumber: network.LastEntry, Protocol: "-1", RuleAction: "deny", Egress: egress, CidrBlock: "0.0.0.0/0"})
	}
	for _, x := range a.Associations {
		item.Associations = append(item.Associations, networkACLAssociationItem{x.ID, a.ID, x.SubnetID})
	}
	return item
}

func renderEntry(e network.NetworkACLEntry) networkACLEntryItem {
	item := networkACLEntryItem{RuleNumber: e.Number, Protocol: e.Protocol, RuleAction: "deny", Egress: e.Egress}
	if e.CIDR.Addr().Is6() {
		item.IPv6Block = e.CIDR.String()
	} else {
		item.CidrBlock = e.CIDR.String()
	}
	if e.Allow {
		item.RuleAction = "allow"
	}
	switch e.Protocol {
	case "6", "17":
		item.PortRange = &portRange{e.From, e.To}
	case "1", icmpV6:
		item.ICMP = &icmpType{e.ICMPCode, e.ICMPType}
	}
	return item
}

type createNetworkACLInput struct {
	VpcID       string                      `query:"VpcId,required"`
	ClientToken string                      `query:"ClientToken" max:"64"`
	Tags        []requests.TagSpecification `query:"TagSpecification"`
}

type createNetworkACLOutput struct {
	NetworkACL  networkACLItem `xml:"networkAcl"`
	ClientToken string         `xml:"clientToken,omitempty"`
}

func createNetworkACL(tx *world.Tx, c *wire.Call, in *createNetworkACLInput) (*createNetworkACLOutput, error) {
	a, err := requests.Create(c, in.Tags, "network-acl", func(tags world.Tags) (*network.NetworkACL, error) {
		return network.CreateNetworkACL(tx, in.VpcID, in.ClientToken, tags)
	})
	if err != nil {
		return nil, err
	}
	return &createNetworkACLOutput{renderNetworkACL(tx, a), in.ClientToken}, nil
}

type deleteNetworkACLInput struct {
	ID string `query:"NetworkAclId,required"`
}

type networkACLEntryInput struct {
	ID         string     `query:"NetworkAclId,required"`
	RuleNumber *int       `query:"RuleNumber,required"`
	Egress     *bool      `query:"Egress,required"`
	Protocol   string     `query:"Protocol,required"`
	RuleAction string     `query:"RuleAction,required" enum:"allow|deny"`
	CidrBlock  string     `query:"CidrBlock"`
	IPv6Block  string     `query:"Ipv6CidrBlock"`
	PortRange  *portRange `query:"PortRange"`
	ICMP       *icmpType  `query:"Icmp"`
}

func (in *networkACLEntryInput) entry() (network.NetworkACLEntry, error) {
	block, err := in.block()
	if err != nil {
		return network.NetworkACLEntry{}, err
	}
	e := network.NetworkACLEntry{Number: *in.RuleNumber, Egress: *in.Egress, Allow: in.RuleAction == "allow", Protocol: in.Protocol, CIDR: block.Masked()}
	if in.PortRange != nil {
		e.From, e.To = in.PortRange.From, in.PortRange.To
	} else if slices.Contains([]string{"tcp", "udp", "6", "17"}, in.Protocol) {
		return e, refuse.MissingParameter("portRange")
	}
	if in.ICMP != nil {
		e.ICMPCode, e.ICMPType = in.ICMP.Code, in.ICMP.Type
	} else if in.Protocol == icmpV6 && block.Addr().Is6() {
		return e, refuse.MissingParameter("icmpTypeCode") // source: API reference of CreateNetworkAclEntry
	}
	return e, nil
}

// block is the one CIDR block that an entry is about, of IPv4 or of IPv6.
func (in *networkACLEntryInput) block() (netip.Prefix, error) {
	text, parameter := in.CidrBlock, "cidrBlock"
	switch {
	case in.CidrBlock != "" && in.IPv6Block != "":
		return netip.Prefix{}, refuse.InvalidParameterCombination("The parameters cidrBlock and ipv6CidrBlock cannot be used together")
	case in.IPv6Block != "":
		text, parameter = in.IPv6Block, "ipv6CidrBlock"
	case in.CidrBlock == "":
		return netip.Prefix{}, refuse.MissingParameter("cidrBlock")
	}
	block, err := netip.ParsePrefix(text)
	if err != nil || block.Addr().Is6() != (in.IPv6Block != "") {
		return netip.Prefix{}, refuse.InvalidParameterValue("Value (%s) for parameter %s is invalid. This is not a valid CIDR block.", text, parameter)
	}
	return block.Masked(), nil
}

// putEntry adds an entry, or with replace puts another in its place.
func putEntry(replace bool) func(*world.Tx, *networkACLEntryInput) error {
	return func(tx *world.Tx, in *networkACLEntryInput) error {
		e, err := in.entry()
		if err != nil {
			return err
		}
		return network.PutNetworkACLEntry(tx, in.ID, e, replace)
	}
}

type deleteNetworkACLEntryInput struct {
	ID         string `query:"NetworkAclId,required"`
	RuleNumber *int   `query:"RuleNumber,required"`
	Egress     *bool  `query:"Egress,required"`
}

type replaceNetworkACLAssociationInput struct {
	AssociationID string `query:"AssociationId,required"`
	ID            string `query:"NetworkAclId,required"`
}

type replaceNetworkACLAssociationOutput struct {
	NewAssociationID string `xml:"newAssociationId"`
}

func replaceNetworkACLAssociation(tx *world.Tx, _ *wire.Call, in *replaceNetworkACLAssociationInput) (*replaceNetworkACLAssociationOutput, error) {
	id, err := network.ReplaceNetworkACLAssociation(tx, in.AssociationID, in.ID)
	return &replaceNetworkACLAssociationOutput{id}, err
}
