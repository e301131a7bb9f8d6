package provision_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/state"
)

// TestInspect_CallsDontGrowWithInstances counts what status and a second
// up ask, and how many answers they wait for one after the other.
func TestInspect_CallsDontGrowWithInstances(t *testing.T) {
	const most, deepest = 25, 3
	operations := map[int]map[string]int{}
	for _, instances := range []int{2, 20} {
		cloud := localcloudtest.Start(t, func(o *server.Options) { o.Quotas = world.Quotas{"vcpus": 64} })
		cfg := config.Default()
		cfg.Web.Instances = instances
		identity := state.Identity{Platform: cfg.Name, Target: string(cfg.Target), Region: cfg.Region}
		store, err := state.Open("", identity)
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

		rounds := newRounds(cloud.Endpoint)
		proxy := httptest.NewServer(rounds)
		t.Cleanup(proxy.Close)
		for name, look := range map[string]func(*awsapi.Clients) (*provision.View, error){
			"status": func(c *awsapi.Clients) (*provision.View, error) { return provision.Inspect(t.Context(), c, cfg, store) },
			"up": func(c *awsapi.Clients) (*provision.View, error) {
				return provision.InspectBeforeChange(t.Context(), c, cfg, store, func(string) {})
			},
		} {
			rounds.reset()
			clients := connect(t, proxy.URL)
			view, err := look(clients)
			if err != nil {
				t.Fatal(err)
			}
			if view.Plan.Pending() {
				t.Fatalf("%s of %d instances: something is to be done: %v", name, instances, view.Plan.Steps)
			}
			calls := clients.Ledger.ByOperation()
			if n := clients.Ledger.Calls(); n > most {
				t.Errorf("%s of %d instances makes %d calls, want %d at most: %v", name, instances, n, most, calls)
			}
			if depth, sizes := rounds.depth(); depth > deepest {
				t.Errorf("%s of %d instances waits for %d answers one after the other (%v calls), want %d at most", name, instances, depth, sizes, deepest)
			} else {
				t.Logf("%s of %d instances: %d calls, in rounds of %v", name, instances, clients.Ledger.Calls(), sizes)
			}
			if operations[2] == nil {
				operations[2] = calls
			}
			if diff := cmp.Diff(operations[2], calls); diff != "" {
				t.Errorf("%s of %d instances makes other calls than for 2 (-want +got):\n%s", name, instances, diff)
			}
		}
	}
	if len(slices.Collect(maps.Keys(operations[2]))) < 10 {
		t.Errorf("only %v were seen", operations[2])
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
