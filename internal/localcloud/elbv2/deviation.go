package elbv2

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// Deviations are where Elastic Load Balancing here is known to differ from AWS's, or may.
func Deviations() []wire.Deviation {
	return []wire.Deviation{
		{Operations: []string{"ModifyLoadBalancerAttributes"}, Kind: wire.Stricter, Text: "Access logs can't be switched on: there is no S3, so no bucket lets them be written."},
		{Operations: []string{"ModifyLoadBalancerAttributes", "ModifyListenerAttributes"}, Kind: wire.Kinder, Text: "Attributes of WAF, of TLS headers and of HTTP/2 are kept and shown, and change nothing."},
		{Operations: []string{"CreateLoadBalancer"}, Kind: wire.Reading, Text: "DNS names end in `.localhost`, and listeners are on loopback ports, which `local status` shows."},
		{Operations: []string{"SetSubnets", "DeleteLoadBalancer"}, Kind: wire.Reading, Text: "A node that leaves service goes on for its open connections for 10 s; AWS doesn't say how long its own do."},
		{Operations: []string{"CreateListener", "ModifyListener"}, Kind: wire.Stricter, Text: "An HTTPS listener is refused for its missing or unknown certificate: there are no certificates."},
	}
}
