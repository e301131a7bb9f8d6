package verify

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/httpclient"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// seen is a platform with one target, and with what has drifted: kind, name, reason.
func seen(state, reason string, drifted ...[3]string) Inspection {
	p := &plan.Plan{}
	for _, d := range drifted {
		p.Steps = append(p.Steps, &plan.Step{Key: resource.Key{Kind: d[0], Name: d[1]}, Action: plan.Update, Reasons: []string{d[2]}})
	}
	p.Steps = append(p.Steps, &plan.Step{Key: resource.Key{Kind: "listener", Name: "http"}, Action: plan.Keep})
	live := loadbalancing.LiveRegistration{RegistrationID: loadbalancing.RegistrationID{Instance: "i-1"}, State: state, Reason: reason}
	return Inspection{p, []resource.Object{{Key: resource.Key{Kind: "registration", Name: "web-a-1"}, Live: live}}}
}

func TestInspection_CausesAreWhatWasSeen(t *testing.T) {
	deny := [3]string{"vpc", "main", "network ACL acl-1, ingress entry 90: deny tcp 80, 0.0.0.0/0 → none"}
	egress := [3]string{"security-group-rules", "alb", "egress rule: none → tcp 80"}
	route := [3]string{"route-table", "public-a", "route 0.0.0.0/0: none → igw-1"}
	rule := [3]string{"listener", "http", "rule 1: path-pattern *: fixed-response 200 → none"}
	for name, test := range map[string]struct {
		seen    Inspection
		want    []string // parts of the causes, in order
		network bool
	}{
		"healthy":                      {seen("healthy", ""), nil, false},
		"draining":                     {seen("draining", "Target.DeregistrationInProgress"), nil, false},
		"silence behind a denying ACL": {seen("unhealthy", "Target.Timeout", deny), []string{"vpc/main: network ACL acl-1, ingress entry 90: deny"}, true},
		"silence without egress":       {seen("unhealthy", "Target.Timeout", egress), []string{"security-group-rules/alb: egress rule"}, true},
		"a missing route":              {seen("healthy", "", route), []string{"route-table/public-a: route 0.0.0.0/0"}, true},
		"a listener rule":              {seen("healthy", "", rule), []string{"listener/http: rule 1"}, false},
		"silence, and a listener rule": {seen("unhealthy", "Target.Timeout", rule), []string{"listener/http", "i-1 doesn't answer, and neither"}, false},
		"silence alone":                {seen("unhealthy", "Target.Timeout"), []string{"i-1 doesn't answer, and neither its network ACLs"}, false},
		"a refusal beside a denial":    {seen("unhealthy", "Target.FailedHealthChecks", deny), []string{"vpc/main", "i-1 runs and refuses connections: Nginx is down"}, true},
		"a refusal":                    {seen("unhealthy", "Target.FailedHealthChecks"), []string{"registration/web-a-1: instance i-1 runs and refuses"}, false},
		"another answer":               {seen("unhealthy", "Target.ResponseCodeMismatch"), []string{"Nginx on instance i-1 answers, but not"}, false},
		"stopped, which is drift":      {seen("unused", "Target.InvalidState", [3]string{"instance", "web-a-1", "state: stopped → running"}), []string{"instance/web-a-1: state: stopped"}, false},
		"unused":                       {seen("unused", "Target.NotInUse"), []string{"Target.NotInUse"}, false},
		"not yet checked":              {seen("initial", "Elb.RegistrationInProgress"), []string{"it isn't checked yet"}, false},
		"tags and roles":               {seen("healthy", "", [3]string{"role", "web", "inline policies: x → none"}, [3]string{"vpc", "main", "tags: none → a=b"}), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.seen.Causes()
			if len(got) != len(test.want) {
				t.Fatalf("found %v, want %q", got, test.want)
			}
			network := false
			for i, cause := range got {
				network = network || cause.Network
				if !strings.Contains(cause.String(), test.want[i]) || cause.Hint == "" {
					t.Errorf("found %q (%s), want %q and a hint", cause, cause.Hint, test.want[i])
				}
				if waits := strings.Contains(name, "not yet"); cause.Transient != waits {
					t.Errorf("%q ends by itself: %t", cause, cause.Transient)
				}
			}
			if network != test.network {
				t.Errorf("the network is a cause: %t, want %t", network, test.network)
			}
		})
	}
}

func TestWay_SaysWhatIsWrongBeforeAWS(t *testing.T) {
	const page = "http://shop.us-east-1.elb.amazonaws.com/"
	proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128"}
	ours := func(context.Context) (Answer, error) {
		return Answer{Status: http.StatusOK, Instance: "i-1", Zone: "us-east-1a"}, nil
	}
	nobody := func(context.Context) (Answer, error) { return Answer{}, errors.New("no") }
	dial := func(err error) error {
		return &url.Error{Op: "Get", URL: page, Err: &net.OpError{Op: "dial", Net: "tcp", Err: err}}
	}
	for name, test := range map[string]struct {
		proxy   *url.URL
		failure error
		direct  func(context.Context) (Answer, error)
		want    string // "": nothing is known
		hint    string
	}{
		"proxy that is dead":      {proxy, &net.OpError{Op: "proxyconnect", Err: errors.New("connection refused")}, nobody, "the proxy proxy.example:3128, which the environment names, doesn't answer", "NO_PROXY=shop.us-east-1.elb.amazonaws.com"},
		"proxy that refuses":      {proxy, nil, ours, "the page comes without the proxy proxy.example:3128", "NO_PROXY=shop."},
		"proxy, and no page":      {proxy, nil, nobody, "", ""},
		"name that isn't known":   {nil, dial(&net.DNSError{Err: "no such host", IsNotFound: true}), nobody, "finds no address of shop.us-east-1.elb", "dig shop."},
		"packets that are gone":   {nil, dial(os.ErrDeadlineExceeded), nobody, "something drops its packets", "block-public-access"},
		"connection refused":      {nil, dial(errors.New("connection refused")), nobody, "can't be reached from this machine", "another one"},
		"an answer, without page": {nil, nil, nobody, "", ""},
	} {
		cause, ok := way(t.Context(), httpclient.Way{URL: page}, test.proxy, test.failure, test.direct)
		if ok != (test.want != "") || !strings.Contains(cause.Message, test.want) || !strings.Contains(cause.Hint, test.hint) {
			t.Errorf("%s: %t %+v, want %q and the hint %q", name, ok, cause, test.want, test.hint)
		}
	}
}

func TestFetchDirect_PassesTheEnvironmentsProxyBy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	if answer, err := fetchDirect(t.Context(), httpclient.Way{URL: server.URL}); err != nil || answer.Status != http.StatusOK {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestReadNginx(t *testing.T) {
	for name, test := range map[string]struct{ out, said, want string }{
		"runs":                {"active\n", "nginx: configuration file /etc/nginx/nginx.conf test is successful", ""},
		"no answer":           {"", "", ""},
		"killed":              {"failed\n", "nginx: the configuration file is ok", "systemctl is-active nginx says failed"},
		"wrong configuration": {"failed\n", "nginx: [emerg] unknown directive \"x\" in /etc/nginx/nginx.conf:3\n", `says failed; nginx: [emerg] unknown directive "x"`},
		"not installed":       {"inactive\n", "sh: 1: nginx: not found\n", "says inactive; sh: 1: nginx: not found"},
	} {
		cause, ok := readNginx("instance/web-a-1", "i-1", test.out, test.said)
		if ok != (test.want != "") || !strings.Contains(cause.Message, test.want) {
			t.Errorf("%s: %t %q, want %q", name, ok, cause.Message, test.want)
		}
	}
}

// TestError_NamesCausesAndWhatToDo holds that nothing that is known is kept from the user, and
// nothing is said to be as configured that nobody looked at.
func TestError_NamesCausesAndWhatToDo(t *testing.T) {
	e := &Error{Missing: []string{"us-east-1a"}, Last: "HTTP 503"}
	if e.Hint() != "" {
		t.Errorf("nobody looked: %q", e.Hint())
	}
	e.Inspected = true
	if !strings.Contains(e.Hint(), "are as configured") {
		t.Errorf("nothing was found: %q", e.Hint())
	}
	e.Causes = []Cause{{Resource: "vpc/main", Message: "deny", Hint: "up"}, {Message: "the proxy", Hint: "up"}}
	if text := e.Error(); !strings.HasSuffix(text, "HTTP 503\nfound: vpc/main: deny\nfound: the proxy") || e.Hint() != "up" {
		t.Errorf("%q, %q", text, e.Hint())
	}
}

// refusing answers every call of AWS's with a refusal.
type refusing struct{}

func (refusing) Do(r *http.Request) (*http.Response, error) {
	body := "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>"
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestExplain_LooksBeforeItSpeaks has an instance that falls silent while somebody denies its
// port, and a page that doesn't come.
func TestExplain_LooksBeforeItSpeaks(t *testing.T) {
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: "http://aws.invalid", HTTPClient: refusing{}})
	if err != nil {
		t.Fatal(err)
	}
	deny := seen("unhealthy", "Target.Timeout", [3]string{"vpc", "main", "ingress entry 90: deny tcp 80 → none"})
	id := loadbalancing.RegistrationID{TargetGroup: "arn", Instance: "i-1", Port: 80}
	failure := &apply.StepError{
		Key: resource.Key{Kind: "registration", Name: "web-a-1"}, ID: id.String(), Action: plan.Create,
		Err: &apply.NeverReady{Reason: "it is silent"},
	}
	for name, test := range map[string]struct {
		inspect   Inspect
		inspected bool
		causes    int
	}{
		"found":       {func(context.Context) (Inspection, error) { return deny, nil }, true, 1},
		"can't look":  {func(context.Context) (Inspection, error) { return Inspection{}, errors.New("no") }, false, 0},
		"nobody asks": {nil, false, 0},
	} {
		p := Platform{Clients: clients, Inspect: test.inspect}
		var sick *Unhealthy
		if err := Explain(t.Context(), p, failure); !errors.As(err, &sick) || sick.Inspected != test.inspected || len(sick.Causes) != test.causes || !sick.Elsewhere {
			t.Fatalf("%s: %#v", name, sick)
		}
		if found := strings.Contains(sick.Error(), "it is silent\nfound: vpc/main: ingress entry 90: deny tcp 80"); found != (test.causes > 0) || (sick.Network() != "") != found {
			t.Errorf("%s: %q, hint %q", name, sick, sick.Network())
		}
		silent := &Error{Missing: []string{"us-east-1a"}, Last: "HTTP 503"}
		p.explain(t.Context(), httpclient.Way{}, silent) // net/http reads the proxy once, and a test of Fetch sets it
		if silent.Inspected != test.inspected || len(silent.Causes) != test.causes {
			t.Errorf("%s: %+v", name, silent)
		}
	}
	if other := errors.New("other"); !errors.Is(Explain(t.Context(), Platform{}, other), other) {
		t.Error("another failure is explained away")
	}
}
