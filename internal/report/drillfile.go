package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CheckDrillFile says what is wrong with the name of a drill's report; "" is none.
func CheckDrillFile(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html", ".htm", ".md", ".markdown":
		return nil
	}
	if path == "" {
		return nil
	}
	return fmt.Errorf("--report %q: the name must end in .html or .md", path)
}

// WriteDrillFile writes a drill's report, as HTML or Markdown by the file's name.
func WriteDrillFile(path string, doc Drill) error {
	data, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write the drill's report: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("write the drill's report: %w", err)
	}
	return nil
}
