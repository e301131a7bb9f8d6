package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/state"
)

// Protection is what the configuration says of the platform's protection, and the command's --unprotect.
func (s *Session) Protection(lifted bool) preflight.Protection {
	return s.protection(s.Command.CommandPath(), lifted)
}

// ProtectionOfUp is the same for an up without --unprotect.
func (s *Session) ProtectionOfUp() preflight.Protection {
	return s.protection(s.Command.Root().Name()+" up", false)
}

func (s *Session) protection(command string, lifted bool) preflight.Protection {
	return preflight.Protection{On: s.Config.Protect, Lifted: lifted, Command: terminal.WithFlags(command+" --unprotect", s.PlatformFlags())}
}

// RefuseRename refuses another name for a protected platform, wherever the name comes from. There says that the platform
// with the name is there already: then nothing new is made beside the other. The error is a *preflight.Blocked, or nil.
func (s *Session) RefuseRename(protection preflight.Protection, there bool) error {
	others := s.sameConfiguration()
	if there || len(others) == 0 {
		return nil
	}
	path := slices.Min(slices.Collect(maps.Keys(others)))
	return protection.Whole(others[path].Platform, "which the same configuration made, by "+s.near(path)+", and which would go on beside "+s.Config.Name)
}

// earlier are those of sameConfiguration that go on unasked.
func (s *Session) earlier() map[string]state.Document {
	if s.Get("PLATFORMCTL_NAME") != "" {
		return nil // the configuration's own is another on purpose
	}
	return s.sameConfiguration()
}

// sameConfiguration are the states of the platforms that the same configuration made under another name, by their paths.
func (s *Session) sameConfiguration() map[string]state.Document {
	others := state.Others(s.Store.Path())
	maps.DeleteFunc(others, func(_ string, doc state.Document) bool {
		return doc.Made != nil && (doc.Made.Config != s.configPath() || !isSame(doc.Made.Directory, s.Dir))
	})
	return others
}

// ProtectedNames says that up needs --unprotect to make the platform beside one that the same configuration protects. It is
// empty where the platform is there already, and where nothing is protected.
func (s *Session) ProtectedNames(there bool) []string {
	if s.RefuseRename(s.Protection(false), there) == nil {
		return nil
	}
	var names []string
	for _, doc := range s.sameConfiguration() {
		names = append(names, doc.Platform)
	}
	slices.Sort(names)
	return []string{fmt.Sprintf("protected (protect: true): up needs --unprotect to make %s beside %s", s.Config.Name, strings.Join(names, ", "))}
}
