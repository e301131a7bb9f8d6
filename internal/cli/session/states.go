package session

import (
	"cmp"
	"path/filepath"

	"github.com/platformctl/platformctl/internal/state"
)

// StateOf is the path of a platform's state, as far as this machine knows: the one that this directory has, or --state names,
// else where the last up of another directory has it. "" where neither is there. The platform's name must be one that a
// configuration can have: it is a part of paths.
func (s *Session) StateOf(platform state.Identity) string {
	isOf := func(path string) bool {
		doc, ok := state.Peek(path)
		account := doc.Account
		doc.Account = platform.Account
		return ok && doc.Identity == platform && (account == "" || account == platform.Account)
	}
	own := cmp.Or(s.State, filepath.Join(StateDirectory, platform.Platform+".json"))
	if path := absolute(s.InDir(own)); isOf(path) {
		return path
	}
	path, err := s.sharedOf(origins, platform)
	if err != nil {
		return ""
	}
	if origin := state.ReadOrigin(path); origin != nil && isOf(origin.State) {
		return origin.State
	}
	return ""
}

// Near is a path as it is from the working directory, where it is inside of it.
func (s *Session) Near(path string) string { return s.near(path) }
