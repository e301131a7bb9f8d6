package resource

import (
	"slices"
	"strings"
)

// Treatment is what becomes of a field of a live object that is not as the kind makes it.
type Treatment string

// The treatments.
const (
	// Repaired fields are compared; a difference is drift, which an update, or else a
	// replacement, takes away.
	Repaired Treatment = "repaired"
	// Kept fields are shown where they differ, and nothing changes them: they are
	// stricter than asked, or the choice is the operator's.
	Kept Treatment = "kept"
	// Ignored fields are not compared: they identify the object, or decide neither who is
	// served nor who gets in.
	Ignored Treatment = "ignored"
)

// Field is something that can be otherwise about a live object than the kind makes it.
type Field struct {
	// Name is the Change.Field, or what people call it. One that ends with "*" stands for
	// all that begin so.
	Name string
	// Of are the fields of AWS's reply, or the attributes, that it is read from; none
	// where the name is AWS's own.
	Of  []string
	How Treatment
	// Why is for people: why it is treated so.
	Why string
}

// AWSNames are what AWS calls the field, or what it is read from.
func (f Field) AWSNames() []string {
	if f.Of == nil {
		return []string{f.Name}
	}
	return f.Of
}

// Matches reports whether a Change.Field is of this field.
func (f Field) Matches(name string) bool {
	if beginning, ok := strings.CutSuffix(f.Name, "*"); ok {
		return strings.HasPrefix(name, beginning)
	}
	return f.Name == name
}

// Identity are fields that say which object it is, or in which phase.
func Identity(of ...string) Field {
	return Field{Name: "identity and state", Of: of, How: Ignored, Why: "they say which object it is, and in which phase"}
}

// FieldOf is the declaration of a Change.Field; false where there is none.
func FieldOf(fields []Field, name string) (Field, bool) {
	if i := slices.IndexFunc(fields, func(f Field) bool { return f.Matches(name) }); i >= 0 {
		return fields[i], true
	}
	return Field{}, false
}
