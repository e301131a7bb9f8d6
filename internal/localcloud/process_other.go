//go:build !unix

package localcloud

import "syscall"

// detached does nothing where there are no sessions: the process outlives this one all
// the same.
func detached() *syscall.SysProcAttr { return nil }
