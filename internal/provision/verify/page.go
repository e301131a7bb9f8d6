// Package verify proves that a platform does what it is for: it fetches the
// platform's page as a user would, and where the page doesn't come it asks AWS
// why. It changes nothing, and knows no plan.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/httpclient"
	"github.com/platformctl/platformctl/internal/provision/observe"
)

// Answer is what one request through the load balancer brought.
type Answer struct {
	Status   int
	Instance string
	Zone     string
}

// NotOurs says of a page that comes with HTTP 200 and without the platform's own headers.
const NotOurs = "it answers, but not with the platform's page: the headers " + blueprint.InstanceHeader + " and " + blueprint.ZoneHeader + " are missing"

// Fault is why the answer isn't the platform's page; "" where it is. That somebody answers
// HTTP 200 is no proof: a listener rule, or another server, does so, too.
func (a Answer) Fault() string {
	switch {
	case a.Status != http.StatusOK:
		return fmt.Sprintf("HTTP %d", a.Status)
	case a.Instance == "" || a.Zone == "":
		return NotOurs
	}
	return ""
}

// Fetch fetches a page, and reads who answered from two headers. Each request has
// a connection of its own, so that each may reach another node of the load
// balancer.
func Fetch(ctx context.Context, way httpclient.Way) (Answer, error) {
	return read(get(ctx, way))
}

// fetchDirect is Fetch without the environment's proxy.
func fetchDirect(ctx context.Context, way httpclient.Way) (Answer, error) {
	transport := way.Transport()
	transport.Proxy = nil
	return read(getBy(ctx, way, transport))
}

// get sends one request on a connection of its own. It follows no redirect.
func get(ctx context.Context, way httpclient.Way) (*http.Response, error) {
	return getBy(ctx, way, way.Transport())
}

func getBy(ctx context.Context, way httpclient.Way, transport *http.Transport) (*http.Response, error) {
	transport.DisableKeepAlives = true
	client := &http.Client{
		Transport: transport,
		// Longer than the 10 s after which a load balancer answers 504.
		Timeout:       15 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := way.Request(ctx)
	if err != nil {
		return nil, err
	}
	return client.Do(req)
}

func read(resp *http.Response, err error) (Answer, error) {
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return Answer{}, err
	}
	return Answer{
		Status:   resp.StatusCode,
		Instance: resp.Header.Get(blueprint.InstanceHeader),
		Zone:     resp.Header.Get(blueprint.ZoneHeader),
	}, nil
}

// pageTimeout is how long the page may take to come from every zone once the
// targets are healthy. A new name takes AWS's DNS about a minute.
const pageTimeout = 3 * time.Minute

// atOnce is how long the next request follows at once on a page that came back.
const atOnce = 10 * time.Second

// Error says which zones did not answer.
type Error struct {
	Missing []string
	Last    string
	// Causes are what was found when it was looked for; Inspected says that it was.
	Causes    []Cause
	Inspected bool
	// failure is that of the last request; nil where it was answered.
	failure error
}

// Error names the zones, the last answer, and the causes.
func (e *Error) Error() string {
	return fmt.Sprintf("the page did not come back from %s within %s; the last answer was: %s",
		strings.Join(e.Missing, ", "), pageTimeout, e.Last) + lines(e.Causes)
}

// Hint says what to do about the causes; "" where none is known, and none was looked for.
func (e *Error) Hint() string {
	if len(e.Causes) == 0 && e.Inspected {
		return "network ACLs, security groups, routes, listener and targets are as configured: try from another network, and see whether the console output says that Nginx came up"
	}
	return hints(e.Causes)
}

// Nameless says that a load balancer's name has no address and won't have one.
type Nameless struct{ DNS *net.DNSError }

// Error has the resolver's words. They are not wrapped: it is no failure of a call.
func (e *Nameless) Error() string {
	return fmt.Sprintf("the load balancer's name has no address, so the endpoint carries no traffic for this machine; "+
		"--no-probe ends on the targets' health: %v", e.DNS)
}

// nameKnown is by when a resolver knows a new name of AWS's, with room: AWS takes about a minute.
const nameKnown = 75 * time.Second

// nameless says that a load balancer's name doesn't exist and won't: what stands in for AWS
// has none. A new one of AWS's may not be known for a minute, so a name of its form counts
// only where an emulator gave it, after that time.
func nameless(err error, emulated bool, since time.Duration) error {
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound {
		return nil
	}
	if ofAWS := strings.Contains(dns.Name+".", ".amazonaws.com."); ofAWS && (!emulated || since < nameKnown) {
		return nil
	}
	return &Nameless{dns}
}

// anyZone stands for the zones where it isn't known which of them have an instance.
const anyZone = "any zone"

// everyZone fetches the page until every zone has answered; without any zones, until one has. Emulated says that AWS's own
// endpoints are replaced.
func everyZone(ctx context.Context, zones []string, emulated bool, fetch func(context.Context) (Answer, error)) error {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	missing := map[string]bool{}
	for _, zone := range zones {
		missing[zone] = true
	}
	if len(zones) == 0 {
		missing[anyZone] = true
	}
	began := time.Now()
	var last string
	var failure error
	for len(missing) > 0 {
		answer, err := fetch(ctx)
		if err := nameless(err, emulated, time.Since(began)); err != nil {
			return err
		}
		failure = err
		switch {
		case err != nil:
			last = err.Error()
		case answer.Fault() != "":
			last = answer.Fault()
		default:
			last = fmt.Sprintf("HTTP %d from %s", answer.Status, answer.Zone)
		}
		ours := err == nil && answer.Fault() == ""
		if ours && missing[anyZone] {
			return nil
		}
		if ours && missing[answer.Zone] {
			delete(missing, answer.Zone)
			continue
		}
		// Round robin reaches every zone, unless something is wrong: soon in a
		// small platform, but each node of the load balancer may first go
		// through all instances of one zone.
		wait := observe.Fast().Pause(time.Since(began))
		if ours && time.Since(began) < atOnce {
			wait = 0
		}
		select {
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return ctx.Err()
			}
			return &Error{Missing: slices.Sorted(maps.Keys(missing)), Last: last, failure: failure}
		case <-time.After(wait):
		}
	}
	return nil
}
