//go:build unix

package endpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// mostLinks is how many symbolic links a path may lead through, as Linux has it.
const mostLinks = 40

// checkParents looks at the directories above one, links followed. Who can change one of them can put another in its
// place. Those that aren't there yet are made by this user.
func checkParents(dir string) error {
	at, left, links := "/", parts(filepath.Dir(dir)), 0
	for {
		info, err := os.Lstat(at)
		if err != nil {
			return fmt.Errorf("look at the directories above %s: %w", dir, err)
		}
		if why := changeable(info); why != "" {
			return &UnsafeError{at, why}
		}
		for len(left) > 0 && left[0] == ".." {
			at, left = filepath.Dir(at), left[1:]
		}
		if len(left) == 0 {
			return nil
		}
		next := filepath.Join(at, left[0])
		left = left[1:]
		info, err = os.Lstat(next)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return fmt.Errorf("look at the directories above %s: %w", dir, err)
		case info.Mode()&fs.ModeSymlink == 0:
			at = next
			continue
		}
		if owner, known := ownerOf(info); known && owner != 0 && owner != os.Geteuid() {
			return &UnsafeError{next, fmt.Sprintf("is a symbolic link of another user (number %d)", owner)}
		}
		if links++; links > mostLinks {
			return &UnsafeError{next, "leads through too many symbolic links"}
		}
		to, err := os.Readlink(next)
		if err != nil {
			return fmt.Errorf("look at the directories above %s: %w", dir, err)
		}
		if filepath.IsAbs(to) {
			at = "/"
		}
		left = append(parts(to), left...)
	}
}

// parts are the names in a path.
func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// changeable says who beside this user and root can put other files into a directory's place, or into it; "" where nobody
// can. In a directory that is sticky, others can't touch what isn't theirs.
func changeable(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode()
	switch {
	case !ok || !info.IsDir():
		return ""
	case stat.Uid != 0 && int(stat.Uid) != os.Geteuid():
		return fmt.Sprintf("belongs to another user (number %d)", stat.Uid)
	case mode&fs.ModeSticky != 0:
		return ""
	case mode&0o002 != 0:
		return fmt.Sprintf("may be changed by every user (mode %04o)", mode.Perm())
	case mode&0o020 != 0 && stat.Gid != 0 && int(stat.Gid) != os.Getegid():
		return fmt.Sprintf("may be changed by another group (mode %04o, group %d)", mode.Perm(), stat.Gid)
	}
	return ""
}

func ownerOf(info fs.FileInfo) (uid int, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}
