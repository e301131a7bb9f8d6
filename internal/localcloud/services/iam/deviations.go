package iam

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where IAM here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Kinder, Text: "Every caller is one user, who may do everything. With `local serve --policy FILE` that user has those policies, and they decide, by resource and condition; the faults' `deny` and `allow` decide by action alone. A role's policies decide what its instances' agents may do."},
		{Kind: wire.Kinder, Text: "Of the policies that AWS puts together there are those of identities, and permissions boundaries: not those of resources, organizations and sessions."},
		{Kind: wire.Stricter, Text: "A policy with a condition key or a variable that no request here has is refused by its name, as not simulated."},
		{Kind: wire.Reading, Text: "A policy judges a call about an object that isn't there by its ID, without tags and, of a role, without a path: where it asks for a tag, the call is denied. A call about an association that isn't there is refused for that. AWS documents neither."},
		{Operations: []string{"SimulatePrincipalPolicy"}, Kind: wire.Reading, Text: "The context keys that are missing are those of the statements about the action and the resource; AWS's reference says of the policies."},
		{Operations: []string{"CreateRole", "UpdateAssumeRolePolicy"}, Kind: wire.Kinder, Text: "A service, an account or an identity provider that a trust policy names isn't looked for; a user or role of another account is refused as not simulated."},
		{Kind: wire.Kinder, Text: "ARNs of IAM and STS are of the partition `aws` also where the call is to a region of another."},
		{Operations: []string{"DeleteRolePermissionsBoundary"}, Kind: wire.Reading, Text: "Of a role without a permissions boundary it is refused with `NoSuchEntity`; AWS's reference names the code and doesn't say of what."},
		{Kind: wire.Reading, Text: "IAM's request limits aren't published; with throttling it has EC2's."},
	}
}
