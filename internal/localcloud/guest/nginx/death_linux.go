package nginx

import "syscall"

// dieWithParent makes the kernel end the process when the thread that started it
// ends, so that nothing stays behind even when this program is killed with SIGKILL.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
