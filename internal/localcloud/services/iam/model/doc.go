// Package model holds the objects of IAM and AWS's rules about them: roles with
// their policies, instance profiles, and the few managed policies that the local
// cloud knows. IAM is global: its objects live in region "", and the functions here
// take a transaction of any region. Whether a policy allows a call is not simulated:
// every caller may do everything. How calls look on the wire is package api's
// business.
package model

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{roleKind(), profileKind(), accountAliasKind()}
}

// arn makes the ARN of an IAM resource, such as "role/service/web".
func arn(kind, path, name string) string {
	return "arn:aws:iam::" + world.AccountID + ":" + kind + path + name
}
