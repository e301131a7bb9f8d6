package model

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Node is a load balancer's node: what stands for it in one Availability Zone.
type Node struct {
	Zone        string
	SubnetID    string
	InterfaceID string // network interface
	PrivateIP   netip.Addr
}

// minFreeAddresses is how many addresses a load balancer's subnet must have left.
// Source: User Guide for Application Load Balancers, "Subnets for your load balancer".
const minFreeAddresses = 8

func (b *LoadBalancer) subnetIDs() []string {
	ids := make([]string, len(b.Nodes))
	for i, n := range b.Nodes {
		ids[i] = n.SubnetID
	}
	return ids
}

// HasZone says whether the load balancer has a node in the zone.
func (b *LoadBalancer) HasZone(zone string) bool {
	return slices.ContainsFunc(b.Nodes, func(n Node) bool { return n.Zone == zone })
}

// findSubnets refuses subnets that a load balancer can't have.
func findSubnets(tx *world.Tx, ids []string) ([]*network.Subnet, error) {
	var subnets []*network.Subnet
	zones := map[string]bool{}
	for i, id := range ids {
		s, ok := world.LookUp[network.Subnet](tx, id)
		if !ok {
			return nil, refuse.New("SubnetNotFound", "The subnet ID '%s' does not exist", id)
		}
		if slices.Contains(ids[:i], id) {
			return nil, invalid("The subnet ID '%s' was specified more than once", id)
		}
		subnets = append(subnets, s)
	}
	for _, s := range subnets {
		switch {
		case s.VPCID != subnets[0].VPCID:
			return nil, refuse.New("InvalidConfigurationRequest", "All subnets must belong to the same VPC: '%s'", subnets[0].VPCID)
		case zones[s.Zone.Name]:
			return nil, refuse.New("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		zones[s.Zone.Name] = true
	}
	if len(subnets) < 2 {
		return nil, invalid("At least two subnets in two different Availability Zones must be specified")
	}
	slices.SortFunc(subnets, func(a, b *network.Subnet) int { return strings.Compare(a.Zone.Name, b.Zone.Name) })
	return subnets, nil
}

// addNodes makes nodes in subnets, keeping those that are there.
func (b *LoadBalancer) addNodes(tx *world.Tx, subnets []*network.Subnet) ([]Node, error) {
	var nodes []Node
	for _, s := range subnets {
		if i := slices.IndexFunc(b.Nodes, func(n Node) bool { return n.SubnetID == s.ID }); i >= 0 {
			nodes = append(nodes, b.Nodes[i])
			continue
		}
		if network.FreeAddresses(tx, s) < minFreeAddresses {
			return nil, refuse.New("InvalidSubnet", "Not enough IP space available in %s. ELB requires at least %d free IP addresses in each subnet.", s.ID, minFreeAddresses)
		}
		i, err := network.AddManagedInterface(tx, s.ID, "ELB "+resourceOf(b.ID, "loadbalancer"), "amazon-elb", b.Groups, b.Scheme == "internet-facing")
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, Node{Zone: s.Zone.Name, SubnetID: s.ID, InterfaceID: i.ID, PrivateIP: i.PrivateIP})
	}
	return nodes, nil
}

func removeNodes(tx *world.Tx, nodes []Node) {
	for _, n := range nodes {
		network.RemoveManagedInterface(tx, n.InterfaceID, interfacesLinger())
	}
}

// SetSubnets replaces a load balancer's subnets. Nodes of those that stay are kept.
func SetSubnets(tx *world.Tx, arn string, ids []string) (*LoadBalancer, error) {
	b, err := FindLoadBalancer(tx, arn)
	if err != nil {
		return nil, err
	}
	subnets, err := findSubnets(tx, ids)
	if err != nil {
		return nil, err
	}
	if subnets[0].VPCID != b.VPCID {
		return nil, refuse.New("InvalidConfigurationRequest", "All subnets must belong to the same VPC: '%s'", b.VPCID)
	}
	nodes, err := b.addNodes(tx, subnets)
	if err != nil {
		return nil, err
	}
	removeNodes(tx, slices.DeleteFunc(slices.Clone(b.Nodes), func(n Node) bool { return slices.Contains(nodes, n) }))
	world.Edit(tx, arn, func(b *LoadBalancer) { b.Nodes = nodes })
	return FindLoadBalancer(tx, arn)
}
