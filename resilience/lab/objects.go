package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Object is something that is in the world and not in a new account's.
type Object struct {
	Kind, ID string
	Tags     map[string]string
}

// Objects lists all that is in the world, in all regions, but for what AWS makes by itself, what it only still lists
// though it has ended, targets that drain, and strangers. Faults hide nothing from it.
func (s *Site) Objects() ([]Object, error) {
	all, err := s.Everything()
	if err != nil {
		return nil, fmt.Errorf("list the world's objects: %w", err)
	}
	return slices.DeleteFunc(all, func(o Object) bool { return s.Strangers[o.ID] }), nil
}

// objectsOf is the same of a world, with strangers.
func objectsOf(w *world.World) (all []Object, err error) {
	err = w.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			all = append(all, objectsIn(tx.In(region))...)
		}
		return nil
	})
	return all, err
}

func objectsIn(tx *world.Tx) []Object {
	home := "" // the region's default VPC
	if v, ok := network.DefaultVPC(tx); ok {
		home = v.ID
	}
	ours := map[string]bool{} // security groups
	for _, g := range world.Where(tx, func(g *network.SecurityGroup) bool { return g.VPCID != home }) {
		ours[g.ID] = true
	}
	return slices.Concat(
		those(tx, "VPC", func(v *network.VPC) bool { return !v.Default }),
		those(tx, "subnet", func(s *network.Subnet) bool { return !s.Default }),
		those(tx, "internet gateway", func(g *network.InternetGateway) bool { return g.VPCID == "" || g.VPCID != home }),
		those(tx, "Elastic IP", func(*network.Address) bool { return true }),
		those(tx, "NAT gateway", func(g *network.NATGateway) bool { return g.State != "deleted" && g.State != "failed" }),
		those(tx, "route table", func(t *network.RouteTable) bool { return !t.Main() }),
		those(tx, "network ACL", func(a *network.NetworkACL) bool { return !a.Default }),
		those(tx, "security group", func(g *network.SecurityGroup) bool { return !g.Default }),
		those(tx, "security group rule", func(r *network.SecurityGroupRule) bool { return ours[r.GroupID] }),
		those(tx, "network interface", func(*network.NetworkInterface) bool { return true }),
		those(tx, "VPC endpoint", func(e *network.VPCEndpoint) bool { return e.State != "deleted" }),
		those(tx, "instance", func(i *compute.Instance) bool { return i.State != compute.Terminated }),
		those(tx, "volume", func(*compute.Volume) bool { return true }),
		those(tx, "load balancer", func(*elbmodel.LoadBalancer) bool { return true }),
		those(tx, "listener", func(*elbmodel.Listener) bool { return true }),
		those(tx, "target group", func(*elbmodel.TargetGroup) bool { return true }),
		those(tx, "target", func(t *elbmodel.Target) bool { return !t.Draining() }),
		those(tx, "role", func(*iammodel.Role) bool { return true }),
		those(tx, "instance profile", func(*iammodel.InstanceProfile) bool { return true }),
	)
}

// object is a pointer to a struct of the world's.
type object[T any] interface {
	*T
	Base() *world.Object
}

func those[T any, P object[T]](tx *world.Tx, kind string, counts func(P) bool) []Object {
	var list []Object
	for _, o := range world.Where(tx, counts) {
		list = append(list, Object{kind, o.Base().ID, maps.Clone(o.Base().Tags)})
	}
	return list
}

// Compare counts objects by kind, and says where there are more or fewer than there must be.
func Compare(objects []Object, census map[string]int) (surplus, missing []string) {
	have := map[string][]string{}
	for _, o := range objects {
		have[o.Kind] = append(have[o.Kind], o.ID)
	}
	kinds := slices.Concat(slices.Collect(maps.Keys(have)), slices.Collect(maps.Keys(census)))
	slices.Sort(kinds)
	for _, kind := range slices.Compact(kinds) {
		text := fmt.Sprintf("%d × %s instead of %d (%s)", len(have[kind]), kind, census[kind], strings.Join(have[kind], ", "))
		switch {
		case len(have[kind]) > census[kind]:
			surplus = append(surplus, text)
		case len(have[kind]) < census[kind]:
			missing = append(missing, text)
		}
	}
	return surplus, missing
}
