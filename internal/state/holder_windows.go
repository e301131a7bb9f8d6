package state

import (
	"errors"

	"golang.org/x/sys/windows"
)

// holderPath is the file that says who holds a lock. Windows lets nobody else
// read or write what is locked, so it is one beside it.
func holderPath(lockPath string) string { return lockPath + ".holder" }

// hasEnded reports whether there is no such process, or none but for those who
// still ask about it. One that this user may not even ask about is there.
func hasEnded(pid int) bool {
	process, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return !errors.Is(err, windows.ERROR_ACCESS_DENIED)
	}
	defer windows.CloseHandle(process)
	event, err := windows.WaitForSingleObject(process, 0)
	return err == nil && event == windows.WAIT_OBJECT_0
}
