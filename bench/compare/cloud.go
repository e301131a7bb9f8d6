package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// cloud is a fresh `platformctl local serve`, and the calls that it answers.
type cloud struct {
	home, endpoint string
	process        *exec.Cmd

	mu    sync.Mutex
	calls map[string]int // by operation
	last  time.Time      // when the latest of them was read
	ended chan struct{}  // closed when the log of calls has ended
}

// quotas let the largest of the platforms be.
const quotas = "vcpus=4000,targets_per_target_group=2000"

// serve starts a local cloud. The instances' web servers are built in: hundreds of
// processes of nginx would measure this machine.
func (b *bench) serve(ctx context.Context, s setting) (_ *cloud, err error) {
	b.clouds++
	dir := filepath.Join(b.dir, fmt.Sprintf("cloud-%d", b.clouds))
	c := &cloud{home: filepath.Join(dir, "home"), calls: map[string]int{}, ended: make(chan struct{})}
	if err := os.MkdirAll(c.home, 0o700); err != nil {
		return nil, err
	}
	said, err := os.Create(filepath.Join(dir, "serve.log"))
	if err != nil {
		return nil, err
	}
	defer said.Close()
	c.process = exec.Command(b.exe, "local", "serve", "--latency", s.latency, "--round-trip", s.roundTrip.String(), "--quota", quotas)
	c.process.Env = append(cleanEnvironment(), endpoint.HomeVariable+"="+c.home, "PLATFORMCTL_NGINX=builtin")
	c.process.Stderr = said
	if err := c.process.Start(); err != nil {
		return nil, fmt.Errorf("start the local cloud: %w", err)
	}
	for waited := 0; waited < 300; waited++ {
		if status, ok := daemon.Running(ctx, c.home); ok {
			c.endpoint = status.Endpoint
			return c, c.follow(ctx)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, errors.Join(err, c.stop())
		}
	}
	return nil, errors.Join(errors.New("the local cloud doesn't answer; see "+said.Name()), c.stop())
}

// follow counts the calls as they are answered, until the cloud ends.
func (c *cloud) follow(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.endpoint+endpoint.RouteCalls+"?follow=1", nil)
	if err != nil {
		return err
	}
	at, err := endpoint.Read(endpoint.Directory(c.home))
	if err != nil {
		return err
	}
	at.Authorize(request)
	response, err := http.DefaultClient.Do(request) //nolint:bodyclose // the goroutine below closes it
	if err != nil {
		return fmt.Errorf("follow the log of calls: %w", err)
	}
	go func() {
		defer close(c.ended)
		defer response.Body.Close()
		for lines := json.NewDecoder(response.Body); ; {
			var call wire.CallRecord
			if lines.Decode(&call) != nil {
				return // it has ended
			}
			c.mu.Lock()
			c.calls[call.Operation]++
			c.last = time.Now()
			c.mu.Unlock()
		}
	}()
	return nil
}

// quiet is how long no call must have come until all are known to be counted.
const quiet = 300 * time.Millisecond

// counted returns the calls since it was called last.
func (c *cloud) counted(ctx context.Context) (map[string]int, error) {
	for {
		c.mu.Lock()
		since := time.Since(c.last)
		c.mu.Unlock()
		if since >= quiet {
			break
		}
		select {
		case <-c.ended:
			since = quiet
		default:
		}
		if err := pause(ctx, quiet-since); err != nil {
			return nil, err
		}
		if since == quiet {
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := maps.Clone(c.calls)
	clear(c.calls)
	return calls, nil
}

// stop ends the cloud, which may have ended by itself with its last platform.
func (c *cloud) stop() error {
	_, err := daemon.Stop(context.Background(), c.home)
	done := make(chan error, 1)
	go func() { done <- c.process.Wait() }()
	select {
	case failed := <-done:
		return errors.Join(err, failed)
	case <-time.After(20 * time.Second):
		return errors.Join(err, c.process.Process.Kill(), <-done)
	}
}

// pause waits, or returns early with ctx's end.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func sum(calls map[string]int) (n int) {
	for _, times := range calls {
		n += times
	}
	return n
}
