package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// Origin is what all runs of a user share of a platform: where it was made, and where
// its state is.
type Origin struct {
	Made
	// State is the absolute path of the state file.
	State string `json:"state"`
}

// ReadOrigin reads where a platform was made, from the path that PlatformPath gives. It
// is nil where that isn't known.
func ReadOrigin(path string) *Origin {
	var origin Origin
	if json.Unmarshal(contents(path), &origin) != nil || origin.Directory == "" {
		return nil
	}
	return &origin
}

// Write replaces what is known of where a platform was made.
func (o Origin) Write(path string) error {
	data, err := json.MarshalIndent(o, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = atomicfile.Write(path, append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("write where the platform was made: %w", err)
	}
	return nil
}

// RemoveOrigin forgets where a platform was made that is gone.
func RemoveOrigin(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget where the platform was made: %w", err)
	}
	return nil
}
