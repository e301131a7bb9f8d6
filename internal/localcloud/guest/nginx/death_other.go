//go:build unix && !linux

package nginx

import (
	"os"
	"syscall"
)

// dieWithParent has no equivalent here: Sweep ends what stayed behind, at the next start.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// kill ends a process and all that it started.
func kill(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
