package api

import (
	"cmp"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access
// Management (IAM)".
func Asks() service.Asks {
	role, profile, managed := onRole(), onProfile(), onParameter("PolicyArn")
	asks := service.Asks{
		"CreateRole":            service.Asking(role, tagging("TagRole", roleOf)),
		"CreateInstanceProfile": service.Asking(profile, tagging("TagInstanceProfile", profileOf)),
		"AddRoleToInstanceProfile": service.Asking(profile, service.PassRole(func(tx *world.Tx, c *wire.Call) []string {
			return []string{roleOf(tx, c).ARN}
		})),
		"SimulatePrincipalPolicy": onParameter("PolicySourceArn"),
	}
	for _, operation := range []string{
		"AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy", "GetRole", "GetRolePolicy",
		"ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies", "ListRoleTags", "PutRolePermissionsBoundary",
		"PutRolePolicy", "TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole",
	} {
		asks[operation] = role
	}
	for _, operation := range []string{
		"DeleteInstanceProfile", "GetInstanceProfile", "ListInstanceProfileTags", "RemoveRoleFromInstanceProfile", "TagInstanceProfile", "UntagInstanceProfile",
	} {
		asks[operation] = profile
	}
	for _, operation := range []string{"GetPolicy", "GetPolicyVersion", "ListPolicyVersions"} {
		asks[operation] = managed
	}
	for _, operation := range []string{"CreateAccountAlias", "DeleteAccountAlias", "ListAccountAliases", "ListInstanceProfiles", "ListRoles",
		"ListUsers", "ListPolicies", "ListGroups", "ListServerCertificates", "ListSAMLProviders", "ListOpenIDConnectProviders"} {
		asks[operation] = service.Anything()
	}
	return asks
}

type finding = func(tx *world.Tx, c *wire.Call) service.Resource

func one(find finding) []service.Ask {
	return []service.Ask{{On: func(tx *world.Tx, c *wire.Call) []service.Resource { return []service.Resource{find(tx, c)} }}}
}

func onRole() []service.Ask    { return one(roleOf) }
func onProfile() []service.Ask { return one(profileOf) }

// onParameter is the operation's own action on the ARN that a parameter holds.
func onParameter(name string) []service.Ask {
	return one(func(_ *world.Tx, c *wire.Call) service.Resource { return service.Resource{ARN: c.Value(name)} })
}

// roleOf is the role that a call names. One that there isn't has the path that the call gives it, or none.
func roleOf(tx *world.Tx, c *wire.Call) service.Resource {
	r := service.Resource{ARN: model.RoleARN(cmp.Or(c.Value("Path"), "/"), c.Value("RoleName")), Context: requested(c)}
	if have, err := model.FindRole(tx, c.Value("RoleName")); err == nil && c.Operation != "CreateRole" {
		r.ARN = have.ARN()
		r.Context = service.Merged(r.Context, ofResource(have.Tags))
		// That of a call that puts one is the one that it asks for.
		if have.Boundary != "" && c.Operation != "PutRolePermissionsBoundary" {
			r.Context["iam:PermissionsBoundary"] = []string{have.Boundary}
		}
	}
	return r
}

// profileOf is the instance profile that a call names.
func profileOf(tx *world.Tx, c *wire.Call) service.Resource {
	r := service.Resource{ARN: model.ProfileARN(cmp.Or(c.Value("Path"), "/"), c.Value("InstanceProfileName")), Context: requested(c)}
	if have, err := model.FindProfile(tx, c.Value("InstanceProfileName")); err == nil && c.Operation != "CreateInstanceProfile" {
		r.ARN = have.ARN()
		r.Context = service.Merged(r.Context, ofResource(have.Tags))
	}
	return r
}

func ofResource(tags world.Tags) policy.Context {
	return service.TagKeys(tags, service.ResourceTag, "iam:ResourceTag/")
}

// requested are the condition keys that a request has of its own.
func requested(c *wire.Call) policy.Context {
	context := service.RequestedTags(service.TagsIn(c.Parts("Tags")))
	for key, values := range map[string][]string{
		"aws:TagKeys": c.Each("TagKeys"), "iam:PolicyARN": c.Each("PolicyArn"), "iam:PermissionsBoundary": c.Each("PermissionsBoundary"),
	} {
		if len(values) > 0 {
			context[key] = values
		}
	}
	return context
}

// tagging is the action that gives tags to what a call makes with tags.
func tagging(action string, find finding) []service.Ask {
	return []service.Ask{{Service: "iam", Action: action, On: func(tx *world.Tx, c *wire.Call) []service.Resource {
		if !c.Has("Tags") {
			return nil
		}
		return []service.Resource{find(tx, c)}
	}}}
}
