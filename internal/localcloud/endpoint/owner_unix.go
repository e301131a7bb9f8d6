//go:build unix

package endpoint

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// foreign says why others have a hand in a file; "" where they haven't.
func foreign(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return ""
	case int(stat.Uid) != os.Geteuid():
		return fmt.Sprintf("belongs to another user (number %d)", stat.Uid)
	case info.Mode()&0o002 != 0:
		return fmt.Sprintf("may be changed by every user (mode %04o)", info.Mode().Perm())
	case info.Mode()&0o020 != 0 && int(stat.Gid) != os.Getegid():
		return fmt.Sprintf("may be changed by another group (mode %04o, group %d)", info.Mode().Perm(), stat.Gid)
	}
	return ""
}
