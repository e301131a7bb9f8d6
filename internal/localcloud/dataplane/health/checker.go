package health

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
)

// Dialer connects to the target's health check port. It hangs until ctx ends where the packets would be dropped.
type Dialer func(ctx context.Context, port int) (net.Conn, error)

// Options say whom a Checker checks, and how it gets there.
type Options struct {
	Clock clock.Clock
	Dial  Dialer
	TLS   *tls.Config // for checks over HTTPS
	Host  string      // the target's private address, for the Host header
	Port  int         // the target's traffic port
	// FirstAfter is the pause between registration and the first check.
	FirstAfter time.Duration
	// Changed is called, if set, after the state or its reason changed.
	Changed func(Status)
}

// Checker checks one target for one node until its context ends.
type Checker struct {
	Options

	mu       sync.Mutex
	settings Settings
	machine  *Machine
}

// NewChecker returns a checker for a target that was just registered.
func NewChecker(o Options, settings Settings) *Checker {
	settings = settings.WithDefaults()
	return &Checker{
		Options:  o,
		settings: settings,
		machine:  NewMachine(settings.HealthyThreshold, settings.UnhealthyThreshold),
	}
}

// Status is what the node says of the target now.
func (c *Checker) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.machine.Status()
}

// SetSettings applies a target group's changed settings from the next check on.
func (c *Checker) SetSettings(s Settings) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settings = s.WithDefaults()
	c.machine.SetThresholds(c.settings.HealthyThreshold, c.settings.UnhealthyThreshold)
}

// Run checks at the group's interval, counted from start to start, so that
// (threshold-1)·interval … threshold·interval is the time to a verdict.
func (c *Checker) Run(ctx context.Context) {
	timer := c.Clock.NewTimer(c.FirstAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C():
		}
		c.mu.Lock()
		settings := c.settings
		c.machine.Begin()
		c.mu.Unlock()

		timer.Reset(settings.Interval)
		result := c.check(ctx, settings)
		if ctx.Err() != nil {
			return
		}
		c.observe(result)
	}
}

func (c *Checker) observe(r Result) {
	c.mu.Lock()
	before := c.machine.Status()
	c.machine.Observe(r)
	after := c.machine.Status()
	c.mu.Unlock()
	if c.Changed != nil && before != after {
		c.Changed(after)
	}
}

// check makes one GET. Only the status code counts: redirects aren't followed.
func (c *Checker) check(ctx context.Context, s Settings) Result {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan Result, 1)
	go func() { done <- c.get(ctx, s) }()

	timeout := c.Clock.NewTimer(s.Timeout)
	defer timeout.Stop()
	select {
	case r := <-done:
		return r
	case <-timeout.C():
		cancel()
		<-done
		return Result{Outcome: TimedOut}
	case <-ctx.Done():
		<-done
		return Result{Outcome: TimedOut}
	}
}

func (c *Checker) get(ctx context.Context, s Settings) Result {
	port := c.Port
	if s.Port != 0 {
		port = s.Port
	}
	conn, err := c.Dial(ctx, port)
	if err != nil {
		return Result{Outcome: Failed}
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	over := conn
	if s.Protocol == "HTTPS" {
		over = tls.Client(conn, c.TLS) // the first write shakes hands
	}
	if _, err := fmt.Fprintf(over, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"+
		"User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n",
		s.Path, net.JoinHostPort(c.Host, strconv.Itoa(port))); err != nil {
		return Result{Outcome: Failed}
	}
	response, err := http.ReadResponse(bufio.NewReader(over), nil)
	if err != nil {
		return Result{Outcome: Failed}
	}
	response.Body.Close()
	if !Matches(s.Matcher, response.StatusCode) {
		return Result{Outcome: Mismatch, Code: response.StatusCode}
	}
	return Result{Outcome: Passed}
}
