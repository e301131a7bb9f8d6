package session

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/state"
)

// Protection is what the configuration says of the platform's protection, and the command's --unprotect.
func (s *Session) Protection(lifted bool) preflight.Protection {
	return preflight.Protection{On: s.Config.Protect, Lifted: lifted, Command: s.Command.CommandPath() + " --unprotect"}
}

// RefuseRename refuses another name for a protected platform. The error is a *preflight.Blocked, or nil.
func (s *Session) RefuseRename(protection preflight.Protection) error {
	others := s.earlier()
	if len(others) == 0 {
		return nil
	}
	path := slices.Min(slices.Collect(maps.Keys(others)))
	return protection.Whole(others[path].Platform, "which the same configuration made, by "+s.near(path)+", and which would go on beside "+s.Config.Name)
}

// earlier are the states of the platforms that the same configuration made under another name, by their paths.
func (s *Session) earlier() map[string]state.Document {
	if s.Get("PLATFORMCTL_NAME") != "" {
		return nil // the configuration's own is another on purpose
	}
	others := state.Others(s.Store.Path())
	maps.DeleteFunc(others, func(_ string, doc state.Document) bool {
		return doc.Made != nil && (doc.Made.Config != s.configPath() || !isSame(doc.Made.Directory, s.Dir))
	})
	return others
}
