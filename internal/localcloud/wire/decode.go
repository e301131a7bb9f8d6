package wire

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Only is the type of a field whose parameter is accepted with the values of its
// "only" tag (separated by '|'), which ask for nothing special, and refused as not
// simulated with any other.
type Only struct{}

// decode fills the request struct that in points to and refuses what it doesn't list.
func decode(parameters *node, in any, p protocol, c *Call) error {
	d := decoder{protocol: p, operation: c.Operation}
	if err := d.structure(parameters, reflect.ValueOf(in).Elem(), ""); err != nil {
		return err
	}
	if path, found := parameters.unread(""); found {
		return refuse.NotSimulated("parameter %s of %s is not simulated", path, c.Operation)
	}
	if c.Resource == "" {
		c.Resource = resourceOf(reflect.ValueOf(in).Elem())
	}
	return nil
}

type decoder struct {
	protocol  protocol
	operation string
}

func (d decoder) structure(n *node, v reflect.Value, path string) error {
	t := v.Type()
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous && field.Tag.Get("query") == "" {
			if err := d.structure(n, v.Field(i), path); err != nil {
				return err
			}
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("query"), ",")
		if name == "" {
			continue
		}
		full := name
		if path != "" {
			full = path + "." + name
		}
		child := n.children[name]
		if child == nil || !child.set && len(child.children) == 0 && d.protocol.kind != awsJSON {
			if options == "required" {
				return d.protocol.missing(full)
			}
			continue
		}
		if field.Type == reflect.TypeFor[Only]() {
			if err := d.only(child, field, full); err != nil {
				return err
			}
			continue
		}
		if err := d.value(child, v.Field(i), full); err != nil {
			return err
		}
		if options == "required" && d.protocol.kind == ec2Query && v.Field(i).IsZero() {
			return d.protocol.missing(full)
		}
		if err := d.constraints(field, v.Field(i), full); err != nil {
			return err
		}
	}
	return nil
}

func (d decoder) only(n *node, field reflect.StructField, path string) error {
	n.read = true
	if accepted := strings.Split(field.Tag.Get("only"), "|"); !slices.Contains(accepted, n.value) {
		return refuse.NotSimulated("value %q of parameter %s of %s is not simulated", n.value, path, d.operation)
	}
	return nil
}

func (d decoder) value(n *node, v reflect.Value, path string) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(n, v.Elem(), path)
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		n.read = true
		at, err := time.Parse(time.RFC3339, n.value)
		if err != nil {
			return d.protocol.invalid(path, n.value, "Not a valid timestamp")
		}
		v.Set(reflect.ValueOf(at))
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.structure(n, v, path)
	case reflect.Slice:
		elements, names := n.elements(d.protocol)
		n.read = n.read || n.value == "" // an empty list is sent as "Name="
		v.Set(reflect.MakeSlice(v.Type(), len(elements), len(elements)))
		for i, element := range elements {
			if err := d.value(element, v.Index(i), path+"."+names[i]); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map: // only awsjson has maps, and only of strings
		v.Set(reflect.MakeMap(v.Type()))
		for name, child := range n.children {
			child.read = true
			v.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(child.value))
		}
		return nil
	}
	if !n.set {
		return d.protocol.missing(path)
	}
	n.read = true
	return d.scalar(n.value, v, path)
}

func (d decoder) scalar(text string, v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true":
			v.SetBool(true)
		case "false":
			v.SetBool(false)
		default:
			return d.protocol.invalid(path, text, "Expecting a boolean value")
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		number, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return d.protocol.invalid(path, text, "Expecting an integer value")
		}
		v.SetInt(number)
	case reflect.Float64:
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return d.protocol.invalid(path, text, "Expecting a number")
		}
		v.SetFloat(number)
	default:
		return fmt.Errorf("request field %s has the unsupported type %s", path, v.Type())
	}
	return nil
}

// constraints checks the tags min, max, enum and pattern.
func (d decoder) constraints(field reflect.StructField, v reflect.Value, path string) error {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	size, noun := int64(0), "length"
	switch v.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		size, noun = v.Int(), "value"
	case reflect.String:
		size = int64(len([]rune(v.String())))
	case reflect.Slice:
		size = int64(v.Len())
	}
	shown := fmt.Sprint(v) // not v.Interface(), which unexported fields forbid
	if limit, ok := bound(field, "min"); ok && size < limit {
		return d.protocol.invalid(path, shown, fmt.Sprintf("Member must have %s greater than or equal to %d", noun, limit))
	}
	if limit, ok := bound(field, "max"); ok && size > limit {
		return d.protocol.invalid(path, shown, fmt.Sprintf("Member must have %s less than or equal to %d", noun, limit))
	}
	if values := field.Tag.Get("enum"); values != "" {
		allowed := strings.Split(values, "|")
		if !slices.Contains(allowed, v.String()) {
			return d.protocol.invalid(path, shown, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
		}
	}
	if pattern := field.Tag.Get("pattern"); pattern != "" {
		expression, err := regexp.Compile(pattern)
		if err != nil {
			return fmt.Errorf("pattern of request field %s: %w", path, err)
		}
		if !expression.MatchString(v.String()) {
			return d.protocol.invalid(path, shown, "Member must satisfy regular expression pattern: "+pattern)
		}
	}
	return nil
}

func bound(field reflect.StructField, tag string) (int64, bool) {
	n, err := strconv.ParseInt(field.Tag.Get(tag), 10, 64)
	return n, err == nil
}

// resourceOf finds what the call is about, for the log of calls: the first field of the
// request struct, in the order in which they are declared, that holds a name or an ID.
func resourceOf(in reflect.Value) string {
	for i := range in.NumField() {
		field, v := in.Type().Field(i), in.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("query"), ",")
		if field.Anonymous && name == "" {
			if found := resourceOf(v); found != "" {
				return found
			}
			continue
		}
		named := slices.ContainsFunc([]string{"Id", "Arn", "Arns", "Name", "Names"}, func(end string) bool { return strings.HasSuffix(name, end) })
		if v.Kind() == reflect.Slice && v.Len() > 0 {
			v = v.Index(0)
		}
		if named && v.Kind() == reflect.String && v.Len() > 0 {
			return v.String()
		}
	}
	return ""
}

// parameterNames lists the parameters of a request struct.
func parameterNames(request reflect.Type) []string {
	var names []string
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for i := range t.NumField() {
			field := t.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("query"), ",")
			if name != "" {
				names = append(names, name)
			} else if field.Anonymous {
				walk(field.Type)
			}
		}
	}
	walk(request)
	return names
}
