package world

import (
	"time"
)

// AccountID is the one account that the local cloud has.
const AccountID = "123456789012"

// Object is what all objects have. Embed it.
type Object struct {
	ID      string
	Region  string
	Serial  int64     // order of creation within the world
	Created time.Time // UTC
	Tags    Tags      `json:",omitempty"`
	// Next is the change of state that the object makes by itself, if any.
	Next *Transition `json:",omitempty"`
}

// Base gives access to the embedded object.
func (o *Object) Base() *Object { return o }

// Become schedules the object's next change of state, in place of any other that was
// scheduled. What the state means is up to the kind's Settle function.
func (o *Object) Become(tx *Tx, state string, after Step) {
	o.Next = &Transition{At: tx.Now().Add(tx.w.duration(after)), To: state}
}

// Stay cancels the scheduled change of state.
func (o *Object) Stay() { o.Next = nil }

// Transition is a change of state that is due at a time.
type Transition struct {
	At time.Time
	To string
}

// entity is a pointer to a struct that embeds Object.
type entity[T any] interface {
	*T
	Base() *Object
}

// Kind describes a type of object to the world. Name is AWS's name of the resource
// type, as in tag specifications ("vpc", "natgateway", "security-group").
type Kind[T any, P entity[T]] struct {
	Name string
	// Prefix of IDs, such as "vpc". Empty where IDs are names or ARNs.
	Prefix string
	// NotFound is the refusal of IDs that no object has. One ID at least.
	NotFound func(ids ...string) error
	// Malformed is the refusal of an ID that isn't shaped like one. Nil: such an ID is
	// NotFound.
	Malformed func(id string) error
	// Settle carries out a transition that is due. It runs inside a transaction whose
	// clock stands at the time when it was due, with the object as it is stored and
	// its Next cleared. Nil where objects of the kind have no transitions.
	Settle func(tx *Tx, object P, to string)
	// Parent is the ID of the object that this one belongs to, such as the instance of a
	// volume; "" where it belongs to none. [Of] finds objects by it without looking at
	// all others. Nil where nobody asks.
	Parent func(object P) string
	// KnownAtOnce is true where calls that change something know a new object at once, and
	// calls that read see each change at once, whatever [Lateness] says.
	KnownAtOnce bool
	// Untaggable is true where CreateTags doesn't apply to the kind.
	Untaggable bool
}

// AnyKind is a Kind of any type, to be listed for Open.
type AnyKind interface {
	newTable() anyTable
}

func (k Kind[T, P]) newTable() anyTable {
	return &table[T, P]{kind: k, partitions: map[string]*partition[T]{}}
}
