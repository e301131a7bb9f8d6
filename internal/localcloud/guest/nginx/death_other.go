//go:build unix && !linux

package nginx

import "syscall"

// dieWithParent has no equivalent here: Sweep ends what stayed behind, at the next start.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
