package server_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// swift is a clock on which so many seconds pass in one: what takes a minute on AWS
// needn't take a test as long.
type swift struct {
	began time.Time
	times int64
}

func (s swift) Now() time.Time {
	return s.began.Add(time.Duration(time.Since(s.began).Nanoseconds() * s.times))
}
func (s swift) After(d time.Duration) <-chan time.Time { return s.NewTimer(d).C() }
func (s swift) NewTimer(d time.Duration) clock.Timer {
	return swiftTimer{clock.System().NewTimer(time.Duration(d.Nanoseconds() / s.times)), s.times}
}

type swiftTimer struct {
	clock.Timer
	times int64
}

func (t swiftTimer) Reset(d time.Duration) bool {
	return t.Timer.Reset(time.Duration(d.Nanoseconds() / t.times))
}

// entrance is a platform that serves, with files of the test's on its instances.
type entrance struct {
	platform
	*testing.T
	sdk
	dir      string
	endpoint string
	clock    swift
	address  string
}

// open builds a platform, all of whose targets are healthy.
func open(t *testing.T) *entrance {
	t.Helper()
	e := &entrance{T: t, dir: t.TempDir(), clock: swift{time.Now(), 8}}
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Dir, o.Clock = e.dir, e.clock })
	e.sdk, e.endpoint = clients(cloud.Endpoint), cloud.Endpoint
	e.platform = build(t, e.sdk)
	must(e.elb.ModifyTargetGroup(t.Context(), &elb.ModifyTargetGroupInput{TargetGroupArn: &e.targetGroup, HealthCheckTimeoutSeconds: aws.Int32(4)}))(t)
	e.healthy(t, e.sdk)
	e.address = e.served(t, func() endpoint.Status { return must(cloud.Status())(t) })
	return e
}

// put gives an instance a file of that many bytes.
func (e *entrance) put(instance, name string, size int64) {
	e.Helper()
	path := filepath.Join(e.dir, "machines", "instances", instance, "rootfs", "usr", "share", "nginx", "html", name)
	if err := errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, size)); err != nil {
		e.Fatal(err)
	}
}

// group changes an attribute of the target group.
func (e *entrance) group(key, value string) {
	e.Helper()
	must(e.elb.ModifyTargetGroupAttributes(e.Context(), &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &e.targetGroup,
		Attributes: []elbtypes.TargetGroupAttribute{{Key: &key, Value: &value}}}))(e.T)
}

// session is one client's connection, and so one node of the load balancer.
type session struct {
	net.Conn
	r *bufio.Reader
}

func (e *entrance) connect() *session {
	e.Helper()
	conn := must(net.Dial("tcp", e.address))(e.T)
	e.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		e.Fatal(err)
	}
	return &session{conn, bufio.NewReader(conn)}
}

// get sends a request and reads the head of its answer.
func (s *session) get(path string) (*http.Response, error) {
	if _, err := fmt.Fprintf(s, "GET %s HTTP/1.1\r\nHost: shop\r\n\r\n", path); err != nil {
		return nil, err
	}
	return http.ReadResponse(s.r, nil)
}

// page is what the start page says, which is the instance, or else the status code.
func (s *session) page() string {
	response, err := s.get("/")
	if err != nil {
		return err.Error()
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Sprint(response.StatusCode)
	}
	return strings.TrimSpace(string(body))
}

// pages counts the answers to requests on connections of their own.
func (e *entrance) pages(n int) map[string]int {
	e.Helper()
	got := map[string]int{}
	for range n {
		s := e.connect()
		got[s.page()]++
		s.Close()
	}
	return got
}

// until waits until that many pages are as the function wants them.
func (e *entrance) until(what string, n int, holds func(got map[string]int) bool) {
	e.Helper()
	eventually(e.T, func() string {
		if got := e.pages(n); !holds(got) {
			return fmt.Sprintf("%s: %v", what, got)
		}
		return ""
	})
}

// hold asks for a file that only one instance has until each of the two nodes has as
// many of these requests in flight; nobody reads their answers any further.
func (e *entrance) hold(name string) (held []*http.Response) {
	e.Helper()
	for range 8 { // each node asks its two targets in turn
		s := e.connect()
		response := must(s.get(name))(e.T)
		if response.StatusCode == http.StatusOK {
			held = append(held, response)
			continue
		}
		s.Close()
	}
	if len(held) < 4 {
		e.Fatalf("%d requests are in flight", len(held))
	}
	return held
}

func TestLeastOutstandingRequests_AvoidsBusyTarget(t *testing.T) {
	t.Parallel()
	e := open(t)
	busy, idle := e.instances[0], e.instances[1]
	e.put(busy, "large", 64<<20)
	held := e.hold("/large")
	if got := e.pages(8); got[busy] != 4 || got[idle] != 4 {
		t.Errorf("round robin: %v", got)
	}
	e.group("load_balancing.algorithm.type", "least_outstanding_requests")
	e.until("all requests at the idle target", 8, func(got map[string]int) bool { return got[idle] == 8 })
	for _, response := range held {
		if n, err := io.Copy(io.Discard, response.Body); err != nil || n != 64<<20 {
			t.Errorf("a request in flight ended after %d bytes: %v", n, err)
		}
	}
	e.until("both targets", 8, func(got map[string]int) bool { return got[idle] > 0 && got[busy] > 0 })
}

func TestForward_FollowsWeights(t *testing.T) {
	t.Parallel()
	e := open(t)
	other := must(e.elb.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{Name: aws.String("other"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &e.vpc,
		HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(4)}))(t).TargetGroups[0].TargetGroupArn
	target := []elbtypes.TargetDescription{{Id: &e.instances[1]}}
	must(e.elb.RegisterTargets(t.Context(), &elb.RegisterTargetsInput{TargetGroupArn: other, Targets: target}))(t)
	must(e.elb.DeregisterTargets(t.Context(), &elb.DeregisterTargetsInput{TargetGroupArn: &e.targetGroup, Targets: target}))(t)
	listener := must(e.elb.DescribeListeners(t.Context(), &elb.DescribeListenersInput{LoadBalancerArn: &e.loadBalancer}))(t).Listeners[0].ListenerArn
	weigh := func(first, second int32) {
		must(e.elb.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: listener, DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward,
			ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{{TargetGroupArn: &e.targetGroup, Weight: &first}, {TargetGroupArn: other, Weight: &second}}}}}}))(t)
	}
	for _, w := range []struct{ first, second int32 }{{3, 1}, {1, 1}, {1, 0}, {0, 5}} {
		weigh(w.first, w.second)
		n := 16 * int(w.first) / int(w.first+w.second)
		e.until(fmt.Sprintf("%d to %d", w.first, w.second), 16, func(got map[string]int) bool {
			return got[e.instances[0]] == n && got[e.instances[1]] == 16-n
		})
	}
	weigh(0, 0)
	e.until("no group has a weight", 4, func(got map[string]int) bool { return got["503"] == 4 })
}

func TestCrossZone_OnAndOff(t *testing.T) {
	t.Parallel()
	e := open(t)
	// Connections go to the two nodes in turn, and each keeps to its node.
	ask := func() (of [2]map[string]int) {
		for node := range of {
			of[node] = map[string]int{}
			s := e.connect()
			for range 6 {
				of[node][s.page()]++
			}
			s.Close()
		}
		return of
	}
	for node, got := range ask() {
		if got[e.instances[0]] != 3 || got[e.instances[1]] != 3 {
			t.Errorf("with cross-zone load balancing node %d asked %v", node, got)
		}
	}
	e.group("load_balancing.cross_zone.enabled", "false")
	eventually(t, func() string {
		of := ask()
		if a, b := of[0], of[1]; a[e.instances[0]]+b[e.instances[0]] == 6 && len(a) == 1 && len(b) == 1 {
			return ""
		}
		return fmt.Sprintf("each node to ask the target of its own zone: %v", of)
	})
	// The node whose zone has no target left answers 503 to those who still come, and
	// leaves DNS.
	must(e.elb.DeregisterTargets(t.Context(), &elb.DeregisterTargetsInput{TargetGroupArn: &e.targetGroup, Targets: []elbtypes.TargetDescription{{Id: &e.instances[1]}}}))(t)
	e.until("503 of one node", 4, func(got map[string]int) bool { return got["503"] == 2 && got[e.instances[0]] == 2 })
	e.until("the other node alone", 4, func(got map[string]int) bool { return got[e.instances[0]] == 4 })
}

// isolate puts a subnet under a network ACL that lets nothing through, and returns
// what undoes that.
func (e *entrance) isolate(subnet string) (undo func()) {
	e.Helper()
	acls := must(e.ec2.DescribeNetworkAcls(e.Context(), &ec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{{Name: aws.String("association.subnet-id"), Values: []string{subnet}}}}))(e.T).NetworkAcls
	closed := must(e.ec2.CreateNetworkAcl(e.Context(), &ec2.CreateNetworkAclInput{VpcId: &e.vpc}))(e.T).NetworkAcl.NetworkAclId
	var association *string
	for _, a := range acls[0].Associations {
		if *a.SubnetId == subnet {
			association = a.NetworkAclAssociationId
		}
	}
	replace := func(acl *string) {
		association = must(e.ec2.ReplaceNetworkAclAssociation(e.Context(), &ec2.ReplaceNetworkAclAssociationInput{AssociationId: association, NetworkAclId: acl}))(e.T).NewAssociationId
	}
	replace(closed)
	return func() { replace(acls[0].NetworkAclId) }
}

func TestNode_OfCutOffZoneLeavesDNS(t *testing.T) {
	t.Parallel()
	e := open(t)
	e.group("load_balancing.cross_zone.enabled", "false") // so that an answer tells the node
	// answers are those that two connections, one to each node, have within a second.
	answers := func() (got [2]string) {
		for i := range got {
			s := e.connect()
			if err := s.SetDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			if got[i] = s.page(); strings.Contains(got[i], "i/o timeout") {
				got[i] = "silence"
			}
			s.Close()
		}
		slices.Sort(got[:])
		return got
	}
	expect := func(a, b string) {
		t.Helper()
		want := [2]string{a, b}
		slices.Sort(want[:])
		eventually(t, func() string {
			if got := answers(); got != want {
				return fmt.Sprintf("%v: %v", want, got)
			}
			return ""
		})
	}
	expect(e.instances[0], e.instances[1])
	cut := e.clock.Now()
	undo := e.isolate(e.subnets[1])
	expect(e.instances[0], "silence")
	expect(e.instances[0], e.instances[0])
	if left := e.clock.Now().Sub(cut); left < 60*time.Second || left > 2*time.Minute {
		t.Errorf("it left DNS after %v, and not after the records' 60 s", left)
	}
	undo()
	expect(e.instances[0], e.instances[1])
}

func TestTarget_SilentIsTimeoutAfterTenSeconds(t *testing.T) {
	t.Parallel()
	e := open(t)
	must(e.ec2.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: &e.web, IpPermissions: must(e.ec2.DescribeSecurityGroups(t.Context(),
		&ec2.DescribeSecurityGroupsInput{GroupIds: []string{e.web}}))(t).SecurityGroups[0].IpPermissions}))(t)
	eventually(t, func() string {
		for _, target := range must(e.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &e.targetGroup}))(t).TargetHealthDescriptions {
			if target.TargetHealth.Reason != elbtypes.TargetHealthReasonEnumTimeout {
				return "both targets' checks to time out"
			}
		}
		return ""
	})
	// All are unhealthy, so all get requests, and nobody answers.
	asked := e.clock.Now()
	if got := e.connect().page(); got != "504" {
		t.Errorf("answered %s", got)
	}
	if took := e.clock.Now().Sub(asked); took < 10*time.Second || took > 20*time.Second {
		t.Errorf("it took %v, and not 10 s", took)
	}
}

func TestDraining_LetsRequestsEnd(t *testing.T) {
	t.Parallel()
	e := open(t)
	e.group("deregistration_delay.timeout_seconds", "60")
	leaving, staying := e.instances[0], e.instances[1]
	e.put(leaving, "large", 64<<20)
	held := e.hold("/large")
	must(e.elb.DeregisterTargets(t.Context(), &elb.DeregisterTargetsInput{TargetGroupArn: &e.targetGroup, Targets: []elbtypes.TargetDescription{{Id: &leaving}}}))(t)
	deregistered := e.clock.Now()
	e.until("all new requests elsewhere", 4, func(got map[string]int) bool { return got[staying] == 4 })
	state := func() (elbtypes.TargetHealthStateEnum, elbtypes.TargetHealthReasonEnum) {
		for _, target := range must(e.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &e.targetGroup}))(t).TargetHealthDescriptions {
			if *target.Target.Id == leaving {
				return target.TargetHealth.State, target.TargetHealth.Reason
			}
		}
		return "", ""
	}
	if s, reason := state(); s != elbtypes.TargetHealthStateEnumDraining || reason != elbtypes.TargetHealthReasonEnumDeregistrationInProgress {
		t.Errorf("it is %s: %s", s, reason)
	}
	if n, err := io.Copy(io.Discard, held[0].Body); err != nil || n != 64<<20 {
		t.Errorf("a request in flight ended after %d bytes: %v", n, err)
	}
	eventually(t, func() string {
		if s, _ := state(); s != "" {
			return "the target to go: it is " + string(s)
		}
		return ""
	})
	// The clock runs fast, and was read after the call that began the delay.
	if took := e.clock.Now().Sub(deregistered); took < 59*time.Second {
		t.Errorf("it went after %v, and not after the delay of 60 s", took)
	}
	if n, err := io.Copy(io.Discard, held[1].Body); err == nil {
		t.Errorf("a request that went on beyond the delay got all of its %d bytes", n)
	}
}

func TestProxy_StreamsLargeBodies(t *testing.T) {
	e := open(t)
	const size = 100 << 20
	for _, id := range e.instances {
		e.put(id, "large", size)
	}
	s := e.connect()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	response := must(s.get("/large"))(t)
	n, err := io.Copy(io.Discard, response.Body)
	runtime.ReadMemStats(&after)
	if err != nil || n != size {
		t.Errorf("%d bytes came: %v", n, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("%d bytes of memory were used for a body of %d", used, size)
	}
}

// proxyData is an nginx that passes requests on to a server beside it.
const proxyData = `#cloud-config
packages: [nginx]
write_files:
  - path: /etc/nginx/nginx.conf
    content: |
      events {}
      http { server { listen 80; location / { proxy_pass http://%s; } } }
runcmd: [[systemctl, enable, --now, nginx]]
`

// What an instance's configuration asks of the machine's nginx stays in the instance, and its console says why.
func TestInstance_ReachesNobodyOnThisMachine(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another server of this machine was reached") }))
	defer other.Close()
	nginx := machineNginx(t)
	var log lines
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Nginx, o.Log = nginx, &log })
	c := clients(cloud.Endpoint)
	p := buildWith(t, c, fmt.Sprintf(proxyData, other.Listener.Addr()))
	eventually(t, func() string {
		out := must(c.ec2.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &p.instances[0]}))(t)
		text := string(must(base64.StdEncoding.DecodeString(aws.ToString(out.Output)))(t))
		if strings.Contains(text, "and not the nginx of this machine: nginx: [emerg] directive \"proxy_pass\" is not for an nginx of this machine in /etc/nginx/nginx.conf:2") &&
			strings.Contains(text, `directive "proxy_pass" is not simulated by the built-in web server`) {
			return ""
		}
		return "the console says why: " + text
	})
	if text := log.String(); !strings.Contains(text, p.instances[0]+" has the built-in web server, because its configuration isn't for the nginx of this machine") {
		t.Errorf("the log says nothing of it: %s", text)
	}
}

// lines are what is written to a log, by several goroutines.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
