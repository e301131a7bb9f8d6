package world

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// anyTable is a table of objects of any type.
type anyTable interface {
	name() string
	objectType() reflect.Type
	load(region, id string, data []byte) (*Object, error)
	encode(region, id string) ([]byte, error)
	base(region, id string) *Object
	bases(region string) []*Object
	settle(tx *Tx, id string)
	retag(tx *Tx, id string, change func(Tags) Tags) bool
	prefix() string
	regions() []string
	missing(id string) error
	untaggable() bool
	basesSeen(tx *Tx) []*Object
	known(tx *Tx, id string) bool
	inventory(tx *Tx, all []Item) []Item
	namedRegions() []string
	dnsNames(tx *Tx) []DNSName
}

// table holds all objects of one type, region by region, in order of creation.
type table[T any, P entity[T]] struct {
	kind       Kind[T, P]
	partitions map[string]*partition[T]
}

type partition[T any] struct {
	byID     map[string]*T
	order    []*T                    // by serial
	byParent map[string][]*T         // by serial
	past     map[string][]version[T] // what objects were, by ID, the oldest first
}

func (t *table[T, P]) name() string             { return t.kind.Name }
func (t *table[T, P]) prefix() string           { return t.kind.Prefix }
func (t *table[T, P]) untaggable() bool         { return t.kind.Untaggable }
func (t *table[T, P]) objectType() reflect.Type { return reflect.TypeFor[T]() }

// known reports whether the server that answers the call knows the object.
func (t *table[T, P]) known(tx *Tx, id string) bool { return t.lookUp(tx, id) != nil }

func (t *table[T, P]) regions() []string {
	var names []string
	for region, p := range t.partitions {
		if len(p.order) > 0 {
			names = append(names, region)
		}
	}
	return names
}

func (t *table[T, P]) get(region, id string) *T {
	if p := t.partitions[region]; p != nil {
		return p.byID[id]
	}
	return nil
}

func (t *table[T, P]) base(region, id string) *Object {
	if o := t.get(region, id); o != nil {
		return P(o).Base()
	}
	return nil
}

func (t *table[T, P]) bases(region string) []*Object {
	p := t.partitions[region]
	if p == nil {
		return nil
	}
	list := make([]*Object, len(p.order))
	for i, o := range p.order {
		list[i] = P(o).Base()
	}
	return list
}

// store puts the object in, or takes what has the ID out when object is nil. It
// returns what was there before.
func (t *table[T, P]) store(region, id string, object *T) (before *T) {
	p := t.partitions[region]
	if p == nil {
		p = &partition[T]{byID: map[string]*T{}, byParent: map[string][]*T{}}
		t.partitions[region] = p
	}
	before = p.byID[id]
	if before != nil {
		p.order = t.without(p.order, before)
		delete(p.byID, id)
		if parent := t.parent(before); parent != "" {
			if p.byParent[parent] = t.without(p.byParent[parent], before); len(p.byParent[parent]) == 0 {
				delete(p.byParent, parent)
			}
		}
	}
	if object != nil {
		p.order = t.with(p.order, object)
		p.byID[id] = object
		if parent := t.parent(object); parent != "" {
			p.byParent[parent] = t.with(p.byParent[parent], object)
		}
	}
	return before
}

func (t *table[T, P]) parent(object *T) string {
	if t.kind.Parent == nil {
		return ""
	}
	return t.kind.Parent(object)
}

// with and without put an object in a list by serial, and take it out.
func (t *table[T, P]) with(list []*T, object *T) []*T {
	i, _ := t.position(list, object)
	return slices.Insert(list, i, object)
}

func (t *table[T, P]) without(list []*T, object *T) []*T {
	if i, found := t.position(list, object); found {
		return slices.Delete(list, i, i+1)
	}
	return list
}

func (t *table[T, P]) position(list []*T, object *T) (int, bool) {
	return slices.BinarySearchFunc(list, P(object).Base().Serial, func(have *T, serial int64) int {
		return cmp.Compare(P(have).Base().Serial, serial)
	})
}

func (t *table[T, P]) load(region, id string, data []byte) (*Object, error) {
	o := new(T)
	if err := json.Unmarshal(data, o); err != nil {
		return nil, fmt.Errorf("load %s %s: %w", t.kind.Name, id, err)
	}
	t.store(region, id, o)
	return P(o).Base(), nil
}

func (t *table[T, P]) encode(region, id string) ([]byte, error) {
	o := t.get(region, id)
	if o == nil {
		return nil, nil
	}
	data, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("store %s %s: %w", t.kind.Name, id, err)
	}
	return data, nil
}

// change replaces what has the ID by object (nil: deletes it) and notes in the
// transaction how to undo that.
func (t *table[T, P]) change(tx *Tx, id string, object *T) {
	tx.mustWrite()
	region := tx.region
	before := t.store(region, id, object)
	t.remember(tx, id, before)
	tx.log.changed[change{t, region, id}] = struct{}{}
	tx.log.undo = append(tx.log.undo, func() { t.store(region, id, before) })
}

func (t *table[T, P]) edit(tx *Tx, id string, f func(P)) bool {
	before := t.get(tx.region, id)
	if before == nil {
		return false
	}
	after := clone(before)
	f(after)
	t.change(tx, id, after)
	return true
}

func (t *table[T, P]) settle(tx *Tx, id string) {
	var to string
	t.edit(tx, id, func(o P) {
		to = o.Base().Next.To
		o.Base().Stay()
	})
	if t.kind.Settle != nil {
		t.kind.Settle(tx, t.get(tx.region, id), to)
	}
}

func (t *table[T, P]) retag(tx *Tx, id string, f func(Tags) Tags) bool {
	return t.edit(tx, id, func(o P) { o.Base().Tags = f(o.Base().Tags) })
}

func (t *table[T, P]) missing(id string) error {
	if t.kind.Malformed != nil && !wellFormed(t.kind.Prefix, id) {
		return t.kind.Malformed(id)
	}
	return t.kind.NotFound(id)
}

// idShape is the part of an ID after its prefix: 8 digits in old IDs, 17 in new ones.
var idShape = regexp.MustCompile(`^-([0-9a-f]{8}|[0-9a-f]{17})$`)

func wellFormed(prefix, id string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	return ok && idShape.MatchString(rest)
}

// clone makes a deep copy by way of the form in which objects are stored, so that an
// object in memory never holds what its stored form doesn't.
func clone[T any](o *T) *T {
	data, err := json.Marshal(o)
	if err == nil {
		after := new(T)
		if err = json.Unmarshal(data, after); err == nil {
			return after
		}
	}
	panic(fmt.Sprintf("world: %T can't be stored: %v", o, err)) // a programming error
}
