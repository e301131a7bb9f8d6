package policy

import (
	"encoding/json"
	"slices"
)

// Resource reads the policy of a resource that isn't IAM's: its statement IDs may have any characters. The error is a
// *Malformed.
// Source: IAM User Guide, "IAM JSON policy elements: Sid".
func Resource(text string) (Document, error) { return read(text) }

// ForService is the part of a resource's policy that is about a caller who is an AWS service, such as
// "cloudwatch.amazonaws.com". Statements with NotPrincipal are left out.
// Source: IAM User Guide, "AWS JSON policy elements: Principal".
func (d Document) ForService(name string) Document { return d.forPrincipal("Service", name) }

// ForAccount is the part of a resource's policy that is about a caller of the account: it names the account, or the
// caller's ARN. Statements with NotPrincipal are left out.
// Source: IAM User Guide, "AWS JSON policy elements: Principal", "AWS account principals".
func (d Document) ForAccount(account, caller string) Document {
	return d.forPrincipal("AWS", account, "arn:aws:iam::"+account+":root", caller)
}

func (d Document) forPrincipal(kind string, names ...string) Document {
	part := Document{Version: d.Version}
	for _, s := range d.Statements {
		if s.names(kind, names) {
			part.Statements = append(part.Statements, s)
		}
	}
	return part
}

// names reports whether the statement's principal is everybody, or one of a type and of these names.
func (s Statement) names(kind string, names []string) bool {
	var everybody string
	if json.Unmarshal(s.Principal, &everybody) == nil {
		return everybody == "*"
	}
	var principals map[string]json.RawMessage
	if json.Unmarshal(s.Principal, &principals) != nil {
		return false
	}
	for of, raw := range principals {
		list, err := textsOf(raw, false)
		if err != nil {
			continue
		}
		if of == "AWS" && slices.Contains(list, "*") || of == kind && slices.ContainsFunc(list, func(one string) bool { return slices.Contains(names, one) }) {
			return true
		}
	}
	return false
}
