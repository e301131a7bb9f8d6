package world

// Failure makes objects fail after the call that asked for them has succeeded.
type Failure struct {
	Kind string // of the objects, as in Kind.Name: natgateway, loadbalancer, instance
	Zone string // of the objects; "" means all, and load balancers are in none
	// Nth is the first of those objects that fails, from 1; 0 means 1. Times is how many
	// fail at most; 0 means all.
	Nth, Times int
	// Code and Message are what the object says of it.
	Code, Message string
}

// Fails says whether a new object is to fail, and how. It counts the object, so it is
// asked once for each, when nothing can refuse it any more.
func (tx *Tx) Fails(kind, zone string) (Failure, bool) {
	for i, f := range tx.Switches().Failures {
		if f.Kind != kind || f.Zone != "" && f.Zone != zone {
			continue
		}
		n := tx.w.fated[i] + 1
		tx.w.fated[i] = n
		tx.log.undo = append(tx.log.undo, func() { tx.w.fated[i]-- })
		if first := max(f.Nth, 1); n >= first && (f.Times == 0 || n < first+f.Times) {
			return f, true
		}
	}
	return Failure{}, false
}
