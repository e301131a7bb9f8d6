package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// balancer is a node with a listener, over targets that a test gives.
type balancer struct {
	node    *Node
	config  atomic.Pointer[Config]
	address string
	group   *Group
}

func newBalancer(t testing.TB, c clock.Clock, attributes Attributes, targets ...*Target) *balancer {
	if attributes.IdleTimeout == 0 {
		attributes.IdleTimeout = 20 * time.Second
	}
	b := &balancer{node: &Node{Zone: "us-east-1a", Clock: c}}
	b.group = &Group{Targets: targets, Turn: new(atomic.Uint64)}
	b.config.Store(&Config{Attributes: attributes, Port: 80, Default: Forward(WeightedGroup{b.group, 1})})
	t.Cleanup(func() { // after the last connection was accepted
		b.node.Close()
		for _, target := range targets {
			target.Cut()
		}
	})
	b.address = accept(t, func(conn *net.TCPConn) { b.node.Serve(conn, &b.config) })
	return b
}

// accept hands each connection to a port of loopback over, until the test's cleanups, and returns its address.
func accept(t testing.TB, serve func(*net.TCPConn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn.(*net.TCPConn))
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func newTarget(id, address string) *Target {
	t := &Target{ID: id, Port: 80, Zone: "us-east-1a", Dial: func(ctx context.Context) (conn.Conn, error) {
		return dial(ctx, address)
	}}
	t.SetHealthy(true)
	return t
}

func dial(ctx context.Context, address string) (conn.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return conn.Plain(c.(*net.TCPConn)), nil
}

func backend(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.Listener.Addr().String()
}

// rawBackend answers each connection by a function of the test's.
func rawBackend(t testing.TB, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// ask sends text on a new connection and returns all that comes back until it is
// closed or one answer is complete.
func ask(t testing.TB, address, text string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprint(conn, text); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestProxy_Headers(t *testing.T) {
	var got http.Header
	var host, uri string
	address := backend(t, func(w http.ResponseWriter, r *http.Request) {
		got, host, uri = r.Header.Clone(), r.Host, r.RequestURI
		w.Header().Set("Connection", "x-secret")
		w.Header().Set("X-Secret", "1")
		w.Header().Set("X-Own", "2")
	})
	b := newBalancer(t, clock.System(), Attributes{DropInvalidHeaders: true}, newTarget("i-1", address))
	response, _ := ask(t, b.address, "GET /a?b=%20c HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 192.0.2.1\r\n"+
		"X-Forwarded-Proto: https\r\nBad_Name: 1\r\nKeep-Alive: 5\r\nConnection: keep-alive, x-mine\r\nX-Mine: 1\r\nx-lower: 1\r\n\r\n")
	if host != "shop.example" || uri != "/a?b=%20c" {
		t.Errorf("host %q uri %q", host, uri)
	}
	for name, want := range map[string]string{"X-Forwarded-For": "192.0.2.1, 127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "80",
		"Bad_Name": "", "Keep-Alive": "", "X-Mine": "", "X-Lower": "1"} {
		if v := got.Get(name); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
	if id := got.Get("X-Amzn-Trace-Id"); len(id) != len("Root=1-67891233-abcdef012345678912345678") || !strings.HasPrefix(id, "Root=1-") {
		t.Errorf("trace %q", id)
	}
	if response.Header.Get("X-Secret") != "" || response.Header.Get("X-Own") != "2" || response.Header.Get("Connection") != "keep-alive" {
		t.Errorf("answer %v", response.Header)
	}
	ask(t, b.address, "GET /old HTTP/1.0\r\n\r\n")
	if host != "" || uri != "/old" {
		t.Errorf("HTTP/1.0: host %q uri %q", host, uri)
	}
}

// TestProxy_ErrorCodes has the codes of "Troubleshoot your Application Load Balancers".
func TestProxy_ErrorCodes(t *testing.T) {
	ok := backend(t, func(http.ResponseWriter, *http.Request) {})
	garbage := rawBackend(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1000)); fmt.Fprint(c, "hello\r\n\r\n") })
	closes := rawBackend(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1000)) })
	silent := backend(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() })
	refused := &Target{Dial: func(context.Context) (conn.Conn, error) { return nil, syscall.ECONNREFUSED }}
	const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, tt := range []struct {
		name    string
		targets []*Target
		request string
		idle    time.Duration
		code    int
		title   string
	}{
		{"no targets", nil, get, 0, 503, "503 Service Temporarily Unavailable"},
		{"refused", []*Target{refused}, get, 0, 502, "502 Bad Gateway"},
		{"garbage", []*Target{newTarget("i", garbage)}, get, 0, 502, "502 Bad Gateway"},
		{"closes", []*Target{newTarget("i", closes)}, get, 0, 502, "502 Bad Gateway"},
		{"idle timeout", []*Target{newTarget("i", silent)}, get, 50 * time.Millisecond, 504, "504 Gateway Time-out"},
		{"malformed", []*Target{newTarget("i", ok)}, "GET\r\n\r\n", 0, 400, "400 Bad Request"},
		{"no host", []*Target{newTarget("i", ok)}, "GET / HTTP/1.1\r\n\r\n", 0, 400, "400 Bad Request"},
		{"two lengths", []*Target{newTarget("i", ok)}, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 0, 400, "400 Bad Request"},
		{"long line", []*Target{newTarget("i", ok)}, "GET /" + strings.Repeat("a", http1.MaxRequestLine) + " HTTP/1.1\r\nHost: x\r\n\r\n", 0, 414, "414 Request-URI Too Large"},
		{"head cut short", []*Target{newTarget("i", ok)}, "GET / HT", 50 * time.Millisecond, 408, "408 Request Time-out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBalancer(t, clock.System(), Attributes{IdleTimeout: tt.idle}, tt.targets...)
			response, body := ask(t, b.address, tt.request)
			if response.StatusCode != tt.code || !strings.Contains(body, "<head><title>"+tt.title+"</title></head>") {
				t.Errorf("%d %q", response.StatusCode, body)
			}
			if response.Header.Get("Server") != "awselb/2.0" {
				t.Errorf("server %q", response.Header.Get("Server"))
			}
		})
	}
}

func TestProxy_ConnectTimeoutIs504(t *testing.T) {
	fake := clock.NewFake(time.Unix(0, 0))
	dialling := make(chan struct{}, 1)
	dropped := &Target{Dial: func(ctx context.Context) (conn.Conn, error) {
		dialling <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	b := newBalancer(t, fake, Attributes{}, dropped)
	go func() {
		<-dialling
		fake.BlockUntil(1)
		fake.Advance(connectTimeout)
	}()
	if response, _ := ask(t, b.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != 504 {
		t.Errorf("status %d", response.StatusCode)
	}
	if c := b.node.Counts(); c.Code504 != 1 || c.Requests != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestProxy_ClientLeavesIs460(t *testing.T) {
	arrived := make(chan struct{})
	left := make(chan struct{})
	address := backend(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(left)
	})
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
	conn, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-arrived
	conn.Close()
	<-left // the target's connection was closed, too
	b.node.Close()
	if c := b.node.Counts(); c.Code460 != 1 {
		t.Errorf("counts %+v", c)
	}
}

func TestProxy_PassesBodies(t *testing.T) {
	address := backend(t, func(w http.ResponseWriter, r *http.Request) {
		hash := sha256.New()
		body, err := io.ReadAll(io.TeeReader(r.Body, hash))
		if err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/sized" {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		}
		w.Header().Set("X-Hash", fmt.Sprintf("%x", hash.Sum(nil)))
		w.Write(body)
	})
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, size := range []int{0, 1, 1000, 16 << 10, 100 << 10, 5<<20 + 7} {
		want := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
		for _, path := range []string{"/sized", "/chunked"} {
			for _, chunkedUp := range []bool{false, true} {
				var body io.Reader = bytes.NewReader(want)
				if chunkedUp {
					body = io.MultiReader(body) // hides the length
				}
				response, err := client.Post("http://"+b.address+path, "text/plain", body)
				if err != nil {
					t.Fatal(size, path, chunkedUp, err)
				}
				got, err := io.ReadAll(response.Body)
				response.Body.Close()
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes %s, chunked %v: %d bytes back, %v", size, path, chunkedUp, len(got), err)
				}
				if h := response.Header.Get("X-Hash"); h != fmt.Sprintf("%x", sha256.Sum256(want)) {
					t.Errorf("%d bytes %s: the target saw another body", size, path)
				}
			}
		}
	}
	if n := b.node.Connections(); n > 2 {
		t.Errorf("%d client connections for sequential requests", n)
	}
	// A client of HTTP/1.0 gets a chunked answer without the chunks.
	response, body := ask(t, b.address, "POST /chunked HTTP/1.0\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
	if body != "hello" || response.TransferEncoding != nil || !response.Close {
		t.Errorf("HTTP/1.0: %q %v", body, response.TransferEncoding)
	}
}

// zeros is a body without an end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// Bodies of any size pass through in the same few buffers, both ways at once.
func TestProxy_StreamsBodies(t *testing.T) {
	const size = 100 << 20
	address := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Length", fmt.Sprint(r.ContentLength))
		if _, err := io.Copy(w, r.Body); err != nil {
			t.Error(err)
		}
	})
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+b.address+"/", io.LimitReader(zeros{}, size))
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = size
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.Copy(io.Discard, response.Body); err != nil || n != size {
		t.Errorf("%d bytes came back: %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes of memory were used for a body of %d", used, size)
	}
}

func TestProxy_ExpectContinueAndPipelining(t *testing.T) {
	address := backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s=%s", r.URL.Path, body)
	})
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
	conn, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	r := bufio.NewReader(conn)
	if line, _ := r.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("line %q", line)
	}
	if line, _ := r.ReadString('\n'); line != "\r\n" {
		t.Fatalf("line %q after the interim response", line)
	}
	fmt.Fprint(conn, "abGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	for _, want := range []string{"/1=ab", "/2=", "/3="} {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		if string(body) != want {
			t.Errorf("%q, want %q", body, want)
		}
	}
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("after Connection: close: %v", err)
	}
}

func TestProxy_TunnelsAfterUpgrade(t *testing.T) {
	address := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "echo" || !strings.EqualFold(r.Header.Get("Connection"), "upgrade") {
			t.Errorf("headers %v", r.Header)
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		if _, err := io.Copy(conn, rw); err != nil {
			t.Error(err)
		}
	})
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
	conn, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly ")
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != 101 || response.Header.Get("Upgrade") != "echo" {
		t.Fatalf("%v %v", response, err)
	}
	fmt.Fprint(conn, "late")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(r); string(got) != "early late" {
		t.Errorf("echo %q", got)
	}
}

func TestProxy_ReusesConnectionsToTargets(t *testing.T) {
	var conns atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	target := newTarget("i-1", s.Listener.Addr().String())
	b := newBalancer(t, clock.System(), Attributes{}, target)
	const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for range 5 {
		ask(t, b.address, get)
		pooled(t, target)
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections for five requests", n)
	}
	// A connection that the target closed while idle isn't used again.
	s.CloseClientConnections()
	if response, _ := ask(t, b.address, get); response.StatusCode != 200 {
		t.Errorf("after the target closed its connections: %d", response.StatusCode)
	}
	pooled(t, target)
	target.SetHealthy(false) // fail open
	if response, _ := ask(t, b.address, get); response.StatusCode != 200 || conns.Load() != 3 {
		t.Errorf("fail open: %d over %d connections", response.StatusCode, conns.Load())
	}
}

// pooled waits until the connection to a target can be used again: its answer is with
// the client a moment earlier.
func pooled(t *testing.T, target *Target) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		target.mu.Lock()
		n := len(target.idle)
		target.mu.Unlock()
		if n > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the connection to the target is not kept")
		}
		runtime.Gosched()
	}
}

func TestCut_EndsRequestsInFlight(t *testing.T) {
	arrived := make(chan struct{})
	address := backend(t, func(_ http.ResponseWriter, r *http.Request) { close(arrived); <-r.Context().Done() })
	target := newTarget("i-1", address)
	b := newBalancer(t, clock.System(), Attributes{}, target)
	go func() { <-arrived; target.Cut() }()
	if response, _ := ask(t, b.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != 502 {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestProxy_BlockedInFlightIs504(t *testing.T) {
	arrived, answer := make(chan struct{}), make(chan struct{})
	address := backend(t, func(w http.ResponseWriter, _ *http.Request) { close(arrived); <-answer; fmt.Fprint(w, "late") })
	target := newTarget("i-1", address)
	var blocked atomic.Bool
	target.Blocked = blocked.Load
	b := newBalancer(t, clock.System(), Attributes{IdleTimeout: 300 * time.Millisecond}, target)
	go func() {
		<-arrived
		blocked.Store(true)
		target.Wake()
		close(answer) // it does answer, but nobody hears it
	}()
	if response, _ := ask(t, b.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != 504 {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestPick(t *testing.T) {
	target := func(id, zone string, healthy bool, inFlight int64) *Target {
		t := &Target{ID: id, Zone: zone}
		t.healthy.Store(healthy)
		t.inFlight.Store(inFlight)
		return t
	}
	a, b := target("a", "1", true, 5), target("b", "2", true, 1)
	sick, sick2 := target("s", "1", false, 0), target("s2", "2", false, 0)
	for _, tt := range []struct {
		name  string
		group Group
		want  map[string]int // of 12 requests
	}{
		{"round robin", Group{Targets: []*Target{a, b}}, map[string]int{"a": 6, "b": 6}},
		{"the sick one's share is spread evenly", Group{Targets: []*Target{a, sick, b}}, map[string]int{"a": 6, "b": 6}},
		{"fail open", Group{Targets: []*Target{sick, sick2}}, map[string]int{"s": 6, "s2": 6}},
		{"own zone", Group{Targets: []*Target{a, b}, Zone: "2"}, map[string]int{"b": 12}},
		{"fail open in the own zone", Group{Targets: []*Target{sick, b}, Zone: "1"}, map[string]int{"s": 12}},
		{"least outstanding", Group{Targets: []*Target{a, b}, LeastOutstanding: true}, map[string]int{"b": 12}},
	} {
		tt.group.Turn = new(atomic.Uint64)
		got := map[string]int{}
		for range 12 {
			got[tt.group.pick().ID]++
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	empty := Group{Turn: new(atomic.Uint64), Targets: []*Target{a}, Zone: "9"}
	if got := empty.pick(); got != nil {
		t.Errorf("zone without targets: %v", got.ID)
	}
}

func TestProxy_RunsActionOfMatchingRule(t *testing.T) {
	b := newBalancer(t, clock.System(), Attributes{})
	b.config.Store(&Config{Attributes: Attributes{IdleTimeout: time.Second}, Port: 80,
		Rules: []Rule{
			{Conditions: []rules.Condition{{Field: "path-pattern", Values: []string{"/old/*"}}}, Action: Action{Redirect: &Redirect{Protocol: "HTTPS", Port: "443", StatusCode: 301}}},
			{Conditions: []rules.Condition{{Field: "host-header", Values: []string{"*.example.com"}}, {Field: "http-request-method", Values: []string{"PUT"}}}, Action: Action{Fixed: &FixedResponse{StatusCode: 418, Body: "tea"}}},
			{Conditions: []rules.Condition{{Field: "query-string", Values: []string{"v=?"}}}, Action: Action{Fixed: &FixedResponse{StatusCode: 200, Body: "query"}}},
			{Conditions: []rules.Condition{{Field: "source-ip", Values: []string{"127.0.0.0/8"}}, {Field: "http-header", HeaderName: "User-Agent", Values: []string{"curl*"}}}, Action: Action{Fixed: &FixedResponse{StatusCode: 200, Body: "curl"}}},
		},
		Default: Action{Fixed: &FixedResponse{StatusCode: 404, Body: "default"}}})
	for _, tt := range []struct {
		request string
		code    int
		want    string
	}{
		{"GET /old/a?b=1 HTTP/1.1\r\nHost: x:80\r\n\r\n", 301, "https://x:443/old/a?b=1"},
		{"PUT / HTTP/1.1\r\nHost: a.EXAMPLE.com\r\n\r\n", 418, "tea"},
		{"GET /?a=1&v=2 HTTP/1.1\r\nHost: x\r\n\r\n", 200, "query"},
		{"GET / HTTP/1.1\r\nHost: x\r\nuser-agent: curl/8\r\n\r\n", 200, "curl"},
		{"GET /?v=22 HTTP/1.1\r\nHost: x\r\n\r\n", 404, "default"},
	} {
		response, body := ask(t, b.address, tt.request)
		if got := response.Header.Get("Location") + body; response.StatusCode != tt.code || !strings.Contains(got, tt.want) {
			t.Errorf("%q: %d %q", tt.request, response.StatusCode, got)
		}
	}
}
