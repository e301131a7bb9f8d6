package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Answer is what one request through the load balancer brought.
type Answer struct {
	Status   int
	Instance string
	Zone     string
}

// Fetch makes one request on a connection of its own.
type Fetch func(context.Context) (Answer, error)

// FetchPage fetches a URL, and reads who answered from two headers. Each
// request has its own connection, so that each may reach another node of the
// load balancer.
func FetchPage(url, instanceHeader, zoneHeader string) Fetch {
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true},
		// Longer than the 10 s after which a load balancer answers 504.
		Timeout: 15 * time.Second,
	}
	return func(ctx context.Context) (Answer, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return Answer{}, err
		}
		resp, err := client.Do(req)
		if err != nil {
			return Answer{}, err
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return Answer{}, err
		}
		return Answer{
			Status:   resp.StatusCode,
			Instance: resp.Header.Get(instanceHeader),
			Zone:     resp.Header.Get(zoneHeader),
		}, nil
	}
}

// verifyTimeout is how long the page may take to come from every zone once the
// targets are healthy. A new name takes AWS's DNS about a minute.
const verifyTimeout = 3 * time.Minute

// eager is how long the next request follows at once on a page that came back.
const eager = 10 * time.Second

// VerifyError says which zones did not answer.
type VerifyError struct {
	Missing []string
	Last    string
}

// Error names the zones and the last answer.
func (e *VerifyError) Error() string {
	return fmt.Sprintf("the page did not come back from %s within %s; the last answer was: %s",
		strings.Join(e.Missing, ", "), verifyTimeout, e.Last)
}

// Verify fetches the page until every zone has answered. Success is what a
// user sees, not what AWS says.
func Verify(ctx context.Context, zones []string, fetch Fetch) error {
	ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	missing := map[string]bool{}
	for _, zone := range zones {
		missing[zone] = true
	}
	began := time.Now()
	var last string
	for len(missing) > 0 {
		answer, err := fetch(ctx)
		switch {
		case err != nil:
			last = err.Error()
		case answer.Status != http.StatusOK:
			last = fmt.Sprintf("HTTP %d", answer.Status)
		default:
			last = fmt.Sprintf("HTTP %d from %s", answer.Status, answer.Zone)
		}
		if err == nil && answer.Status == http.StatusOK && missing[answer.Zone] {
			delete(missing, answer.Zone)
			continue
		}
		// Round robin reaches every zone, unless something is wrong: soon in a
		// small platform, but each node of the load balancer may first go
		// through all instances of one zone.
		wait := keen(shortPause).pause(time.Since(began))
		if err == nil && answer.Status == http.StatusOK && time.Since(began) < eager {
			wait = 0
		}
		select {
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return ctx.Err()
			}
			return &VerifyError{Missing: slices.Sorted(maps.Keys(missing)), Last: last}
		case <-time.After(wait):
		}
	}
	return nil
}
