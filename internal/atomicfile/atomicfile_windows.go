package atomicfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sys/windows"
)

// openElsewhere is how long another program may keep a file from being replaced.
const openElsewhere = 5 * time.Second

// Pending is a file that is being written, and not yet in its place.
type Pending struct {
	*os.File
	path string
	done bool
}

// Create begins a file. Who may read it follows from its directory: Windows has no permission bits but read-only.
func Create(path string, _ fs.FileMode) (*Pending, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return nil, err
	}
	return &Pending{File: file, path: path}, nil
}

// CloseAtomicallyReplace puts the file into its place.
func (p *Pending) CloseAtomicallyReplace() error {
	if err := p.Sync(); err != nil {
		return err
	}
	if err := p.Close(); err != nil {
		return err
	}
	if err := Rename(p.Name(), p.path); err != nil {
		return err
	}
	p.done = true
	return nil
}

// Rename renames a file within its directory, also over one that another process reads at this moment, if it reads it
// with Read: a Root renames as POSIX does. Another process that has the file open, such as a virus scanner, is waited
// for, but not for long.
func Rename(from, to string) error {
	dir, err := os.OpenRoot(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer dir.Close()
	_, err = backoff.Retry(context.Background(), func() (struct{}, error) {
		err := dir.Rename(filepath.Base(from), filepath.Base(to))
		if err != nil && !errors.Is(err, windows.ERROR_ACCESS_DENIED) && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(&backoff.ExponentialBackOff{
		InitialInterval: time.Millisecond, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: 100 * time.Millisecond,
	}), backoff.WithMaxElapsedTime(openElsewhere))
	return err
}

// Cleanup takes a file away that didn't get to its place.
func (p *Pending) Cleanup() error {
	if p.done {
		return nil
	}
	p.done = true
	p.Close() // it may be closed already
	return os.Remove(p.Name())
}

// Write writes a whole file.
func Write(path string, data []byte, perm fs.FileMode) (err error) {
	file, err := Create(path, perm)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Cleanup()) }()
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// Read reads a file that another process may replace meanwhile. Opened in any
// other way, a file can't be replaced for as long as it is open.
func Read(path string) ([]byte, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.ReadFile(filepath.Base(path))
}

// SyncDirectory does nothing: NTFS keeps a journal of its directories, and has
// no way to wait for it without an administrator's rights.
func SyncDirectory(string) error { return nil }
