package network

import (
	"net/netip"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// PrivateDNSName is the name that AWS derives from a private address.
// Source: Amazon EC2 User Guide, "EC2 instance hostname types".
func PrivateDNSName(region string, ip netip.Addr) string {
	return "ip-" + strings.ReplaceAll(ip.String(), ".", "-") + "." + PrivateDomain(region)
}

// PrivateDomain is the domain of the private names in a region.
func PrivateDomain(region string) string {
	if region == "us-east-1" {
		return "ec2.internal"
	}
	return region + ".compute.internal"
}

// InterfaceDNSName is the private name of an interface; empty where its VPC has no DNS
// hostnames.
func InterfaceDNSName(tx *world.Tx, i *NetworkInterface) string {
	if v, ok := world.Get[VPC](tx, i.VPCID); !ok || !v.DNSHostnames {
		return ""
	}
	return PrivateDNSName(tx.Region(), i.PrivateIP)
}

// PublicDNSName is the name of an interface's public address; empty where it has none,
// or its VPC has no DNS hostnames.
func PublicDNSName(tx *world.Tx, i *NetworkInterface) string {
	v, ok := world.Get[VPC](tx, i.VPCID)
	if i.Public == nil || !ok || !v.DNSHostnames {
		return ""
	}
	domain := tx.Region() + ".compute." + region.Domain(tx.Region())
	if tx.Region() == "us-east-1" {
		domain = "compute-1.amazonaws.com"
	}
	return "ec2-" + strings.ReplaceAll(i.Public.IP.String(), ".", "-") + "." + domain
}
