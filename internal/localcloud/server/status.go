package server

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// platformTag is the tag by which a platform's objects are known. The provisioner has
// the same; the local cloud must not import it.
const platformTag = "platformctl:platform"

// loadBalancers lists those of all regions.
func loadBalancers(tx *world.Tx, plane *dataplane.Plane) []endpoint.LoadBalancer {
	all := []endpoint.LoadBalancer{}
	for _, region := range tx.Regions() {
		tx := tx.In(region)
		for _, b := range world.All[elbmodel.LoadBalancer](tx) {
			balancer := endpoint.LoadBalancer{Name: b.Name, DNSName: b.DNSName, Listeners: []endpoint.Listener{}}
			for _, l := range elbmodel.ListenersOf(tx, b.ID) {
				address, _ := plane.Address(b.ID, l.Port)
				balancer.Listeners = append(balancer.Listeners, endpoint.Listener{Port: l.Port, Address: address})
			}
			all = append(all, balancer)
		}
	}
	return all
}

// platforms finds the names of the platforms that own anything that counts, in all
// regions: also those of which only a role is left, say, but not those of which only a
// terminated instance is still listed.
func platforms(tx *world.Tx) []string {
	names := []string{}
	for _, item := range world.Inventory(tx) {
		if name, ok := item.Tags[platformTag]; ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
