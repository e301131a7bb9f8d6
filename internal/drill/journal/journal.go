// Package journal keeps what a drill leaves on disk beside a platform's state file:
// the entry of a fault until it is restored, and the documents of the last drills.
// Here belong files and their formats; what an entry means is in fault.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/platformctl/platformctl/internal/atomicfile"
	"github.com/platformctl/platformctl/internal/drill/fault"
)

// Journal is the file that says what a drill has broken, for as long as it is
// not restored. It stands beside the state file, under whose lock it is written.
type Journal struct{ path string }

// Of is the journal of the platform with a state file.
func Of(statePath string) Journal {
	return Journal{strings.TrimSuffix(statePath, ".json") + ".drill.json"}
}

// Path is the file's.
func (j Journal) Path() string { return j.path }

// Read is the drill that has not been restored; nil where there is none.
func (j Journal) Read() (*fault.Entry, error) {
	data, err := atomicfile.Read(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the drill's journal: %w", err)
	}
	var entry fault.Entry
	if err := json.Unmarshal(data, &entry); err != nil {
		return nil, &Unreadable{j.path, err}
	}
	if entry.Version > fault.EntryVersion {
		return nil, &Unreadable{j.path, fmt.Errorf("its schema %d is newer than this program's %d", entry.Version, fault.EntryVersion)}
	}
	if _, err := fault.ScenarioOf(entry.Scenario); err != nil {
		return nil, &Unreadable{j.path, err}
	}
	return &entry, nil
}

// Unreadable is a journal that says nothing. The tags of what was broken say the
// same as it did.
type Unreadable struct {
	Path string
	Err  error
}

func (e *Unreadable) Error() string { return fmt.Sprintf("the drill's journal %s: %v", e.Path, e.Err) }
func (e *Unreadable) Unwrap() error { return e.Err }

// Write returns when the entry is on disk.
func (j Journal) Write(entry fault.Entry) error {
	data, err := json.MarshalIndent(entry, "", "  ")
	if err != nil {
		return fmt.Errorf("write the drill's journal: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return fmt.Errorf("write the drill's journal: %w", err)
	}
	if err := atomicfile.Write(j.path, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the drill's journal: %w", err)
	}
	if err := atomicfile.SyncDirectory(filepath.Dir(j.path)); err != nil {
		return errors.Join(err, j.Clear())
	}
	return nil
}

// Clear forgets the drill, which is restored.
func (j Journal) Clear() error {
	if err := os.Remove(j.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clear the drill's journal: %w", err)
	}
	return nil
}
