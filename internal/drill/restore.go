package drill

import (
	"context"
	"errors"
	"fmt"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Pending are the drills that were not undone: the journal's, and those that
// only the tags tell of. The oldest comes first. A journal that can't be read
// counts for nothing where the tags say what was broken.
func Pending(j Journal, p Platform) ([]Entry, error) {
	written, err := j.Read()
	var unreadable *Unreadable
	if err != nil && !errors.As(err, &unreadable) {
		return nil, err
	}
	marked := Marked(p)
	if unreadable != nil && len(marked) == 0 {
		return nil, err
	}
	var entries []Entry
	for _, entry := range marked {
		if written == nil || entry.ID != written.ID {
			entries = append(entries, entry)
		}
	}
	if written != nil {
		entries = append(entries, *written)
	}
	return entries, nil
}

// Mend undoes drills, as many as it can. It returns when all that AWS was asked
// for is done, and clears the journal if that was all; the targets may still be
// on their way to health. Its error is NotRestored for each that failed.
func Mend(ctx context.Context, c *awsapi.Clients, j Journal, entries []Entry) error {
	var failed []error
	for _, entry := range entries {
		s, err := scenarioOf(entry.Scenario)
		if err == nil {
			err = s.undo(ctx, c, entry)
		}
		if err != nil {
			failed = append(failed, &NotRestored{entry, err})
		}
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	return j.Clear()
}

// undo mends, and turns a panic into an error.
func (s scenario) undo(ctx context.Context, c *awsapi.Clients, e Entry) (err error) {
	defer catch(func(panicked error) { err = panicked })
	return s.mend(ctx, c, e)
}

// NotRestored is a fault that could not be undone. Its journal stays.
type NotRestored struct {
	Entry Entry
	Err   error
}

func (e *NotRestored) Error() string {
	return fmt.Sprintf("the %s drill %s of %v could not be undone: %v", e.Entry.Scenario, e.Entry.ID, e.Entry.instances(), e.Err)
}
func (e *NotRestored) Unwrap() error { return e.Err }
