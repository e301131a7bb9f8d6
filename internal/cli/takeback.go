package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/present/progress"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/apply"
)

// takeBack ends an up whose roll has failed with what served before, and with the error.
func takeBack(ctx context.Context, s *session.Session, view *provision.View, run *apply.Run, progress *progress.Progress, failed error) error {
	before, ok := provision.Before(view, s.Store.Document(), failed)
	if !ok || ctx.Err() != nil {
		return failed
	}
	progress.Warn("the new version fails, and is taken back: the instances become again what the last up made them")
	back, err := provision.InspectBeforeChange(ctx, s.Clients, before, s.Store, progress.Note)
	if err == nil {
		err = back.Unknowable()
	}
	if err == nil {
		progress.Plan(back.Plan.Upcoming(), s.Second)
		_, err = run.Apply(ctx, back.Plan)
	}
	if err != nil {
		return errors.Join(failed, fmt.Errorf("take the new version back: %w", err))
	}
	return &provision.TakenBack{Err: failed}
}
