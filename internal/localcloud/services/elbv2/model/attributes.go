package model

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Attribute is one attribute of a request or reply.
type Attribute struct{ Key, Value string }

// attributeRule is what AWS knows about an attribute.
type attributeRule struct {
	initial string // value of a new object
	check   func(value string) bool
	// simulated, when set, says which of AWS's values the local cloud can honour.
	simulated func(value string) bool
}

// attributeRules are the attributes of one kind of object by key.
type attributeRules struct {
	noun string // as in refusals: "Load balancer"
	keys map[string]attributeRule
}

// all lists the values of all attributes, sorted by key: those that were set, and the
// initial ones.
func (r attributeRules) all(set map[string]string) []Attribute {
	var list []Attribute
	for _, key := range slices.Sorted(maps.Keys(r.keys)) {
		list = append(list, Attribute{key, r.value(set, key)})
	}
	return list
}

func (r attributeRules) value(set map[string]string, key string) string {
	if value, ok := set[key]; ok {
		return value
	}
	return r.keys[key].initial
}

// merge refuses attributes that AWS refuses and adds the others to those that are set.
func (r attributeRules) merge(set map[string]string, changes []Attribute) (map[string]string, error) {
	merged, seen := maps.Clone(set), map[string]bool{}
	if merged == nil {
		merged = map[string]string{}
	}
	for _, a := range changes {
		rule, known := r.keys[a.Key]
		switch {
		case !known:
			return nil, invalid("%s attribute key '%s' is not recognized", r.noun, a.Key)
		case seen[a.Key]:
			return nil, invalid("%s attribute key '%s' was specified more than once", r.noun, a.Key)
		case !rule.check(a.Value):
			return nil, invalid("%s attribute value '%s' is not valid for key '%s'", r.noun, a.Value, a.Key)
		case rule.simulated != nil && !rule.simulated(a.Value):
			return nil, refuse.NotSimulated("value '%s' of attribute %s is not simulated", a.Value, a.Key)
		}
		seen[a.Key] = true
		merged[a.Key] = a.Value
	}
	return merged, nil
}

func oneOf(values ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(values, value) }
}

func boolean(value string) bool { return value == "true" || value == "false" }

func number(low, high int) func(string) bool {
	return func(value string) bool {
		n, err := strconv.Atoi(value)
		return err == nil && strconv.Itoa(n) == value && low <= n && n <= high
	}
}

func either(checks ...func(string) bool) func(string) bool {
	return func(value string) bool {
		return slices.ContainsFunc(checks, func(check func(string) bool) bool { return check(value) })
	}
}

func atMost(length int) func(string) bool {
	return func(value string) bool { return len(value) <= length }
}

// cookieName is the check of an application's cookie name: AWS keeps some for itself.
func cookieName(value string) bool {
	return len(value) <= 256 && !strings.HasPrefix(value, "AWSALB") && !strings.ContainsAny(value, " ;,=\t\r\n\"")
}
