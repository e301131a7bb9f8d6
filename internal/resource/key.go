// Package resource is the kernel: keys, references, specs, kinds, the graph
// and the records that the state keeps. It knows nothing of any one AWS
// object; those are values of Kind, in a package for each area under
// internal/kinds.
package resource

import (
	"fmt"
	"strings"
)

// Key names one object of a platform for ever: its kind and its name in the
// blueprint, such as "subnet/private-a". It is written to the object's tags,
// so it must not change between versions.
type Key struct {
	Kind string
	Name string
}

// String is the form that tags, state files and people see.
func (k Key) String() string { return k.Kind + "/" + k.Name }

// IsZero reports whether the key names nothing.
func (k Key) IsZero() bool { return k == Key{} }

// MarshalText writes the key as "kind/name", so that it can be a JSON map key.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Key) UnmarshalText(text []byte) error {
	parsed, err := ParseKey(string(text))
	if err != nil {
		return err
	}
	*k = parsed
	return nil
}

// ParseKey reads "kind/name". Both parts must be there, without spaces or anything beyond ASCII: a tag can hold what
// misleads those who see the key.
func ParseKey(s string) (Key, error) {
	kind, name, ok := strings.Cut(s, "/")
	if !ok || kind == "" || name == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Key{}, fmt.Errorf("key %q is not of the form kind/name", s)
	}
	return Key{Kind: kind, Name: name}, nil
}

// CompareKeys orders keys by kind, then by name.
func CompareKeys(a, b Key) int { return strings.Compare(a.String(), b.String()) }
