package drillreport

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/platformctl/platformctl/internal/atomicfile"
	"github.com/platformctl/platformctl/internal/present/drillresult"
)

// CheckFile says what is wrong with the name of a drill's report; an empty
// one is none.
func CheckFile(path string) error {
	if path == "" || formatOf(path) != nil {
		return nil
	}
	return fmt.Errorf("--report %q: the name must end in .html or .md", path)
}

// WriteFile writes a drill's report, as HTML or Markdown by the file's name.
// A file that was there is replaced in one go, or stays as it was.
func WriteFile(path string, doc drillresult.Drill) error {
	format := formatOf(path)
	if format == nil {
		return CheckFile(path)
	}
	if err := atomicfile.Write(path, []byte(format(doc)), 0o644); err != nil {
		return fmt.Errorf("write the drill's report: %w", err)
	}
	return nil
}

func formatOf(path string) func(drillresult.Drill) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html", ".htm":
		return page
	case ".md", ".markdown":
		return markdown
	}
	return nil
}
