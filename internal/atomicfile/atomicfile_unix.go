//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Pending is a file that is being written, and not yet in its place.
type Pending = renameio.PendingFile

// Create begins a file that will have exactly these permissions, whatever those of the file in its place are.
func Create(path string, perm fs.FileMode) (*Pending, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	return renameio.NewPendingFile(path, renameio.WithStaticPermissions(perm), beside(path))
}

// Write writes a whole file.
func Write(path string, data []byte, perm fs.FileMode) error {
	if err := check(path); err != nil {
		return err
	}
	return renameio.WriteFile(path, data, perm, beside(path))
}

// beside has a file written next to the one that it replaces. Otherwise renameio makes, renames and removes two files more
// for each, to learn whether one in the system's directory for temporary files could be renamed to there.
func beside(path string) renameio.Option { return renameio.WithTempDir(filepath.Dir(path)) }

// Rename renames a file that another process may have open, or over one.
func Rename(from, to string) error { return os.Rename(from, to) }

// Read reads a file that another process may replace meanwhile.
func Read(path string) ([]byte, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// SyncDirectory makes what was renamed in a directory outlast a power cut.
func SyncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
