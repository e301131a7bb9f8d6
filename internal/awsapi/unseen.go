package awsapi

// Unseen is the error of a create call whose name, port or range is taken by something that
// no list shows yet: as a rule what the call of an earlier run made, or this one, whose reply
// was lost. So it is transient.
// Source: Amazon EC2 API Reference, "Eventual consistency".
type Unseen struct{ Err error }

// Error is AWS's refusal, and what may be behind it.
func (e *Unseen) Error() string {
	return e.Err.Error() + " (taken by something that AWS doesn't list)"
}

// Unwrap is AWS's refusal.
func (e *Unseen) Unwrap() error { return e.Err }
