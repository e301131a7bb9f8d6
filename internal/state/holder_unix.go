//go:build unix

package state

// holderPath is the file that says who holds a lock: the lock itself, which
// keeps nobody from reading it.
func holderPath(lockPath string) string { return lockPath }
