package model

import (
	"path"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Allows says whether a role may carry out each of the actions, such as
// "ssm:UpdateInstanceInformation", on every resource. A statement with a condition, or
// about some resources only, allows nothing here, and denies if it denies. What a permissions
// boundary doesn't allow, the role may not do.
func Allows(tx *world.Tx, role string, actions ...string) bool {
	r, ok := world.Get[Role](tx.In(""), strings.ToLower(role))
	if !ok {
		return false
	}
	list := parsed(r.documents()...)
	within := func(string) bool { return true }
	if boundary, ok := findManaged(r.Boundary); ok {
		limit := parsed(boundary.Document)
		within = func(action string) bool { return allowed(limit, action) }
	}
	return !slices.ContainsFunc(actions, func(action string) bool { return !allowed(list, action) || !within(action) })
}

// parsed are the statements of documents, which were checked when they were stored.
func parsed(documents ...string) (list []statement) {
	for _, document := range documents {
		more, _ := statements(document)
		list = append(list, more...)
	}
	return list
}

// documents are those of the role's inline and managed policies.
func (r *Role) documents() (all []string) {
	for _, name := range r.RolePolicies() {
		all = append(all, r.Inline[name])
	}
	for _, policyARN := range r.Attached {
		if p, ok := findManaged(policyARN); ok {
			all = append(all, p.Document)
		}
	}
	return all
}

func allowed(list []statement, action string) (yes bool) {
	for _, s := range list {
		if !s.covers(action) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		yes = yes || len(s.Condition) == 0 && slices.Contains(s.Resource, "*")
	}
	return yes
}

// covers reports whether the statement is about the action. Case doesn't matter in
// actions, and * and ? are wildcards.
func (s statement) covers(action string) bool {
	matches := func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(action))
		return ok && err == nil
	}
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, matches)
	}
	return slices.ContainsFunc(s.Action, matches)
}
