package server

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// made is an object that a user of the local cloud made.
type made struct {
	kind string // for people, such as "load balancer"
	*world.Object
}

// inventory lists what users of the local cloud made and haven't deleted, in all
// regions. What AWS puts into each region or VPC by itself, and what it
// still lists though it is finished, doesn't count.
func inventory(tx *world.Tx) []made {
	var all []made
	for _, region := range tx.Regions() {
		tx := tx.In(region)
		all = slices.Concat(all,
			those(tx, "vpc", func(v *network.VPC) bool { return !v.Default }),
			those(tx, "subnet", func(s *network.Subnet) bool { return !s.Default }),
			those(tx, "internet gateway", func(g *network.InternetGateway) bool { return !inDefaultVPC(tx, g.VPCID) }),
			those(tx, "Elastic IP", every[network.Address]),
			those(tx, "NAT gateway", func(g *network.NATGateway) bool { return g.State != "deleted" && g.State != "failed" }),
			those(tx, "route table", func(t *network.RouteTable) bool { return !t.Main() }),
			those(tx, "network ACL", func(a *network.NetworkACL) bool { return !a.Default }),
			those(tx, "security group", func(g *network.SecurityGroup) bool { return !g.Default }),
			those(tx, "network interface", every[network.NetworkInterface]),
			those(tx, "instance", func(i *compute.Instance) bool { return i.State != compute.Terminated }),
			those(tx, "volume", every[compute.Volume]),
			those(tx, "load balancer", every[elbmodel.LoadBalancer]),
			those(tx, "target group", every[elbmodel.TargetGroup]),
			those(tx, "VPC endpoint", func(e *network.VPCEndpoint) bool { return e.State != "deleted" }),
			those(tx, "role", every[iammodel.Role]),
			those(tx, "instance profile", every[iammodel.InstanceProfile]),
		)
	}
	return all
}

// object is a pointer to a struct of the world's.
type object[T any] interface {
	*T
	Base() *world.Object
}

func those[T any, P object[T]](tx *world.Tx, kind string, counts func(P) bool) []made {
	var list []made
	for _, o := range world.Where(tx, counts) {
		list = append(list, made{kind, o.Base()})
	}
	return list
}

func every[T any](*T) bool { return true }

func inDefaultVPC(tx *world.Tx, id string) bool {
	v, ok := network.DefaultVPC(tx)
	return ok && v.ID == id
}
