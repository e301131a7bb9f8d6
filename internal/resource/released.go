package resource

// Released is what Delete returns of an object that somebody else needs, too, or has taken over: it stays, and is the platform's no
// longer.
type Released struct{ Why string }

// Error says for whom it stays.
func (e *Released) Error() string { return e.Why }
