package nginx

import (
	"os"
	"syscall"
)

// dieWithParent has no equivalent here, and need not: nothing starts an nginx on Windows, see package server.
func dieWithParent() *syscall.SysProcAttr { return nil }

func kill(p *os.Process) { _ = p.Kill() }
