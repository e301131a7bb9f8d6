//go:build unix

package record

import (
	"os/exec"
	"syscall"
)

// apart gives a command a process group of its own: a terminal's Ctrl-C is for this process, which then interrupts the
// command once.
func apart(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
