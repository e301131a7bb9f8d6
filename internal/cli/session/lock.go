package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/state"
)

// take takes a lock, so that no other run changes what this one does.
func (s *Session) take(path string) error {
	host, _ := os.Hostname()
	holder := state.Holder{PID: os.Getpid(), Host: host, Command: "platformctl " + s.Command.Name(), Since: s.Began.UTC(), Dir: s.Dir}
	lock, err := state.Acquire(path, holder)
	switch {
	case err == nil:
		s.locks = append(s.locks, lock)
	case s.Force && state.HolderIsDead(err, host):
		err = nil
	}
	return err
}

// claim makes sure, before anything is looked at for a change, that no run of another
// directory works on the platform. That the state is this account's is asked beside the
// first look (provision.LookAsAccount); where the state can't tell which account that
// is, here.
func (s *Session) claim(ctx context.Context) error {
	if s.Store.Document().Account == "" || s.Store.Damage() != nil {
		if err := provision.BindAccount(ctx, s.Clients, s.Store); err != nil {
			return err
		}
	}
	path, err := s.shared("locks")
	if err == nil {
		err = s.take(path)
	}
	if errors.As(err, new(*state.Locked)) {
		return err
	}
	if err != nil {
		// Such a machine has no place for what its runs share. That is no
		// reason to refuse one.
		s.Warn(fmt.Errorf("runs from other directories are not kept away: %w", err))
	}
	return nil
}

// shared is the path of what all runs of a user share of the platform, in a directory of
// the home. The account must be bound.
func (s *Session) shared(directory string) (string, error) {
	return s.sharedOf(directory, s.Store.Document().Identity)
}

// sharedOf is the same of any platform.
func (s *Session) sharedOf(directory string, platform state.Identity) (string, error) {
	url := ""
	if s.Config.Target == config.TargetAWS {
		url = s.Get("AWS_ENDPOINT_URL")
	}
	home, err := endpoint.Home(s.Get)
	return state.PlatformPath(filepath.Join(home, directory), platform, url), err
}
