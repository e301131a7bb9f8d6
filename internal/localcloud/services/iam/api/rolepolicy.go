package api

import (
	"path"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) rolePolicyOperations() []wire.Operation {
	return []wire.Operation{
		does(h, "PutRolePolicy", func(tx *world.Tx, in *putRolePolicyInput) error {
			return model.PutRolePolicy(tx, in.RoleName, in.PolicyName, in.PolicyDocument)
		}),
		view(h, "GetRolePolicy", getRolePolicy),
		view(h, "ListRolePolicies", listRolePolicies),
		does(h, "DeleteRolePolicy", func(tx *world.Tx, in *rolePolicyInput) error {
			return model.DeleteRolePolicy(tx, in.RoleName, in.PolicyName)
		}),
		does(h, "AttachRolePolicy", func(tx *world.Tx, in *attachmentInput) error {
			return model.AttachRolePolicy(tx, in.RoleName, in.PolicyArn)
		}),
		does(h, "DetachRolePolicy", func(tx *world.Tx, in *attachmentInput) error {
			return model.DetachRolePolicy(tx, in.RoleName, in.PolicyArn)
		}),
		view(h, "ListAttachedRolePolicies", listAttachedRolePolicies),
		does(h, "PutRolePermissionsBoundary", func(tx *world.Tx, in *boundaryInput) error {
			return model.PutPermissionsBoundary(tx, in.RoleName, in.PermissionsBoundary)
		}),
		does(h, "DeleteRolePermissionsBoundary", func(tx *world.Tx, in *roleNameInput) error {
			return model.DeletePermissionsBoundary(tx, in.RoleName)
		}),
	}
}

type putRolePolicyInput struct {
	roleNameInput
	PolicyName     string `query:"PolicyName,required" min:"1" max:"128" pattern:"[\\w+=,.@-]+" says:"The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"`
	PolicyDocument string `query:"PolicyDocument,required" min:"1" max:"131072" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

type rolePolicyInput struct {
	roleNameInput
	PolicyName string `query:"PolicyName,required" min:"1" max:"128" pattern:"[\\w+=,.@-]+" says:"The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"`
}

type getRolePolicyOutput struct {
	RoleName       string `xml:"RoleName"`
	PolicyName     string `xml:"PolicyName"`
	PolicyDocument string `xml:"PolicyDocument"`
}

func getRolePolicy(tx *world.Tx, _ *wire.Call, in *rolePolicyInput) (*getRolePolicyOutput, error) {
	document, err := model.RolePolicy(tx, in.RoleName, in.PolicyName)
	return &getRolePolicyOutput{in.RoleName, in.PolicyName, escaped(document)}, err
}

type listRolePoliciesInput struct {
	roleNameInput
	paging
}

type listRolePoliciesOutput struct {
	PolicyNames wire.Members[string] `xml:"PolicyNames"`
	paged
}

func listRolePolicies(tx *world.Tx, _ *wire.Call, in *listRolePoliciesInput) (*listRolePoliciesOutput, error) {
	r, err := model.FindRole(tx, in.RoleName)
	if err != nil {
		return nil, err
	}
	names, next, err := page(r.RolePolicies(), self, in.paging)
	return &listRolePoliciesOutput{names, next}, err
}

type attachmentInput struct {
	roleNameInput
	PolicyArn string `query:"PolicyArn,required" min:"20" max:"2048"`
}

type boundaryInput struct {
	roleNameInput
	PermissionsBoundary string `query:"PermissionsBoundary,required" min:"20" max:"2048"`
}

type listAttachedInput struct {
	roleNameInput
	PathPrefix string `query:"PathPrefix" min:"1" max:"512" pattern:"((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	paging
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
	r, err := model.FindRole(tx, in.RoleName)
	if err != nil {
		return nil, err
	}
	// All policies that can be attached lie under the path "/".
	attached := slices.Clone(r.Attached)
	if in.PathPrefix != "" && in.PathPrefix != "/" {
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
