package nginx

import "syscall"

// dieWithParent has no equivalent here, and need not: nothing starts an nginx on Windows, see localcloud.FindNginx.
func dieWithParent() *syscall.SysProcAttr { return nil }
