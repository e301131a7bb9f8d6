// Package blobs keeps the contents of objects that are too large for the world: each in a file of its own, below one directory,
// under a name that nobody chooses. What a content is of is others' business; a content never changes.
package blobs

import (
	"crypto/md5" //nolint:gosec // S3's ETags are made of it
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// Store is a directory of contents.
type Store struct{ dir string }

// Open opens a directory, and makes it where it isn't there.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory for contents: %w", err)
	}
	return &Store{dir}, nil
}

// Content is what is known of a content.
type Content struct {
	ID   string
	Size int64 // bytes
	MD5  []byte
	Sums map[string]string // in base64, by the names of the algorithms
}

// Put keeps what is read, and tells its checksums beside MD5, of which sums has those to be made by the names of the algorithms.
// What can't be read to its end isn't kept.
func (s *Store) Put(content io.Reader, sums map[string]hash.Hash) (c Content, err error) {
	name := make([]byte, 16)
	_, _ = rand.Read(name) // never fails
	c.ID = hex.EncodeToString(name)
	path := s.path(c.ID)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return c, fmt.Errorf("keep a content: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return c, fmt.Errorf("keep a content: %w", err)
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			_ = os.Remove(path) // nobody knows of it
		}
	}()
	sum := md5.New() //nolint:gosec // as above
	writers := []io.Writer{file, sum}
	for _, h := range sums {
		writers = append(writers, h)
	}
	if c.Size, err = io.Copy(io.MultiWriter(writers...), content); err != nil {
		return c, err
	}
	c.MD5, c.Sums = sum.Sum(nil), map[string]string{}
	for algorithm, h := range sums {
		c.Sums[algorithm] = base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return c, nil
}

// Open reads a content.
func (s *Store) Open(id string) (*os.File, error) { return os.Open(s.path(id)) }

// Remove removes contents. Those that aren't there are fine.
func (s *Store) Remove(ids ...string) error {
	var errs []error
	for _, id := range ids {
		if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Sweep removes what nobody knows. Nothing may be put meanwhile.
func (s *Store) Sweep(known func(id string) bool) error {
	names, err := filepath.Glob(filepath.Join(s.dir, "??", "*"))
	if err != nil {
		return fmt.Errorf("look for contents: %w", err)
	}
	var errs []error
	for _, name := range names {
		if !known(filepath.Base(name)) {
			errs = append(errs, os.Remove(name))
		}
	}
	return errors.Join(errs...)
}

// path is where a content is: in one of 256 directories, since some systems are slow with many files in one.
func (s *Store) path(id string) string { return filepath.Join(s.dir, id[:2], id) }
