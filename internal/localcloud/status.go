package localcloud

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/loadbalancing"
)

// platformTag is the tag by which a platform's objects are known. The provisioner has
// the same; the local cloud must not import it.
const platformTag = "platformctl:platform"

// Status is what a local cloud says of itself: the document of `local status -o json`.
type Status struct {
	Running   bool      `json:"running"`
	Endpoint  string    `json:"endpoint"` // URL for AWS_ENDPOINT_URL
	PID       int       `json:"pid"`
	Directory string    `json:"directory"` // of the world, the endpoint file and the log
	Started   time.Time `json:"started,omitzero"`
	Version   string    `json:"version,omitempty"`
	Latency   string    `json:"latency"` // fast, aws or aws/N
	// LatencyKept says why Ensure didn't get the latency that it wanted; "" where it did.
	LatencyKept   string         `json:"latency_kept,omitempty"`
	Platforms     []string       `json:"platforms"` // that own any object, sorted
	LoadBalancers []LoadBalancer `json:"load_balancers"`
}

// LoadBalancer is a load balancer that exists.
type LoadBalancer struct {
	Name      string     `json:"name"`
	DNSName   string     `json:"dns_name"`
	Listeners []Listener `json:"listeners"`
}

// Listener is a port of a load balancer.
type Listener struct {
	Port    int    `json:"port"`    // as AWS has it, such as 80
	Address string `json:"address"` // HOST:PORT at which a client on this machine reaches it; "" until it is open
}

// loadBalancers lists those of all regions.
func loadBalancers(tx *world.Tx, plane *dataplane.Plane) []LoadBalancer {
	all := []LoadBalancer{}
	for _, region := range tx.Regions() {
		tx := tx.In(region)
		for _, b := range world.All[loadbalancing.LoadBalancer](tx) {
			balancer := LoadBalancer{Name: b.Name, DNSName: b.DNSName, Listeners: []Listener{}}
			for _, l := range loadbalancing.ListenersOf(tx, b.ID) {
				address, _ := plane.Address(b.ID, l.Port)
				balancer.Listeners = append(balancer.Listeners, Listener{Port: l.Port, Address: address})
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
	for _, object := range inventory(tx) {
		if name, ok := object.Tags[platformTag]; ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
