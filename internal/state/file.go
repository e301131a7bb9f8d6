package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// Directory is where states are kept unless the user names a place. Whatever
// is in the place of a state there is one, however damaged.
const Directory = ".platformctl"

// SparePath is the last good copy of a state file: what it held one write ago,
// never less.
func SparePath(path string) string { return path + ".bak" }

// Unreadable is the error of a state file that can't be used.
type Unreadable struct {
	Path string
	Err  error
}

// Error says what is wrong with the file.
func (e *Unreadable) Error() string { return fmt.Sprintf("state file %s: %v", e.Path, bare(e.Err)) }

// Unwrap is what is wrong with the file.
func (e *Unreadable) Unwrap() error { return e.Err }

// Unwritable is the error of a state that can't be written, because its disk is
// full or its directory closed.
type Unwritable struct {
	Path string
	Err  error
}

// Error says why it can't be written.
func (e *Unwritable) Error() string {
	return fmt.Sprintf("the state can't be written to %s: %v", e.Path, bare(e.Err))
}

// Unwrap is why it can't be written.
func (e *Unwritable) Unwrap() error { return e.Err }

// bare is an error without the name of a file, which is at times that of a
// temporary one.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

// Damage says that a state file is not whole, or not there, and what the state
// was made of instead.
type Damage struct {
	Path string
	// Err is what is wrong with the file. It wraps fs.ErrNotExist where it is
	// missing.
	Err error
	// Spare says that the state is that of the last good copy. Without one it
	// is empty, and the objects' tags are all there is.
	Spare bool
	// Kept is the damaged file's new name, once a good one was written.
	Kept string

	// until is when the last call may have been made that was recorded in the
	// file.
	until time.Time
}

// String tells the user what is wrong, what was done and what is to be done,
// which is nothing.
func (d *Damage) String() string {
	var text strings.Builder
	if errors.Is(d.Err, fs.ErrNotExist) {
		fmt.Fprintf(&text, "The state file %s is missing.", d.Path)
	} else {
		fmt.Fprintf(&text, "The state file %s can't be used: %v.", d.Path, d.Err)
	}
	if d.Spare {
		fmt.Fprintf(&text, " Going on from its last good copy, %s, and from the objects' tags.", SparePath(d.Path))
	} else {
		text.WriteString(" There is no good copy of it: going on from the objects' tags alone.")
	}
	if d.Kept != "" {
		fmt.Fprintf(&text, " The damaged file is kept as %s.", d.Kept)
	}
	text.WriteString(" Nothing else is to be done.")
	return text.String()
}

// load reads the state from its file, or from the last good copy where the file
// is damaged or missing. Without either the document is nil.
func load(path string, want Identity) (*Document, *Damage, error) {
	doc, err := read(path, want)
	if err == nil {
		return doc, nil, nil
	}
	var broken *damaged
	missing := errors.Is(err, fs.ErrNotExist)
	if !missing && !errors.As(err, &broken) {
		return nil, nil, &Unreadable{path, err}
	}
	spare, spareErr := read(SparePath(path), want)
	if missing && spare == nil {
		if readHead(contents(SparePath(path))).Version > Version {
			return nil, nil, &Unreadable{SparePath(path), spareErr}
		}
		return nil, nil, nil // also where the copy is another platform's
	}
	if spare == nil && !errors.Is(spareErr, fs.ErrNotExist) && !errors.As(spareErr, new(*damaged)) {
		return nil, nil, &Unreadable{SparePath(path), spareErr}
	}
	if spare == nil && !ours(path) {
		return nil, nil, &Unreadable{path, fmt.Errorf("it is not a state file of platformctl (%w)", broken.err)}
	}
	damage := &Damage{Path: path, Err: err, Spare: spare != nil}
	// The file was written last when its content was, or later. Where it is
	// missing, its directory was changed then or later.
	of := path
	if missing {
		of = filepath.Dir(path)
	}
	if info, err := os.Stat(of); err == nil {
		damage.until = info.ModTime()
	}
	return spare, damage, nil
}

// read reads one file. The error of one that isn't whole is a *damaged, unless
// what is left of it says that it is not this platform's.
func read(path string, want Identity) (*Document, error) {
	data, err := atomicfile.Read(path)
	if err != nil {
		return nil, err
	}
	doc, err := decode(data)
	if err != nil {
		head := readHead(data)
		if head.Version > 0 && errors.As(err, new(*damaged)) {
			if other := head.mismatch(want, false); other != nil {
				return nil, other
			}
		}
		return nil, err
	}
	if err := doc.mismatch(want, true); err != nil {
		return nil, err
	}
	return doc, nil
}

// ours reports whether a damaged file is a state, and not another program's
// file that was named by mistake: by its place, by its beginning, or because
// nothing is in it, as file systems leave it after a crash.
func ours(path string) bool {
	data := contents(path)
	return filepath.Base(filepath.Dir(path)) == Directory ||
		strings.Trim(string(data), "\x00 \t\r\n") == "" || readHead(data).Version > 0
}

// contents are those of a file, as far as there is one.
func contents(path string) []byte {
	data, err := atomicfile.Read(path)
	if err != nil {
		return nil
	}
	return data
}

// Others are the states in a state file's directory but that one, of platforms of which
// something is there, by their paths. What can't be read is left out.
func Others(statePath string) map[string]Document {
	found := map[string]Document{}
	entries, _ := os.ReadDir(filepath.Dir(statePath)) // one that can't be read tells of nothing
	for _, entry := range entries {
		path := filepath.Join(filepath.Dir(statePath), entry.Name())
		if path == statePath || filepath.Ext(path) != ".json" || !entry.Type().IsRegular() {
			continue
		}
		if doc, ok := Peek(path); ok && len(doc.Records) > 0 {
			found[path] = doc
		}
	}
	return found
}

// Peek reads the state of any platform, to tell of it. It is false where there is none
// that is whole.
func Peek(path string) (Document, bool) {
	doc, err := decode(contents(path))
	if err != nil {
		return Document{}, false
	}
	return *doc, true
}

// replace writes the file as a whole, and durably: a crash leaves the old one
// or the new.
func (s *Store) replace(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Not WriteFile, which lets a file that was open to others stay so.
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Cleanup()) }()
	if _, err := file.Write(data); err != nil {
		return err
	}
	if err := s.makeWay(path); err != nil {
		return err
	}
	if err := file.CloseAtomicallyReplace(); err != nil {
		return err
	}
	s.good = true
	return atomicfile.SyncDirectory(dir)
}

// makeWay keeps what is about to be replaced. There is a state file at every
// moment, since links are made before anything is taken away.
func (s *Store) makeWay(path string) error {
	switch {
	case s.good:
		return keepSpare(path)
	case s.damage == nil || s.damage.Kept != "" || errors.Is(s.damage.Err, fs.ErrNotExist):
		return nil
	}
	kept, err := setAside(path, time.Now())
	if err == nil {
		s.damage.Kept = kept
	}
	return err
}

// keepSpare makes the file the last good copy, without copying it.
func keepSpare(path string) error {
	spare := SparePath(path)
	link := spare + ".new"
	_ = os.Remove(link) // of a run that was killed here
	err := os.Link(path, link)
	if err == nil {
		err = atomicfile.Rename(link, spare)
		// To rename a link to the very file that the other name has does nothing.
		_ = os.Remove(link)
	}
	if err == nil {
		return nil
	}
	// Not every file system has links. No copy is better than one that knows
	// nothing of what was done since.
	if err := os.Remove(spare); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// setAside gives a damaged file another name, by the time, and returns it.
func setAside(path string, now time.Time) (string, error) {
	name := path + ".damaged-" + now.UTC().Format("20060102T150405Z")
	for i, kept := 2, name; ; i++ {
		err := os.Link(path, kept)
		if !errors.Is(err, fs.ErrExist) {
			if err != nil { // no links here
				err = atomicfile.Rename(path, kept)
			}
			return kept, err
		}
		kept = fmt.Sprintf("%s-%d", name, i)
	}
}
