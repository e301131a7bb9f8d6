package sns

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where SNS here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Stricter, Text: "Messages go to loopback addresses of this machine, and to no other: a delivery elsewhere fails. E-mails go into a mailbox that `platformctl local mail` shows, whatever their address."},
		{Kind: wire.Stricter, Text: "FIFO topics, delivery policies, filters, dead-letter queues, message attributes and batches aren't simulated, nor are the protocols `sqs`, `lambda`, `firehose`, `sms` and `application`."},
		{Operations: []string{"SetTopicAttributes"}, Kind: wire.Stricter, Text: "A topic's policy decides what AWS services may publish. Policies with `Deny` or `NotPrincipal` are refused, since they would bind callers of the account, too."},
		{Operations: []string{"CreateTopic", "SetTopicAttributes"}, Kind: wire.Reading, Text: "A topic takes any `KmsMasterKeyId`, and its key is looked at when there is a message; AWS doesn't say when it is. A message that was taken is delivered, whatever becomes of its key."},
		{Operations: []string{"Publish"}, Kind: wire.Reading, Text: "A delivery that an endpoint answers with a status from 400 to 499, but for 429, isn't tried again; others are, three times, 20 s apart. AWS spreads these times at random."},
		{Operations: []string{"TagResource", "UntagResource"}, Kind: wire.Reading, Text: "The message at more than 50 tags is our wording of an error that the API reference lists."},
		{Operations: []string{"CreateTopic", "Subscribe"}, Kind: wire.Stricter, Text: "Topics hold 12.5 million subscriptions on AWS; what fits here is bounded by memory, since each is kept."},
	}
}
