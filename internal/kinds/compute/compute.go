// Package compute holds the kinds of what a platform computes with: the
// instances, and the role and instance profile by which they may call AWS. It
// also finds the image to start them from and reads their console.
//
// One file is one AWS object. What an instance runs (its user data) and how
// many there are is for the blueprint to say; how traffic reaches them belongs
// to the loadbalancing package.
//
// It has more than 1,500 lines because the instance, its role and its image check and say more of
// themselves than other objects do.
package compute

import (
	"fmt"
	"slices"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Kinds are the kinds of this package, each after those that it is built on.
func Kinds() []resource.Handler {
	return []resource.Handler{
		RoleKind().Handler(),
		InstanceProfileKind().Handler(),
		InstanceKind().Handler(),
	}
}

// IdentityName is the only name that a role or an instance profile may have in
// a blueprint. IAM can't list by tags, so these two are found by a name that
// follows from the platform alone.
const IdentityName = "web"

// codeEntityAlreadyExists is how IAM refuses a name that is taken.
const codeEntityAlreadyExists = "EntityAlreadyExists"

// identity is the physical name of a platform's role and instance profile. IAM
// is global and platforms are per region, so the region is part of it.
// IAM allows 64 characters for a role, of which this uses at most 40.
func identity(owner awsapi.Owner) string {
	return owner.Platform + "-" + owner.Region + "-" + IdentityName
}

// identityPath is the path of a platform's role and instance profile. Policies tell them by it from those of others,
// which no tag does reliably where a role is passed.
// Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
const identityPath = "/platformctl/"

// checkIdentityName refuses a key that List would never find again.
func checkIdentityName(key resource.Key) error {
	if key.Name == IdentityName {
		return nil
	}
	return fmt.Errorf("%s can't be found again by its name: the only %s of a platform is %q", key, key.Kind, IdentityName)
}

// foreign is the error for a name that is taken by something that is not the
// call's own object.
func foreign(kind, name string, owner awsapi.Owner, err error) error {
	return fmt.Errorf("IAM already has the %s %s, and its tags say that it is not of platform %s in %s; delete it or choose another platform name: %w",
		kind, name, owner.Platform, owner.Region, err)
}

// without are the elements of a that b doesn't have.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
