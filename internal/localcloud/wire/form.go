package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// form is what there is to know about a request struct and those inside of it.
type form map[reflect.Type][]member

// member is a field of a request struct that names a parameter.
type member struct {
	name       string
	index      []int // of the field, for reflect.Value.FieldByIndex
	required   bool
	missing    string   // what the refusal of its lack calls it, where that isn't its name
	item       string   // what protocols call the elements of the list, where that isn't "member"
	only       []string // the values that are simulated, of a field of type [Only]
	constraint Constraint
}

// formOf reads the tags of a request struct, once. It fails on tags that can't be read.
func formOf(request reflect.Type) func() (form, error) {
	return sync.OnceValues(func() (form, error) {
		f := form{}
		return f, f.add(request)
	})
}

func (f form) add(t reflect.Type) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if _, known := f[t]; known || t.Kind() != reflect.Struct || t.PkgPath() == "time" {
		return nil
	}
	f[t] = nil // a struct may hold itself
	members, err := f.members(t, nil)
	f[t] = members
	return err
}

func (f form) members(t reflect.Type, within []int) (members []member, err error) {
	for i := range t.NumField() {
		field, index := t.Field(i), append(slices.Clone(within), i)
		name, options, _ := strings.Cut(field.Tag.Get("query"), ",")
		switch {
		case name == "" && field.Anonymous:
			inner, err := f.members(field.Type, index)
			if err != nil {
				return nil, err
			}
			members = append(members, inner...)
			continue
		case name == "":
			continue
		}
		m := member{name: name, index: index, required: options == "required", missing: field.Tag.Get("missing"), item: field.Tag.Get("item")}
		if field.Type == reflect.TypeFor[Only]() {
			m.only = strings.Split(field.Tag.Get("only"), "|")
		}
		if m.constraint, err = constraintsOf(field); err != nil {
			return nil, fmt.Errorf("%s: %w", t, err)
		}
		if err := f.add(field.Type); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, nil
}
