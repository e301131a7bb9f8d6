package iam

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where IAM here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Kinder, Text: "Policies are stored and their form is checked, but they allow and deny nothing: every caller may do what the faults' `deny` and `allow` say, whatever the resource."},
		{Operations: []string{"DeleteRolePermissionsBoundary"}, Kind: wire.Reading, Text: "Of a role without a permissions boundary it is refused with `NoSuchEntity`; AWS's reference names the code and doesn't say of what."},
		{Kind: wire.Reading, Text: "IAM's request limits aren't published; with throttling it has EC2's."},
	}
}
