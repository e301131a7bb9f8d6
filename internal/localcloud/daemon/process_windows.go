package daemon

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// detached gives a process no console: neither the end of this one's nor an interrupt
// there reaches it.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.DETACHED_PROCESS}
}
