package route53

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where Route 53 here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Reading, Text: "The account owns the public hosted zone `example.localhost` from the start, and the root delegates that domain to its name servers. No operation changes the root: once the zone is deleted, no other one takes its place. Name servers' names end in `.localhost`, and the local cloud's DNS server, which `local status` shows, answers for all of them."},
		{Kind: wire.Reading, Text: "A record is in the DNS once its change is `INSYNC`, on all name servers at once; AWS's servers learn of it one by one. There are no caches, so no TTL is waited for. A zone that is deleted is out of the DNS at once."},
		{Kind: wire.Stricter, Text: "There are public zones and simple routing: private zones, weights, latency, places, failover, several values, health checks, traffic policies, DNSSEC and query logs aren't simulated."},
		{Operations: []string{"ChangeResourceRecordSets"}, Kind: wire.Reading, Text: "Where a batch deletes a record set, values count as the DNS sees them: neither their order nor the case and the final dot of names. AWS says that they must be the same."},
		{Operations: []string{"ChangeResourceRecordSets"}, Kind: wire.Reading, Text: "What is wrong with values of types but A, AAAA, TXT and SPF, and with a second value of a CNAME, is in words of ours. All that is wrong with a batch is said; AWS may stop earlier."},
		{Operations: []string{"ChangeResourceRecordSets"}, Kind: wire.Kinder, Text: "A load balancer can be an alias's target from its creation on; AWS was seen to refuse for some minutes. `PriorRequestNotComplete` comes only as a fault."},
		{Operations: []string{"ChangeResourceRecordSets"}, Kind: wire.Stricter, Text: "An alias leads to a load balancer or to a record set of its own zone: nothing else here has names in AWS's zones."},
		{Operations: []string{"CreateHostedZone"}, Kind: wire.Stricter, Text: "Every name of one label is refused as reserved; AWS has a list."},
		{Operations: []string{"GetChange"}, Kind: wire.Reading, Text: "A change can be asked for during a day; AWS doesn't say how long."},
		{Operations: []string{"ListHostedZones"}, Kind: wire.Reading, Text: "Zones come in the order of their IDs; AWS's has none that is documented."},
		{Kind: wire.Reading, Text: "A parameter that breaks the service's model gets `InvalidInput` in the words that other services have; AWS was seen to quote its XML validator."},
		{Kind: wire.Kinder, Text: "Calls may be signed for any region; AWS wants `us-east-1`."},
	}
}
