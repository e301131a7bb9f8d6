package kms

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where KMS here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Stricter, Text: "Keys are symmetric ones of KMS's own. Nothing is encrypted with them: `Encrypt`, `Decrypt`, data keys, grants, imports, replicas, key stores and rotation on demand aren't simulated, nor are the keys that AWS manages, such as `alias/aws/sns`, which lists leave out."},
		{Kind: wire.Stricter, Text: "A key's policy decides what callers of the account and AWS services may do with it. Policies with `NotPrincipal` are refused."},
		{Operations: []string{"CreateKey", "PutKeyPolicy"}, Kind: wire.Kinder, Text: "Users and roles that a policy names needn't exist; AWS refuses it with \"invalid principals\"."},
		{Operations: []string{"GetKeyPolicy"}, Kind: wire.Reading, Text: "A policy comes back as it was put; AWS may write the same document with other spaces."},
		{Operations: []string{"ScheduleKeyDeletion"}, Kind: wire.Reading, Text: "A key is gone at its deletion date; AWS takes up to 24 hours more. What is said of a window out of 7 to 30 days, which AWS's model wouldn't refuse, is our wording."},
		{Operations: []string{"CreateKey", "TagResource", "CreateAlias"}, Kind: wire.Reading, Text: "What is said at a quota, and of tags that can't be, is our wording of errors that the API reference lists."},
	}
}
