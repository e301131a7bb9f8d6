package model

import (
	"net/netip"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// addresses are those to which the load balancer's name leads: public ones where clients come from the internet.
func (b *LoadBalancer) addresses(tx *world.Tx) (list []netip.Addr) {
	for _, n := range b.Nodes {
		i, ok := world.Get[network.NetworkInterface](tx, n.InterfaceID)
		switch {
		case ok && b.Scheme == "internet-facing" && i.Public != nil:
			list = append(list, i.Public.IP)
		case ok:
			list = append(list, n.PrivateIP)
		}
	}
	return list
}

// HostedZoneID is the Route 53 zone of a region's load balancers.
// Source: AWS General Reference, "Elastic Load Balancing endpoints and quotas".
func HostedZoneID(region string) string {
	return map[string]string{
		"ap-northeast-1": "Z14GRHDCWA56QT", "ap-northeast-2": "ZWKZPGTI48KDX", "ap-northeast-3": "Z5LXEXXYW11ES",
		"ap-south-1": "ZP97RAFLXTNZK", "ap-southeast-1": "Z1LMS91P8CMLE5", "ap-southeast-2": "Z1GM3OXH4ZPM65",
		"ca-central-1": "ZQSVJUPU6J1EY", "eu-central-1": "Z215JYRZR1TBD5", "eu-north-1": "Z23TAZ6LKFMNIO",
		"eu-west-1": "Z32O12XQLNTSW2", "eu-west-2": "ZHURV8PSTC4K8", "eu-west-3": "Z3Q77PNBQS71R4",
		"sa-east-1": "Z2P70J7HTTTPLU", "us-east-1": "Z35SXDOTRQ7X7K", "us-east-2": "Z3AADJGX6KTTL2",
		"us-west-1": "Z368ELLRRE2KJ0", "us-west-2": "Z1H1FL5HABSF5",
	}[region]
}
