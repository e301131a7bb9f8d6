package dataplane

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest"
)

// download is a request for a large file of which only the beginning is read yet.
func (s *story) download(size int64) *http.Response {
	s.Helper()
	dir := filepath.Join(s.dir, "instances", "i-a", "rootfs", "srv")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.Fatal(err)
	}
	path := filepath.Join(dir, "big")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) // not emptied: it may be on its way to another client
	if err != nil {
		s.Fatal(err)
	}
	if err := errors.Join(file.Truncate(size), file.Close()); err != nil {
		s.Fatal(err)
	}
	address, _ := s.plane.Address(lbARN, 80)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		s.Fatal(err)
	}
	fmt.Fprint(conn, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusOK {
		s.Fatalf("download: %v, %+v", err, response)
	}
	return response
}

// alone is a story with one target, which nobody checks once it is healthy.
func alone(t *testing.T) *story {
	s := newStory(t)
	s.top.Instances[0].UserData = []byte(strings.Replace(userData, "location / {", "location = /big { root /srv; }\n        location / {", 1))
	s.top.TargetGroups[0].Targets = s.top.TargetGroups[0].Targets[:1]
	s.top.TargetGroups[0].HealthCheck.Timeout = 10 * time.Second
	s.apply()
	s.until("healthy", func() bool { return s.states() == "i-a=healthy/ " })
	s.until("both nodes know", func() bool { return s.fetch(4)["i-a"] == 4 })
	s.top.TargetGroups[0].HealthCheck.Interval = time.Hour
	s.apply()
	return s
}

func (s *story) port() guest.PortState {
	_, state := s.plane.Guest("i-a").Address(80)
	return state
}

// An instance that stops refuses connections at first, also those of the pool, while what
// is in flight has its time; then it is silent, and only later do load balancers know.
func TestShutdown_EndsRequestsInOrder(t *testing.T) {
	t.Parallel()
	for _, end := range []struct{ during, after string }{{"stopping", "stopped"}, {"shutting-down", "terminated"}} {
		t.Run(end.after, func(t *testing.T) {
			s := alone(t)
			const size = 64 << 20
			response := s.download(size)
			s.top.Instances[0].State = end.during
			s.apply()
			s.until("refusal", func() bool { return s.port() == guest.Closed })
			s.expect(6, map[string]int{"502": 6})
			if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
				t.Errorf("the download that was in flight got %d bytes, %v", n, err)
			}
			s.until("silence", func() bool { return s.port() == guest.Silent })

			s.top.Instances[0].State, s.top.Instances[0].Unnoticed = end.after, true
			g := s.plane.Guest("i-a")
			s.apply()
			if got := s.states(); got != "i-a=healthy/ " {
				t.Errorf("unnoticed: %s", got)
			}
			s.top.Instances[0].Unnoticed = false
			s.apply()
			if got := s.states(); got != "i-a=unused/Target.InvalidState " {
				t.Errorf("noticed: %s", got)
			}
			s.expect(2, map[string]int{"503": 2})
			if _, state := g.Address(80); state != guest.Silent {
				t.Errorf("%s: port %d", end.after, state)
			}
		})
	}
}

// What is in flight when load balancers learn that the instance is stopped is the
// instance's to end, not theirs.
func TestShutdown_KeepsRequestsInFlight(t *testing.T) {
	t.Parallel()
	s := alone(t)
	const size = 64 << 20
	response := s.download(size)
	s.top.Instances[0].State = "stopping"
	s.apply()
	s.until("refusal", func() bool { return s.port() == guest.Closed })
	s.top.Instances[0].State = "stopped"
	s.apply()
	if got := s.states(); got != "i-a=unused/Target.InvalidState " {
		t.Errorf("stopped: %s", got)
	}
	if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
		t.Errorf("the download that was in flight got %d bytes, %v", n, err)
	}
	s.until("silence", func() bool { return s.port() == guest.Silent })
}

// A dead server's connections in the pool are of no use.
func TestPool_DiscardsConnectionsToDeadServer(t *testing.T) {
	t.Parallel()
	s := alone(t)
	s.expect(4, map[string]int{"i-a": 4}) // both nodes have a connection in their pool
	if r, err := s.plane.Guest("i-a").Run(t.Context(), guest.Script{Text: "systemctl kill --signal=SIGKILL nginx"}); err != nil || r.Status != 0 {
		t.Fatalf("%v, %+v", err, r)
	}
	s.expect(4, map[string]int{"502": 4})
	if r, err := s.plane.Guest("i-a").Run(t.Context(), guest.Script{Text: "systemctl start nginx"}); err != nil || r.Status != 0 {
		t.Fatalf("%v, %+v", err, r)
	}
	s.expect(4, map[string]int{"i-a": 4})
}

// TestNode_LeavesZoneAndItsTargetsAnswer takes a load balancer out of the zone of its only target: no node sends it more requests,
// and what it is answering through the node that stays, and through the one that goes, arrives in full.
func TestNode_LeavesZoneAndItsTargetsAnswer(t *testing.T) {
	t.Parallel()
	s := alone(t)
	const size = 32 << 20
	downloads := []*http.Response{s.download(size), s.download(size)} // new connections go to the nodes in turns
	s.top.LoadBalancers[0].Nodes = s.top.LoadBalancers[0].Nodes[1:]
	s.apply()
	if got := s.states(); got != "i-a=unused/Target.NotInUse " {
		t.Errorf("health %s", got)
	}
	s.expect(2, map[string]int{"503": 2})
	for i, response := range downloads {
		if n, err := io.Copy(io.Discard, response.Body); err != nil || n != size {
			t.Errorf("download %d: %d of %d bytes, %v", i, n, size, err)
		}
	}
}
