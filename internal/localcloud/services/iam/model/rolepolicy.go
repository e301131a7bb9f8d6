package model

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// PutRolePolicy writes an inline policy into a role.
func PutRolePolicy(tx *world.Tx, role, name, document string) error {
	r, err := FindRole(tx, role)
	if err != nil {
		return err
	}
	if err := checkName("policyName", name, maxInlineName); err != nil {
		return err
	}
	if len(document) > maxPolicyDocuments {
		return constraint("…", "policyDocument", "Member must have length less than or equal to 131072")
	}
	if err := checkPermissions(document); err != nil {
		return err
	}
	size := withoutSpace(document)
	for other, text := range r.Inline {
		if other != name {
			size += withoutSpace(text)
		}
	}
	if size > maxInlineBytes {
		return refuse.WithStatus(refuse.StatusConflict, "LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", maxInlineBytes, role)
	}
	return editRole(tx, role, func(r *Role) {
		if r.Inline == nil {
			r.Inline = map[string]string{}
		}
		r.Inline[name] = document
	})
}

// RolePolicy returns the JSON of a role's inline policy.
func RolePolicy(tx *world.Tx, role, name string) (string, error) {
	r, err := FindRole(tx, role)
	if err != nil {
		return "", err
	}
	document, ok := r.Inline[name]
	if !ok {
		return "", noSuchEntity("The role policy with name %s cannot be found.", name)
	}
	return document, nil
}

// RolePolicies lists the names of a role's inline policies, sorted.
func (r *Role) RolePolicies() []string { return slices.Sorted(maps.Keys(r.Inline)) }

// DeleteRolePolicy deletes a role's inline policy.
func DeleteRolePolicy(tx *world.Tx, role, name string) error {
	if _, err := RolePolicy(tx, role, name); err != nil {
		return err
	}
	return editRole(tx, role, func(r *Role) { delete(r.Inline, name) })
}

// AttachRolePolicy attaches a managed policy to a role. Attached already is fine.
func AttachRolePolicy(tx *world.Tx, role, policyARN string) error {
	r, err := FindRole(tx, role)
	if err != nil {
		return err
	}
	if err := checkPolicyARN(policyARN); err != nil {
		return err
	}
	if _, ok := findManaged(policyARN); !ok {
		return unknownPolicy(policyARN, "Policy %s does not exist or is not attachable.")
	}
	if slices.Contains(r.Attached, policyARN) {
		return nil
	}
	if len(r.Attached) >= maxAttached {
		return limitExceeded("PoliciesPerRole", maxAttached)
	}
	return editRole(tx, role, func(r *Role) { r.Attached = append(r.Attached, policyARN) })
}

// DetachRolePolicy detaches a managed policy from a role.
func DetachRolePolicy(tx *world.Tx, role, policyARN string) error {
	r, err := FindRole(tx, role)
	if err != nil {
		return err
	}
	if err := checkPolicyARN(policyARN); err != nil {
		return err
	}
	if !slices.Contains(r.Attached, policyARN) {
		return noSuchEntity("Policy %s was not found.", policyARN)
	}
	return editRole(tx, role, func(r *Role) {
		r.Attached = slices.DeleteFunc(r.Attached, func(have string) bool { return have == policyARN })
	})
}

// PutPermissionsBoundary makes a managed policy the most that a role may do.
func PutPermissionsBoundary(tx *world.Tx, role, policyARN string) error {
	if _, err := FindRole(tx, role); err != nil {
		return err
	}
	if err := checkPolicyARN(policyARN); err != nil {
		return err
	}
	if _, ok := findManaged(policyARN); !ok {
		return unknownPolicy(policyARN, "Policy %s does not exist or is not attachable.")
	}
	return editRole(tx, role, func(r *Role) { r.Boundary = policyARN })
}

// DeletePermissionsBoundary takes a role's permissions boundary away.
func DeletePermissionsBoundary(tx *world.Tx, role string) error {
	r, err := FindRole(tx, role)
	if err != nil {
		return err
	}
	if r.Boundary == "" {
		return noSuchEntity("The role with name %s does not have a permissions boundary.", role)
	}
	return editRole(tx, role, func(r *Role) { r.Boundary = "" })
}

// withoutSpace is a document's size as IAM counts it.
func withoutSpace(document string) int {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(document)); err != nil {
		return len(document)
	}
	return b.Len()
}
