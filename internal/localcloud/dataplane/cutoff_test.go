package dataplane

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// silence is how long nothing must come for a test to believe that nothing will.
const silence = 400 * time.Millisecond

// counter counts what is read from a body.
type counter struct {
	n    atomic.Int64
	done chan error
}

func count(body io.Reader) *counter {
	c := &counter{done: make(chan error, 1)}
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, err := body.Read(b)
			c.n.Add(int64(n))
			if err != nil {
				c.done <- err
				return
			}
		}
	}()
	return c
}

// stalls waits until nothing more comes.
func (c *counter) stalls(s *story) {
	s.Helper()
	last, since := c.n.Load(), time.Now()
	s.until("a download that stalls", func() bool {
		if now := c.n.Load(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > silence
	})
}

// A network ACL that denies everything is asked for each packet: a download that is under
// way falls silent, and goes on when the way is open again.
func TestCutOff_SilencesDownloads(t *testing.T) {
	t.Parallel()
	for _, cut := range []struct {
		name  string
		apply func(s *story, verdict Verdict)
	}{
		{"the way to the target", func(s *story, v Verdict) { s.drops["a>i-a"], s.drops["b>i-a"] = v, v }},
		{"the way to the client", func(s *story, v Verdict) {
			for i := range s.top.LoadBalancers[0].Nodes {
				s.top.LoadBalancers[0].Nodes[i].ClientReach = map[int]Verdict{80: v}
			}
		}},
	} {
		t.Run(cut.name, func(t *testing.T) {
			s := alone(t)
			s.top.LoadBalancers[0].Attributes.IdleTimeout = time.Minute
			s.apply()
			const size = 128 << 20
			response := s.download(size)
			cut.apply(s, Verdict{Why: "network ACL"})
			s.apply()
			c := count(response.Body)
			c.stalls(s)
			if n := c.n.Load(); n >= size {
				t.Fatalf("all %d bytes came while the way was cut", n)
			}
			// A security group's connections are tracked: they go on.
			before := c.n.Load()
			cut.apply(s, Verdict{Established: true, Why: "security group"})
			s.apply()
			s.until("a download that goes on", func() bool { return c.n.Load() > before })
			cut.apply(s, Verdict{Allowed: true, Established: true})
			s.apply()
			if err := <-c.done; !errors.Is(err, io.EOF) || c.n.Load() != size {
				t.Errorf("got %d bytes, %v", c.n.Load(), err)
			}
		})
	}
}

// keptAlive is a client's connection that has had an answer.
func (s *story) keptAlive() (net.Conn, *bufio.Reader) {
	s.Helper()
	address, _ := s.plane.Address(lbARN, 80)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() })
	r := bufio.NewReader(conn)
	if status, err := request(conn, r); status != http.StatusOK || err != nil {
		s.Fatalf("first request: %d, %v", status, err)
	}
	return conn, r
}

func request(conn net.Conn, r *bufio.Reader) (status int, err error) {
	if _, err := fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// A client whose connection is open hears nothing from a node that is cut off, not even
// that its connection ends.
func TestCutOff_SilencesOpenConnectionsToNode(t *testing.T) {
	t.Parallel()
	s := alone(t)
	conn, r := s.keptAlive()
	idle, _ := s.keptAlive()
	for i := range s.top.LoadBalancers[0].Nodes {
		s.top.LoadBalancers[0].Nodes[i].ClientReach = map[int]Verdict{80: {Why: "network ACL"}}
	}
	s.top.LoadBalancers[0].Attributes.IdleTimeout = time.Second
	s.apply()
	for _, c := range []net.Conn{conn, idle} { // longer than the idle timeout of 2 s
		if err := c.SetReadDeadline(time.Now().Add(3 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if status, err := request(conn, r); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a node that is cut off answered %d, %v", status, err)
	}
	if n, err := idle.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an idle connection read %d, %v", n, err)
	}
}

// Connections that are pooled fall silent with the way to the target, too.
func TestCutOff_SilencesPooledConnections(t *testing.T) {
	t.Parallel()
	s := alone(t)
	s.top.LoadBalancers[0].Attributes.IdleTimeout = time.Second
	s.apply()
	s.expect(4, map[string]int{"i-a": 4})
	// A client has its answer before the node has put the connection back into its pool.
	s.until("both nodes' connections in their pools", func() bool {
		return !slices.ContainsFunc(s.plane.Stats().LoadBalancers[0].Nodes, func(n NodeStats) bool {
			return n.Targets[0].InFlight > 0
		})
	})
	s.drops["a>i-a"], s.drops["b>i-a"] = Verdict{Why: "network ACL"}, Verdict{Why: "network ACL"}
	s.apply()
	s.expect(2, map[string]int{"504": 2}) // by the idle timeout, not the one of connecting
}

// A node whose subnet is cut off leaves DNS after its time to live, and is there again
// with its way.
func TestCutOff_NodeLeavesDNSAndReturns(t *testing.T) {
	s := newStory(t)
	s.apply()
	s.healthy()
	inDNS := func() (zones string) {
		for _, n := range s.plane.Stats().LoadBalancers[0].Nodes {
			if n.InDNS {
				zones += n.Zone
			}
		}
		return zones
	}
	cut := &s.top.LoadBalancers[0].Nodes[0]
	cut.ClientReach = map[int]Verdict{80: {Why: "network ACL"}}
	s.apply()
	if got := inDNS(); got != "ab" {
		t.Errorf("right after the cut %q are in DNS", got)
	}
	s.plane.mu.Lock()
	n := s.plane.loadBalancers[lbARN].nodes[cut.SubnetID]
	n.failingSince.Add(-int64(dnsTimeToLive)) // a minute later
	s.plane.mu.Unlock()
	if got := inDNS(); got != "b" {
		t.Errorf("after the time to live %q are in DNS", got)
	}
	s.expect(4, map[string]int{"i-a": 2, "i-b": 2})
	cut.ClientReach = map[int]Verdict{80: {Allowed: true}}
	s.apply()
	if got := inDNS(); got != "ab" {
		t.Errorf("after the way is open again %q are in DNS", got)
	}
}
