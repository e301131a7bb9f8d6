package health

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// target is a backend whose next answers a test sets.
type target struct {
	*httptest.Server
	code    atomic.Int64
	refused atomic.Bool
	silent  atomic.Bool
	agent   atomic.Value
}

func newTarget(t *testing.T) *target {
	b := &target{}
	b.code.Store(200)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.agent.Store(r.UserAgent() + " " + r.Host)
		if b.code.Load() == 302 {
			w.Header().Set("Location", "/elsewhere") // which would answer 302 again
		}
		w.WriteHeader(int(b.code.Load()))
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *target) dial(ctx context.Context, port int) (net.Conn, error) {
	if b.silent.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if b.refused.Load() {
		return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", b.Listener.Addr().String())
}

func TestChecker_FollowsTarget(t *testing.T) {
	b := newTarget(t)
	fake := clock.NewFake(time.Unix(1_800_000_000, 0))
	changes := make(chan Status)
	c := NewChecker(Options{Clock: fake, Dial: b.dial, Host: "10.0.1.5", Port: 80, FirstAfter: time.Second,
		Changed: func(s Status) { changes <- s }},
		Settings{Path: "/healthz", Interval: 5 * time.Second, Timeout: 2 * time.Second, HealthyThreshold: 2, UnhealthyThreshold: 2})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	defer func() { cancel(); <-done }()

	fake.BlockUntil(1)
	if got := c.Status(); got != RegistrationInProgress() {
		t.Fatalf("before the first check: %v", got)
	}
	fake.Advance(time.Second)
	if got := <-changes; got.State != Healthy {
		t.Fatalf("after one pass: %v", got)
	}
	if got, want := b.agent.Load(), "ELB-HealthChecker/2.0 10.0.1.5:80"; got != want {
		t.Errorf("request came as %q, want %q", got, want)
	}

	// A process that died: refused twice, 5 s apart.
	b.refused.Store(true)
	start := fake.Now()
	fake.BlockUntil(1)
	fake.Advance(5 * time.Second)
	fake.BlockUntil(1)
	fake.Advance(5 * time.Second)
	if got := <-changes; got.Reason != ReasonFailedHealthChecks {
		t.Fatalf("refused: %v", got)
	}
	if took := fake.Now().Sub(start); took != 10*time.Second {
		t.Errorf("refused took %v, want 2·interval", took)
	}

	// A redirect is an answer with the wrong code, and isn't followed.
	b.refused.Store(false)
	b.code.Store(302)
	fake.BlockUntil(1)
	fake.Advance(5 * time.Second)
	if got := <-changes; got.Description != "Health checks failed with these codes: [302]" {
		t.Fatalf("redirect: %v", got)
	}

	// Recovery takes the healthy threshold.
	b.code.Store(200)
	fake.BlockUntil(1)
	fake.Advance(5 * time.Second)
	fake.BlockUntil(1)
	fake.Advance(5 * time.Second)
	if got := <-changes; got.State != Healthy {
		t.Fatalf("recovered: %v", got)
	}

	// Silence: each check takes the whole timeout.
	b.silent.Store(true)
	start = fake.Now()
	fake.BlockUntil(1)
	fake.Advance(5 * time.Second)
	fake.BlockUntil(2) // the next interval, and this check's timeout
	fake.Advance(2 * time.Second)
	fake.BlockUntil(1)
	fake.Advance(3 * time.Second)
	fake.BlockUntil(2)
	fake.Advance(2 * time.Second)
	if got := <-changes; got.Reason != ReasonTimeout {
		t.Fatalf("silence: %v", got)
	}
	if took := fake.Now().Sub(start); took != 12*time.Second {
		t.Errorf("silence took %v, want 2·interval + timeout", took)
	}
}

func TestChecker_StopsDuringSilence(t *testing.T) {
	b := newTarget(t)
	b.silent.Store(true)
	fake := clock.NewFake(time.Unix(0, 0))
	c := NewChecker(Options{Clock: fake, Dial: b.dial, Host: "10.0.1.5", Port: 80}, Settings{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	fake.BlockUntil(2)
	cancel()
	<-done
	if got := c.Status(); got != InitialHealthChecking() {
		t.Errorf("status %v", got)
	}
}

// A check over HTTPS takes any certificate, and one over HTTP isn't understood there.
func TestChecker_HTTPS(t *testing.T) {
	b := &target{}
	b.Server = httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer b.Close()
	c := NewChecker(Options{Dial: b.dial, TLS: &tls.Config{InsecureSkipVerify: true}, Port: 443}, Settings{})
	for protocol, want := range map[string]Outcome{"HTTPS": Passed, "HTTP": Mismatch} {
		if got := c.get(t.Context(), Settings{Protocol: protocol}.WithDefaults()); got.Outcome != want {
			t.Errorf("%s: %v, want %v", protocol, got, want)
		}
	}
}
