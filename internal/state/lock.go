package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Holder is who holds a lock.
type Holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
	// Dir is the working directory, "" where it is not known.
	Dir string `json:"dir,omitempty"`
}

// Locked is the error of a state that another live run works on.
type Locked struct {
	Path   string
	Holder Holder
}

// Error names the holder.
func (e *Locked) Error() string {
	if e.Holder.PID == 0 {
		return fmt.Sprintf("another run works on this platform (lock %s)", e.Path)
	}
	where := ""
	if e.Holder.Dir != "" {
		where = " in " + e.Holder.Dir
	}
	return fmt.Sprintf("another run works on this platform: %q%s, process %d on %s, since %s (lock %s)",
		e.Holder.Command, where, e.Holder.PID, e.Holder.Host, e.Holder.Since.Format(time.TimeOnly), e.Path)
}

// Lock keeps other runs away from a state file, or from a platform.
type Lock struct {
	file  *flock.Flock
	state string // the path of the state file
	// made says that Acquire made the lock file, and directory that it made that, too.
	made, directory bool
}

// LockPath is the lock file of a state file.
func LockPath(statePath string) string { return strings.TrimSuffix(statePath, ".json") + ".lock" }

// PlatformPath is what to Acquire, below a directory that all of a user's runs
// share, to keep away those that work on the same platform with another state
// file. Endpoint is "" where AWS itself is worked on: the same account number
// somewhere else is another account.
func PlatformPath(dir string, id Identity, endpoint string) string {
	parts := []string{id.Target, id.Account, id.Region, id.Platform}
	if endpoint != "" {
		parts = append(parts, url.QueryEscape(endpoint))
	}
	return filepath.Join(dir, strings.Join(parts, "_")+".json")
}

// Acquire takes the lock of a state file, or returns a *Locked that names the
// holder. The operating system drops the lock with its process, so a dead
// holder's lock is free. A place where no lock can be written gives an
// *Unwritable.
func Acquire(statePath string, holder Holder) (*Lock, error) {
	path := LockPath(statePath)
	lock := &Lock{state: statePath}
	for range mostTries {
		lock.directory = !isThere(filepath.Dir(path))
		lock.made = !isThere(path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, &Unwritable{path, err}
		}
		lock.file = flock.New(path, flock.SetPermissions(0o600))
		ok, err := lock.file.TryLock()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another run has just taken the directory away
		}
		if err != nil {
			return nil, &Unwritable{path, err}
		}
		if !ok {
			return nil, &Locked{Path: path, Holder: readHolder(holderPath(path))}
		}
		if lock.isOf(path) {
			if err := lock.hold(holder); err != nil {
				return nil, err
			}
			return lock, nil
		}
		// Another run has taken the file away between its being opened and its being locked.
		if err := lock.file.Unlock(); err != nil {
			return nil, &Unwritable{path, err}
		}
	}
	return nil, &Unwritable{path, errors.New("other runs keep taking it away")}
}

// mostTries is how often the lock file may vanish between its being made and its being locked.
const mostTries = 100

// hold writes who holds the lock, which is a courtesy to the next run, and not the lock itself.
func (l *Lock) hold(holder Holder) error {
	path := LockPath(l.state)
	data, err := json.Marshal(holder)
	if err == nil {
		err = os.WriteFile(holderPath(path), append(data, '\n'), 0o600)
	}
	if err != nil {
		return errors.Join(&Unwritable{path, err}, l.file.Unlock())
	}
	return nil
}

// isOf reports whether the locked file is the one that other runs find at a path.
func (l *Lock) isOf(path string) bool {
	locked, err := l.file.Stat()
	if err != nil {
		return true // there is nothing to compare
	}
	found, err := os.Stat(path)
	return err == nil && os.SameFile(locked, found)
}

// isThere reports whether there is something at a path.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Release gives the lock back. Its file stays.
func (l *Lock) Release() error { return l.file.Unlock() }

// Discard gives the lock back. Where there is no state, as after a run that was refused, it takes away what Acquire made for
// it, as far as the system lets go of a file that is open: before the lock is given back, so that nobody else has it meanwhile.
func (l *Lock) Discard() error {
	if l.made && !isThere(l.state) && !isThere(SparePath(l.state)) {
		path := LockPath(l.state)
		if os.Remove(path) == nil {
			// Elsewhere than on Windows it is the lock file itself, which may be another run's by now.
			if holder := holderPath(path); holder != path {
				_ = os.Remove(holder)
			}
			if l.directory {
				_ = os.Remove(filepath.Dir(path)) // unless there is anything in it
			}
		}
	}
	return l.file.Unlock()
}

func readHolder(path string) Holder {
	var h Holder
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &h) != nil {
		return Holder{}
	}
	return h
}

// HolderIsDead reports whether err is that of a lock whose holder, a process of
// this host, is no more. A local file system drops the lock with its process; a
// network one may not.
func HolderIsDead(err error, host string) bool {
	var locked *Locked
	if !errors.As(err, &locked) || locked.Holder.PID <= 0 || locked.Holder.Host != host {
		return false
	}
	return hasEnded(locked.Holder.PID)
}
