package policy

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Condition is one operator on one key.
type Condition struct {
	Operator string // as it is written, such as "ForAllValues:StringLikeIfExists"
	Key      string
	Values   []string

	set      string // "", forAll or forAny
	operator string
	ifExists bool
}

const (
	forAll       = "ForAllValues"
	forAny       = "ForAnyValue"
	ifExists     = "IfExists"
	operatorNull = "Null"
)

// conditionsOf reads the element Condition.
func conditionsOf(raw json.RawMessage) ([]Condition, error) {
	operators, err := membersOf(raw)
	if err != nil {
		return nil, err
	}
	all := []Condition{}
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		keys, err := membersOf(operators[name])
		if err != nil || len(keys) == 0 {
			return nil, syntaxError()
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			c := Condition{Operator: name, Key: key}
			if err := c.parse(); err != nil {
				return nil, err
			}
			if c.Values, err = textsOf(keys[key], true); err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}

func (c *Condition) parse() error {
	c.operator = c.Operator
	if set, rest, found := strings.Cut(c.operator, ":"); found {
		if set != forAll && set != forAny {
			return malformed("Invalid Condition type : %s.", c.Operator)
		}
		c.set, c.operator = set, rest
	}
	if base, found := strings.CutSuffix(c.operator, ifExists); found && base != operatorNull {
		c.operator, c.ifExists = base, true
	}
	if _, known := operators()[c.operator]; !known && c.operator != operatorNull {
		return malformed("Invalid Condition type : %s.", c.Operator)
	}
	if vendor, name, found := strings.Cut(c.Key, ":"); !found || vendor == "" || name == "" {
		return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
	}
	return nil
}

// holds reports whether the condition holds for a request.
// Sources: IAM User Guide, "IAM JSON policy elements: Condition operators", "Set operators for
// multivalued context keys".
func (c Condition) holds(version string, r Request) bool {
	have := r.Context.Values(c.Key)
	if c.operator == operatorNull {
		return slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, "true") == (len(have) == 0) })
	}
	op := operators()[c.operator]
	if len(have) == 0 {
		switch c.set {
		case forAll:
			return true
		case forAny:
			return c.ifExists
		}
		return c.ifExists || op.negated
	}
	var want []string
	for _, value := range c.Values {
		expanded, ok := r.expand(version, value)
		if !ok {
			return false
		}
		want = append(want, expanded)
	}
	// Of several values in the policy, one must match; none may where the operator is negated.
	matches := func(value string) bool {
		return slices.ContainsFunc(want, func(w string) bool { return op.match(w, value) }) != op.negated
	}
	switch c.set {
	case forAll:
		return !slices.ContainsFunc(have, func(value string) bool { return !matches(value) })
	default:
		return slices.ContainsFunc(have, matches)
	}
}
