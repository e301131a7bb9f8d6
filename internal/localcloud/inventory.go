package localcloud

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world/identity"
	"github.com/platformctl/platformctl/internal/localcloud/world/loadbalancing"
	"github.com/platformctl/platformctl/internal/localcloud/world/network"
)

// inventory lists what users of the local cloud made and haven't deleted, in all
// regions, as "kind id". What AWS puts into each region or VPC by itself, and what it
// still lists though it is finished, doesn't count.
func inventory(tx *world.Tx) []string {
	var all []string
	for _, region := range tx.Regions() {
		tx := tx.In(region)
		all = slices.Concat(all,
			made(tx, "vpc", func(v *network.VPC) bool { return !v.Default }),
			made(tx, "subnet", func(s *network.Subnet) bool { return !s.Default }),
			made(tx, "internet gateway", func(g *network.InternetGateway) bool { return !inDefaultVPC(tx, g.VPCID) }),
			made(tx, "Elastic IP", every[network.Address]),
			made(tx, "NAT gateway", func(g *network.NATGateway) bool { return g.State != "deleted" && g.State != "failed" }),
			made(tx, "route table", func(t *network.RouteTable) bool { return !t.Main() }),
			made(tx, "network ACL", func(a *network.NetworkACL) bool { return !a.Default }),
			made(tx, "security group", func(g *network.SecurityGroup) bool { return !g.Default }),
			made(tx, "network interface", every[network.NetworkInterface]),
			made(tx, "instance", func(i *compute.Instance) bool { return i.State != compute.Terminated }),
			made(tx, "volume", every[compute.Volume]),
			made(tx, "load balancer", every[loadbalancing.LoadBalancer]),
			made(tx, "target group", every[loadbalancing.TargetGroup]),
			made(tx, "VPC endpoint", func(e *network.VPCEndpoint) bool { return e.State != "deleted" }),
			made(tx, "role", every[identity.Role]),
			made(tx, "instance profile", every[identity.InstanceProfile]),
		)
	}
	return all
}

// object is a pointer to a struct of the world's.
type object[T any] interface {
	*T
	Base() *world.Object
}

func made[T any, P object[T]](tx *world.Tx, kind string, counts func(P) bool) []string {
	var list []string
	for _, o := range world.Where(tx, counts) {
		list = append(list, kind+" "+o.Base().ID)
	}
	return list
}

func every[T any](*T) bool { return true }

func inDefaultVPC(tx *world.Tx, id string) bool {
	v, ok := network.DefaultVPC(tx)
	return ok && v.ID == id
}
