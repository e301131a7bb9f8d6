package policy

import (
	"slices"
	"strings"
)

// Request is what a principal wants to do: an action, such as "ec2:CreateVpc", on the ARN of a
// resource, or on "*".
type Request struct {
	Action, Resource string
	Context          Context
}

// Context are the condition keys of a request with their values. A key without a value is absent.
type Context map[string][]string

// Values are those of a key. Letters' case doesn't count, not in the keys of tags either.
// Source: IAM User Guide, "IAM JSON policy elements: Condition".
func (c Context) Values(key string) []string {
	if values, ok := c[key]; ok {
		return values
	}
	for name, values := range c {
		if strings.EqualFold(name, key) {
			return values
		}
	}
	return nil
}

// Policy is a document with the name by which a decision refers to it.
type Policy struct {
	Name string
	Document
}

// Principal are the policies that decide what somebody may do.
type Principal struct {
	Identity []Policy
	Boundary []Policy // one, or none: then nothing is bounded
}

// Decision is what policies say of a request, in the words of IAM's policy simulator.
type Decision string

// The decisions.
const (
	Allowed      Decision = "allowed"
	ExplicitDeny Decision = "explicitDeny"
	ImplicitDeny Decision = "implicitDeny"
)

// Match is a statement that was about a request, and held.
type Match struct {
	Policy string // its name
	Sid    string
	Effect string
}

// Verdict is a decision with its reasons.
type Verdict struct {
	Decision Decision
	// Boundary says that the permissions boundary denies it, and not the identity's policies.
	Boundary bool
	// Matched are the statements that made the decision.
	Matched []Match
	// Missing are the condition keys that the statements about the request ask for, and that it
	// doesn't have. Sorted.
	Missing []string
}

// Decide puts the policies together: what one denies is denied; else it is allowed by what allows it
// in the identity's policies, and in the boundary, too, where there is one.
// Source: IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access".
func (p Principal) Decide(r Request) Verdict {
	identity, boundary := evaluate(p.Identity, r), evaluate(p.Boundary, r)
	v := Verdict{Missing: slices.Concat(identity.Missing, boundary.Missing)}
	slices.Sort(v.Missing)
	v.Missing = slices.Compact(v.Missing)
	switch {
	case identity.Decision == ExplicitDeny:
		v.Decision, v.Matched = ExplicitDeny, identity.Matched
	case boundary.Decision == ExplicitDeny:
		v.Decision, v.Matched, v.Boundary = ExplicitDeny, boundary.Matched, true
	case identity.Decision == ImplicitDeny:
		v.Decision = ImplicitDeny
	case len(p.Boundary) > 0 && boundary.Decision == ImplicitDeny:
		v.Decision, v.Boundary = ImplicitDeny, true
	default:
		v.Decision, v.Matched = Allowed, identity.Matched
	}
	return v
}

// evaluate decides by policies of one sort.
func evaluate(policies []Policy, r Request) Verdict {
	v := Verdict{Decision: ImplicitDeny}
	var allows []Match
	for _, p := range policies {
		for _, s := range p.Statements {
			if !s.covers(p.Version, r) {
				continue
			}
			for _, c := range s.Conditions {
				if len(r.Context.Values(c.Key)) == 0 {
					v.Missing = append(v.Missing, c.Key)
				}
			}
			if slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !c.holds(p.Version, r) }) {
				continue
			}
			match := Match{p.Name, s.Sid, s.Effect}
			if s.Effect == "Deny" {
				v.Decision, v.Matched = ExplicitDeny, append(v.Matched, match)
				continue
			}
			allows = append(allows, match)
		}
	}
	if v.Decision != ExplicitDeny && len(allows) > 0 {
		v.Decision, v.Matched = Allowed, allows
	}
	return v
}

// covers reports whether the statement is about a request's action and resource.
func (s Statement) covers(version string, r Request) bool {
	action := func(pattern string) bool { return matchesAction(pattern, r.Action) }
	resource := func(pattern string) bool {
		expanded, ok := r.expand(version, pattern)
		return ok && matchesARN(expanded, r.Resource)
	}
	if s.NotAction != nil {
		if slices.ContainsFunc(s.NotAction, action) {
			return false
		}
	} else if !slices.ContainsFunc(s.Action, action) {
		return false
	}
	if s.NotResource != nil {
		return !slices.ContainsFunc(s.NotResource, resource)
	}
	return slices.ContainsFunc(s.Resource, resource)
}
