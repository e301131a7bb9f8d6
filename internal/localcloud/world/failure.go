package world

// Failing says how objects of a kind fail where no fault says it.
type Failing struct {
	Object        string // by which users know the kind, such as "nat-gateway"
	Code, Message string // what an object says of it
	Zoneless      bool   // objects are in no single zone
}

// Failure makes objects fail after the call that asked for them has succeeded.
type Failure struct {
	Object string // the kind of the objects, as in Failing.Object
	Zone   string // of the objects; "" means all, and load balancers are in none
	// Nth is the first of those objects that fails, from 1; 0 means 1. Times is how many
	// fail at most; 0 means all.
	Nth, Times int
	// Code and Message are what the object says of it.
	Code, Message string
}

// Fails says whether a new object is to fail, and how. It counts the object, so it is
// asked once for each, when nothing can refuse it any more.
func (tx *Tx) Fails(object, zone string) (Failure, bool) {
	for i, f := range tx.Switches().Failures {
		if f.Object != object || f.Zone != "" && f.Zone != zone {
			continue
		}
		n := tx.w.failures[i] + 1
		tx.w.failures[i] = n
		tx.log.undo = append(tx.log.undo, func() { tx.w.failures[i]-- })
		if first := max(f.Nth, 1); n >= first && (f.Times == 0 || n < first+f.Times) {
			return f, true
		}
	}
	return Failure{}, false
}
