//go:build judges

package desync

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
)

// patience bounds every exchange of a test.
const patience = 20 * time.Second

// node is a load balancer node with a listener.
type node struct {
	node     *proxy.Node
	config   atomic.Pointer[proxy.Config]
	listener net.Listener
	done     chan struct{}
}

func newNode(t *testing.T, mode string, to *target) *node {
	t.Helper()
	n := &node{node: &proxy.Node{Zone: "us-east-1a", Clock: clock.System()}, done: make(chan struct{})}
	group := &proxy.Group{Targets: []*proxy.Target{to.target}, Turn: new(atomic.Uint64)}
	n.config.Store(&proxy.Config{Attributes: proxy.Attributes{IdleTimeout: patience, Desync: mode}, Port: 80,
		Default: proxy.Forward(proxy.WeightedGroup{Group: group, Weight: 1})})
	n.listener = listen(t)
	go func() {
		defer close(n.done)
		for {
			conn, err := n.listener.Accept()
			if err != nil {
				return
			}
			n.node.Serve(conn.(*net.TCPConn), &n.config)
		}
	}()
	return n
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (n *node) dial(t *testing.T) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", n.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// close ends the node. What it was about to do with a connection to a target is done when it returns.
func (n *node) close() {
	n.listener.Close()
	<-n.done
	n.node.Close()
}

// target is a web server that reads requests by a few lines of its own, so that it has no opinion on them.
type target struct {
	target   *proxy.Target
	listener net.Listener
	wg       sync.WaitGroup
	conns    atomic.Int64
	requests atomic.Int64
}

func newTarget(t *testing.T) *target {
	t.Helper()
	s := &target{listener: listen(t)}
	s.target = &proxy.Target{ID: "i-1", Port: 80, Zone: "us-east-1a", Dial: func(ctx context.Context) (conn.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", s.listener.Addr().String())
		if err != nil {
			return nil, err
		}
		return conn.Plain(c.(*net.TCPConn)), nil
	}}
	s.target.SetHealthy(true)
	s.wg.Go(func() {
		for {
			client, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			s.wg.Go(func() { s.serve(client) })
		}
	})
	return s
}

func (s *target) served() int      { return int(s.requests.Load()) }
func (s *target) connections() int { return int(s.conns.Load()) }

func (s *target) close() {
	s.listener.Close()
	s.target.Cut()
	s.wg.Wait()
}

func (s *target) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		length, chunked, head := 0, false, strings.HasPrefix(line, "HEAD ")
		for line != "\r\n" {
			if line, err = r.ReadString('\n'); err != nil {
				return
			}
			name, value, _ := strings.Cut(line, ":")
			switch value = strings.TrimSpace(value); {
			case same(name, "Content-Length"):
				length, _ = strconv.Atoi(value)
			case same(name, "Transfer-Encoding"):
				chunked = true
			}
		}
		if chunked {
			err = skipChunks(r)
		} else {
			_, err = io.CopyN(io.Discard, r, int64(length))
		}
		if err != nil {
			return
		}
		s.requests.Add(1)
		answer := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
		if !head {
			answer += "ok"
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

// same compares without regard to case, of ASCII alone.
func same(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// skipChunks reads a chunked body of the plainest form.
func skipChunks(r *bufio.Reader) error {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimSuffix(line, "\r\n"), 16, 64)
		if err != nil {
			return fmt.Errorf("chunk size %q: %w", line, err)
		}
		if _, err := io.CopyN(io.Discard, r, size+2); err != nil || size == 0 {
			return err
		}
	}
}
