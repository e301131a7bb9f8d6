package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/state"
)

// take takes a lock, so that no other run changes what this one does.
func (s *session) take(path string) error {
	host, _ := os.Hostname()
	holder := state.Holder{PID: os.Getpid(), Host: host, Command: "platformctl " + s.command.Name(), Since: s.began.UTC(), Dir: s.Dir}
	lock, err := state.Acquire(path, holder)
	switch {
	case err == nil:
		s.locks = append(s.locks, lock)
	case s.force && state.HolderIsDead(err, host):
		err = nil
	}
	return err
}

// claim makes sure, before anything is looked at for a change, that the state
// is this account's, that no run of another directory works on the platform,
// and that the state can be written.
func (s *session) claim(ctx context.Context, identity state.Identity) error {
	if err := provision.BindAccount(ctx, s.Clients, s.Store); err != nil {
		return err
	}
	identity.Account = s.Store.Document().Account
	endpoint := ""
	if s.Config.Target == config.TargetAWS {
		endpoint = s.get("AWS_ENDPOINT_URL")
	}
	home, err := localcloud.Home(s.get)
	if err == nil {
		err = s.take(state.PlatformPath(filepath.Join(home, "locks"), identity, endpoint))
	}
	if errors.As(err, new(*state.Locked)) {
		return err
	}
	if err != nil {
		// Such a machine has no place for what its runs share. That is no
		// reason to refuse one.
		s.warn(fmt.Errorf("runs from other directories are not kept away: %w", err))
	}
	return s.Store.Mend()
}

// unreadableHint says what to do about a state file that is refused.
func unreadableHint(e *state.Unreadable) string {
	if errors.Is(e, fs.ErrPermission) {
		return "nothing was touched; give the file back to the user that runs platformctl"
	}
	return "nothing was touched; the file stays as it is. Name another with --state, or move it away: platformctl finds everything again by its tags"
}

// unwritableHint says what to do about a state that can't be written, before
// anything was made or midway.
func unwritableHint(e *state.Unwritable, midway bool) string {
	hint := "make it writable, or name another place with --state"
	if isDiskFull(e) {
		hint = "make space there, or name another place with --state"
	}
	if midway {
		return hint + "; then the same command goes on. Nothing is lost: what was made carries its tags"
	}
	return hint + ". Nothing was touched"
}
