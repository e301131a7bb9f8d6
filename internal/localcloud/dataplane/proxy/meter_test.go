package proxy

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
)

// counting counts what passes over a connection.
type counting struct {
	net.Conn
	bytes int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes += int64(n)
	return n, err
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes += int64(n)
	return n, err
}

// Over one connection of a client, and one to the target, go a small answer, a body in each direction, and what a rule answers.
func TestMeter_CountsConnectionsAndEachByte(t *testing.T) {
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", backend(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.Copy(io.Discard, r.Body)
		size := 3
		if r.URL.Path == "/large" {
			size = 3 << 20
		}
		w.Header().Set("Content-Length", fmt.Sprint(size))
		if _, err := w.Write(make([]byte, size)); err != nil || r.Method == http.MethodPost && got != 100_000 {
			t.Errorf("%d bytes came, %v", got, err)
		}
	})))
	socket, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{Conn: socket}
	in := bufio.NewReader(c)
	ask := func(request string, body []byte) {
		t.Helper()
		if _, err := c.Write(append([]byte(request), body...)); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(in, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
		}
		if err != nil || response.StatusCode != 200 {
			t.Fatal(response, err)
		}
	}
	ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", nil)
	ask("GET /large HTTP/1.1\r\nHost: x\r\n\r\n", nil)
	ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", make([]byte, 100_000))
	config := *b.config.Load()
	config.Default = Action{Fixed: &FixedResponse{StatusCode: 200, Body: "fixed"}}
	b.config.Store(&config)
	ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n", nil)
	if n := b.node.Arrived(); n != 1 {
		t.Errorf("%d clients' connections are open", n)
	}
	if n := b.group.Targets[0].Connections(); n != 1 {
		t.Errorf("%d connections to the target are open", n)
	}
	socket.Close()
	b.node.Close()
	got := b.node.Take()
	if got.Connected != 2 || got.Fixed != 1 || got.Redirected != 0 || got.Unagreed != 0 || got.Bytes != c.bytes {
		t.Errorf("%+v; %d bytes have passed", got, c.bytes)
	}
	if b.node.Arrived() != 0 || b.node.Take().Bytes != 0 {
		t.Error("what has ended, and was taken, is still there")
	}
}

// What a client does wrong is an error of TLS; that it leaves, or says nothing, isn't.
func TestMeter_CountsErrorsOfTLSThatClientsMake(t *testing.T) {
	b := newSecureBalancer(t, Attributes{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	hello := func(c *tls.Config) func(net.Conn) error {
		return func(socket net.Conn) error { return tls.Client(socket, c).Handshake() }
	}
	for name, test := range map[string]struct {
		client   func(net.Conn) error
		fails    bool
		unagreed int64
	}{
		"trusts no such certificate":  {hello(&tls.Config{ServerName: "shop.example"}), true, 1},
		"speaks versions of the past": {hello(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), true, 1},
		"speaks something else":       {func(c net.Conn) error { _, err := c.Write([]byte{1, 2, 3, 4, 5, 6, 7, 8}); return err }, false, 1},
		"agrees":                      {hello(&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}), false, 0},
		"leaves":                      {func(net.Conn) error { return nil }, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			done := make(chan error, 1)
			go func() {
				socket, err := net.Dial("tcp", l.Addr().String())
				if err == nil {
					err = test.client(socket)
					socket.Close()
				}
				done <- err
			}()
			accepted, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			b.node.serve(conn.Plain(accepted.(*net.TCPConn)), &b.config)
			accepted.Close()
			if err := <-done; (err != nil) != test.fails {
				t.Errorf("the client sees %v", err)
			}
			if got := b.node.Take(); got.Unagreed != test.unagreed || got.Connected != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A connection whose packets don't arrive is none.
func TestMeter_CountsNoConnectionThatDoesNotArrive(t *testing.T) {
	var config atomic.Pointer[Config]
	config.Store(&Config{Port: 80})
	n := &Node{Clock: clock.System(), Reachable: func(int) bool { return false }}
	served := make(chan struct{})
	address := accept(t, func(socket *net.TCPConn) {
		n.serve(conn.Plain(socket), &config)
		socket.Close()
		close(served)
	})
	socket, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	socket.Close()
	<-served
	if got := n.Take(); got.Connected != 0 {
		t.Errorf("%+v", got)
	}
}
