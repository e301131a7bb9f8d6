package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/rules"
)

// ledger is a target that notes what it gets, by net/http's view.
type ledger struct {
	mu   sync.Mutex
	seen []string // method, path and body
	last http.Header
}

func (l *ledger) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = r.Header.Clone()
	l.seen = append(l.seen, strings.TrimSpace(fmt.Sprintf("%s %s%s %s", r.Method, r.Host, r.RequestURI, body)))
	if err != nil {
		l.seen = append(l.seen, err.Error())
	}
	fmt.Fprint(w, r.RequestURI)
}

func (l *ledger) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.seen = nil }()
	return strings.Join(l.seen, "|")
}

// Whatever a client writes, the target sees one request, and the next client gets its own answer.
func TestProxy_TargetSeesOneRequest(t *testing.T) {
	l := &ledger{}
	target := newTarget("i-1", backend(t, l.serve))
	for _, mode := range []string{"monitor", "defensive"} {
		b := newBalancer(t, clock.System(), Attributes{Desync: mode}, target)
		const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
		sized := fmt.Sprintf("Content-Length: %d\r\n", len(smuggled))
		for _, tt := range []struct{ name, request, want string }{
			{"Connection names the length", "POST /a HTTP/1.1\r\nHost: x\r\nConnection: Content-Length\r\n" + sized + "\r\n" + smuggled, "POST x/a " + smuggled},
			{"Connection names the encoding", "POST /a HTTP/1.1\r\nHost: x\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "POST x/a abc"},
			{"Connection names the host", "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Host, close\r\n\r\n", "GET x/a"},
			{"two Connection fields", "POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nConnection: content-length\r\n" + sized + "\r\n" + smuggled, "POST x/a " + smuggled},
			{"chunk extensions and trailers", "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nContent-Length: 40\r\n\r\n", "POST x/a abc"},
			{"length and chunks", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "POST x/a abc"},
			{"the same length twice", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "POST x/a abc"},
			{"encoding with a blank", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding : chunked\r\n\r\nabc", "POST x/a abc"},
			{"encoding after a control character", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\x01Transfer-Encoding: chunked\r\n\r\nabc", "POST x/a abc"},
			{"a second line that mimics a field", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\nabc", "POST x/a abc"},
			{"GET with a body", "GET /a HTTP/1.1\r\nHost: x\r\n" + sized + "\r\n" + smuggled, "GET x/a " + smuggled},
			{"HTTP/1.0 that stays", "POST /a HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc", "POST x/a abc"},
			{"HTTP/1.0 with chunks", "POST /a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "POST x/a abc"},
			{"absolute form", "GET http://y/a HTTP/1.1\r\nHost: x\r\n\r\n", "GET y/a"},
			{"blanks and control characters in the target", "GET /a\tHTTP/1.1 b HTTP/1.1\r\nHost: x\r\n\r\n", "GET x/a%09HTTP/1.1%20b"},
		} {
			ask(t, b.address, tt.request)
			if got := l.take(); got != strings.TrimSpace(tt.want) {
				t.Errorf("%s, %s: the target saw %q, want %q", tt.name, mode, got, tt.want)
			}
			if _, body := ask(t, b.address, "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"); body != "/next" {
				t.Errorf("%s, %s: the next client got %q", tt.name, mode, body)
			}
			l.take()
		}
	}
}

// In monitor mode a field that ends a line for somebody goes no further, not even as part of one that the load balancer
// writes itself.
func TestProxy_MonitorPassesNoLineEnds(t *testing.T) {
	l := &ledger{}
	b := newBalancer(t, clock.System(), Attributes{Desync: "monitor"}, newTarget("i-1", backend(t, l.serve)))
	for _, name := range []string{"X-Forwarded-For", "X-Amzn-Trace-Id", "Upgrade", "X-Own"} {
		for _, end := range []string{"\n", "\r", "\x00"} {
			ask(t, b.address, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n"+name+": a"+end+"Injected: 1\r\n\r\n")
			if got := l.take(); got != "GET x/a" || l.last.Get("Injected") != "" {
				t.Errorf("%s with %q: the target saw %q with %v", name, end, got, l.last)
			}
		}
	}
}

// TestProxy_RefusesByItself has the codes of "Troubleshoot your Application Load Balancers"; no target hears of it.
func TestProxy_RefusesByItself(t *testing.T) {
	l := &ledger{}
	address := backend(t, l.serve)
	addresses := func(n int) string { return strings.TrimSuffix(strings.Repeat("192.0.2.1, ", n), ", ") }
	long := strings.Repeat("a", 16<<10)
	for _, tt := range []struct {
		name, request, mode string
		code                int
	}{
		{"31 addresses", "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + addresses(31) + "\r\n\r\n", "", 463},
		{"31 addresses in two fields", "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + addresses(30) + "\r\nx-forwarded-for: " + addresses(1) + "\r\n\r\n", "", 463},
		{"30 addresses", "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + addresses(30) + "\r\n\r\n", "", 200},
		{"gzip", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "", 501},
		{"gzip and chunks", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "", 501},
		{"identity", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", "", 200},
		{"unknown encoding, monitor", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", "monitor", 501},
		{"unknown encoding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", "", 400},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", 505},
		{"field of 16 KB", "GET / HTTP/1.1\r\nHost: x\r\nX: " + long[:16<<10-3] + "\r\n\r\n", "", 200},
		{"field over 16 KB", "GET / HTTP/1.1\r\nHost: x\r\nX: " + long[:16<<10-2] + "\r\n\r\n", "", 400},
		{"head over 64 KB", "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: "+long[:8<<10]+"\r\n", 8) + "\r\n", "", 400},
		{"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "monitor", 400},
		{"host that is none", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", "monitor", 400},
		{"TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", "", 405},
		{"CONNECT", "CONNECT /a HTTP/1.1\r\nHost: x\r\n\r\n", "", 405},
		{"CONNECT by its own form", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", "", 400},
		{"lines of LF", "GET / HTTP/1.1\nHost: x\n\n", "monitor", 400},
		{"two lengths, monitor", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "monitor", 400},
		{"malformed chunk that comes with the head", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", "", 400},
		{"acceptable, strictest", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "strictest", 400},
		{"acceptable", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "defensive", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBalancer(t, clock.System(), Attributes{Desync: tt.mode}, newTarget("i-1", address))
			response, _ := ask(t, b.address, tt.request)
			if response.StatusCode != tt.code || response.Close != (tt.code != 200) {
				t.Errorf("%d, closed %v, want %d", response.StatusCode, response.Close, tt.code)
			}
			if seen := l.take(); (seen == "") != (tt.code != 200) {
				t.Errorf("the target saw %q", seen)
			}
		})
	}
}

// A body that goes wrong after its head was passed on is the client's fault, and no secret until the idle timeout.
func TestProxy_MalformedChunkLaterIs400(t *testing.T) {
	arrived := make(chan struct{})
	target := newTarget("i-1", backend(t, func(_ http.ResponseWriter, r *http.Request) { close(arrived); _, _ = io.ReadAll(r.Body) }))
	b := newBalancer(t, clock.System(), Attributes{}, target)
	conn, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
	<-arrived
	fmt.Fprint(conn, "3\r\nabcd\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 400 || !response.Close {
		t.Errorf("%d, closed %v", response.StatusCode, response.Close)
	}
}

func TestProxy_AmbiguousClosesBothConnections(t *testing.T) {
	for mode, closes := range map[string]bool{"defensive": true, "monitor": false} {
		l := &ledger{}
		var conns atomic.Int64
		target := newTarget("i-1", backend(t, l.serve))
		dial := target.Dial
		target.Dial = func(ctx context.Context) (conn.Conn, error) { conns.Add(1); return dial(ctx) }
		b := newBalancer(t, clock.System(), Attributes{Desync: mode}, target)
		response, _ := ask(t, b.address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc")
		if response.Close != closes {
			t.Errorf("%s: the client's connection closes: %v", mode, response.Close)
		}
		if !closes {
			pooled(t, target)
		}
		ask(t, b.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if reused := conns.Load() == 1; reused == closes {
			t.Errorf("%s: %d connections to the target", mode, conns.Load())
		}
	}
}

func TestProxy_TargetsMalformedAnswerIs502(t *testing.T) {
	for name, answer := range map[string]string{
		"length and chunks": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"two lengths":       "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"list of lengths":   "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc",
		"encoding":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"lines of LF":       "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
		"two lines":         "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
		"head over 32 KB":   "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("a", 8<<10)+"\r\n", 5) + "\r\n",
		"101 for nothing":   "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
		"without an end":    strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", maxInterim+2),
	} {
		address := rawBackend(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1000))
			fmt.Fprint(c, answer)
			_, _ = io.Copy(io.Discard, c)
		})
		b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
		if response, _ := ask(t, b.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != 502 {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
}

func TestProxy_SwitchesOnlyAsAsked(t *testing.T) {
	for _, tt := range []struct{ name, request, answer string }{
		{"another protocol", "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "Connection: upgrade\r\nUpgrade: other"},
		{"no protocol", "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "X: y"},
		{"Upgrade without Connection", "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "Connection: upgrade\r\nUpgrade: websocket"},
		{"Connection without Upgrade", "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n\r\n", "Connection: upgrade\r\nUpgrade: websocket"},
		{"HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "Connection: upgrade\r\nUpgrade: websocket"},
		{"HTTP/2 in the clear", "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: a\r\n\r\n", "Connection: upgrade\r\nUpgrade: h2c"},
		{"before the body has come", "POST / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n", "Connection: upgrade\r\nUpgrade: websocket"},
	} {
		address := rawBackend(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1000))
			fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\n%s\r\n\r\n", tt.answer)
			_, _ = io.Copy(io.Discard, c)
		})
		b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
		if response, _ := ask(t, b.address, tt.request); response.StatusCode != 502 {
			t.Errorf("%s: %d", tt.name, response.StatusCode)
		}
	}
}

// A target that sends a body where none can be poisons no other client's answer.
func TestProxy_BodyWhereNoneCanBe(t *testing.T) {
	for name, first := range map[string]string{
		"HEAD": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
		"204":  "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc",
		"304":  "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\nabc",
		"two":  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad",
	} {
		answers := make(chan string, 2)
		answers <- first
		answers <- "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"
		address := rawBackend(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1000))
			fmt.Fprint(c, <-answers)
			_, _ = io.Copy(io.Discard, c)
		})
		b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
		method := "GET"
		if name == "HEAD" {
			method = name
		}
		conn, err := net.Dial("tcp", b.address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(conn, "%s / HTTP/1.1\r\nHost: x\r\n\r\n", method)
		r := bufio.NewReader(conn)
		response, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			t.Fatal(name, err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if name == "204" && response.Header.Get("Content-Length") != "" {
			t.Errorf("204 with a length")
		}
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if response, err = http.ReadResponse(r, nil); err != nil {
			t.Fatal(name, err)
		}
		if body, _ := io.ReadAll(response.Body); string(body) != "next" {
			t.Errorf("%s: the next request got %q", name, body)
		}
		response.Body.Close()
		conn.Close()
	}
}

func TestProxy_RulesHoldForEveryFormOfTarget(t *testing.T) {
	l := &ledger{}
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", backend(t, l.serve)))
	config := *b.config.Load()
	forbidden := Action{Fixed: &FixedResponse{StatusCode: 403}}
	config.Rules = []Rule{
		{Conditions: []rules.Condition{{Field: "path-pattern", Values: []string{"/admin", "/admin/*"}}}, Action: forbidden},
		{Conditions: []rules.Condition{{Field: "host-header", Values: []string{"admin.example"}}}, Action: forbidden},
	}
	b.config.Store(&config)
	for _, request := range []string{
		"GET /admin/a HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET http://x/admin/a HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET hTTp://x/admin HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /admin#a HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: admin.example\r\n\r\n",
		"GET http://admin.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET http://admin.example:80 HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		if response, _ := ask(t, b.address, request); response.StatusCode != 403 {
			t.Errorf("%q: %d", request, response.StatusCode)
		}
	}
	if seen := l.take(); seen != "" {
		t.Errorf("the target saw %q", seen)
	}
}

func TestProxy_JoinsForwardedFor(t *testing.T) {
	l := &ledger{}
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", backend(t, l.serve)))
	ask(t, b.address, "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: x-forwarded-for\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n")
	l.mu.Lock()
	defer l.mu.Unlock()
	if got := l.last.Values("X-Forwarded-For"); len(got) != 1 || got[0] != "192.0.2.1, 192.0.2.2, 127.0.0.1" {
		t.Errorf("%q", got)
	}
}
