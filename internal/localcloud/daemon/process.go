package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

const (
	// answerWithin is how long a local cloud may take to say that it is there.
	answerWithin = 5 * time.Second
	// startWithin is how long a new one may take until it answers, and an old one
	// until it is gone.
	startWithin = 20 * time.Second
	// lookEvery is the pause between two looks at another process.
	lookEvery = 10 * time.Millisecond
)

// Running asks the local cloud of a home what it is like. It returns false when there
// is none: when it was never started, was stopped or killed, or when something else
// answers at its port.
func Running(ctx context.Context, home string) (endpoint.Status, bool) {
	dir := endpoint.Directory(home)
	at, err := endpoint.Read(dir)
	if err != nil || at.PID == 0 {
		return endpoint.Status{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var status endpoint.Status
	if err := ask(ctx, home, http.MethodGet, at.Endpoint+endpoint.RouteStatus, nil, &status); err != nil {
		return endpoint.Status{}, false
	}
	return status, status.PID == at.PID && status.Directory == string([]rune(dir)) // as JSON has bytes that aren't UTF-8
}

// Ensure finds the local cloud of a home or starts it in the background, by running
// exe with the arguments "local serve --latency …". It returns once the local cloud
// answers. When several processes call it at once, one of them starts it.
//
// What it says once, Status.NginxUnused, is empty where it ran already. One that runs with another latency takes on the wanted one, unless it serves other
// platforms than the one that asks: then Status.LatencyKept says why not.
func Ensure(ctx context.Context, home, exe, latency, platform string) (endpoint.Status, error) {
	status, ok := Running(ctx, home)
	status.NginxUnused = "" // it was said when it started
	if !ok {
		var err error
		if status, err = start(ctx, home, exe, latency); err != nil {
			return endpoint.Status{}, fmt.Errorf("start the local cloud in %s: %w", endpoint.Directory(home), err)
		}
	}
	if status.Latency == latency {
		return status, nil
	}
	wanted, err := json.Marshal(endpoint.LatencyChange{Latency: latency, Platform: platform})
	if err != nil {
		return endpoint.Status{}, err
	}
	var change endpoint.LatencyChange
	if err := ask(ctx, home, http.MethodPut, status.Endpoint+endpoint.RouteLatency, bytes.NewReader(wanted), &change); err != nil {
		return endpoint.Status{}, fmt.Errorf("set the latency of the local cloud (process %d) to %s: %w", status.PID, latency, err)
	}
	status.Latency, status.LatencyKept = change.Latency, change.Refused
	return status, nil
}

func start(ctx context.Context, home, exe, latency string) (endpoint.Status, error) {
	dir := endpoint.Directory(home)
	alone, err := onlyOne(ctx, dir)
	if err != nil {
		return endpoint.Status{}, err
	}
	defer alone.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, startWithin, fmt.Errorf("it doesn't answer after %v", startWithin))
	defer cancel()
	// One that was started by hand may be about to answer, or about to end.
	if status, ok, err := settled(ctx, home, nil); ok || err != nil {
		return status, err
	}
	child, err := launch(home, exe, latency)
	if err != nil {
		return endpoint.Status{}, err
	}
	status, ok, err := settled(ctx, home, child)
	switch {
	case err != nil:
		return endpoint.Status{}, fmt.Errorf("process %d: %w; the end of its log %s: %s", child.pid, err, child.log, child.said())
	case !ok:
		return endpoint.Status{}, fmt.Errorf("process %d ended at once: %s", child.pid, child.said())
	}
	return status, nil
}

// onlyOne keeps all other processes from starting or stopping the local cloud until the
// returned lock is closed.
func onlyOne(ctx context.Context, dir string) (*flock.Flock, error) {
	if err := endpoint.Make(dir); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(dir, "start.lock"))
	if _, err := l.TryLockContext(ctx, lookEvery); err != nil {
		return nil, fmt.Errorf("wait for another process that starts or stops it: %w", err)
	}
	return l, nil
}

// settled waits until either the local cloud of a home answers or no process serves
// the home, which for a child that was just started means that it has ended.
func settled(ctx context.Context, home string, started *child) (endpoint.Status, bool, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	lock := endpoint.ServeLock(endpoint.Directory(home))
	for {
		if status, ok := Running(ctx, home); ok {
			return status, true, nil
		}
		if started == nil {
			free, err := lock.TryLock()
			if err != nil {
				return endpoint.Status{}, false, err
			}
			if free {
				return endpoint.Status{}, false, lock.Close()
			}
		} else {
			select {
			case <-started.ended:
				return endpoint.Status{}, false, nil
			default:
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return endpoint.Status{}, false, context.Cause(ctx)
		}
	}
}

// Stop stops the local cloud of a home and returns when its process is gone. Its world
// stays on disk. It returns false when none was running.
func Stop(ctx context.Context, home string) (stopped bool, err error) {
	return stop(ctx, home, "")
}

// StopIfEmpty stops the local cloud of a home when nothing that its users made is left
// in it, in any region, and no process uses it (see Use; the caller must have released
// its own). It returns false when that isn't so, or none was running.
func StopIfEmpty(ctx context.Context, home string) (stopped bool, err error) {
	dir := endpoint.Directory(home)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return false, nil // and nothing is made to find that out
	}
	users := usersLock(dir)
	if alone, err := users.TryLock(); err != nil || !alone {
		return false, err
	}
	defer users.Close()
	return stop(ctx, home, "?if=empty")
}

func stop(ctx context.Context, home, condition string) (stopped bool, err error) {
	dir := endpoint.Directory(home)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return false, nil // and nothing is made to find that out
	}
	alone, err := onlyOne(ctx, dir)
	if err != nil {
		return false, fmt.Errorf("stop the local cloud in %s: %w", dir, err)
	}
	defer alone.Close()
	status, ok := Running(ctx, home)
	if !ok {
		return false, nil
	}
	var reply endpoint.StopReply
	if err := ask(ctx, home, http.MethodPost, status.Endpoint+endpoint.RouteStop+condition, nil, &reply); err != nil {
		return false, fmt.Errorf("stop the local cloud (process %d): %w", status.PID, err)
	}
	if !reply.Stopping {
		return false, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startWithin, fmt.Errorf("it is still there after %v; end it by its number", startWithin))
	defer cancel()
	gone := endpoint.ServeLock(dir)
	if _, err := gone.TryLockContext(ctx, lookEvery); err != nil {
		return false, fmt.Errorf("stop the local cloud (process %d): %w", status.PID, context.Cause(ctx))
	}
	return true, gone.Close()
}

// ask makes one request of the local cloud and reads its answer, a JSON document.
func ask(ctx context.Context, home, method, url string, body io.Reader, answer any) error {
	response, err := request(ctx, home, method, url, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(answer)
}

// request makes one request of the local cloud of a home, with its secret. It goes to this machine, so no proxy of
// the environment has a say. An answer other than 200 is an error with its text.
func request(ctx context.Context, home, method, url string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	at, err := endpoint.Read(endpoint.Directory(home))
	if err != nil {
		return nil, err
	}
	at.Authorize(r)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, endpoint.MaxBody))
	if err != nil || len(said) == 0 {
		return nil, fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil, &RefusedError{URL: url, Status: response.Status, Text: strings.TrimSpace(string(said))}
}

// RefusedError is what the local cloud says against a request of its own routes.
type RefusedError struct {
	URL, Status string
	Text        string // for people
}

// Error implements error.
func (e *RefusedError) Error() string { return e.Text }
