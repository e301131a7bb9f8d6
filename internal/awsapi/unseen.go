package awsapi

import "errors"

// Unseen is the error of a create call whose name, port or range is taken by something that no list shows yet. What has
// it is, as a rule, what an earlier run's call made, or this one's, whose reply was lost; so it passes.
// Source: Amazon EC2 API Reference, "Eventual consistency".
type Unseen struct{ Err error }

// Error is AWS's refusal, and what may be behind it.
func (e *Unseen) Error() string {
	return e.Err.Error() + " (taken by something that AWS doesn't list)"
}

// Unwrap is AWS's refusal.
func (e *Unseen) Unwrap() error { return e.Err }

// isUnseen reports whether err is an Unseen.
func isUnseen(err error) bool {
	var unseen *Unseen
	return errors.As(err, &unseen)
}
