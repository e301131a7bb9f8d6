package s3

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where S3 here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Stricter, Text: "Buckets are general purpose buckets, addressed by path: names of buckets in the host, presigned URLs, ACLs, tags of objects, copies, storage classes, replication, notifications, object lock and KMS aren't simulated."},
		{Kind: wire.Kinder, Text: "Every caller counts as one who comes over TLS: the endpoint stands for AWS's own."},
		{Kind: wire.Kinder, Text: "What is written is seen at once by everybody, whatever eventual consistency is asked for; so it is on AWS for objects, and later for settings of buckets."},
		{Operations: []string{"CreateBucket"}, Kind: wire.Reading, Text: "Names that begin with `taken-` belong to other accounts."},
		{Operations: []string{"PutBucketPolicy"}, Kind: wire.Reading, Text: "A policy is public that allows everybody something without any condition; AWS looks at which conditions they are."},
		{Operations: []string{"PutBucketLifecycleConfiguration"}, Kind: wire.Stricter, Text: "Rules have a prefix, and expire by days: no tags, sizes, dates, nor moves to other storage classes."},
		{Operations: []string{"GetObject"}, Kind: wire.Stricter, Text: "One range at most, and no part of an upload by its number."},
		{Operations: []string{"GetObject", "HeadObject"}, Kind: wire.Reading, Text: "The refusal of what a delete marker hides has no `x-amz-delete-marker`."},
		{Operations: []string{"CompleteMultipartUpload"}, Kind: wire.Stricter, Text: "An upload that is completed is gone: to complete it again is refused, where AWS answers for a while as the first time."},
		{Operations: []string{"PutBucketTagging"}, Kind: wire.Reading, Text: "A tag without a key is `MalformedXML`, where AWS says `InvalidTag`."},
		{Kind: wire.Reading, Text: "A reply without a body has the content type of one, where AWS has none."},
	}
}
