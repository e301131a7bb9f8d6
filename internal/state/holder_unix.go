//go:build unix

package state

import (
	"errors"
	"os"
	"syscall"
)

// holderPath is the file that says who holds a lock: the lock itself, which
// keeps nobody from reading it.
func holderPath(lockPath string) string { return lockPath }

// hasEnded reports whether there is no such process.
func hasEnded(pid int) bool {
	process, err := os.FindProcess(pid)
	return err != nil || errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
