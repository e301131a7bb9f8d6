// Package atomicfile writes files as a whole and durably: a reader of one finds the old content or the new, never
// half of it, and so does who comes after a crash. Each system has its own means for that; what is in a file, and
// when it is written, is its owner's business.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// check refuses what is neither a regular file nor nothing: a device or a pipe would be replaced by a file, or read for
// ever, and so would the link to a file that isn't there.
func check(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular() && !info.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file; name another")}
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return &fs.PathError{Op: "open", Path: path, Err: errors.New("a link to a file that isn't there; name the file itself")}
		}
	}
	return nil
}
