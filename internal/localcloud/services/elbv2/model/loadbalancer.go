package model

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// LoadBalancer is an application load balancer.
type LoadBalancer struct {
	world.Object // ID: the ARN
	Name         string
	DNSName      string
	Scheme       string // internet-facing, internal
	VPCID        string
	State        string            // provisioning, active, failed
	StateReason  string            // why it failed
	Nodes        []Node            // one a subnet, in the order of their zones
	Groups       []string          // IDs of security groups
	Attributes   map[string]string `json:",omitempty"` // those that were set
}

// How long things take: as seen in public logs, and short.
func becomeActive() world.Step {
	return world.Step{Name: "load-balancer active", Fast: 400 * time.Millisecond, AWS: 165 * time.Second}
}

func interfacesLinger() world.Step {
	return world.Step{Name: "load-balancer's interfaces gone", Fast: 300 * time.Millisecond, AWS: 80 * time.Second}
}

// LoadBalancers is how many load balancers a region may have.
func LoadBalancers() world.Quota {
	return quota("load_balancers", "L-53DA6B97", "Application Load Balancers per Region", 50)
}

// loadBalancerKind fails in words of our own: AWS publishes none.
func loadBalancerKind() world.AnyKind {
	return world.Kind[LoadBalancer, *LoadBalancer]{
		Traits: world.Traits{
			Noun: "load balancer", Steps: []world.Step{becomeActive(), interfacesLinger()}, Quotas: []world.Quota{LoadBalancers()},
			Failing: world.Failing{Object: "load-balancer", Message: "The load balancer could not be set up", Zoneless: true},
		},
		Name: "loadbalancer", Untaggable: true, KnownAtOnce: true,
		DNSNames: func(tx *world.Tx, b *LoadBalancer) []world.DNSName {
			return []world.DNSName{{Name: b.DNSName, ZoneID: HostedZoneID(tx.Region()), Addresses: b.addresses(tx)}}
		},
		NotFound: func(ids ...string) error {
			return refuse.New("LoadBalancerNotFound", "Load balancers '[%s]' not found", strings.Join(ids, ", "))
		},
		Settle: func(tx *world.Tx, b *LoadBalancer, to string) {
			world.Edit(tx, b.ID, func(b *LoadBalancer) { b.State = to })
		}}
}

// NewLoadBalancer is what CreateLoadBalancer is given.
type NewLoadBalancer struct {
	Name    string
	Scheme  string // empty: internet-facing
	Subnets []string
	Groups  []string // none: the VPC's default group
	Tags    []Tag
}

// CreateLoadBalancer makes an application load balancer with a node in each of the
// subnets. One of the same name and settings is returned as it is.
func CreateLoadBalancer(tx *world.Tx, in NewLoadBalancer) (*LoadBalancer, error) {
	if err := checkLoadBalancerName(in.Name); err != nil {
		return nil, err
	}
	if in.Scheme == "" {
		in.Scheme = "internet-facing"
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	subnets, err := findSubnets(tx, in.Subnets)
	if err != nil {
		return nil, err
	}
	vpcID := subnets[0].VPCID
	groups, err := checkGroups(tx, vpcID, in.Groups)
	if err != nil {
		return nil, err
	}
	if old := loadBalancerNamed(tx, in.Name); old != nil {
		if old.Scheme == in.Scheme && sameElements(old.subnetIDs(), in.Subnets) && sameElements(old.Groups, groups) && maps.Equal(old.Tags, tags) {
			return old, nil
		}
		return nil, refuse.New("DuplicateLoadBalancerName", "A load balancer with the same name '%s' exists, but with different settings", in.Name)
	}
	if len(world.All[LoadBalancer](tx)) >= tx.Limit(LoadBalancers()) {
		return nil, refuse.New("TooManyLoadBalancers", "The maximum number of load balancers has been reached")
	}
	if in.Scheme == "internet-facing" && network.AttachedInternetGateway(tx, vpcID) == nil {
		return nil, refuse.New("InvalidSubnet", "VPC %s has no internet gateway", vpcID)
	}
	b := &LoadBalancer{Object: tx.NamedObject(newARN(tx, "loadbalancer/app/"+in.Name), tags), Name: in.Name, Scheme: in.Scheme,
		DNSName: dnsName(tx, in.Name, in.Scheme), VPCID: vpcID, State: "provisioning", Groups: groups}
	if b.Nodes, err = b.addNodes(tx, subnets); err != nil {
		return nil, err
	}
	b.Become(tx, "active", becomeActive())
	if f, fails := tx.Fails("load-balancer", ""); fails {
		b.StateReason = f.Message
		b.Become(tx, "failed", becomeActive())
	}
	world.Add(tx, b)
	return b, nil
}

// dnsName makes the name under which clients find the load balancer. It ends in
// .localhost, which resolves to this machine.
func dnsName(tx *world.Tx, name, scheme string) string {
	digits, _ := strconv.ParseUint(tx.Hex(8), 16, 64) // hexadecimal digits can't fail to parse
	prefix := ""
	if scheme == "internal" {
		prefix = "internal-"
	}
	return fmt.Sprintf("%s%s-%d.%s.elb.localhost", prefix, name, 1_000_000_000+digits%1_000_000_000, tx.Region())
}

var nameCharacters = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// checkLoadBalancerName refuses names that AWS refuses.
// Source: API reference of CreateLoadBalancer.
func checkLoadBalancerName(name string) error {
	switch {
	case name == "":
		return invalid("A load balancer name must be specified")
	case len(name) > 32:
		return invalid("The load balancer name '%s' cannot be longer than '32' characters", name)
	case !nameCharacters.MatchString(name):
		return invalid("The load balancer name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", name)
	case strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-"):
		return invalid("The load balancer name '%s' cannot begin or end with a hyphen(-)", name)
	case strings.HasPrefix(strings.ToLower(name), "internal-"):
		return invalid("The load balancer name '%s' cannot begin with 'internal-'", name)
	}
	return nil
}

// FindLoadBalancer returns the load balancer of that ARN.
func FindLoadBalancer(tx *world.Tx, arn string) (*LoadBalancer, error) {
	if err := checkARN(arn, "loadbalancer", "load balancer"); err != nil {
		return nil, err
	}
	if b, ok := world.LookUp[LoadBalancer](tx, arn); ok {
		return b, nil
	}
	return nil, refuse.New("LoadBalancerNotFound", "Load balancer '%s' not found", arn)
}

func loadBalancerNamed(tx *world.Tx, name string) *LoadBalancer {
	for _, b := range world.All[LoadBalancer](tx) {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// DeleteLoadBalancer deletes a load balancer with its listeners and rules. An absent
// one is a success. Its network interfaces linger for a while.
func DeleteLoadBalancer(tx *world.Tx, arn string) error {
	if err := checkARN(arn, "loadbalancer", "load balancer"); err != nil {
		return err
	}
	b, ok := world.Get[LoadBalancer](tx, arn)
	if !ok {
		return nil
	}
	if b.DeletionProtected() {
		return refuse.New("OperationNotPermitted", "Load balancer '%s' cannot be deleted because deletion protection is enabled", arn)
	}
	for _, l := range ListenersOf(tx, arn) {
		removeListener(tx, l)
	}
	removeNodes(tx, b.Nodes)
	world.Delete[LoadBalancer](tx, arn)
	return nil
}

// SetSecurityGroups replaces a load balancer's security groups.
func SetSecurityGroups(tx *world.Tx, arn string, groups []string) (*LoadBalancer, error) {
	b, err := FindLoadBalancer(tx, arn)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nil, invalid("At least one security group must be specified")
	}
	if groups, err = checkGroups(tx, b.VPCID, groups); err != nil {
		return nil, err
	}
	for _, n := range b.Nodes {
		network.SetManagedInterfaceGroups(tx, n.InterfaceID, groups)
	}
	world.Edit(tx, arn, func(b *LoadBalancer) { b.Groups = groups })
	return FindLoadBalancer(tx, arn)
}

// checkGroups refuses security groups that a load balancer of the VPC can't have, and
// gives the default group where there are none.
func checkGroups(tx *world.Tx, vpcID string, groups []string) ([]string, error) {
	if len(groups) == 0 {
		return []string{network.DefaultGroup(tx, vpcID).ID}, nil
	}
	for i, id := range groups {
		g, ok := world.LookUp[network.SecurityGroup](tx, id)
		switch {
		case !ok:
			return nil, refuse.New("InvalidSecurityGroup", "Security group '%s' does not exist", id)
		case g.VPCID != vpcID:
			return nil, refuse.New("InvalidConfigurationRequest", "One or more security groups are invalid")
		case slices.Contains(groups[:i], id):
			return nil, invalid("Security group '%s' was specified more than once", id)
		}
	}
	if len(groups) > tx.Limit(network.GroupsPerInterface()) {
		return nil, invalid("A maximum of %d security groups can be specified", tx.Limit(network.GroupsPerInterface()))
	}
	return groups, nil
}

func sameElements(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
