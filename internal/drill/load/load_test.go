package load_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/drill/load"
	"github.com/platformctl/platformctl/internal/httpclient"
)

// run loads url until it has n samples.
func run(t *testing.T, o load.Options, n int) []load.Sample {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	o.InstanceHeader, o.ZoneHeader = "X-Instance", "X-Zone"
	var samples []load.Sample
	err := load.Run(ctx, o, func(s load.Sample) {
		if samples = append(samples, s); len(samples) == n {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(samples) < n {
		t.Fatalf("%d samples, want at least %d", len(samples), n)
	}
	return samples
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func hijack(t *testing.T, w http.ResponseWriter) *net.TCPConn {
	t.Helper()
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return nil
	}
	return conn.(*net.TCPConn)
}

// The environment's proxy is read once by a process, so one of its own makes these requests.
func TestRun_GoesByTheEnvironmentsProxy(t *testing.T) {
	const asked = "http://shop.invalid/"
	if os.Getenv("LOAD_TEST_BEHIND_PROXY") != "" {
		for _, s := range run(t, load.Options{Page: httpclient.Way{URL: asked}, Rate: 100}, 4) {
			if s.Class != load.OK || s.Instance != "i-1" {
				t.Errorf("%+v", s)
			}
		}
		return
	}
	var fresh, other atomic.Int64
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() != asked {
			other.Add(1)
		}
		fresh.Add(1)
		w.Header().Set("X-Instance", "i-1")
	})
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.count=1")
	again.Env = append(os.Environ(), "LOAD_TEST_BEHIND_PROXY=yes", "HTTP_PROXY="+proxy, "http_proxy=", "NO_PROXY=", "no_proxy=")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if fresh.Load() < 4 || other.Load() > 0 {
		t.Errorf("the proxy was asked %d times, %d of them for something else than %s", fresh.Load(), other.Load(), asked)
	}
}

func TestRun_ClassifiesAnswers(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	status := func(code int) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	for _, test := range []struct {
		name, url string
		want      load.Class
	}{
		{"an answer", status(200), load.OK},
		{"a redirect isn't followed", status(302), load.OK},
		{"a missing page", status(404), "404"},
		{"a broken target", status(502), load.BadGateway},
		{"no target", status(503), load.Unavailable},
		{"a silent target", status(504), load.GatewayTimeout},
		{"nobody listens", closed, load.Refused},
		{"no such name", "http://no-such-name.invalid", load.Unreachable},
		{"a silent load balancer", serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), load.Timeout},
		{"a reset", serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if conn := hijack(t, w); conn != nil {
				_ = conn.SetLinger(0)
				_ = conn.Close()
			}
		}), load.Reset},
		{"an end before the answer", serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if conn := hijack(t, w); conn != nil {
				_ = conn.Close()
			}
		}), load.Reset},
		{"half an answer", serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("half"))
		}), load.Reset},
	} {
		t.Run(test.name, func(t *testing.T) {
			timeout := 30 * time.Second
			if test.want == load.Timeout {
				timeout = 50 * time.Millisecond
			}
			for _, s := range run(t, load.Options{Page: httpclient.Way{URL: test.url}, Rate: 500, Timeout: timeout, Concurrency: 10_000}, 4) {
				if s.Class != test.want {
					t.Errorf("class %q, want %q", s.Class, test.want)
				}
				if s.Class.Failed() == (test.want == load.OK) {
					t.Errorf("class %q: failed is %t", s.Class, s.Class.Failed())
				}
			}
		})
	}
}

// serveTLS serves over TLS, and counts connections and their handshakes.
func serveTLS(t *testing.T, connections, handshakes *atomic.Int32, config *tls.Config) httpclient.Way {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if state.DidResume {
			t.Error("a session is resumed")
		}
		handshakes.Add(1)
		return nil
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return httpclient.Way{URL: server.URL, Roots: roots}
}

func TestRun_HandshakesOnEachNewConnection(t *testing.T) {
	var connections, handshakes atomic.Int32
	samples := run(t, load.Options{Page: serveTLS(t, &connections, &handshakes, &tls.Config{}), Rate: 200}, 40)
	fresh := int32(0)
	for _, s := range samples {
		if s.Class != load.OK {
			t.Errorf("%+v", s)
		}
		if !s.Kept {
			fresh++
		}
	}
	if got, of := handshakes.Load(), connections.Load(); got != of || of < fresh+1 {
		t.Errorf("%d handshakes of %d connections, of which %d are for one request", got, of, fresh)
	}
}

func TestRun_ClassifiesFailedHandshakes(t *testing.T) {
	var connections, handshakes atomic.Int32
	distrusted := serveTLS(t, &connections, &handshakes, &tls.Config{})
	distrusted.Roots = x509.NewCertPool()
	old := serveTLS(t, &connections, &handshakes, &tls.Config{MaxVersion: tls.VersionTLS11}) //nolint:gosec // that it is refused is the test
	plain := httpclient.Way{URL: strings.Replace(serve(t, func(http.ResponseWriter, *http.Request) {}), "http:", "https:", 1)}
	closing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closing.Close()
	go func() {
		for {
			conn, err := closing.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	for name, test := range map[string]struct {
		page httpclient.Way
		want load.Class
	}{
		"a certificate that isn't accepted": {distrusted, load.TLS},
		"no version in common":              {old, load.TLS},
		"no TLS at all":                     {plain, load.TLS},
		"an end before the handshake's":     {httpclient.Way{URL: "https://" + closing.Addr().String()}, load.Reset},
	} {
		for _, s := range run(t, load.Options{Page: test.page, Rate: 200}, 4) {
			if s.Class != test.want || !s.Class.Failed() {
				t.Errorf("%s: class %q, want %q", name, s.Class, test.want)
			}
		}
	}
}

func TestRun_ReadsInstanceAndZoneHeaders(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Instance", "i-1")
		w.Header().Set("X-Zone", "us-east-1a")
	})
	for _, s := range run(t, load.Options{Page: httpclient.Way{URL: url}, Rate: 500}, 4) {
		if s.Instance != "i-1" || s.Zone != "us-east-1a" {
			t.Errorf("from %q in %q", s.Instance, s.Zone)
		}
	}
}

// A client that waited for an answer before it sent the next request would wait
// here for ever.
func TestRun_DoesNotWaitForAnswers(t *testing.T) {
	const n = 20
	var arrived atomic.Int32
	all := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) {
		if arrived.Add(1) == n {
			close(all)
		}
		<-all
	})
	samples := run(t, load.Options{Page: httpclient.Way{URL: url}, Rate: 1000}, n)
	first, last := samples[0], samples[0]
	for _, s := range samples {
		if s.Class != load.OK {
			t.Errorf("class %q", s.Class)
		}
		if s.Due.Before(first.Due) {
			first = s
		}
		if s.Due.After(last.Due) {
			last = s
		}
	}
	if len(samples) == n {
		if got, want := last.Due.Sub(first.Due), (n-1)*time.Millisecond; got != want {
			t.Errorf("due over %s, want %s", got, want)
		}
	}
	// None was answered before the n-th arrived, so the first counts that whole wait.
	if standstill := (n - 1) * time.Millisecond; first.Latency < standstill {
		t.Errorf("latency %s of the first is less than the standstill of %s", first.Latency, standstill)
	}
}

func TestRun_AlternatesFreshAndKeptConnections(t *testing.T) {
	const n = 200
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	kept := 0
	samples := run(t, load.Options{Page: httpclient.Way{URL: server.URL}, Rate: 200}, n)
	for _, s := range samples {
		if s.Kept {
			kept++
		}
	}
	if fresh := len(samples) - kept; fresh < kept || fresh > kept+1 {
		t.Errorf("%d on fresh connections and %d on kept ones", fresh, kept)
	}
	// A visitor whose answer is late opens another connection, so that there may be more; but none without a request.
	if got, fresh := int(opened.Load()), len(samples)-kept; got < fresh+load.Visitors || got >= len(samples) {
		t.Errorf("%d connections for %d fresh requests, and %d of %d visitors", got, fresh, kept, load.Visitors)
	}
}

// net/http would send a GET again by itself when a kept-alive connection turns
// out to be broken, and nobody would see that it was.
func TestRun_NeverRetries(t *testing.T) {
	var requests atomic.Int32
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1)%4 == 0 { // on a kept connection: they are the even ones
			if conn := hijack(t, w); conn != nil {
				_ = conn.Close()
			}
		}
	})
	samples := run(t, load.Options{Page: httpclient.Way{URL: url}, Rate: 100}, 40)
	failed := 0
	for _, s := range samples {
		if s.Class.Failed() {
			failed++
		}
	}
	if got, want := int(requests.Load()), len(samples); got != want {
		t.Errorf("%d requests arrived, %d were to be sent", got, want)
	}
	if want := int(requests.Load()) / 4; failed != want {
		t.Errorf("%d failed, want %d", failed, want)
	}
}

func TestRun_LimitsConcurrency(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	classes := map[load.Class]int{}
	total := 0
	err := load.Run(ctx, load.Options{Page: httpclient.Way{URL: url}, Rate: 1000, Concurrency: 3, Timeout: 30 * time.Second}, func(s load.Sample) {
		classes[s.Class]++
		if total++; total == 10 {
			close(release)
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if classes[load.OK] != 3 || classes[load.Unsent] < 10 {
		t.Errorf("%v, want 3 answered and the rest unsent", classes)
	}
}

func TestRun_RefusesInvalidOptions(t *testing.T) {
	for _, o := range []load.Options{
		{Page: httpclient.Way{URL: "http://x"}, Rate: 0, Timeout: time.Second},
		{Page: httpclient.Way{URL: "http://x"}, Rate: 10_001, Timeout: time.Second},
		{Page: httpclient.Way{URL: "http://x"}, Rate: 1},
		{Page: httpclient.Way{URL: "http://x"}, Rate: 1, Timeout: time.Second, Concurrency: -1},
		{Page: httpclient.Way{URL: ":"}, Rate: 1, Timeout: time.Second},
	} {
		if err := load.Run(t.Context(), o, func(load.Sample) { t.Error("sent") }); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
