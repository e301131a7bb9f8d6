package page

import (
	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// targets lists what is registered with the target groups of the VPC, by instance.
func (d *drawing) targets(balancers []*elbmodel.LoadBalancer) map[string][]Target {
	found := map[string][]Target{}
	for _, g := range world.Where(d.tx, func(g *elbmodel.TargetGroup) bool { return g.VPCID == d.vpc.ID }) {
		checked := d.page.options.Plane.Health(g.ID)
		for _, t := range elbmodel.TargetsOf(d.tx, g.ID) {
			target := Target{TargetGroup: g.Name, Port: t.Port, Flows: d.flows(balancers, t)}
			h := d.health(t, checked)
			target.State, target.Reason, target.Description = h.State, h.Reason, h.Description
			if t.Draining() {
				target.DrainingUntil = &t.DrainingUntil
			}
			found[t.InstanceID] = append(found[t.InstanceID], target)
		}
	}
	return found
}

// health is what DescribeTargetHealth says of a target.
func (d *drawing) health(t *elbmodel.Target, checked []dataplane.TargetHealth) elbmodel.Health {
	health, decided := t.KnownHealth(d.tx)
	if decided {
		return health
	}
	for _, c := range checked {
		if c.InstanceID == t.InstanceID && c.Port == t.Port {
			return elbmodel.Health{State: string(c.State), Reason: c.Reason, Description: c.Description}
		}
	}
	return health
}

// flows is the traffic to a target from each of the nodes that know it.
func (d *drawing) flows(balancers []*elbmodel.LoadBalancer, t *elbmodel.Target) []Flow {
	list := []Flow{}
	if d.brief {
		return list
	}
	for _, b := range balancers {
		for _, n := range b.Nodes {
			inFlight, counts, ok := d.traffic(b.ID, n.SubnetID, t)
			if !ok {
				continue
			}
			list = append(list, Flow{Zone: n.Zone, Subnet: n.SubnetID, InFlight: inFlight, Counts: counts,
				Blocked: d.blocked(n, t)})
		}
	}
	return list
}

// traffic reads a node's counters of a target; false where the node doesn't know it.
func (d *drawing) traffic(loadBalancerARN, subnetID string, t *elbmodel.Target) (inFlight int64, counts proxy.Counts, ok bool) {
	node := d.running(loadBalancerARN, subnetID)
	if node == nil {
		return 0, counts, false
	}
	for _, s := range node.Targets {
		if s.TargetGroupARN == t.TargetGroupARN && s.InstanceID == t.InstanceID && s.Port == t.Port {
			return s.InFlight, s.Counts, true
		}
	}
	return 0, counts, false
}

// blocked says why a node's packets don't reach a target, "" when they do.
func (d *drawing) blocked(n elbmodel.Node, t *elbmodel.Target) string {
	from, ok := world.Get[network.NetworkInterface](d.tx, n.InterfaceID)
	to := network.InterfacesOf(d.tx, t.InstanceID)
	if !ok || len(to) == 0 {
		return "it has no way there"
	}
	return network.Reach(d.tx, from, to[0], t.Port).Why
}
