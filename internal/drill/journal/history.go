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

// Last reads the last drill's document; false where there was none.
func (h History) Last(document any) (bool, error) {
	names, err := h.names()
	if err != nil || len(names) == 0 {
		return false, err
	}
	path := filepath.Join(h.dir, names[len(names)-1])
	data, err := atomicfile.Read(path)
	if err != nil {
		return false, fmt.Errorf("read the last drill: %w", err)
	}
	if err := json.Unmarshal(data, document); err != nil {
		return false, fmt.Errorf("read the last drill %s: %w", path, err)
	}
	return true, nil
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
