package state

import (
	"encoding/json"
	"errors"
	"fmt"
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
type Lock struct{ file *flock.Flock }

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
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, &Unwritable{path, err}
	}
	file := flock.New(path, flock.SetPermissions(0o600))
	ok, err := file.TryLock()
	if err != nil {
		return nil, &Unwritable{path, err}
	}
	if !ok {
		return nil, &Locked{Path: path, Holder: readHolder(holderPath(path))}
	}
	data, err := json.Marshal(holder)
	if err != nil {
		return nil, errors.Join(err, file.Unlock())
	}
	// Who holds the lock is a courtesy to the next run, not the lock itself.
	if err := os.WriteFile(holderPath(path), append(data, '\n'), 0o600); err != nil {
		return nil, errors.Join(&Unwritable{path, err}, file.Unlock())
	}
	return &Lock{file}, nil
}

// Release gives the lock back. The file stays: deleting it would let a third
// run lock a file that a second one no longer sees.
func (l *Lock) Release() error { return l.file.Unlock() }

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
