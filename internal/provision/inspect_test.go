package provision_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestInspect_CallsDontGrowWithInstances counts what status and a second
// up ask, and how many answers they wait for one after the other.
func TestInspect_CallsDontGrowWithInstances(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	operations := map[string]map[string]int{} // of each look
	t.Run("looks", func(t *testing.T) {
		for _, instances := range []int{2, 20} {
			cfg := config.Default()
			cfg.Web.Instances = instances
			t.Run(fmt.Sprintf("%d instances", instances), func(t *testing.T) {
				t.Parallel()
				endpoint, store := up(t, cfg)
				for name, look := range map[string]func(*awsapi.Clients) (*provision.View, error){
					"status": func(c *awsapi.Clients) (*provision.View, error) { return provision.Inspect(t.Context(), c, cfg, store) },
					"up": func(c *awsapi.Clients) (*provision.View, error) {
						return provision.InspectBeforeChange(t.Context(), c, cfg, store, func(string) {})
					},
				} {
					t.Run(name, func(t *testing.T) {
						calls := count(t, endpoint, look)
						mu.Lock()
						defer mu.Unlock()
						operations[t.Name()] = calls
					})
				}
			})
		}
	})
	if t.Failed() {
		return
	}
	if len(operations) != 4 {
		t.Fatalf("%d looks were counted, want 4", len(operations))
	}
	first := slices.Min(slices.Collect(maps.Keys(operations)))
	for look, calls := range operations {
		if diff := testenv.Diff(operations[first], calls); diff != "" {
			t.Errorf("%s makes other calls than %s (-want +got):\n%s", look, first, diff)
		}
	}
	if len(operations[first]) < 10 {
		t.Errorf("only %v were seen", operations[first])
	}
}

// up brings a platform up in a local cloud of its own.
func up(t *testing.T, cfg config.Config) (endpoint string, store *state.Store) {
	t.Helper()
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Quotas = world.Quotas{"vcpus": 64} })
	store, err := state.Open("", state.Identity{Platform: cfg.Name, Target: string(cfg.Target), Region: cfg.Region})
	if err != nil {
		t.Fatal(err)
	}
	clients := connect(t, cloud.Endpoint)
	view, err := provision.InspectBeforeChange(t.Context(), clients, cfg, store, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	run := &apply.Run{Clients: clients, Owner: view.Owner, Store: store}
	if _, err := run.Apply(t.Context(), view.Plan); err != nil {
		t.Fatal(err)
	}
	return cloud.Endpoint, store
}

// count gives a look's calls by operation, and fails where there are too many, or too many that wait for one another.
func count(t *testing.T, endpoint string, look func(*awsapi.Clients) (*provision.View, error)) map[string]int {
	t.Helper()
	// 25 for what there is, and four for what somebody may have hung on it: the listener's
	// rules and attributes, the network ACLs, the role's inline policies.
	const most, deepest = 25 + 4, 3
	rounds := newRounds(endpoint)
	proxy := httptest.NewServer(rounds)
	t.Cleanup(proxy.Close)
	clients := connect(t, proxy.URL)
	view, err := look(clients)
	if err != nil {
		t.Fatal(err)
	}
	if view.Plan.Pending() {
		t.Fatalf("something is to be done: %v", view.Plan.Steps)
	}
	calls := clients.Ledger.ByOperation()
	if n := clients.Ledger.Calls(); n > most {
		t.Errorf("%d calls, want %d at most: %v", n, most, calls)
	}
	if depth, sizes := rounds.depth(); depth > deepest {
		t.Errorf("it waits for %d answers one after the other (%v calls), want %d at most", depth, sizes, deepest)
	} else {
		t.Logf("%d calls, in rounds of %v", clients.Ledger.Calls(), sizes)
	}
	return calls
}

// TestLookAsAccount_WrongAccountComesFirst has a look fail beside the question whose credentials
// these are, which is answered after that.
func TestLookAsAccount_WrongAccountComesFirst(t *testing.T) {
	for account, want := range map[string]string{"123456789012": "denied", "210987654321": "these credentials are of account"} {
		looked := make(chan struct{})
		sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-looked // so it is asked beside
			_, _ = io.WriteString(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
				`<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/u</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		}))
		t.Cleanup(sts.Close)
		store, err := state.Open("", state.Identity{Platform: "shop", Account: account})
		if err != nil {
			t.Fatal(err)
		}
		err = provision.LookAsAccount(t.Context(), connect(t, sts.URL), store, func(context.Context) error {
			defer close(looked)
			return errors.New("denied")
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("state of account %s: %v, want %q", account, err, want)
		}
	}
}

func connect(t *testing.T, endpoint string) *awsapi.Clients {
	t.Helper()
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

// rounds answers calls in rounds: none before no other has come for a while,
// so that all calls that wait for no answer are in one round. The time that a
// caller may take between an answer and its next call only bounds how finely
// rounds are told apart: too short a time makes more rounds, never fewer.
type rounds struct {
	next http.Handler

	mu      sync.Mutex
	waiting []chan struct{}
	sizes   []int
	timer   *time.Timer
}

// quiet is how long no call must come for a round to be complete.
const quiet = 300 * time.Millisecond

func newRounds(endpoint string) *rounds {
	target, err := url.Parse(endpoint)
	if err != nil {
		panic(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.StatusCode >= http.StatusInternalServerError {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	return &rounds{next: proxy}
}

func (r *rounds) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	turn := make(chan struct{})
	r.mu.Lock()
	r.waiting = append(r.waiting, turn)
	if r.timer == nil {
		r.timer = time.AfterFunc(quiet, r.release)
	} else {
		r.timer.Reset(quiet)
	}
	r.mu.Unlock()
	<-turn
	r.next.ServeHTTP(w, req)
}

// release answers all that have come.
func (r *rounds) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		return
	}
	r.sizes = append(r.sizes, len(r.waiting))
	for _, turn := range r.waiting {
		close(turn)
	}
	r.waiting = nil
}

func (r *rounds) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sizes = nil
}

func (r *rounds) depth() (int, []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sizes), r.sizes
}
