package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Candidates are the names of the files in a directory that configure a platform, or mean to: YAML of whose keys on the
// outside more are the configuration's than not. They come in the order of their names.
func Candidates(directory string) []string {
	if directory == "" {
		directory = "."
	}
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil // then nothing in it can be meant
	}
	var found []string
	for _, entry := range entries {
		name := entry.Name()
		if ending := filepath.Ext(name); ending != ".yaml" && ending != ".yml" || strings.HasPrefix(name, ".") {
			continue
		}
		if info, err := os.Stat(filepath.Join(directory, name)); err != nil || !info.Mode().IsRegular() {
			continue // to open a named pipe would wait for its writer
		}
		if text, err := readLimited(filepath.Join(directory, name), maxFileBytes); err == nil && isCandidate(text) {
			found = append(found, name)
		}
	}
	return found
}

// isCandidate tells a configuration from other YAML.
func isCandidate(text []byte) bool {
	text, wrong := decodeText(text)
	if wrong != "" {
		return false
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil || len(file.Docs) == 0 {
		return false
	}
	mapping, ok := file.Docs[0].Body.(ast.MapNode)
	if !ok {
		return false
	}
	known := (&document{fields: fields()}).keysUnder("")
	ours, others := 0, 0
	for pair := mapping.MapRange(); pair.Next(); {
		if slices.Contains(known, pair.Key().GetToken().Value) {
			ours++
		} else {
			others++
		}
	}
	return ours > others
}
