// Package blobs keeps the contents of objects that are too large for the world: each in a file of its own, below one directory,
// under a name that nobody chooses. What a content is of is others' business; a content never changes.
package blobs

import (
	"crypto/md5" //nolint:gosec // S3's ETags are made of it
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // one of the checksums that S3 has
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
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

// The algorithms of checksums that S3 has. Source: Amazon S3 User Guide, "Checking object integrity".
const (
	CRC32     = "CRC32"
	CRC32C    = "CRC32C"
	CRC64NVME = "CRC64NVME"
	SHA1      = "SHA1"
	SHA256    = "SHA256"
)

// nvme is the polynomial of CRC-64/NVME, the way round that Go has it.
const nvme = 0x9a6c9329ac4bc9b5

// Hash is a new checksum of an algorithm; nil for none that there is.
func Hash(algorithm string) hash.Hash {
	switch algorithm {
	case CRC32:
		return crc32.NewIEEE()
	case CRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case CRC64NVME:
		return crc64.New(crc64.MakeTable(nvme))
	case SHA1:
		return sha1.New() //nolint:gosec // as above
	case SHA256:
		return sha256.New()
	}
	return nil
}

// Put keeps what is read, and tells its checksums by some algorithms beside MD5. What can't be read to its end isn't kept.
func (s *Store) Put(content io.Reader, algorithms ...string) (c Content, err error) {
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
	writers, sums := []io.Writer{file, sum}, map[string]hash.Hash{}
	for _, algorithm := range algorithms {
		if h := Hash(algorithm); h != nil && sums[algorithm] == nil {
			sums[algorithm] = h
			writers = append(writers, h)
		}
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
