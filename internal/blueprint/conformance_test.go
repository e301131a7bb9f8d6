package blueprint_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

// TestConformance_EveryKindOfEveryArea takes three whole platforms through their life, object
// by object: between them they have every kind.
func TestConformance_EveryKindOfEveryArea(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	tested := map[string]bool{}
	cloud := localcloudtest.Start(t).Endpoint
	t.Run("platforms", func(t *testing.T) {
		for platform, egress := range map[string]config.Egress{"shop": config.EgressNATPerZone, "mall": config.EgressNone, "fair": config.EgressNATSingle} {
			t.Run(platform, func(t *testing.T) {
				t.Parallel()
				p := kindtest.New(t, cloud, platform)
				cfg := config.Default()
				cfg.Name, cfg.Network.Egress = platform, egress
				cfg.LoadBalancer.DeregistrationDelay = 0
				cfg.Logs.Access, p.Owner.Bucket = 30, true
				endpoint, confirmed := subscriber(t)
				cfg.Monitoring.Notify = []string{endpoint}
				p.Owner.Monitoring, p.Owner.Notify = true, cfg.Monitoring.Notify
				if egress == config.EgressNone {
					cfg.LoadBalancer.HTTPS = https("mall.example.localhost", "www.mall.example.localhost")
					p.Owner.Domain = awsapi.Domain{Look: true, Names: cfg.LoadBalancer.HTTPS.Names(), Zone: "example.localhost"}
				}
				if egress == config.EgressNATSingle {
					cfg.Web.AutoScaling, cfg.Tags, p.Owner.AutoScaling = scaling(), p.Owner.Tags, true
				}
				available, err := blueprint.AvailableZones(t.Context(), p.Clients)
				if err != nil {
					t.Fatal(err)
				}
				facts, err := blueprint.Discover(t.Context(), p.Clients, cfg, available, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				graph, err := blueprint.Build(cfg, facts)
				if err != nil {
					t.Fatal(err)
				}
				p.Conform(t, graph, func(t *testing.T) {
					<-confirmed // or nobody could end the subscription alone
					for _, kind := range blueprint.Kinds() {
						objects, err := kind.Observe(t.Context(), p.Clients.Snapshot(), p.Owner)
						if err != nil {
							t.Fatal(err)
						}
						for _, object := range objects {
							if names := undeclared(object, kind.Compared); len(names) > 0 {
								t.Errorf("%s has attributes that its kind declares neither as compared, nor as kept, nor as not looked at: %v", object.Key, names)
							}
						}
					}
				})
				mu.Lock()
				defer mu.Unlock()
				for _, node := range graph.Nodes() {
					tested[node.Key.Kind] = true
				}
			})
		}
	})
	for _, kind := range blueprint.Kinds() {
		if !tested[kind.Name] {
			t.Errorf("no platform has a %s", kind.Name)
		}
	}
}

// subscriber is somebody who confirms that they want to be told of alarms, and the channel that is closed then.
func subscriber(t *testing.T) (endpoint string, confirmed chan struct{}) {
	t.Helper()
	confirmed = make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct{ SubscribeURL string }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			t.Error(err)
			return
		}
		request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, message.SubscribeURL, nil)
		if err != nil {
			t.Error(err)
			return
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		once.Do(func() { close(confirmed) })
	}))
	t.Cleanup(server.Close)
	return server.URL, confirmed
}
