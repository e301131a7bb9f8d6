//go:build unix

package process

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// peakOf is the most memory that one of the processes had, for what is too short to be sampled.
func peakOf(state *os.ProcessState) int64 {
	used, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return used.Maxrss
	}
	return used.Maxrss * 1024
}

// Together makes a command the head of a group of processes, so that killTogether ends it with all that it started,
// as a machine does that loses power. Together gives a command and what it starts a process group of their own.
func Together(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// KillTogether ends the command's process group at once.
func KillTogether(command *exec.Cmd) { _ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
