package state

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/renameio/v2"
	"github.com/google/uuid"

	"github.com/platformctl/platformctl/internal/resource"
)

// Store is an open state file. Its methods may be called from several
// goroutines; updates that come together share one write.
type Store struct {
	path  string // "" keeps the state in memory only
	write func(path string, data []byte) error

	mu  sync.Mutex
	doc Document

	writing sync.Mutex
	written int // the serial that is on disk
}

// Unreadable is the error of a state file that can't be used.
type Unreadable struct {
	Path string
	Err  error
}

// Error says what is wrong with the file.
func (e *Unreadable) Error() string { return fmt.Sprintf("state file %s: %v", e.Path, e.Err) }

// Unwrap is what is wrong with the file.
func (e *Unreadable) Unwrap() error { return e.Err }

// Open reads the state file, or starts an empty state where there is none. It
// writes nothing. A file that is damaged, from a newer version or of another
// platform gives an *Unreadable.
func Open(path string, identity Identity) (*Store, error) {
	fresh := Document{Version: Version, Identity: identity, Incarnation: uuid.NewString()}
	if path == "" {
		return &Store{doc: fresh}, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Store{path: path, write: replace, doc: fresh}, nil
	}
	if err != nil {
		return nil, &Unreadable{path, err}
	}
	doc, err := decode(data)
	if err != nil {
		return nil, &Unreadable{path, err}
	}
	if err := doc.mismatch(identity); err != nil {
		return nil, &Unreadable{path, err}
	}
	return &Store{path: path, write: replace, doc: *doc, written: doc.Serial}, nil
}

// Path is where the state is kept; "" in memory only.
func (s *Store) Path() string { return s.path }

// Read calls look with the document, which it must not keep or change.
func (s *Store) Read(look func(*Document)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look(&s.doc)
}

// Document returns a copy of the document.
func (s *Store) Document() Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc := s.doc
	doc.Records = slices.Clone(doc.Records)
	doc.Retired = maps.Clone(doc.Retired)
	return doc
}

// Update changes the document and returns when the change is on disk.
func (s *Store) Update(change func(*Document)) error {
	s.mu.Lock()
	change(&s.doc)
	s.doc.Serial++
	serial := s.doc.Serial
	s.mu.Unlock()
	if s.path == "" {
		return nil
	}

	s.writing.Lock()
	defer s.writing.Unlock()
	if s.written >= serial {
		return nil // another update's write held this one too
	}
	s.mu.Lock()
	s.doc.Updated = time.Now().UTC().Truncate(time.Second)
	serial = s.doc.Serial
	data, err := s.doc.encode()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := s.write(s.path, data); err != nil {
		return fmt.Errorf("write the state file %s: %w", s.path, err)
	}
	s.written = serial
	return nil
}

// Put records an object.
func (s *Store) Put(record resource.Record) error {
	return s.Update(func(d *Document) { d.Put(record) })
}

// Remove forgets an object, or an intent.
func (s *Store) Remove(record resource.Record) error {
	return s.Update(func(d *Document) { d.Remove(record) })
}

// Clear deletes the state file: the platform is gone.
func (s *Store) Clear() error {
	s.mu.Lock()
	s.doc.Records, s.doc.Retired = nil, nil
	s.mu.Unlock()
	if s.path == "" {
		return nil
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete the state file: %w", err)
	}
	return nil
}

// replace writes the file as a whole: a crash leaves the old one or the new.
func replace(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// Not WriteFile, which lets a file that was open to others stay so.
	file, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Cleanup()) }()
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// BindAccount says which account the run works in. A state of another account
// gives an *Unreadable.
func (s *Store) BindAccount(account string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.doc.Account == "" {
		s.doc.Account = account
	}
	if s.doc.Account != account {
		return &Unreadable{s.path, fmt.Errorf("it belongs to account %q, but these credentials are of account %q", s.doc.Account, account)}
	}
	return nil
}
