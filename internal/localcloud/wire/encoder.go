package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// encoder appends a value's XML to a document. What encoding/xml finds out anew for
// each value, such as names and options of fields, is found out once for each type: a
// describe call answers with tens of thousands of elements.
type encoder func(document []byte, v reflect.Value) []byte

// replyEncoder makes the encoder of the fields of a reply: of a struct, without an
// element around them. It writes what encoding/xml would, byte for byte, and fails on
// what replies have no use for, such as attributes, interfaces and maps.
func replyEncoder(reply reflect.Type) (encoder, error) {
	if reply.Kind() != reflect.Struct {
		return nil, fmt.Errorf("make the encoder of %s: a reply is a struct", reply)
	}
	return encoders{}.ofFields(reply)
}

// element is an element's start and end.
type element struct{ start, end string }

func elementOf(name string) element { return element{"<" + name + ">", "</" + name + ">"} }

// encoders are those of the types that were seen, so that a type may hold itself.
type encoders map[reflect.Type]*encoder

// of makes the encoder of a field's value: an element, none or several of that name.
func (known encoders) of(t reflect.Type, e element) (encoder, error) {
	switch t.Kind() {
	case reflect.Pointer:
		value, err := known.of(t.Elem(), e)
		return func(d []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return d
			}
			return value(d, v.Elem())
		}, err
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			break
		}
		if list, ok := reflect.Zero(t).Interface().(list); ok {
			item, err := known.of(t.Elem(), elementOf(list.itemName()))
			return func(d []byte, v reflect.Value) []byte {
				d = append(d, e.start...)
				for i := range v.Len() {
					d = item(d, v.Index(i))
				}
				return append(d, e.end...)
			}, err
		}
		item, err := known.of(t.Elem(), e)
		return func(d []byte, v reflect.Value) []byte {
			for i := range v.Len() {
				d = item(d, v.Index(i))
			}
			return d
		}, err
	case reflect.Struct:
		fields, err := known.ofStruct(t)
		return func(d []byte, v reflect.Value) []byte { return append((*fields)(append(d, e.start...), v), e.end...) }, err
	case reflect.String:
		return func(d []byte, v reflect.Value) []byte {
			return append(appendText(append(d, e.start...), v.String()), e.end...)
		}, nil
	case reflect.Bool:
		return func(d []byte, v reflect.Value) []byte {
			return append(strconv.AppendBool(append(d, e.start...), v.Bool()), e.end...)
		}, nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		return func(d []byte, v reflect.Value) []byte {
			return append(strconv.AppendInt(append(d, e.start...), v.Int(), 10), e.end...)
		}, nil
	}
	return nil, fmt.Errorf("make the encoder of %s: replies have no such values", t)
}

func (known encoders) ofStruct(t reflect.Type) (*encoder, error) {
	if fields, ok := known[t]; ok {
		return fields, nil
	}
	fields := new(encoder)
	known[t] = fields
	var err error
	*fields, err = known.ofFields(t)
	return fields, err
}

// field is a field of a struct, of its own or of an embedded one.
type field struct {
	index     []int
	parents   []element // <placement><tenancy>: elements that it shares with its neighbours
	omitEmpty bool
	pointer   bool
	encode    encoder
}

func (known encoders) ofFields(t reflect.Type) (encoder, error) {
	fields, err := known.fields(t)
	if err != nil {
		return nil, err
	}
	return func(d []byte, v reflect.Value) []byte {
		var open []element
		for _, f := range fields {
			value := v.FieldByIndex(f.index)
			common := 0
			for common < min(len(open), len(f.parents)) && open[common] == f.parents[common] {
				common++
			}
			d, open = closeElements(d, open, common)
			if len(f.parents) > common && (!f.pointer || !value.IsNil()) {
				for _, e := range f.parents[common:] {
					d = append(d, e.start...)
				}
				open = f.parents
			}
			if !f.omitEmpty || !empty(value) {
				d = f.encode(d, value)
			}
		}
		d, _ = closeElements(d, open, 0)
		return d
	}, nil
}

// closeElements ends all open elements but the outer ones.
func closeElements(d []byte, open []element, outer int) ([]byte, []element) {
	for _, e := range slices.Backward(open[outer:]) {
		d = append(d, e.end...)
	}
	return d, open[:outer]
}

// fields lists what of a struct is written, in order.
func (known encoders) fields(t reflect.Type) (list []field, err error) {
	for i := range t.NumField() {
		of := t.Field(i)
		tag := of.Tag.Get("xml")
		switch {
		case of.Anonymous && of.Type.Kind() == reflect.Struct && tag == "":
			embedded, err := known.fields(of.Type)
			if err != nil {
				return nil, err
			}
			for _, f := range embedded {
				f.index = append([]int{i}, f.index...)
				list = append(list, f)
			}
			continue
		case of.Anonymous || of.Type == reflect.TypeFor[xml.Name]():
			return nil, fmt.Errorf("make the encoder of %s: field %s is none that replies have", t, of.Name)
		case !of.IsExported() || tag == "-":
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		if option != "" && option != "omitempty" || strings.Contains(name, " ") {
			return nil, fmt.Errorf("make the encoder of %s: %q of field %s is no option that replies have", t, tag, of.Name)
		}
		if name == "" {
			name = of.Name
		}
		f := field{index: of.Index, omitEmpty: option != "", pointer: of.Type.Kind() == reflect.Pointer}
		path := strings.Split(name, ">")
		for _, parent := range path[:len(path)-1] {
			f.parents = append(f.parents, elementOf(parent))
		}
		if f.encode, err = known.of(of.Type, elementOf(path[len(path)-1])); err != nil {
			return nil, fmt.Errorf("field %s: %w", of.Name, err)
		}
		list = append(list, f)
	}
	return list, nil
}

// empty is what encoding/xml leaves out of an element with omitempty: not a struct.
func empty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.Kind() != reflect.Struct && v.IsZero()
}

// appendText appends a text with what XML gives a meaning written as entities.
func appendText(d []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '&' || c == '\'' || c == '<' || c == '>' {
			b := bytes.NewBuffer(d)
			// Writing to a buffer can't fail.
			_ = xml.EscapeText(b, []byte(text))
			return b.Bytes()
		}
	}
	return append(d, text...)
}
