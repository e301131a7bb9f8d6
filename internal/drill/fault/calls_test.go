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

// TestUntil_PollsSoonAndThenEverySecond waits for what takes ten seconds.
func TestUntil_PollsSoonAndThenEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var polls []time.Duration
		err := until(t.Context(), time.Minute, "ten seconds to pass", func(context.Context) (bool, error) {
			polls = append(polls, time.Since(began))
			return time.Since(began) >= 10*time.Second, nil
		})
		if err != nil || len(polls) < 5 {
			t.Fatalf("%v, after %v", err, polls)
		}
		if second := polls[1]; second > 100*time.Millisecond {
			t.Errorf("the second poll came after %s", second)
		}
		if pause := polls[len(polls)-1] - polls[len(polls)-2]; pause != time.Second || len(polls) > 14 {
			t.Errorf("at the end it polls every %s, %d times in all", pause, len(polls))
		}
	})
}
