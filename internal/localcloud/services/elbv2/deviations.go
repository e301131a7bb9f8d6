package elbv2

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where Elastic Load Balancing here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Operations: []string{"CreateLoadBalancer", "CreateTargetGroup"}, Kind: wire.Reading, Text: "The account has the service's own role while it has a load balancer or a target group; else the call needs `iam:CreateServiceLinkedRole`."},
		{Operations: []string{"ModifyLoadBalancerAttributes"}, Kind: wire.Stricter, Text: "Access logs can't be switched on: there is no S3, so no bucket lets them be written."},
		{Operations: []string{"ModifyLoadBalancerAttributes", "ModifyListenerAttributes"}, Kind: wire.Kinder, Text: "Attributes of WAF, of TLS headers and of HTTP/2 are kept and shown, and change nothing."},
		{Operations: []string{"CreateTargetGroup"}, Kind: wire.Stricter, Text: "A name with two hyphens in a row is refused, with the words that moto has for it; AWS's reference doesn't say so, and some report that it was taken."},
		{Operations: []string{"CreateLoadBalancer"}, Kind: wire.Reading, Text: "DNS names end in `.localhost`, and listeners are on loopback ports, which `local status` shows."},
		{Operations: []string{"DescribeTargetHealth"}, Kind: wire.Reading, Text: "While an instance stops or is shut down, its targets stay in service until health checks fail: connections are refused for 8 s, requests in flight have 5 s, as nginx's unit on Amazon Linux gives them, and then there is silence. A target becomes `unused`, `Target.InvalidState`, 10 s after its instance is stopped; 10 s after it is terminated lists leave the target out. AWS publishes none of these times."},
		{Operations: []string{"DescribeTargetHealth"}, Kind: wire.Reading, Text: "A target whose instance is terminated is `draining` to who asks for it by name until it is deregistered; on AWS it was seen so for ten minutes, and nobody says for how long."},
		{Operations: []string{"SetSubnets", "DeleteLoadBalancer"}, Kind: wire.Reading, Text: "A node that leaves service goes on for its open connections for 10 s; AWS doesn't say how long its own do."},
		{Operations: []string{"ModifyLoadBalancerAttributes"}, Kind: wire.Stricter, Text: "With `routing.http.desync_mitigation_mode` `monitor`, a request is refused all the same whose end nobody can tell, with two lengths or one that is no number, and so is one whose method, version or path is none."},
		{Operations: []string{"CreateListener"}, Kind: wire.Stricter, Text: "An encoding other than `chunked` and `identity` gets 501, as AWS's troubleshooting page says, also where `chunked` follows it; AWS's http-desync-guardian calls that compliant. Lines that end in LF alone get 400; the guardian calls them acceptable where it reads them itself."},
		{Operations: []string{"CreateListener"}, Kind: wire.Reading, Text: "A load balancer frames again what it passes on. Chunk extensions, trailers, fields whose name is no token and values with CR, LF or NUL go no further; blanks and control characters in a target are percent-encoded; a target in absolute form goes on as its path, and its host takes the place of `Host`, for rules too; several `X-Forwarded-For` fields are joined. Two `Host` fields get 400, `CONNECT` 405, and `Upgrade: h2c` isn't passed on. AWS says of none of these what becomes of them."},
		{Operations: []string{"CreateListener", "ModifyListener"}, Kind: wire.Stricter, Text: "An HTTPS listener is refused for its missing or unknown certificate: there are no certificates."},
	}
}
