package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// restoreTimeout is how long restoring what earlier drills left may take.
const restoreTimeout = 20 * time.Minute

// Drilled is the platform, as far as restoring a drill needs to know it.
func (s *Session) Drilled(objects []resource.Object) drill.Platform {
	return drill.Platform{
		Name: s.Config.Name, Target: string(s.Config.Target), Account: s.Store.Document().Account, Region: s.Config.Region, Objects: objects,
	}
}

// RestoreFirst restores what a drill left behind that was killed, and says so. It
// returns the drills that it restored. The caller holds the state's lock.
func (s *Session) RestoreFirst(ctx context.Context, objects []resource.Object, tell func(string)) ([]string, error) {
	journal := journal.Of(s.Store.Path())
	pending, err := drill.Pending(journal, s.Drilled(objects))
	if err != nil || len(pending) == 0 {
		return nil, err
	}
	var ids []string
	for _, entry := range pending {
		ids = append(ids, entry.ID)
		tell(fmt.Sprintf("the %s drill %s was not restored: restoring it first", entry.Scenario, entry.ID))
	}
	restoring, cancel := context.WithTimeout(ctx, restoreTimeout)
	defer cancel()
	return ids, drill.Restore(restoring, s.Clients, journal, pending)
}

// Unfinished are the drills that run now, or were killed and left something behind. It
// is for commands that only look.
func (s *Session) Unfinished(objects []resource.Object) ([]fault.Entry, error) {
	pending, err := drill.Pending(journal.Of(s.Store.Path()), s.Drilled(objects))
	if errors.As(err, new(*journal.Unreadable)) {
		// No tag says that anything is broken, and this command is how one sees.
		s.Warn(fmt.Errorf("%w; nothing is marked as broken: delete the journal if all is healthy", err))
		return nil, nil
	}
	return pending, err
}

// RestoreUnlocked is RestoreFirst for a command that holds no lock. Where
// another run holds it, that may be the drill itself, and nothing is restored:
// then running is true.
func (s *Session) RestoreUnlocked(ctx context.Context, objects []resource.Object) (restored []string, running bool, err error) {
	pending, err := s.Unfinished(objects)
	if err != nil || len(pending) == 0 {
		return nil, false, err
	}
	held := len(s.locks)
	defer func() { err = errors.Join(err, s.release(held)) }()
	err = s.take(s.Store.Path())
	if err == nil {
		// A drill of another directory holds the platform's lock.
		err = s.claim(ctx)
	}
	if err == nil {
		err = s.Store.Repair()
	}
	if errors.As(err, new(*state.Locked)) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	// Between the look and the lock the drill may have ended by itself.
	view, err := provision.Inspect(ctx, s.Clients, s.Config, s.Store)
	if err != nil {
		return nil, false, err
	}
	restored, err = s.RestoreFirst(ctx, view.Observed.Objects, s.Say)
	return restored, false, err
}

// release gives back the locks beyond the first so many.
func (s *Session) release(keep int) error {
	var errs []error
	for _, lock := range s.locks[keep:] {
		errs = append(errs, lock.Release())
	}
	s.locks = s.locks[:keep]
	return errors.Join(errs...)
}
