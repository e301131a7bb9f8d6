package session

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/runbook"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/state"
)

// OtherSettings says what the last up went by that this command doesn't, and the other
// way round: a difference that is no drift of the platform's. It is empty where both went
// by the same.
func (s *Session) OtherSettings() []string {
	made := s.Store.Document().Made
	if made == nil {
		return nil
	}
	var notes []string
	if now := s.configPath(); now != made.Config {
		before := "the built-in platform"
		if made.Config != "" {
			before = s.near(made.Config)
		}
		notes = append(notes, fmt.Sprintf("the last up went by %s, not by %s", before, s.near(s.Config.File)))
	}
	now := s.settings()
	var missing, others, added []string
	for name, digest := range made.Settings {
		switch given, ok := now[name]; {
		case !ok:
			missing = append(missing, name)
		case given != digest:
			others = append(others, name)
		}
	}
	for name := range now {
		if _, ok := made.Settings[name]; !ok {
			added = append(added, name)
		}
	}
	for _, part := range []struct {
		names []string
		words string
	}{
		{missing, "the last up was given %s, which is not set now"},
		{others, "the last up was given another value of %s"},
		{added, "the last up was not given %s, which the environment sets now"},
	} {
		if len(part.names) > 0 {
			notes = append(notes, fmt.Sprintf(part.words, strings.Join(slices.Sorted(slices.Values(part.names)), ", ")))
		}
	}
	return notes
}

// near is a path as it is from the working directory, where it is inside of it.
func (s *Session) near(path string) string {
	if path == "" {
		return "the built-in platform"
	}
	if inside, err := filepath.Rel(s.Dir, path); err == nil && filepath.IsLocal(inside) {
		return inside
	}
	return path
}

// EarlierNames says which platforms the same configuration made under another name, by
// the states beside this one: they go on.
func (s *Session) EarlierNames() []string {
	others := s.earlier()
	var notes []string
	for _, path := range slices.Sorted(maps.Keys(others)) {
		doc := others[path]
		costs := ""
		if doc.Target == string(config.TargetAWS) {
			costs = ", and costs money"
		}
		notes = append(notes, fmt.Sprintf("platform %s (%s, by %s) was made by the same configuration, and goes on%s, as platformctl list shows: give it its name back, or take it down with %s",
			doc.Platform, terminal.Plural(len(doc.Records), "object"), s.near(path), costs, s.downOf(doc)))
	}
	return notes
}

// downOf is the command that takes another platform of the same configuration down.
func (s *Session) downOf(doc state.Document) string {
	words := []string{"PLATFORMCTL_NAME=" + runbook.Quoted(doc.Platform)}
	if doc.Region != s.Config.Region {
		words = append(words, "PLATFORMCTL_REGION="+runbook.Quoted(doc.Region))
	}
	words = append(words, "platformctl down")
	if s.Config.Protect {
		words = append(words, "--unprotect")
	}
	if doc.Target != string(s.Config.Target) {
		words = append(words, "--target "+runbook.Quoted(doc.Target))
	}
	if s.Global.Config != "" {
		words = append(words, "-c "+runbook.Quoted(s.Global.Config))
	}
	return strings.Join(words, " ")
}
