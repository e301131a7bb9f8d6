package model

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Allows says whether a role's policies, and its permissions boundary, allow each of some requests.
func Allows(tx *world.Tx, role string, requests ...policy.Request) bool {
	r, ok := world.Get[Role](tx.In(""), strings.ToLower(role))
	if !ok {
		return false
	}
	principal := r.Principal()
	return !slices.ContainsFunc(requests, func(request policy.Request) bool { return principal.Decide(request).Decision != policy.Allowed })
}

// Principal are the policies that decide what may be done with the role: inline ones, managed ones, and its
// permissions boundary.
func (r *Role) Principal() policy.Principal {
	var p policy.Principal
	for _, name := range r.RolePolicies() {
		p.Identity = append(p.Identity, readStored(name, r.Inline[name]))
	}
	for _, policyARN := range r.Attached {
		if managed, ok := findManaged(policyARN); ok {
			p.Identity = append(p.Identity, readStored(managed.Name, managed.Document))
		}
	}
	if boundary, ok := findManaged(r.Boundary); ok {
		p.Boundary = append(p.Boundary, readStored(boundary.Name, boundary.Document))
	}
	return p
}

// readStored reads a document that was checked when it was stored.
func readStored(name, document string) policy.Policy {
	d, _ := policy.Read(document)
	return policy.Policy{Name: name, Document: d}
}
