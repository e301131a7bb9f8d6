package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// kept is how many drills a history keeps.
const kept = 20

// History are the documents of a platform's last drills, a file each, in a
// directory beside the state file.
type History struct{ dir string }

// HistoryOf is the history of the platform with a state file.
func HistoryOf(statePath string) History {
	return History{strings.TrimSuffix(statePath, ".json") + ".drills"}
}

// Keep adds a drill's document, and forgets the oldest beyond the last 20.
func (h History) Keep(id string, document any) error {
	data, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the drill: %w", err)
	}
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return fmt.Errorf("keep the drill: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(h.dir, id+".json"), append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep the drill: %w", err)
	}
	names, err := h.names()
	if err != nil {
		return err
	}
	for _, name := range names[:max(len(names)-kept, 0)] {
		if err := os.Remove(filepath.Join(h.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget an old drill: %w", err)
		}
	}
	return nil
}

// Last is the last drill's document of those that match, as Keep got them; nil where
// there is none.
func Last[Document any](h History, match func(*Document) bool) (*Document, error) {
	names, err := h.names()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Backward(names) {
		path := filepath.Join(h.dir, name)
		data, err := atomicfile.Read(path)
		if err != nil {
			return nil, fmt.Errorf("read the last drill: %w", err)
		}
		document := new(Document)
		if err := json.Unmarshal(data, document); err != nil {
			return nil, fmt.Errorf("read the last drill %s: %w", path, err)
		}
		if match(document) {
			return document, nil
		}
	}
	return nil, nil
}

// names are the files, the oldest first: a drill's name begins with its time.
func (h History) names() ([]string, error) {
	entries, err := os.ReadDir(h.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the drills kept: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".json") {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
