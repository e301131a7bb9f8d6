package wire

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Constraint is what a service checks of one parameter by itself, as the service's
// model declares it. The zero value lets everything through.
type Constraint struct {
	Min, Max *int64   // of a number's value, or of a text's or list's length
	Enum     []string // all values that there are
	Pattern  string   // of the whole text, as the model writes it
	Each     *Constraint

	expression func() (*regexp.Regexp, error) // compiled when it is first asked for, which is most of what reading the tags costs
	says       string                         // instead of the usual message about a pattern
}

// ConstraintOf reads the tags min, max, enum, pattern, match (the pattern in Go's form, where that looks ahead) and says
// of a field of a request struct, and those beginning with "each", which are about the elements of a list. It fails on
// tags that can't be read, and on patterns that can't be compiled.
func ConstraintOf(field reflect.StructField) (Constraint, error) {
	c, err := constraintsOf(field)
	for check := &c; err == nil && check != nil; check = check.Each {
		if check.Pattern == "" {
			continue
		}
		if _, err := check.expression(); err != nil {
			return c, fmt.Errorf("request field %s: tag pattern: %w", field.Name, err)
		}
	}
	return c, err
}

// constraintsOf is ConstraintOf without a look at the patterns.
func constraintsOf(field reflect.StructField) (Constraint, error) {
	c, err := constraintOf(field.Tag, "")
	if err != nil {
		return c, fmt.Errorf("request field %s: %w", field.Name, err)
	}
	each, err := constraintOf(field.Tag, "each")
	if err != nil {
		return c, fmt.Errorf("request field %s: %w", field.Name, err)
	}
	if !each.empty() {
		c.Each = &each
	}
	return c, nil
}

func constraintOf(tag reflect.StructTag, prefix string) (c Constraint, err error) {
	for _, bound := range []struct {
		name string
		to   **int64
	}{{"min", &c.Min}, {"max", &c.Max}} {
		text, ok := tag.Lookup(prefix + bound.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return c, fmt.Errorf("tag %s%s: %w", prefix, bound.name, err)
		}
		*bound.to = &n
	}
	if values := tag.Get(prefix + "enum"); values != "" {
		c.Enum = strings.Split(values, "|")
	}
	if c.Pattern = tag.Get(prefix + "pattern"); c.Pattern != "" {
		pattern := cmp.Or(tag.Get(prefix+"match"), c.Pattern)
		c.expression = sync.OnceValues(func() (*regexp.Regexp, error) {
			// The models' patterns are Java's, and are about the whole text.
			escaped := regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`).ReplaceAllString(pattern, `\x{$1}`)
			return regexp.Compile("^(?:" + escaped + ")$")
		})
	}
	c.says = tag.Get(prefix + "says")
	return c, nil
}

func (c Constraint) empty() bool {
	return c.Min == nil && c.Max == nil && c.Enum == nil && c.Pattern == "" && c.Each == nil
}

// String says in short what is let through, such as "5–300" or "1–64 characters".
// It is empty where that is everything. The type is the parameter's.
func (c Constraint) String(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var parts []string
	if c.Min != nil || c.Max != nil {
		parts = append(parts, c.bounds()+unit(t, c.Max))
	}
	if c.Enum != nil {
		parts = append(parts, strings.Join(c.Enum, " or "))
	}
	if c.Pattern != "" {
		parts = append(parts, "`"+strings.ReplaceAll(c.Pattern, "|", `\|`)+"`")
	}
	if c.Each != nil {
		parts = append(parts, "each "+c.Each.String(t.Elem()))
	}
	return strings.Join(parts, ", ")
}

func (c Constraint) bounds() string {
	switch {
	case c.Max == nil:
		return fmt.Sprintf("at least %d", *c.Min)
	case c.Min == nil || *c.Min == 0 && *c.Max > 0:
		return fmt.Sprintf("at most %d", *c.Max)
	}
	return fmt.Sprintf("%d–%d", *c.Min, *c.Max)
}

// unit is what a bound counts.
func unit(t reflect.Type, most *int64) string {
	var noun string
	switch t.Kind() {
	case reflect.String:
		noun = " character"
	case reflect.Slice:
		noun = " element"
	default:
		return ""
	}
	if most != nil && *most == 1 {
		return noun
	}
	return noun + "s"
}

// broken lists what of the constraint the value at a path breaks. The value is no pointer.
func (c Constraint) broken(v reflect.Value, path string) (broken []Violation) {
	for _, r := range c.rules(v) {
		if r.broken {
			r.Path, r.Value, r.Number = path, shown(v), v.CanInt()
			broken = append(broken, r.Violation)
		}
	}
	return broken
}

// rule is a part of a constraint, and whether a value breaks it.
type rule struct {
	Violation
	broken bool
}

// rules are the parts of a constraint for a value, in the words of the services' models.
func (c Constraint) rules(v reflect.Value) (rules []rule) {
	size, noun := int64(0), "length"
	switch v.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		size, noun = v.Int(), "value"
	case reflect.String:
		size = int64(utf8.RuneCountInString(v.String()))
	case reflect.Slice:
		size = int64(v.Len())
	}
	if c.Max != nil {
		text := fmt.Sprintf("Member must have %s less than or equal to %d", noun, *c.Max)
		rules = append(rules, rule{Violation{Text: text, Bound: *c.Max}, size > *c.Max})
	}
	if c.Min != nil {
		text := fmt.Sprintf("Member must have %s greater than or equal to %d", noun, *c.Min)
		rules = append(rules, rule{Violation{Text: text, Bound: *c.Min, Least: true}, size < *c.Min})
	}
	if c.Pattern != "" {
		text := "Member must satisfy regular expression pattern: " + c.Pattern
		expression, err := c.expression()
		rules = append(rules, rule{Violation{Text: text, Says: c.says}, err != nil || !expression.MatchString(v.String())})
	}
	if c.Enum != nil {
		text := "Member must satisfy enum value set: [" + strings.Join(c.Enum, ", ") + "]"
		rules = append(rules, rule{Violation{Text: text}, !slices.Contains(c.Enum, v.String())})
	}
	return rules
}

// shown is a value as messages show it.
func shown(v reflect.Value) string {
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v) // not v.Interface(), which unexported fields forbid
	}
	elements := make([]string, v.Len())
	for i := range elements {
		elements[i] = fmt.Sprint(v.Index(i))
	}
	return "[" + strings.Join(elements, ", ") + "]"
}
