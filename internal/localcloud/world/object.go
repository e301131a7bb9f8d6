package world

import "time"

// AccountID is the one account that the local cloud has.
const AccountID = "123456789012"

// UserName and UserID are the name and the unique ID of the one user that every caller is.
const (
	UserName = "local"
	UserID   = "AIDALOCALPLATFORMCTL1"
)

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
