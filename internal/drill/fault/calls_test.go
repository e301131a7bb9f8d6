package fault

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWrite_WaitsForACallThatHasBegun checks that a call which changes something is not given
// up while it is on its way, and not begun after the end.
func TestWrite_WaitsForACallThatHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, end)
		call := func(takes time.Duration) func(context.Context) (string, error) {
			return func(ctx context.Context) (string, error) {
				select {
				case <-time.After(takes):
					return "done", nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			}
		}
		if said, err := write(ctx, call(10*time.Second)); said != "done" {
			t.Errorf("%q, %v", said, err)
		}
		if _, err := write(ctx, call(0)); !errors.Is(err, context.Canceled) {
			t.Errorf("begun after the end: %v", err)
		}
		ctx, end = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, end)
		began := time.Now()
		if _, err := write(ctx, call(time.Hour)); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if took := time.Since(began); took != time.Second+grace {
			t.Errorf("given up after %s", took)
		}
	})
}
