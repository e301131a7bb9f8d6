package wire

import (
	"cmp"
	"encoding/base64"
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

// decode fills a request struct from the call's parameters and refuses what the struct
// doesn't list.
func (f form) decode(c *Call, in reflect.Value) error {
	d := decoder{protocol: c.protocol, operation: c.Operation, form: f}
	if err := d.structure(c.parameters, in, ""); err != nil {
		return err
	}
	if path, found := c.parameters.unread(""); found {
		return refuse.NotSimulated("parameter %s of %s is not simulated", path, c.Operation)
	}
	if len(d.violations) > 0 {
		return d.protocol.Violated(d.violations)
	}
	if c.Resource == "" {
		c.Resource = resourceOf(in)
	}
	return nil
}

type decoder struct {
	protocol  Protocol
	operation string
	form      form
	// violations are those of the constraints of the service's model.
	violations []Violation
}

func (d *decoder) structure(p *Parameter, v reflect.Value, path string) error {
	p.read = p.read || p.Hollow
	for _, m := range d.form[v.Type()] {
		full := join(path, m.name)
		child := p.Lookup(m.name)
		if child == nil {
			if m.required {
				d.missing(cmp.Or(m.missing, full))
			}
			continue
		}
		if err := d.member(child, m, v.FieldByIndex(m.index), full); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) member(p *Parameter, m member, v reflect.Value, path string) error {
	if m.only != nil {
		p.read = true
		text := reflect.ValueOf(p.Text)
		if !slices.Contains(m.only, p.Text) && len(m.constraint.broken(text, path)) == 0 {
			return refuse.NotSimulated("value %q of parameter %s of %s is not simulated", p.Text, path, d.operation)
		}
		d.constraints(m.constraint, text, path)
		return nil
	}
	if err := d.value(p, v, path, m.item); err != nil {
		return err
	}
	if m.required && d.protocol.Missing(v) {
		d.missing(cmp.Or(m.missing, path))
		return nil
	}
	d.constraints(m.constraint, v, path)
	return nil
}

func (d *decoder) violate(v ...Violation) { d.violations = append(d.violations, v...) }

func (d *decoder) missing(path string) { d.violate(Violation{Path: path, Missing: true}) }

// invalid is the refusal of a value that isn't of its parameter's type.
func (d *decoder) invalid(path, value, text string) error {
	return d.protocol.Violated([]Violation{{Path: path, Value: value, Text: text}})
}

func (d *decoder) value(p *Parameter, v reflect.Value, path, item string) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(p, v.Elem(), path, item)
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		p.read = true
		at, err := d.protocol.Time(p.Text)
		if err != nil {
			return d.invalid(path, p.Text, "Not a valid timestamp")
		}
		v.Set(reflect.ValueOf(at))
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		if p.List {
			return d.invalid(path, p.Text, "Expecting a structure, not a list")
		}
		return d.structure(p, v, path)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			break
		}
		elements, ok := d.protocol.Elements(p, item)
		if !ok {
			return d.invalid(path, p.Text, "Expecting a list")
		}
		p.read = p.read || p.Text == "" // an empty list is sent as "Name="
		v.Set(reflect.MakeSlice(v.Type(), len(elements), len(elements)))
		for i, e := range elements {
			if err := d.value(e.Parameter, v.Index(i), path+"."+e.Name, ""); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		p.read = p.read || p.Hollow
		v.Set(reflect.MakeMap(v.Type()))
		for _, e := range d.protocol.Entries(p) {
			e.read = true
			element := reflect.New(v.Type().Elem()).Elem()
			if err := d.value(e.Parameter, element, path+"."+e.Name, ""); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(e.Name), element)
		}
		return nil
	}
	if p.List {
		return d.invalid(path, p.Text, "Expecting a value, not a list")
	}
	if !p.Set {
		d.missing(path)
		return nil
	}
	p.read = true
	if p.Blob && v.Kind() == reflect.Slice {
		v.SetBytes([]byte(p.Text))
		return nil
	}
	return d.scalar(p.Text, v, path)
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
			return d.invalid(path, text, "Expecting a boolean value")
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		number, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return d.invalid(path, text, "Expecting an integer value")
		}
		v.SetInt(number)
	case reflect.Float64:
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return d.invalid(path, text, "Expecting a number")
		}
		v.SetFloat(number)
	case reflect.Slice:
		blob, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return d.invalid(path, text, "Expecting base64")
		}
		v.SetBytes(blob)
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
	d.violate(c.broken(v, path)...)
	if c.Each == nil {
		return
	}
	for i := range v.Len() {
		if len(c.Each.broken(v.Index(i), path)) == 0 {
			continue
		}
		var texts []string // once for the list, with all that its elements must be
		for _, r := range c.Each.rules(v.Index(i)) {
			texts = append(texts, r.Text)
		}
		d.violate(Violation{Path: path, Value: shown(v), Text: "Member must satisfy constraint: [" + strings.Join(texts, ", ") + "]"})
		return
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
