package blueprint_test

import (
	"testing"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

// TestConformance_EveryKindOfEveryArea takes two whole platforms through their life, object
// by object: between them they have every kind.
func TestConformance_EveryKindOfEveryArea(t *testing.T) {
	tested := map[string]bool{}
	endpoint := localcloudtest.Start(t).Endpoint
	for platform, egress := range map[string]config.Egress{"shop": config.EgressNATPerZone, "mall": config.EgressNone} {
		p := kindtest.New(t, endpoint, platform)
		cfg := config.Default()
		cfg.Network.Egress = egress
		cfg.LoadBalancer.DeregistrationDelay = 0
		available, err := blueprint.AvailableZones(t.Context(), p.Clients)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := blueprint.Discover(t.Context(), p.Clients, cfg, available, nil)
		if err != nil {
			t.Fatal(err)
		}
		graph, err := blueprint.Build(cfg, facts)
		if err != nil {
			t.Fatal(err)
		}
		for _, node := range graph.Nodes() {
			tested[node.Key.Kind] = true
		}
		p.Conform(t, graph, nil)
	}
	for _, kind := range blueprint.Kinds() {
		if !tested[kind.Name] {
			t.Errorf("no platform has a %s", kind.Name)
		}
	}
}
