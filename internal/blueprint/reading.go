package blueprint

import (
	"slices"

	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/resource"
)

// DNSName is the name of the platform's load balancer among observed objects;
// "" where there is none.
func DNSName(objects []resource.Object) string {
	for _, object := range objects {
		if entrance, ok := loadbalancing.EntranceOf(object); ok {
			return entrance.DNSName
		}
	}
	return ""
}

const (
	draining = "draining"
	healthy  = "healthy"
)

// Health is how a platform is doing, as its users see it.
type Health string

// The states of health.
const (
	Healthy  Health = "healthy"  // every target is
	Degraded Health = "degraded" // it serves, but not with all that it should have
	Down     Health = "down"     // no target is healthy
	Absent   Health = "absent"   // there is nothing
)

// HealthOf judges by the load balancer and its targets. Draining targets are
// on their way out and don't count; lost ones do: those that the load balancer
// has dropped, with their instances, though the state has them.
func HealthOf(objects []resource.Object, lost int) Health {
	present := slices.ContainsFunc(objects, func(o resource.Object) bool { return o.Status.Phase != resource.Gone })
	if !present {
		return Absent
	}
	total, good := lost, 0
	for _, target := range loadbalancing.Targets(objects) {
		if target.State == draining {
			continue
		}
		total++
		if target.State == healthy {
			good++
		}
	}
	switch {
	case DNSName(objects) == "" || good == 0:
		return Down
	case good < total:
		return Degraded
	default:
		return Healthy
	}
}
