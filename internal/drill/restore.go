package drill

import (
	"context"
	"errors"
	"fmt"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
)

// Pending are the drills that were not restored: the journal's, and those that
// only the tags tell of. The oldest comes first. A journal that can't be read
// counts for nothing where the tags say what was broken.
func Pending(j journal.Journal, p Platform) ([]fault.Entry, error) {
	written, err := j.Read()
	var unreadable *journal.Unreadable
	if err != nil && !errors.As(err, &unreadable) {
		return nil, err
	}
	marked := fault.Marked(p.Objects, p.entry())
	if unreadable != nil && len(marked) == 0 {
		return nil, err
	}
	var entries []fault.Entry
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

// Restore takes back drills' faults, as many as it can. It returns when all that AWS was asked
// for is done, and clears the journal if that was all; the targets may still be
// on their way to health. Its error is NotRestored for each that failed.
func Restore(ctx context.Context, c *awsapi.Clients, j journal.Journal, entries []fault.Entry) error {
	var failed []error
	for _, entry := range entries {
		s, err := fault.Of(entry)
		if err == nil {
			err = restore(ctx, c, s, entry)
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

// restore takes back a fault, and turns a panic into an error.
func restore(ctx context.Context, c *awsapi.Clients, s fault.Scenario, e fault.Entry) (err error) {
	defer catch(func(panicked error) { err = panicked })
	return s.Restore(ctx, c, e)
}

// NotRestored is a fault that could not be restored. Its journal stays.
type NotRestored struct {
	Entry fault.Entry
	Err   error
}

func (e *NotRestored) Error() string {
	return fmt.Sprintf("the %s drill %s of %v could not be restored: %v", e.Entry.Scenario, e.Entry.ID, e.Entry.Instances(), e.Err)
}
func (e *NotRestored) Unwrap() error { return e.Err }
