package cli

import (
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/resource"
)

// offline is the platform as configured, without asking anybody: where the
// configuration gives a number of zones, they are taken to be the region's
// first by their letters, as they are in most.
func offline(g *Global) (config.Config, *resource.Graph, error) {
	cfg, err := g.Load()
	if err != nil {
		return cfg, nil, err
	}
	region := blueprint.Region{Available: cfg.Network.Zones.Names}
	if region.Available == nil {
		for slot := range config.MaxZones {
			region.Available = append(region.Available, cfg.Region+string(rune('a'+slot)))
		}
	}
	zones, err := blueprint.ChooseZones(cfg, region)
	if err != nil {
		return cfg, nil, err
	}
	graph, err := blueprint.Build(cfg, blueprint.Facts{Zones: zones})
	return cfg, graph, err
}
