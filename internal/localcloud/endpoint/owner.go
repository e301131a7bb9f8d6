package endpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// UnsafeError says that a directory of the home can't be trusted: somebody else can change, or has chosen, what is in it.
type UnsafeError struct {
	Directory string
	Why       string // such as "belongs to another user (number 1000)"
}

// Error implements error.
func (e *UnsafeError) Error() string {
	return fmt.Sprintf("the directory %s %s, so what is in it can't be trusted", e.Directory, e.Why)
}

// Hint says what to do about it.
func (e *UnsafeError) Hint() string {
	return "nothing was touched; set " + HomeVariable + " to a directory that is yours alone, with mode 0700, below directories that are yours or root's"
}

// Make makes a directory of the home if it isn't there. One that can't be trusted is an *UnsafeError.
func Make(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		// A file or a dangling link in its place says more than that it exists.
		return errors.Join(check(dir), err)
	}
	return check(dir)
}

// check looks at a directory; one that isn't there is fine.
func check(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at the local cloud's directory: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return &UnsafeError{dir, "is a symbolic link"}
	case !info.IsDir():
		return &UnsafeError{dir, "is no directory"}
	}
	if why := foreign(info); why != "" {
		return &UnsafeError{dir, why}
	}
	return nil
}
