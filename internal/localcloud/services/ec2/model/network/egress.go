package network

import (
	"net/netip"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Way is a way out of a VPC, or why there is none.
type Way struct {
	Open bool
	Via  string // ID of the internet gateway, NAT gateway or VPC endpoint
	Why  string // what closes it, for a person; empty when open
}

func closed(v Verdict) Way { return Way{Why: v.Why} }

// Egress says how an instance reaches a TCP port on the internet.
func Egress(tx *world.Tx, instanceID string, port int) Way {
	return egress(tx, instanceID, internetHost(), port)
}

// EgressToS3 says how an instance reaches a TCP port of its region's S3, where Amazon
// Linux keeps its packages: through a gateway endpoint, or over the internet.
func EgressToS3(tx *world.Tx, instanceID string, port int) Way {
	s3 := netip.MustParsePrefix(PrefixListOf(tx.Region(), S3Service(tx.Region())).CIDRs[0]).Addr().Next()
	return egress(tx, instanceID, s3, port)
}

func egress(tx *world.Tx, instanceID string, to netip.Addr, port int) Way {
	interfaces := InterfacesOf(tx, instanceID)
	if len(interfaces) == 0 {
		return closed(dropped("instance %s has no network interface", instanceID))
	}
	i := interfaces[0]
	s, ok := world.Get[Subnet](tx, i.SubnetID)
	if !ok {
		return closed(dropped("subnet %s doesn't exist", i.SubnetID))
	}
	if !groupsAllow(tx, i, true, peer{ip: to}, port) {
		return closed(dropped("no egress rule of the instance's security groups lets it reach %s on port %d", to, port))
	}
	if v := leaving(tx, s.ID, to, port); !v.Allowed {
		return closed(v)
	}
	r, ok := routeTo(tx, s, to)
	if !ok {
		return closed(dropped("the route table of %s has no working route to %s", s.ID, to))
	}
	return onwards(tx, i, s, r, to, port)
}

// onwards follows the route out of the instance's subnet.
func onwards(tx *world.Tx, i *NetworkInterface, s *Subnet, r Route, to netip.Addr, port int) Way {
	switch {
	case r.NATGatewayID != "":
		return throughNAT(tx, i, r.NATGatewayID, to, port)
	case r.NetworkInterfaceID != "":
		return closed(dropped("the route of %s leads to %s, and what an instance forwards is not simulated", s.ID, r.NetworkInterfaceID))
	}
	if e, ok := world.Get[VPCEndpoint](tx, r.GatewayID); ok {
		if e.State != "available" {
			return closed(dropped("VPC endpoint %s is %s", e.ID, e.State))
		}
		return Way{Open: true, Via: e.ID}
	}
	if v := toInternetGateway(tx, s); !v.Allowed {
		return closed(v)
	}
	if i.Public == nil {
		return closed(dropped("the default route of %s leads to an internet gateway, and the instance has no public address", s.ID))
	}
	return Way{Open: true, Via: r.GatewayID}
}

func throughNAT(tx *world.Tx, i *NetworkInterface, natID string, to netip.Addr, port int) Way {
	n, ok := world.Get[NATGateway](tx, natID)
	if !ok || n.State != "available" {
		return closed(dropped("NAT gateway %s isn't available", natID))
	}
	gateway, ok := world.Get[NetworkInterface](tx, n.NetworkInterfaceID)
	if !ok {
		return closed(dropped("NAT gateway %s has no network interface", natID))
	}
	s, ok := world.Get[Subnet](tx, n.SubnetID)
	if !ok {
		return closed(dropped("subnet %s doesn't exist", n.SubnetID))
	}
	if i.SubnetID != n.SubnetID {
		if v := entering(tx, n.SubnetID, i.PrivateIP, port); !v.Allowed {
			return closed(v)
		}
		// The instance's own subnet sees the internet's address, not the gateway's,
		// and was asked already.
	}
	if v := toInternetGateway(tx, s); !v.Allowed {
		return closed(v)
	}
	if v := leaving(tx, n.SubnetID, to, port); !v.Allowed {
		return closed(v)
	}
	if gateway.Public == nil {
		return closed(dropped("NAT gateway %s has no public address", natID))
	}
	return Way{Open: true, Via: natID}
}
