package dataplane

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/health"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Waiting("4")
	goleak.VerifyTestMain(m)
}

const userData = `## template: jinja
#cloud-config
packages: [nginx]
write_files:
  - path: /etc/nginx/conf.d/web.conf
    content: |
      server {
        listen 80 default_server;
        location / { return 200 "{{ v1.instance_id }}"; }
      }
  - path: /etc/nginx/nginx.conf
    content: "events {} http { include /etc/nginx/conf.d/*.conf; }"
runcmd: [[systemctl, enable, --now, nginx]]
`

const (
	lbARN = "arn:lb"
	tgARN = "arn:tg"
)

// story is a data plane with two zones and the topology that is to hold.
type story struct {
	*testing.T
	plane *Plane
	dir   string
	top   Topology
	drops map[string]Verdict // by "node zone>instance"
}

func newStory(t *testing.T) *story {
	s := &story{T: t, dir: t.TempDir(), drops: map[string]Verdict{}}
	s.open()
	t.Cleanup(func() { s.plane.Close() })
	s.top.LoadBalancers = []LoadBalancer{{ARN: lbARN, Name: "web", Active: true, CrossZone: true,
		Attributes: proxy.Attributes{IdleTimeout: 2 * time.Second},
		Listeners:  []Listener{{ARN: "arn:l", Port: 80, Default: Action{Forward: []WeightedTargetGroup{{tgARN, 1}}}}}}}
	s.top.TargetGroups = []TargetGroup{{ARN: tgARN, DeregistrationDelay: time.Minute,
		HealthCheck: health.Settings{Path: "/", Interval: 20 * time.Millisecond, Timeout: 15 * time.Millisecond, HealthyThreshold: 2, UnhealthyThreshold: 2}}}
	for _, z := range []string{"a", "b"} {
		s.top.LoadBalancers[0].Nodes = append(s.top.LoadBalancers[0].Nodes, Node{Zone: z, SubnetID: "subnet-" + z, ClientReach: map[int]Verdict{80: {Allowed: true}}})
		s.top.Instances = append(s.top.Instances, Instance{ID: "i-" + z, Zone: z, State: "running", PrivateIP: "10.0.0.1", UserData: []byte(userData)})
		s.top.TargetGroups[0].Targets = append(s.top.TargetGroups[0].Targets, Target{InstanceID: "i-" + z, Port: 80, Zone: z})
	}
	s.top.Reach = func(from Node, instance string, _ int) Verdict {
		if v, ok := s.drops[from.Zone+">"+instance]; ok {
			return v
		}
		return Verdict{Allowed: true}
	}
	return s
}

func (s *story) open() {
	s.Helper()
	p, err := Open(Options{Dir: s.dir, Clock: clock.System()})
	if err != nil {
		s.Fatal(err)
	}
	s.plane = p
}

func (s *story) apply() {
	s.Helper()
	t := s.top // slices are shared with what the plane has, so make them new
	t.Instances = slices.Clone(t.Instances)
	t.TargetGroups = slices.Clone(t.TargetGroups)
	t.TargetGroups[0].Targets = slices.Clone(t.TargetGroups[0].Targets)
	t.LoadBalancers = slices.Clone(t.LoadBalancers)
	if len(t.LoadBalancers) > 0 {
		t.LoadBalancers[0].Nodes = slices.Clone(t.LoadBalancers[0].Nodes)
	}
	if err := s.plane.Apply(s.Context(), t); err != nil {
		s.Fatal(err)
	}
}

// until waits for a condition.
func (s *story) until(what string, holds func() bool) {
	s.Helper()
	deadline := time.After(10 * time.Second)
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-deadline:
			s.Fatalf("never came: %s; health %v", what, s.plane.Health(tgARN))
		case <-look.C:
		}
	}
}

func (s *story) states() string {
	text := ""
	for _, h := range s.plane.Health(tgARN) {
		text += fmt.Sprintf("%s=%s/%s ", h.InstanceID, h.State, h.Reason)
	}
	return text
}

func (s *story) healthy() {
	s.Helper()
	s.until("all healthy", func() bool { return s.states() == "i-a=healthy/ i-b=healthy/ " })
}

// fetch asks n times over new connections and counts the answers.
func (s *story) fetch(n int) map[string]int {
	s.Helper()
	address, ok := s.plane.Address(lbARN, 80)
	if !ok {
		s.Fatal("the listener has no address")
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	got := map[string]int{}
	for range n {
		response, err := client.Get("http://" + address + "/")
		if err != nil {
			got["error"]++
			continue
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode == 200 {
			got[string(body)]++
		} else {
			got[fmt.Sprint(response.StatusCode)]++
		}
	}
	return got
}

func (s *story) expect(n int, want map[string]int) {
	s.Helper()
	if diff := testenv.Diff(want, s.fetch(n)); diff != "" {
		s.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestProcess_DiesAndRestarts(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.apply()
	s.healthy()
	s.expect(8, map[string]int{"i-a": 4, "i-b": 4})

	s.plane.Guest("i-a").StopService()
	s.until("i-a unhealthy", func() bool {
		return s.states() == "i-a=unhealthy/Target.FailedHealthChecks i-b=healthy/ "
	})
	s.until("both nodes know", func() bool { return s.fetch(4)["i-b"] == 4 })
	if err := s.plane.Guest("i-a").StartService(); err != nil {
		t.Fatal(err)
	}
	s.healthy()
	s.expect(8, map[string]int{"i-a": 4, "i-b": 4})

	// Nothing healthy at all: requests go to all.
	s.plane.Guest("i-a").StopService()
	s.plane.Guest("i-b").StopService()
	s.until("both unhealthy", func() bool {
		return s.states() == "i-a=unhealthy/Target.FailedHealthChecks i-b=unhealthy/Target.FailedHealthChecks "
	})
	s.expect(4, map[string]int{"502": 4})
	stats := s.plane.Stats().LoadBalancers[0].Nodes
	if len(stats) != 2 || stats[0].Code502 < 2 || stats[0].Requests < 8 || len(stats[0].Targets) != 2 || !stats[0].InDNS {
		t.Errorf("stats %+v", stats)
	}
}

func TestHealth_TimeoutWhenPacketsAreDropped(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.apply()
	s.healthy()
	s.drops["a>i-a"] = Verdict{Why: "network ACL"}
	s.drops["b>i-a"] = Verdict{Why: "network ACL"}
	s.apply()
	s.until("timeout", func() bool { return s.states() == "i-a=unhealthy/Target.Timeout i-b=healthy/ " })
	s.until("both nodes know", func() bool { return s.fetch(4)["i-b"] == 4 })
	clear(s.drops)
	s.apply()
	s.healthy()
}

func TestInstance_StopsAndStarts(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.apply()
	s.healthy()
	s.top.Instances[0].State = "stopping"
	s.apply()
	s.until("silence", func() bool { return s.states() == "i-a=unhealthy/Target.Timeout i-b=healthy/ " })
	s.top.Instances[0].State = "stopped"
	s.apply()
	if h := s.plane.Health(tgARN)[0].Status; h != health.InvalidState("stopped") {
		t.Errorf("stopped: %v", h)
	}
	s.expect(4, map[string]int{"i-b": 4})
	s.top.Instances[0].State = "running"
	s.apply()
	s.healthy()

	s.top.Instances[0].State = "terminated"
	s.apply()
	if h := s.plane.Health(tgARN)[0].Status; h != health.InvalidState("terminated") {
		t.Errorf("terminated: %v", h)
	}
	s.until("its directory is gone", func() bool {
		_, err := os.Stat(filepath.Join(s.dir, "instances", "i-a"))
		return errors.Is(err, os.ErrNotExist)
	})
	s.expect(4, map[string]int{"i-b": 4})
}

func TestHealth_DrainingAndUnused(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.apply()
	s.healthy()
	targets := s.top.TargetGroups[0].Targets
	targets[0].DrainingSince = time.Now()
	s.apply()
	if got := s.states(); got != "i-a=draining/Target.DeregistrationInProgress i-b=healthy/ " {
		t.Errorf("draining: %s", got)
	}
	s.expect(4, map[string]int{"i-b": 4})
	targets[0].DrainingSince = time.Time{}
	s.apply()
	s.healthy()

	s.top.TargetGroups[0].Targets = nil
	s.apply()
	s.expect(2, map[string]int{"503": 2})
	s.top.TargetGroups[0].Targets = targets
	s.top.LoadBalancers[0].Nodes = s.top.LoadBalancers[0].Nodes[:1]
	s.apply()
	s.until("zone b not enabled", func() bool { return s.states() == "i-a=healthy/ i-b=unused/Target.NotInUse " })
	s.expect(3, map[string]int{"i-a": 3})
	s.top.LoadBalancers = nil
	s.apply()
	if got := s.states(); got != "i-a=unused/Target.NotInUse i-b=unused/Target.NotInUse " {
		t.Errorf("no load balancer: %s", got)
	}
	if _, ok := s.plane.Address(lbARN, 80); ok {
		t.Error("the listener outlived its load balancer")
	}
}

func TestCrossZone_OffKeepsRequestsInZone(t *testing.T) {
	s := newStory(t)
	s.top.TargetGroups[0].CrossZone = "false"
	s.apply()
	s.healthy()
	s.expect(6, map[string]int{"i-a": 3, "i-b": 3})
	stats := s.plane.Stats().LoadBalancers[0].Nodes
	for _, n := range stats {
		for _, target := range n.Targets {
			if target.Zone != n.Zone && target.Requests > 0 {
				t.Errorf("node %s sent requests to zone %s", n.Zone, target.Zone)
			}
		}
	}
}

func TestNode_CutOffDoesNotAnswer(t *testing.T) {
	s := newStory(t)
	s.apply()
	s.healthy()
	s.top.LoadBalancers[0].Nodes[0].ClientReach = map[int]Verdict{80: {Why: "network ACL"}}
	s.apply()
	address, _ := s.plane.Address(lbARN, 80)
	// Every other connection meets silence, until the way is open again.
	silent := make(chan error, 1)
	answered := make(chan error, 1)
	for _, c := range []chan error{answered, silent} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		go func() { _, err := conn.Read(make([]byte, 1)); c <- err }()
	}
	// Whichever of the two met the living node has its answer.
	var waiting chan error
	select {
	case err := <-answered:
		if err != nil {
			t.Fatal(err)
		}
		waiting = silent
	case err := <-silent:
		if err != nil {
			t.Fatal(err)
		}
		waiting = answered
	}
	select {
	case err := <-waiting:
		t.Fatalf("the node that is cut off answered (%v)", err)
	default:
	}
	s.top.LoadBalancers[0].Nodes[0].ClientReach = map[int]Verdict{80: {Allowed: true}}
	s.apply()
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

func TestNode_LeavesDNSAfterTTL(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_800_000_000, 0))
	n := &node{}
	if !n.inDNS(fake.Now()) {
		t.Error("a node that works isn't in DNS")
	}
	n.failingSince.Store(fake.Now().UnixNano())
	fake.Advance(59 * time.Second)
	if !n.inDNS(fake.Now()) {
		t.Error("left before its time to live")
	}
	fake.Advance(time.Second)
	if n.inDNS(fake.Now()) {
		t.Error("still in DNS after 60 s")
	}
}

func TestPorts_SameAfterRestart(t *testing.T) {
	s := newStory(t)
	s.apply()
	s.healthy()
	before, _ := s.plane.Address(lbARN, 80)
	s.plane.Close()
	s.open()
	s.apply()
	if after, _ := s.plane.Address(lbARN, 80); after != before {
		t.Errorf("address was %s, is %s", before, after)
	}
	s.healthy()
	s.expect(4, map[string]int{"i-a": 2, "i-b": 2})
}

func TestWorst(t *testing.T) {
	healthy := health.Status{State: health.Healthy}
	sick := health.Status{State: health.Unhealthy, Reason: health.ReasonTimeout}
	initial := health.InitialHealthChecking()
	for _, tt := range []struct {
		in   []health.Status
		want health.Status
	}{
		{nil, health.RegistrationInProgress()},
		{[]health.Status{healthy, healthy}, healthy},
		{[]health.Status{healthy, sick}, sick},
		{[]health.Status{sick, initial, healthy}, initial},
	} {
		if got := worst(tt.in); got != tt.want {
			t.Errorf("worst(%v) = %v", tt.in, got)
		}
	}
}

func TestApply_RemovesInstanceTerminatedWhileClosed(t *testing.T) {
	s := newStory(t)
	s.apply()
	s.healthy()
	s.plane.Close()
	s.open()
	s.top.Instances[0].State = "terminated"
	s.apply()
	if _, err := os.Stat(filepath.Join(s.dir, "instances", "i-a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its directory is still there: %v", err)
	}
}

func TestApply_RemovesDirectoriesOfUnknownInstances(t *testing.T) {
	s := newStory(t)
	for _, id := range []string{"i-a", "i-forgotten"} {
		if err := os.MkdirAll(filepath.Join(s.dir, "instances", id), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.apply()
	if _, err := os.Stat(filepath.Join(s.dir, "instances", "i-forgotten")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory of an instance that no longer exists is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "instances", "i-a")); err != nil {
		t.Errorf("the directory of an instance that exists is gone: %v", err)
	}
}

// A security group may let clients in at one listener's port and not at another's.
func TestNode_BlockedByPort(t *testing.T) {
	s := newStory(t)
	s.top.LoadBalancers[0].Listeners = append(s.top.LoadBalancers[0].Listeners, Listener{ARN: "arn:l2", Port: 8080, Default: s.top.LoadBalancers[0].Listeners[0].Default})
	s.apply()
	s.healthy()
	ask := func(port int) <-chan error {
		address, _ := s.plane.Address(lbARN, port)
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		answered := make(chan error, 1)
		go func() { _, err := conn.Read(make([]byte, 1)); answered <- err }()
		return answered
	}
	dropped := ask(8080)
	if err := <-ask(80); err != nil {
		t.Error(err)
	}
	select {
	case err := <-dropped:
		t.Errorf("the port that is blocked answered (%v)", err)
	default:
	}
	for _, n := range s.plane.Stats().LoadBalancers[0].Nodes {
		if !n.Reachable || !n.InDNS {
			t.Errorf("a node with one port open: %+v", n)
		}
	}
	for i := range s.top.LoadBalancers[0].Nodes {
		s.top.LoadBalancers[0].Nodes[i].ClientReach = map[int]Verdict{80: {Allowed: true}, 8080: {Allowed: true}}
	}
	s.apply()
	if err := <-dropped; err != nil {
		t.Error(err)
	}
}
