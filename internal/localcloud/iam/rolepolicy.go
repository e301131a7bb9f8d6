package iam

import (
	"path"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/identity"
)

func (s *service) rolePolicyOperations() []wire.Operation {
	return []wire.Operation{
		change(s, "PutRolePolicy", putRolePolicy),
		view(s, "GetRolePolicy", getRolePolicy),
		view(s, "ListRolePolicies", listRolePolicies),
		change(s, "DeleteRolePolicy", deleteRolePolicy),
		change(s, "AttachRolePolicy", attachRolePolicy),
		change(s, "DetachRolePolicy", detachRolePolicy),
		view(s, "ListAttachedRolePolicies", listAttachedRolePolicies),
	}
}

type putRolePolicyInput struct {
	RoleName       string `query:"RoleName,required"`
	PolicyName     string `query:"PolicyName,required"`
	PolicyDocument string `query:"PolicyDocument,required"`
}

func putRolePolicy(tx *world.Tx, _ *wire.Call, in *putRolePolicyInput) (*wire.Empty, error) {
	return &wire.Empty{}, identity.PutRolePolicy(tx, in.RoleName, in.PolicyName, in.PolicyDocument)
}

type rolePolicyInput struct {
	RoleName   string `query:"RoleName,required"`
	PolicyName string `query:"PolicyName,required"`
}

type getRolePolicyOutput struct {
	RoleName       string `xml:"RoleName"`
	PolicyName     string `xml:"PolicyName"`
	PolicyDocument string `xml:"PolicyDocument"`
}

func getRolePolicy(tx *world.Tx, _ *wire.Call, in *rolePolicyInput) (*getRolePolicyOutput, error) {
	document, err := identity.RolePolicy(tx, in.RoleName, in.PolicyName)
	return &getRolePolicyOutput{in.RoleName, in.PolicyName, escaped(document)}, err
}

type listRolePoliciesInput struct {
	RoleName string `query:"RoleName,required"`
	paging
}

type listRolePoliciesOutput struct {
	PolicyNames wire.Members[string] `xml:"PolicyNames"`
	paged
}

func listRolePolicies(tx *world.Tx, _ *wire.Call, in *listRolePoliciesInput) (*listRolePoliciesOutput, error) {
	r, err := identity.FindRole(tx, in.RoleName)
	if err != nil {
		return nil, err
	}
	names, next, err := page(r.RolePolicies(), self, in.paging)
	return &listRolePoliciesOutput{names, next}, err
}

func deleteRolePolicy(tx *world.Tx, _ *wire.Call, in *rolePolicyInput) (*wire.Empty, error) {
	return &wire.Empty{}, identity.DeleteRolePolicy(tx, in.RoleName, in.PolicyName)
}

type attachmentInput struct {
	RoleName  string `query:"RoleName,required"`
	PolicyArn string `query:"PolicyArn,required"`
}

func attachRolePolicy(tx *world.Tx, _ *wire.Call, in *attachmentInput) (*wire.Empty, error) {
	return &wire.Empty{}, identity.AttachRolePolicy(tx, in.RoleName, in.PolicyArn)
}

func detachRolePolicy(tx *world.Tx, _ *wire.Call, in *attachmentInput) (*wire.Empty, error) {
	return &wire.Empty{}, identity.DetachRolePolicy(tx, in.RoleName, in.PolicyArn)
}

type listAttachedInput struct {
	RoleName string `query:"RoleName,required"`
	listByPathInput
}

type attachedItem struct {
	PolicyName string `xml:"PolicyName"`
	PolicyArn  string `xml:"PolicyArn"`
}

type listAttachedOutput struct {
	AttachedPolicies wire.Members[attachedItem] `xml:"AttachedPolicies"`
	paged
}

func listAttachedRolePolicies(tx *world.Tx, _ *wire.Call, in *listAttachedInput) (*listAttachedOutput, error) {
	r, err := identity.FindRole(tx, in.RoleName)
	if err != nil {
		return nil, err
	}
	// All policies that can be attached lie under the path "/".
	attached := slices.Clone(r.Attached)
	if in.prefix() != "/" {
		attached = nil
	}
	slices.SortFunc(attached, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	attached, next, err := page(attached, path.Base, in.paging)
	if err != nil {
		return nil, err
	}
	out := &listAttachedOutput{paged: next}
	for _, arn := range attached {
		out.AttachedPolicies = append(out.AttachedPolicies, attachedItem{path.Base(arn), arn})
	}
	return out, nil
}
