package nginx

import (
	"os"
	"syscall"
)

// dieWithParent makes the kernel end the process when the thread that started it
// ends, so that nothing stays behind even when this program is killed with SIGKILL.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// kill ends a process and all that it started.
func kill(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
