package world

import (
	"cmp"
	"time"
)

// Quotas are the account's limits. A zero field means AWS's default. The names in the
// tags are those that users know them by.
type Quotas struct {
	VPCs                    int `json:"vpcs,omitzero"`                            // per region, 5
	SubnetsPerVPC           int `json:"subnets_per_vpc,omitzero"`                 // 200
	InternetGateways        int `json:"internet_gateways,omitzero"`               // per region, 5
	Addresses               int `json:"elastic_ips,omitzero"`                     // Elastic IPs per region, 5
	NATGatewaysPerZone      int `json:"nat_gateways_per_zone,omitzero"`           // 5
	RouteTablesPerVPC       int `json:"route_tables_per_vpc,omitzero"`            // 200
	RoutesPerTable          int `json:"routes_per_table,omitzero"`                // 50
	SecurityGroups          int `json:"security_groups,omitzero"`                 // per region, 2500
	RulesPerGroup           int `json:"rules_per_group,omitzero"`                 // in each direction, 60
	GroupsPerInterface      int `json:"groups_per_interface,omitzero"`            // 5
	NetworkACLsPerVPC       int `json:"network_acls_per_vpc,omitzero"`            // 200
	EntriesPerNetworkACL    int `json:"entries_per_network_acl,omitzero"`         // in each direction, 20
	GatewayEndpoints        int `json:"gateway_endpoints,omitzero"`               // per region, 20
	VCPUs                   int `json:"vcpus,omitzero"`                           // running on-demand standard instances per region, 32
	LoadBalancers           int `json:"load_balancers,omitzero"`                  // Application Load Balancers per region, 50
	TargetGroups            int `json:"target_groups,omitzero"`                   // per region, 3000
	TargetsPerTargetGroup   int `json:"targets_per_target_group,omitzero"`        // 1000
	ListenersPerBalancer    int `json:"listeners_per_load_balancer,omitzero"`     // 50
	RulesPerBalancer        int `json:"rules_per_load_balancer,omitzero"`         // without default rules, 100
	TargetGroupsPerBalancer int `json:"target_groups_per_load_balancer,omitzero"` // 100
}

// orDefault fills zero fields with AWS's defaults. Source: the quota pages of Amazon
// VPC, EC2 and Elastic Load Balancing; VCPUs is what a new account commonly has.
func (q Quotas) orDefault() Quotas {
	q.VPCs = cmp.Or(q.VPCs, 5)
	q.SubnetsPerVPC = cmp.Or(q.SubnetsPerVPC, 200)
	q.InternetGateways = cmp.Or(q.InternetGateways, 5)
	q.Addresses = cmp.Or(q.Addresses, 5)
	q.NATGatewaysPerZone = cmp.Or(q.NATGatewaysPerZone, 5)
	q.RouteTablesPerVPC = cmp.Or(q.RouteTablesPerVPC, 200)
	q.RoutesPerTable = cmp.Or(q.RoutesPerTable, 50)
	q.SecurityGroups = cmp.Or(q.SecurityGroups, 2500)
	q.RulesPerGroup = cmp.Or(q.RulesPerGroup, 60)
	q.GroupsPerInterface = cmp.Or(q.GroupsPerInterface, 5)
	q.NetworkACLsPerVPC = cmp.Or(q.NetworkACLsPerVPC, 200)
	q.EntriesPerNetworkACL = cmp.Or(q.EntriesPerNetworkACL, 20)
	q.GatewayEndpoints = cmp.Or(q.GatewayEndpoints, 20)
	q.VCPUs = cmp.Or(q.VCPUs, 32)
	q.LoadBalancers = cmp.Or(q.LoadBalancers, 50)
	q.TargetGroups = cmp.Or(q.TargetGroups, 3000)
	q.TargetsPerTargetGroup = cmp.Or(q.TargetsPerTargetGroup, 1000)
	q.ListenersPerBalancer = cmp.Or(q.ListenersPerBalancer, 50)
	q.RulesPerBalancer = cmp.Or(q.RulesPerBalancer, 100)
	q.TargetGroupsPerBalancer = cmp.Or(q.TargetGroupsPerBalancer, 100)
	return q
}

// SetQuotas replaces the account's limits. What is there already stays, also when it is
// more than is allowed from now on.
func (w *World) SetQuotas(q Quotas) {
	q = q.orDefault()
	w.quotas.Store(&q)
}

// Switches are troubles that can be switched on while the world runs. The zero value
// is a world without any.
type Switches struct {
	// Lateness is how late calls learn of what others did.
	Lateness Lateness
	// IAMPropagation is how long EC2 doesn't know a new role or instance profile.
	IAMPropagation time.Duration
	// NoCapacity lists the zones that can start no instance; an entry is a zone's name,
	// or type@zone for one instance type only, such as "t3.micro@us-east-1a".
	NoCapacity []string
	// NotOffered lists type@zone pairs that the zone doesn't offer.
	NotOffered []string
	// Failures lists which objects fail after they were asked for.
	Failures []Failure
}

// Switches returns what is switched on.
func (w *World) Switches() Switches { return *w.switches.Load() }

// SetSwitches replaces what is switched on. All counting begins anew.
func (w *World) SetSwitches(s Switches) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.switches.Store(&s)
	w.fated = make([]int, len(s.Failures))
	w.fronts.reset()
}
