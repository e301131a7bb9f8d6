package wire

import (
	"fmt"
	"reflect"
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
func (f form) decode(parameters *node, in any, p protocol, c *Call) error {
	d := decoder{protocol: p, operation: c.Operation, form: f}
	if err := d.structure(parameters, reflect.ValueOf(in).Elem(), ""); err != nil {
		return err
	}
	if path, found := parameters.unread(""); found {
		return refuse.NotSimulated("parameter %s of %s is not simulated", path, c.Operation)
	}
	if len(d.violations) > 0 {
		return p.violated(d.violations)
	}
	if c.Resource == "" {
		c.Resource = resourceOf(reflect.ValueOf(in).Elem())
	}
	return nil
}

type decoder struct {
	protocol  protocol
	operation string
	form      form
	// violations are those of the constraints of the service's model.
	violations []violation
}

func (d *decoder) structure(n *node, v reflect.Value, path string) error {
	n.read = n.read || n.hollow
	for _, m := range d.form[v.Type()] {
		full := m.name
		if path != "" {
			full = path + "." + m.name
		}
		child := n.children[m.name]
		if child == nil || !child.set && len(child.children) == 0 && d.protocol.kind != awsJSON {
			if m.required {
				d.violate(violation{path: full, missing: true})
			}
			continue
		}
		if err := d.member(child, m, v.FieldByIndex(m.index), full); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) member(n *node, m member, v reflect.Value, path string) error {
	if m.only != nil {
		n.read = true
		text := reflect.ValueOf(n.value)
		if !slices.Contains(m.only, n.value) && len(m.constraint.broken(text)) == 0 {
			return refuse.NotSimulated("value %q of parameter %s of %s is not simulated", n.value, path, d.operation)
		}
		d.constraints(m.constraint, text, path)
		return nil
	}
	if err := d.value(n, v, path); err != nil {
		return err
	}
	if m.required && d.protocol.kind == ec2Query && v.IsZero() {
		d.violate(violation{path: path, missing: true})
		return nil
	}
	d.constraints(m.constraint, v, path)
	return nil
}

func (d *decoder) violate(v violation) { d.violations = append(d.violations, v) }

func (d *decoder) value(n *node, v reflect.Value, path string) error {
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
		if n.list {
			return d.protocol.invalid(path, n.value, "Expecting a structure, not a list")
		}
		return d.structure(n, v, path)
	case reflect.Slice:
		if d.protocol.kind == awsJSON && !n.list {
			return d.protocol.invalid(path, n.value, "Expecting a list")
		}
		elements, names := n.elements(d.protocol)
		n.read = n.read || n.value == "" // an empty list is sent as "Name="
		v.Set(reflect.MakeSlice(v.Type(), len(elements), len(elements)))
		for i, element := range elements {
			if err := d.value(element, v.Index(i), path+"."+names[i]+d.protocol.elementOf()); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map: // only awsjson has maps
		n.read = n.read || n.hollow
		v.Set(reflect.MakeMap(v.Type()))
		for name, child := range n.children {
			child.read = true
			element := reflect.New(v.Type().Elem()).Elem()
			if err := d.value(child, element, path+"."+name); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(name), element)
		}
		return nil
	}
	if n.list {
		return d.protocol.invalid(path, n.value, "Expecting a value, not a list")
	}
	if !n.set {
		d.violate(violation{path: path, missing: true})
		return nil
	}
	n.read = true
	return d.scalar(n.value, v, path)
}

func (d *decoder) scalar(text string, v reflect.Value, path string) error {
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

// constraints checks what the service's model says of a parameter.
func (d *decoder) constraints(c Constraint, v reflect.Value, path string) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	for _, broken := range c.broken(v) {
		d.violate(violation{path: path, value: shown(v), broken: broken, number: v.CanInt()})
	}
	if c.Each == nil {
		return
	}
	for i := range v.Len() {
		if len(c.Each.broken(v.Index(i))) > 0 {
			// Once for the list, with all that its elements must be.
			d.violate(violation{path: path, value: shown(v), broken: brokenText{text: "Member must satisfy constraint: [" + strings.Join(c.Each.all(), ", ") + "]"}})
			return
		}
	}
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
