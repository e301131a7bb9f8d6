//go:build !unix

package process

import (
	"os"
	"os/exec"
)

func peakOf(*os.ProcessState) int64 { return 0 }

// Together does nothing here.
func Together(*exec.Cmd) {}

// KillTogether ends the command at once.
func KillTogether(command *exec.Cmd) { _ = command.Process.Kill() }
