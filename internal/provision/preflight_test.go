package provision_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/testenv"
)

// look plans a default platform in a cloud.
func look(t *testing.T, clients *awsapi.Clients) *provision.View {
	t.Helper()
	cfg := config.Default()
	store, err := state.Open("", state.Identity{Platform: cfg.Name, Target: string(cfg.Target), Region: cfg.Region})
	if err != nil {
		t.Fatal(err)
	}
	view, err := provision.Inspect(t.Context(), clients, cfg, store)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// findings runs the preflight and returns its findings as lines.
func findings(t *testing.T, view *provision.View) (lines, notes []string) {
	t.Helper()
	var mu sync.Mutex
	err := provision.Preflight(t.Context(), view, true, preflight.Protection{}, preflight.Teller{Detail: func(note string) {
		mu.Lock()
		defer mu.Unlock()
		notes = append(notes, note)
	}})
	var found *preflight.Error
	if err != nil && !errors.As(err, &found) {
		t.Fatal(err)
	}
	if found != nil {
		for _, f := range found.Findings {
			lines = append(lines, f.Resource.String()+": "+f.Problem)
		}
	}
	return lines, notes
}

func TestPreflight_FindsNothingInEmptyAccount(t *testing.T) {
	t.Parallel()
	cloud := localcloudtest.Start(t)
	proxy := newRounds(cloud.Endpoint)
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	clients := connect(t, server.URL)
	view := look(t, clients)
	proxy.reset()
	lines, notes := findings(t, view)
	if len(lines)+len(notes) > 0 {
		t.Errorf("found %q, and could not ask %q", lines, notes)
	}
	if depth, sizes := proxy.depth(); depth != 1 || sizes[0] < 14 {
		t.Errorf("the calls came in rounds of %v, want all in one", sizes)
	}
	calls := clients.Ledger.ByOperation()
	if calls["Service Quotas.GetServiceQuota"] != 2 || calls["Service Quotas.ListServiceQuotas"] != 2 ||
		calls["IAM.SimulatePrincipalPolicy"] != 3 || calls["Elastic Load Balancing v2.DescribeLoadBalancers"] != 1 {
		t.Errorf("it asked %v", calls)
	}
}

func TestPreflight_NamesAllThatIsShort(t *testing.T) {
	cloud := localcloudtest.Start(t, func(o *server.Options) {
		o.Quotas = world.Quotas{"vpcs": 1, "elastic_ips": 1, "vcpus": 3, "internet_gateways": 1, "nat_gateways_per_zone": 1,
			"load_balancers": 1, "target_groups": 1}
	})
	clients := connect(t, cloud.Endpoint)
	lines, _ := findings(t, look(t, clients))
	want := []string{ // the account has a default VPC with its gateway
		`vpc/main: quota "VPCs per Region" in us-east-1: need 1 more, have 1, used 1`,
		`internet-gateway/main: quota "Internet gateways per Region" in us-east-1: need 1 more, have 1, used 1`,
		`elastic-ip/nat-a: quota "EC2-VPC Elastic IPs" in us-east-1: need 2 more, have 1, used 0`,
		`instance/web-a-1: quota "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" in us-east-1: need 4 vCPU more, have 3 vCPU, used 0 vCPU`,
	}
	if diff := testenv.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

// TestPreflight_AsksNothingWithoutCreation runs it over a plan of an existing
// platform.
func TestPreflight_AsksNothingWithoutCreation(t *testing.T) {
	clients := connect(t, "http://127.0.0.1:1") // nobody answers there
	view := &provision.View{Plan: &plan.Plan{}, Observed: observe.New(nil)}
	if lines, notes := findings(t, view); len(lines)+len(notes) > 0 || clients.Ledger.Calls() > 0 {
		t.Errorf("it asked: %q, %q", lines, notes)
	}
}

// TestPreflight_ReadsSimulatedPolicies answers for IAM itself.
func TestPreflight_ReadsSimulatedPolicies(t *testing.T) {
	cloud := localcloudtest.Start(t)
	target, err := url.Parse(cloud.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	result := func(action, decision, missing string) string {
		return `<member><EvalActionName>` + action + `</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>` + decision +
			`</EvalDecision><MissingContextValues>` + missing + `</MissingContextValues></member>`
	}
	const caller = "arn:aws:sts::123456789012:assumed-role/deploy/me"
	for name, test := range map[string]struct {
		arn, answer string
		want        []string
		notes       int
		asked       string // a part of what IAM was asked
	}{
		"denied": {arn: "arn:aws:iam::123456789012:user/me", answer: result("ec2:CreateVpc", "explicitDeny", ""),
			want: []string{"vpc/main: arn:aws:iam::123456789012:user/me lacks the permission ec2:CreateVpc, which a policy denies"}, asked: "user/me"},
		"not allowed": {arn: caller, answer: result("ec2:RunInstances", "implicitDeny", "") + result("ec2:CreateVpc", "allowed", ""),
			want: []string{"instance/web-a-1: " + caller + " lacks the permission ec2:RunInstances"}, asked: "arn:aws:iam::123456789012:role/deploy"},
		"not to be known":   {arn: caller, answer: result("ec2:RunInstances", "implicitDeny", "<member>ec2:InstanceType</member>")},
		"of a role in path": {arn: caller, answer: "path", asked: "arn:aws:iam::123456789012:role/teams/deploy"},
		"refused":           {arn: caller, answer: "", notes: 3},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var asked []string
			next := httputil.NewSingleHostReverseProxy(target)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				form, _ := url.ParseQuery(string(body))
				source := form.Get("PolicySourceArn")
				switch action := form.Get("Action"); {
				case action == "GetCallerIdentity":
					_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>`+test.arn+`</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
				case action == "GetRole" && form.Get("RoleName") == "deploy":
					_, _ = io.WriteString(w, `<GetRoleResponse><GetRoleResult><Role><Arn>arn:aws:iam::123456789012:role/teams/deploy</Arn></Role></GetRoleResult></GetRoleResponse>`)
				case action != "SimulatePrincipalPolicy":
					r.Body = io.NopCloser(strings.NewReader(string(body)))
					next.ServeHTTP(w, r)
				case test.answer == "":
					w.WriteHeader(http.StatusForbidden)
					_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>No</Message></Error></ErrorResponse>`)
				case test.answer == "path" && !strings.Contains(source, "teams"):
					w.WriteHeader(http.StatusNotFound)
					_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>No</Message></Error></ErrorResponse>`)
				default:
					mu.Lock()
					asked = append(asked, source)
					mu.Unlock()
					results := ""
					if form.Get("ResourceArns.member.1") == "*" && test.answer != "path" {
						results = test.answer
					}
					_, _ = io.WriteString(w, `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>`+
						results+`</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`)
				}
			}))
			t.Cleanup(server.Close)
			clients := connect(t, server.URL)
			lines, notes := findings(t, look(t, clients))
			if diff := testenv.Diff(test.want, lines); diff != "" {
				t.Error(diff)
			}
			if len(notes) != test.notes {
				t.Errorf("%d questions weren't answered, want %d: %q", len(notes), test.notes, notes)
			}
			if test.asked != "" && (len(asked) != 3 || !strings.HasSuffix(asked[0], test.asked)) {
				t.Errorf("asked for %q, want three times %s", asked, test.asked)
			}
		})
	}
}
