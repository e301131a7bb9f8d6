package resource

import "time"

// Expectation is how long something takes AWS, as far as it was measured. It sets how
// often a wait asks, and never when it ends: what is done sooner or later than any
// was before is found all the same. The zero value says that nothing is known.
type Expectation struct {
	// Least, Usual and Most are the shortest time that was seen, the one around which
	// the others lie, and the longest. Where Usual is zero, no time between Least and
	// Most is more usual than another.
	Least, Usual, Most time.Duration
}

// IsZero says that nothing is known.
func (e Expectation) IsZero() bool { return e == Expectation{} }

// Hold is what keeps using what an object needed, for some time after AWS has deleted
// the object: AWS refuses until then to delete that, too.
type Hold struct {
	Expectation
	// What names what it is, such as "network interfaces".
	What string
	// Kinds are those whose objects are held.
	Kinds []string
}
