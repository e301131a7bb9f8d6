package wire

// Deviation is where a service here is known to differ from AWS's, or may: it is declared
// beside what deviates, and the documentation lists all of them.
type Deviation struct {
	Operations []string // those concerned; none: all of the service
	Kind       DeviationKind
	Text       string // a sentence
}

// DeviationKind says whom a deviation hurts.
type DeviationKind string

// The kinds of deviations.
const (
	Kinder   DeviationKind = "kinder"   // something can work here and fail there
	Stricter DeviationKind = "stricter" // something can fail here and work there
	Reading  DeviationKind = "reading"  // AWS doesn't say; this is our reading, the unkind one where there was a choice
)
