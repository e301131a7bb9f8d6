package preflight_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// aws answers in AWS's place, without a network. What is only asked for advice it answers as
// advice says.
type aws struct {
	advice func(*http.Request) (*http.Response, error)
	mu     sync.Mutex
	asked  int
}

// Do implements the SDK's HTTPClient.
func (a *aws) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.Contains(string(body), "GetCallerIdentity"):
		return answer(http.StatusOK, "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"+
			"<Arn>arn:aws:iam::123456789012:user/ops</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"), nil
	case strings.Contains(string(body), "SimulatePrincipalPolicy"), strings.HasPrefix(r.Header.Get("X-Amz-Target"), "ServiceQuotas"):
		a.mu.Lock()
		a.asked++
		a.mu.Unlock()
		return a.advice(r)
	case strings.Contains(string(body), "DescribeImages"), strings.Contains(string(body), "GetParameter"):
		return answer(http.StatusForbidden, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>"), nil
	}
	form, err := url.ParseQuery(string(body))
	action := form.Get("Action")
	return answer(http.StatusOK, "<"+action+"Response><"+action+"Result/></"+action+"Response>"), err
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: &http.Request{URL: &url.URL{}}}
}

// wholePlan is the plan of a platform of which nothing is there.
func wholePlan(t *testing.T) (*resource.Graph, *plan.Plan) {
	t.Helper()
	graph, err := blueprint.Build(config.Default(), blueprint.Facts{
		Zones: []blueprint.Zone{{Name: "us-east-1a", Letter: "a"}, {Name: "us-east-1b", Letter: "b", Slot: 1}}, ImageID: "ami-0123456789abcdef0",
	})
	if err != nil {
		t.Fatal(err)
	}
	return graph, plan.Make(graph, blueprint.Kinds(), awsapi.Owner{Platform: "shop", Region: "us-east-1"}, observe.New(nil), state.Document{})
}

// TestCheck_AdviceTakesNoLongerThanItsBudget has an AWS that answers everything but what is
// asked for advice: that fails, is throttled, or never comes. The plan goes on after 2 s, with
// one word on what wasn't checked.
func TestCheck_AdviceTakesNoLongerThanItsBudget(t *testing.T) {
	hangs := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	failing := func(status int, code string, after time.Duration) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(after):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			response := answer(status, "<ErrorResponse><Error><Code>"+code+"</Code></Error></ErrorResponse>")
			response.Header.Set("X-Amzn-Errortype", code)
			return response, nil
		}
	}
	for name, test := range map[string]struct {
		advice       func(*http.Request) (*http.Response, error)
		least, most  time.Duration
		said, detail string
	}{
		"fails inside":             {failing(500, "InternalFailure", 0), time.Second, 2 * time.Second, "AWS didn't answer within 2s: permissions on", "not checked beforehand: permissions on *"},
		"fails inside, and slowly": {failing(500, "InternalFailure", 900*time.Millisecond), time.Second, 2 * time.Second, "AWS didn't answer within 2s", "not checked beforehand: quota"},
		"throttles":                {failing(400, "ThrottlingException", 0), time.Second, 2 * time.Second, "AWS didn't answer within 2s", "not checked beforehand: quota"},
		"never answers":            {hangs, 2 * time.Second, 2 * time.Second, "AWS didn't answer within 2s", "not checked beforehand: permissions on *"},
		"says no":                  {failing(403, "AccessDeniedException", 0), 0, 0, "", "AccessDeniedException"},
		"doesn't know it":          {failing(400, "UnknownOperationException", 0), 0, 0, "", "UnknownOperationException"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := &aws{advice: test.advice}
				clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: "http://aws.invalid", HTTPClient: cloud})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := clients.Caller(t.Context()); err != nil {
					t.Fatal(err)
				}
				graph, whole := wholePlan(t)
				var mu sync.Mutex
				var said, details []string
				began := time.Now()
				err = preflight.Check(t.Context(), preflight.Subject{
					Clients: clients, Owner: awsapi.Owner{Platform: "shop", Region: "us-east-1"}, Graph: graph, Plan: whole, Kinds: blueprint.Kinds(),
				}, preflight.Teller{
					Say: func(line string) { said = append(said, line) },
					Detail: func(line string) {
						mu.Lock()
						defer mu.Unlock()
						details = append(details, line)
					},
				})
				took := time.Since(began)
				if err != nil || took < test.least || took > test.most || cloud.asked < 7 {
					t.Errorf("it took %s, and asked %d times: %v", took, cloud.asked, err)
				}
				if all := strings.Join(said, "\n"); len(said) > 1 || !strings.Contains(all, test.said) || (test.said == "") != (len(said) == 0) {
					t.Errorf("it said %q, want one line with %q", said, test.said)
				}
				if all := strings.Join(details, "\n"); !strings.Contains(all, test.detail) {
					t.Errorf("the details are %q, want %q", details, test.detail)
				}
			})
		})
	}
}
