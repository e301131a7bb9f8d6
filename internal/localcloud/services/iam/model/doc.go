// Package model holds the objects of IAM and AWS's rules about them: roles with
// their policies, instance profiles, and the few managed policies that the local
// cloud knows. IAM is global: its objects live in region "", and the functions here
// take a transaction of any region. What policies mean is package policy's business, how
// calls look on the wire package api's.
package model

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{roleKind(), profileKind(), accountAliasKind()}
}

// RoleARN is the ARN of a role.
func RoleARN(path, name string) string { return arn("role", path, name) }

// ProfileARN is the ARN of an instance profile.
func ProfileARN(path, name string) string { return arn("instance-profile", path, name) }

// arn makes the ARN of an IAM resource, such as "role/service/web".
func arn(kind, path, name string) string {
	return "arn:aws:iam::" + world.AccountID + ":" + kind + path + name
}
