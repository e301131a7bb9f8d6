package awsapi

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

const attemptTakes = 20 * time.Millisecond

// throttled is AWS with a token bucket for each operation.
type throttled struct {
	mu       sync.Mutex
	buckets  map[string]*rate.Limiter
	refusals int
}

func (c *throttled) call(operation string) error {
	<-time.After(attemptTakes) // of the test's own time
	c.mu.Lock()
	defer c.mu.Unlock()
	if bucket := c.buckets[operation]; bucket != nil && !bucket.Allow() {
		c.refusals++
		return apiError("RequestLimitExceeded", "Request limit exceeded.")
	}
	return nil
}

// TestLimiter_SlowsOnlyThrottledOperation makes thirty NAT gateways at once, of which AWS
// takes ten and then one a second, and meanwhile two hundred other calls one
// after the other, that AWS would take at any rate.
func TestLimiter_SlowsOnlyThrottledOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const gateways, others = "CreateNatGateway", "DescribeSubnets"
		cloud := &throttled{buckets: map[string]*rate.Limiter{gateways: rate.NewLimiter(1, 10)}}
		limiter, delays := &Limiter{}, newRetryer(nil)
		call := func(operation string) {
			for attempt := 1; ; attempt++ {
				if err := limiter.wait(t.Context(), operation); err != nil {
					t.Error(err)
				}
				sent := time.Now()
				err := cloud.call(operation)
				if err == nil {
					return
				}
				limiter.refused(operation, sent)
				delay, _ := delays.RetryDelay(attempt, err)
				<-time.After(delay)
			}
		}
		began := time.Now()
		var calls sync.WaitGroup
		for range 30 {
			calls.Go(func() { call(gateways) })
		}
		var unthrottled time.Duration
		calls.Go(func() {
			for range 200 {
				call(others)
			}
			unthrottled = time.Since(began)
		})
		calls.Wait()
		all := time.Since(began)
		t.Logf("the gateways took %s, with %d refusals; the other calls %s", all, cloud.refusals, unthrottled)
		if want := 200 * attemptTakes; unthrottled != want {
			t.Errorf("calls that AWS doesn't throttle took %s, want %s", unthrottled, want)
		}
		if least := 19 * time.Second; all < least || all > 2*least {
			t.Errorf("thirty throttled calls took %s; AWS's bucket allows %s", all, least)
		}
		if cloud.refusals > 90 {
			t.Errorf("%d calls were refused for 30 that were taken", cloud.refusals)
		}
	})
}

// TestLimiter_IdleWithoutThrottling makes a thousand calls at once.
func TestLimiter_IdleWithoutThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := &Limiter{}
		began := time.Now()
		for range 1000 {
			if err := limiter.wait(t.Context(), "EC2.DescribeVpcs"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("a thousand calls waited for %s", took)
		}
	})
}

// TestLimiter_SlowsDownAndRecovers follows the rate after one refusal.
func TestLimiter_SlowsDownAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const operation = "EC2.RunInstances"
		limiter := &Limiter{}
		wait := func() time.Duration {
			began := time.Now()
			if err := limiter.wait(t.Context(), operation); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		for range 8 { // eight a second
			wait()
			<-time.After(125 * time.Millisecond)
		}
		sent := time.Now()
		limiter.refused(operation, sent.Add(-time.Second))
		first := limiter.of(operation).from
		if first < 3.5 || first > 4.5 {
			t.Errorf("slowed down to %v a second, want half of eight", first)
		}
		// Those under way when it slowed down say nothing of the new pace.
		limiter.refused(operation, sent.Add(-time.Millisecond))
		if again := limiter.of(operation).from; again != first {
			t.Errorf("slowed down to %v by a call of before", again)
		}
		wait()
		if took := wait(); took < 150*time.Millisecond || took > 300*time.Millisecond {
			t.Errorf("the second call waited for %s, want a quarter of a second", took)
		}
		<-time.After(6 * time.Second)
		wait()
		if took := wait(); took > 150*time.Millisecond {
			t.Errorf("six seconds later a call waited for %s, want about 0.1 s", took)
		}
		<-time.After(freeAfter)
		for range 50 {
			if took := wait(); took != 0 {
				t.Fatalf("half a minute later a call waited for %s", took)
			}
		}
		// However often it is refused, it goes on.
		for range 50 {
			limiter.refused(operation, time.Now())
		}
		if rate := limiter.of(operation).from; rate != slowestRate {
			t.Errorf("after fifty refusals the rate is %v, want %v", rate, slowestRate)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		wait()
		if err := limiter.wait(ctx, operation); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the end of the context is reported as %v", err)
		}
	})
}
