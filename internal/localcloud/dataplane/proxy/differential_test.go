package proxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
)

// witness is a target that reads requests as net/http does.
type witness struct {
	address string
	wg      sync.WaitGroup // connections

	mu     sync.Mutex
	seen   []string // whole requests: method and body
	faults []string // what net/http can't read
}

func newWitness(t testing.TB) *witness {
	w := &witness{}
	w.address = accept(t, func(conn *net.TCPConn) { go w.serve(conn) })
	return w
}

func (w *witness) serve(conn net.Conn) {
	defer w.wg.Done() // begun where it was dialled
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(r)
		if err != nil {
			if _, more := r.Peek(1); !controlInValue(err) && (!cut(err) || more == nil) {
				w.note(&w.faults, err.Error())
			}
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			if !cut(err) {
				w.note(&w.faults, "body: "+err.Error())
			}
			return
		}
		w.note(&w.seen, request.Method+" "+string(body))
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

// controlInValue reports net/http's error about a control character in a value that ends no line for anybody, and which
// RFC 9110, 5.5, lets pass.
func controlInValue(err error) bool {
	line, ok := strings.CutPrefix(err.Error(), "malformed MIME header line: ")
	name, value, _ := strings.Cut(line, ":")
	control := slices.ContainsFunc([]string{`\x`, `\a`, `\b`, `\f`, `\v`}, func(escaped string) bool { return strings.Contains(value, escaped) })
	return ok && !strings.Contains(name, `\`) && control &&
		!strings.Contains(value, `\r`) && !strings.Contains(value, `\n`) && !strings.Contains(value, `\x00`)
}

// cut reports an error that only says that the connection has ended.
func cut(err error) bool {
	var opErr *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &opErr)
}

func (w *witness) note(list *[]string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*list = append(*list, text)
}

// target returns a target that counts the witness's connections.
func (w *witness) target() *Target {
	t := &Target{ID: "i-1", Port: 80, Zone: "us-east-1a", Dial: func(ctx context.Context) (conn.Conn, error) {
		c, err := dial(ctx, w.address)
		if err == nil {
			w.wg.Add(1)
		}
		return c, err
	}}
	t.SetHealthy(true)
	return t
}

// plain is what net/http reads of a client's bytes, and whether it read them to their end: beyond that it has no opinion.
// monitored says that even what is malformed goes on to a target. There net/http is no judge of a head with LF alone in it,
// which ends a line for it and not for the load balancer.
func plain(sent []byte, monitored bool) (requests []string, all bool) {
	source := bytes.NewReader(sent)
	r := bufio.NewReader(source)
	at := func() int { return len(sent) - source.Len() - r.Buffered() }
	for {
		begin := at()
		if _, err := r.Peek(1); err != nil {
			return requests, true
		}
		request, err := http.ReadRequest(r)
		if err != nil {
			return requests, false
		}
		if head := sent[begin:at()]; monitored && bytes.Count(head, []byte("\n")) > bytes.Count(head, []byte("\r\n")) {
			return requests, false
		}
		// It ignores the encoding of a request of HTTP/1.0, which nobody knows how to read.
		if !request.ProtoAtLeast(1, 1) && bytes.Contains(bytes.ToLower(sent), []byte("transfer-encoding")) {
			return requests, false
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return requests, false
		}
		requests = append(requests, request.Method+" "+string(body))
	}
}

// FuzzProxy_TargetReadsWhatClientSent holds what a target reads, in net/http's view, against what a client sent, in the
// same view: never another request, never one more.
func FuzzProxy_TargetReadsWhatClientSent(f *testing.F) {
	const host = "Host: x\r\n"
	for _, seed := range []string{
		"GET / HTTP/1.1\r\n" + host + "\r\n",
		"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n",
		"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\n" + host + "Connection: Content-Length, close\r\nContent-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n" + host + "\r\n",
		"GET http://y/a b HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n",
		"GET /\tHTTP/1.1\r\n" + host + "\x01Transfer-Encoding: chunked\r\n\r\n",
		"POST / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nTransfer_Encoding: chunked\r\nContent-Length: 1\r\n\r\na",
		"GET / HTTP/1.1\r\n" + host + "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\na",
		"HEAD / HTTP/1.1\n" + host + "\n\nGET / HTTP/1.1\r\n" + host + "\r\n",
		"POST / HTTP/1.0\r\nX:\nContent-Length:1\n\n",
		"0 \r\n0:\a",
	} {
		for mode := range byte(3) {
			f.Add([]byte(seed), mode)
		}
	}
	w := newWitness(f)
	modes := []string{"monitor", "defensive", "strictest"}
	f.Fuzz(func(t *testing.T, sent []byte, mode byte) {
		if bytes.IndexByte(sent, '%') >= 0 || len(sent) > 1<<16 {
			t.Skip("net/http judges escapes too, which are the target's business")
		}
		// The last request ends the connection, where it isn't taken for the body of the one before.
		sent = append(bytes.Clone(sent), "GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"...)
		w.seen, w.faults = nil, nil
		target := w.target()
		b := newBalancer(t, clock.System(), Attributes{IdleTimeout: 100 * time.Millisecond, Desync: modes[mode%3]}, target)
		conn, err := net.Dial("tcp", b.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := conn.Write(sent); err == nil {
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) {
				t.Error("the connection never ends")
			}
		}
		conn.Close()
		b.node.Close()
		target.Cut()
		w.wg.Wait()

		if len(w.faults) > 0 {
			t.Errorf("the target was sent what it can't read: %q", w.faults)
		}
		want, all := plain(sent, modes[mode%3] == "monitor")
		for i, got := range w.seen[:min(len(w.seen), len(want))] {
			if got != want[i] {
				t.Errorf("request %d: the target read %q, the client sent %q", i, got, want[i])
			}
		}
		if all && len(w.seen) > len(want) {
			t.Errorf("the target read %d requests, the client sent %d: %q", len(w.seen), len(want), w.seen)
		}
	})
}

// The oracle sees what it is there for.
func TestWitness_SeesSmuggledRequest(t *testing.T) {
	w := newWitness(t)
	conn, err := w.target().Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	smuggled := "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	sent := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nConnection: Content-Length\r\nContent-Length: %d\r\n\r\n%s", len(smuggled), smuggled)
	if _, err := io.WriteString(conn, strings.Replace(sent, "\r\nContent-Length", "\r\nX", 1)); err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	w.wg.Wait()
	conn.Close()
	if want, all := plain([]byte(sent), true); !all || len(want) != 1 || slices.Equal(w.seen, want) || len(w.seen) != 2 {
		t.Errorf("the target read %q, the client sent %q", w.seen, want)
	}
}
