package state

// holderPath is the file that says who holds a lock. Windows lets nobody else
// read or write what is locked, so it is one beside it.
func holderPath(lockPath string) string { return lockPath + ".holder" }
