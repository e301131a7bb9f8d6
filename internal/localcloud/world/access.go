package world

import (
	"reflect"
	"slices"
)

func tableOf[T any, P entity[T]](tx *Tx) *table[T, P] {
	t, ok := tx.w.byType[reflect.TypeFor[T]()]
	if !ok {
		panic("world: no kind was given to Open for " + reflect.TypeFor[T]().String()) // a programming error
	}
	return t.(*table[T, P])
}

// Get returns the object of that ID in the transaction's region, as it is.
func Get[T any, P entity[T]](tx *Tx, id string) (P, bool) {
	o := tableOf[T, P](tx).get(tx.region, id)
	return o, o != nil
}

// Find returns the object of that ID as [LookUp] does, or AWS's refusal of the ID.
func Find[T any, P entity[T]](tx *Tx, id string) (P, error) {
	t := tableOf[T, P](tx)
	if o := t.lookUp(tx, id); o != nil {
		return o, nil
	}
	return nil, t.missing(id)
}

// FindAll returns the objects of those IDs as [LookUp] does, or AWS's refusal of those
// that it doesn't find.
func FindAll[T any, P entity[T]](tx *Tx, ids []string) ([]P, error) {
	t := tableOf[T, P](tx)
	var found []P
	var missing []string
	for _, id := range ids {
		if o := t.lookUp(tx, id); o != nil {
			found = append(found, o)
			continue
		}
		if t.kind.Malformed != nil && !wellFormed(t.kind.Prefix, id) {
			return nil, t.kind.Malformed(id)
		}
		missing = append(missing, id)
	}
	if len(missing) > 0 {
		return nil, t.kind.NotFound(missing...)
	}
	return found, nil
}

// All returns the objects of the transaction's region in the order of their creation.
func All[T any, P entity[T]](tx *Tx) []P {
	p := tableOf[T, P](tx).partitions[tx.region]
	if p == nil {
		return nil
	}
	list := make([]P, len(p.order))
	for i, o := range p.order {
		list[i] = o
	}
	return list
}

// Where returns the objects that the function accepts, in the order of their creation.
// The function must change nothing.
func Where[T any, P entity[T]](tx *Tx, accept func(P) bool) []P {
	var list []P
	if p := tableOf[T, P](tx).partitions[tx.region]; p != nil {
		for _, o := range p.order {
			if accept(o) {
				list = append(list, o)
			}
		}
	}
	return list
}

// Of returns the objects that belong to the one of that ID, as their kind's Parent says,
// in the order of their creation.
func Of[T any, P entity[T]](tx *Tx, parent string) []P {
	t := tableOf[T, P](tx)
	if t.kind.Parent == nil {
		panic("world: no parents are known of " + t.kind.Name) // a programming error
	}
	p := t.partitions[tx.region]
	if p == nil || parent == "" {
		return nil
	}
	var list []P
	for _, o := range p.byParent[parent] {
		list = append(list, o)
	}
	return list
}

// Exists reports whether the function accepts any object.
func Exists[T any, P entity[T]](tx *Tx, accept func(P) bool) bool {
	p := tableOf[T, P](tx).partitions[tx.region]
	return p != nil && slices.ContainsFunc(p.order, func(o *T) bool { return accept(o) })
}

// Described returns the objects that a describe call sees, as the server knows them that
// answers it.
func Described[T any, P entity[T]](tx *Tx) []P {
	if tx.server == 0 {
		return All[T, P](tx)
	}
	var list []P
	for _, o := range tableOf[T, P](tx).allSeen(tx) {
		list = append(list, o)
	}
	return list
}

// Add stores a new object, made with [Tx.NewObject].
func Add[T any, P entity[T]](tx *Tx, object P) {
	tableOf[T, P](tx).change(tx, object.Base().ID, clone((*T)(object)))
}

// Edit changes the object of that ID. It reports whether there is one.
func Edit[T any, P entity[T]](tx *Tx, id string, f func(P)) bool {
	return tableOf[T, P](tx).edit(tx, id, f)
}

// Delete takes the object of that ID out of the world. Absent is fine.
func Delete[T any, P entity[T]](tx *Tx, id string) {
	if t := tableOf[T, P](tx); t.get(tx.region, id) != nil {
		t.change(tx, id, nil)
	}
}

// Missing is the refusal of an ID that the kind doesn't have.
func Missing[T any, P entity[T]](tx *Tx, id string) error { return tableOf[T, P](tx).missing(id) }
