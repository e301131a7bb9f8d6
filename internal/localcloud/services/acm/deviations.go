package acm

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where Certificate Manager here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Stricter, Text: "Certificates are issued for names of `example.localhost` alone, by an authority of the local cloud's own: no other zone is delegated to anybody here. Names of others wait for 72 h, and those of domains that nobody can have in the public DNS fail with `INVALID_PUBLIC_DOMAIN`."},
		{Operations: []string{"RequestCertificate"}, Kind: wire.Stricter, Text: "Names are validated by DNS, not by e-mail, which AWS takes where a request doesn't say, nor by HTTP; there is no private authority, and nothing to export."},
		{Operations: []string{"RequestCertificate"}, Kind: wire.Reading, Text: "Within its hour an idempotency token gives the certificate that it made, also when the request differs and when that certificate is deleted. AWS's reference says that one alone will be issued; public reports have the first (terraform-provider-aws#6666), and none the second."},
		{Operations: []string{"RequestCertificate"}, Kind: wire.Kinder, Text: "How many certificates were requested within a year isn't counted, only how many there are. Other reasons to fail, such as what AWS asks of well-known domains, come from the faults' `failures` alone."},
		{Operations: []string{"DescribeCertificate"}, Kind: wire.Kinder, Text: "The records of all names appear 5 s after the request; AWS says \"several seconds\", and now and then some were seen before others (aws-cdk#8282)."},
		{Operations: []string{"DescribeCertificate"}, Kind: wire.Reading, Text: "Records are looked for every 20 s at first, later every five minutes, and a certificate is issued 45 s after all are found: 102 s and 249 s were seen on AWS from request to issue. CAA records are looked at when it is issued."},
		{Operations: []string{"DescribeCertificate"}, Kind: wire.Reading, Text: "A renewal that can't be done is tried again every hour, and is `PENDING_VALIDATION` from the first failure; AWS publishes neither. The renewed certificate has a new key, and keeps `IssuedAt`."},
		{Operations: []string{"DescribeCertificate", "ListCertificates"}, Kind: wire.Reading, Text: "Key algorithms are written `RSA-2048` and `EC-prime256v1`, as recorded replies have them; the reference writes `RSA_2048`."},
		{Operations: []string{"ListTagsForCertificate"}, Kind: wire.Reading, Text: "A certificate without tags has an empty list, as moto answers; AWS's model has a minimum of one, which is meant for what is added, and no recorded reply shows it."},
		{Operations: []string{"DeleteCertificate"}, Kind: wire.Reading, Text: "A certificate is in use for a minute after its last listener let go of it; ten seconds to several minutes were seen on AWS (terraform-provider-aws#3866, aws-cdk#4179)."},
		{Operations: []string{"GetCertificate"}, Kind: wire.Reading, Text: "A request that failed gives `RequestInProgressException`, as one does that isn't decided; AWS doesn't say what it gives."},
		{Operations: []string{"ImportCertificate"}, Kind: wire.Reading, Text: "What is wrong with a certificate gets `ValidationException`, with the words of public reports where there are any. One that isn't self-signed needs its chain, as \"Certificate import problems\" says and \"Prerequisites\" doesn't."},
		{Operations: []string{"ListCertificates"}, Kind: wire.Reading, Text: "A certificate passes a filter of usages when it has one of those that are named."},
	}
}
