package state

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

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
	written int  // the serial that is on disk
	good    bool // what is on disk is whole, and this platform's
	bound   bool // the account was checked; under mu
	damage  *Damage
}

// Open reads the state file, or starts an empty state where there is none. It
// writes nothing, so that looking needs no lock. Where the file is damaged or
// missing, it goes by the last good copy, or else begins afresh, and Damage says
// so. A file that is from a newer version, of another platform or another
// program's gives an *Unreadable.
func Open(path string, identity Identity) (*Store, error) {
	s := &Store{path: path}
	s.write = s.replace
	doc := &Document{Version: Version, Identity: identity, Incarnation: uuid.NewString()}
	if path != "" {
		found, damage, err := load(path, identity)
		if err != nil {
			return nil, err
		}
		if found != nil {
			doc, s.written = found, found.Serial
		}
		if damage != nil {
			doc.UnknownUntil = damage.until
		}
		s.good, s.damage = found != nil && damage == nil, damage
	}
	s.doc = *doc
	return s, nil
}

// Damage is what was found wrong with the file, and what was made of it; nil
// where it was whole.
func (s *Store) Damage() *Damage { return s.damage }

// Repair writes a good file in the place of a damaged or missing one, and keeps
// the damaged one under another name. The caller holds the lock.
func (s *Store) Repair() error {
	if s.damage == nil {
		return nil
	}
	return s.Update(func(*Document) {})
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
		return &Unwritable{s.path, err}
	}
	s.written = serial
	return nil
}

// Put records an object.
func (s *Store) Put(record resource.Record) error {
	return s.Update(func(d *Document) { d.Put(record) })
}

// Clear deletes the state file and its copy: the platform is gone.
func (s *Store) Clear() error {
	s.mu.Lock()
	s.doc.Records, s.doc.Retired, s.doc.Made, s.doc.Applied = nil, nil, nil, nil
	s.mu.Unlock()
	if s.path == "" {
		return nil
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	// The copy first: one that is left alone would be taken for the state.
	for _, path := range []string{SparePath(s.path), s.path} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &Unwritable{path, err}
		}
	}
	s.good = false
	return nil
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
		return &Unreadable{s.path, &Mismatch{Field: "account", Have: s.doc.Account, Want: account, Platform: s.doc.Platform}}
	}
	s.bound = true
	return nil
}

// Bound reports whether BindAccount has found that the account is the state's.
func (s *Store) Bound() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bound
}
