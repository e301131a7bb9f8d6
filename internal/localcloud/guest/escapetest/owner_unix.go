//go:build unix

package escapetest

import (
	"fmt"
	"io/fs"
	"syscall"
)

// owner is whose a file is.
func owner(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint(s.Uid, ":", s.Gid)
	}
	return ""
}
