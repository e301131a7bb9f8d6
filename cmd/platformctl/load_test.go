package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The load that a story puts on its platform: so many requests a second, each
// on a connection of its own, as from so many users.
const (
	loadInterval = time.Second / 20
	// loadPatience is longer than the 10 s after which a load balancer answers
	// 504 for a target that it can't reach.
	loadPatience = 15 * time.Second
)

// loadKey is where a story keeps its load.
type loadKey struct{}

// load is "load start URL" and "load stop": from the one to the other a client
// fetches the page, and every answer must be the page. "load moved" ends it where the
// address has gone: there, nobody answers any more, but every answer was the page. "load start URL NAME FILE" fetches it under a
// name, and follows to HTTPS, where the certificate must be for that name and signed by that of the file.
func load(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case !neg && (len(args) == 2 || len(args) == 4) && args[0] == "start":
		client := &http.Client{Timeout: loadPatience, Transport: &http.Transport{DisableKeepAlives: true}}
		if len(args) == 4 {
			client.Transport = underName(ts, args[3])
			at, err := url.Parse(args[1])
			ts.Check(err)
			at.Host = net.JoinHostPort(args[2], at.Port())
			args[1] = at.String()
		}
		running := startLoad(client, args[1])
		ts.Defer(func() { running.stop() })
		setLoad(ts, running)
	case !neg && len(args) == 1 && args[0] == "stop":
		running := loadOf(ts)
		requests, failures := running.stop()
		if len(failures) > 0 {
			ts.Fatalf("%d of %d requests failed: %v", len(failures), requests, failures)
		}
		if requests < 20 {
			ts.Fatalf("only %d requests were made, which proves nothing", requests)
		}
		_, err := fmt.Fprintf(ts.Stdout(), "%d requests, none failed\n", requests)
		ts.Check(err)
	case !neg && len(args) == 1 && args[0] == "moved":
		running := loadOf(ts)
		requests, failures := running.stop()
		if len(running.wrong) > 0 {
			ts.Fatalf("%d of %d answers were not the page: %v", len(running.wrong), requests, running.wrong)
		}
		if len(failures) == 0 || requests-len(failures) < 20 {
			ts.Fatalf("of %d requests %d failed, which proves nothing", requests, len(failures))
		}
		_, err := fmt.Fprintf(ts.Stdout(), "%d requests, all answered until the address went\n", requests)
		ts.Check(err)
	default:
		ts.Fatalf("usage: load start URL [NAME FILE] | load stop | load moved")
	}
}

// underName reaches every name under .localhost on this machine, as browsers do, and trusts one authority.
func underName(ts *testscript.TestScript, authority string) *http.Transport {
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM([]byte(ts.ReadFile(authority))) {
		ts.Fatalf("%s holds no certificate", authority)
	}
	return &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		},
	}
}

func setLoad(ts *testscript.TestScript, l *loadRun) { ts.Value(loadKey{}).(*loads).run = l }
func loadOf(ts *testscript.TestScript) (l *loadRun) { return ts.Value(loadKey{}).(*loads).run }

// loads holds a story's load.
type loads struct{ run *loadRun }

type loadRun struct {
	cancel   context.CancelFunc
	pace     sync.WaitGroup // the loop that makes requests
	requests sync.WaitGroup // those under way

	mu       sync.Mutex
	made     int
	failures []string
	wrong    []string // those of the failures that were answers
}

func startLoad(client *http.Client, url string) *loadRun {
	ctx, cancel := context.WithCancel(context.Background())
	l := &loadRun{cancel: cancel}
	began := time.Now()
	l.pace.Go(func() {
		tick := time.NewTicker(loadInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				l.requests.Go(func() {
					failure, answered := fetchOnce(client, url)
					l.note(time.Since(began), failure, answered)
				})
			}
		}
	})
	return l
}

// fetchOnce says what is wrong with the answer, "" where nothing is, and whether there was one.
func fetchOnce(client *http.Client, url string) (failure string, answered bool) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return err.Error(), false
	}
	response, err := client.Do(request)
	if err != nil {
		return err.Error(), false
	}
	_, err = io.Copy(io.Discard, response.Body)
	if closing := response.Body.Close(); err == nil {
		err = closing
	}
	switch {
	case response.StatusCode != http.StatusOK:
		return response.Status, true
	case err != nil:
		return err.Error(), true
	}
	return "", true
}

func (l *loadRun) note(at time.Duration, failure string, answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made++
	if failure != "" {
		l.failures = append(l.failures, fmt.Sprintf("after %.1f s: %s", at.Seconds(), failure))
		if answered {
			l.wrong = append(l.wrong, l.failures[len(l.failures)-1])
		}
	}
}

// stop ends the load and waits for the answers. It may be called twice.
func (l *loadRun) stop() (requests int, failures []string) {
	l.cancel()
	l.pace.Wait()
	l.requests.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made, l.failures
}
