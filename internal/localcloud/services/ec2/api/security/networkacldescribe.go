package security

import (
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func networkACLFields(tx *world.Tx) requests.Fields[*network.NetworkACL] {
	associations := func(value func(network.Association) string) func(*network.NetworkACL) []string {
		return func(a *network.NetworkACL) (values []string) {
			for _, x := range a.Associations {
				values = append(values, value(x))
			}
			return values
		}
	}
	entries := func(value func(networkACLEntryItem) string) func(*network.NetworkACL) []string {
		return func(a *network.NetworkACL) (values []string) {
			for _, e := range renderNetworkACL(tx, a).Entries {
				values = append(values, requests.Some(value(e))...)
			}
			return values
		}
	}
	port := func(end func(portRange) int) func(*network.NetworkACL) []string {
		return entries(func(e networkACLEntryItem) string {
			if e.PortRange == nil {
				return ""
			}
			return strconv.Itoa(end(*e.PortRange))
		})
	}
	icmp := func(part func(icmpType) int) func(*network.NetworkACL) []string {
		return entries(func(e networkACLEntryItem) string {
			if e.ICMP == nil {
				return ""
			}
			return strconv.Itoa(part(*e.ICMP))
		})
	}
	return requests.Fields[*network.NetworkACL]{
		"entry.icmp.code":            icmp(func(i icmpType) int { return i.Code }),
		"entry.icmp.type":            icmp(func(i icmpType) int { return i.Type }),
		"entry.ipv6-cidr":            entries(func(e networkACLEntryItem) string { return e.IPv6Block }),
		"entry.cidr":                 entries(func(e networkACLEntryItem) string { return e.CidrBlock }),
		"entry.protocol":             entries(func(e networkACLEntryItem) string { return protocolName(e.Protocol) }),
		"entry.rule-action":          entries(func(e networkACLEntryItem) string { return e.RuleAction }),
		"entry.rule-number":          entries(func(e networkACLEntryItem) string { return strconv.Itoa(e.RuleNumber) }),
		"entry.egress":               entries(func(e networkACLEntryItem) string { return strconv.FormatBool(e.Egress) }),
		"entry.port-range.from":      port(func(r portRange) int { return r.From }),
		"entry.port-range.to":        port(func(r portRange) int { return r.To }),
		"network-acl-id":             func(a *network.NetworkACL) []string { return requests.One(a.ID) },
		"vpc-id":                     func(a *network.NetworkACL) []string { return requests.One(a.VPCID) },
		"owner-id":                   func(*network.NetworkACL) []string { return requests.One(world.AccountID) },
		"default":                    func(a *network.NetworkACL) []string { return requests.YesNo(a.Default) },
		"association.association-id": associations(func(x network.Association) string { return x.ID }),
		"association.subnet-id":      associations(func(x network.Association) string { return x.SubnetID }),
		"association.network-acl-id": func(a *network.NetworkACL) []string {
			if len(a.Associations) == 0 {
				return nil
			}
			return requests.One(a.ID)
		},
	}
}

// protocolName is how the filter entry.protocol calls a protocol.
func protocolName(number string) string {
	switch number {
	case "1":
		return "icmp"
	case "6":
		return "tcp"
	case "17":
		return "udp"
	}
	return number
}
