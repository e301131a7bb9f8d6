package world

// Kind describes a type of object to the world. Name is AWS's name of the resource
// type, as in tag specifications ("vpc", "natgateway", "security-group").
type Kind[T any, P entity[T]] struct {
	Traits
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
	// DNSNames are the names that AWS gives an object in the public DNS. Nil: none.
	DNSNames func(tx *Tx, object P) []DNSName
	// KnownAtOnce is true where calls that change something know a new object at once, and
	// calls that read see each change at once, whatever [Staleness] says.
	KnownAtOnce bool
	// Untaggable is true where CreateTags doesn't apply to the kind.
	Untaggable bool
	// Counts reports whether an object is one that a user made and that isn't finished. Nil:
	// all are.
	Counts func(tx *Tx, object P) bool
}

// Traits are what is known of a kind without its type.
type Traits struct {
	// Noun is what people call an object, such as "NAT gateway". Empty: the inventory leaves
	// the kind out.
	Noun string
	// Steps are those that take a user's time, each with its name.
	Steps []Step
	// Quotas limit objects of the kind, or what is in them.
	Quotas []Quota
	// Failing says how an object fails that was asked for; the zero value where none does.
	Failing Failing
}

// AnyKind is a Kind of any type, to be listed for Open.
type AnyKind interface {
	About() Traits
	newTable() anyTable
}

// About gives the traits of a kind of any type.
func (t Traits) About() Traits { return t }

func (k Kind[T, P]) newTable() anyTable {
	return &table[T, P]{kind: k, partitions: map[string]*partition[T]{}}
}
