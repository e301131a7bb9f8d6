package page

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// platformTag is the tag by which a platform's objects are known, nameTag that by which
// people know an object.
const (
	platformTag = "platformctl:platform"
	nameTag     = "Name"
)

// firstCalls is how many of the latest API calls a page gets that has none yet.
const firstCalls = 100

// Picture is all that the page shows at one moment. Traffic is in counters that only
// grow: the page takes the differences.
type Picture struct {
	About
	Now       time.Time `json:"now"`
	Platforms []string  `json:"platforms"` // names to choose from
	Platform  *Platform `json:"platform"`  // null when there is none
	Calls     []Call    `json:"calls"`     // the oldest first
	NextCall  int       `json:"next_call"` // what to ask for the next time
	// Happened is what happened to the platform, the oldest first; NextEvent is what to ask for the next time.
	Happened  []Event `json:"happened"`
	NextEvent int     `json:"next_event"`
	// Before is the traffic of the last minute, for a page that has seen none of it.
	Before []Moment `json:"before"`
}

// Call is an API call that was answered.
type Call struct {
	Time      time.Time `json:"time"`
	Service   string    `json:"service"`
	Operation string    `json:"operation"`
	Resource  string    `json:"resource"`
	Code      string    `json:"code"`   // AWS's error code, "" on success
	Status    int       `json:"status"` // HTTP's; 0 where the answer was dropped
	Duration  float64   `json:"ms"`     // milliseconds
}

// Platform is one VPC with what is in it.
type Platform struct {
	Name            string         `json:"name"`
	Region          string         `json:"region"`
	VPC             string         `json:"vpc"`
	CIDR            string         `json:"cidr"`
	InternetGateway string         `json:"internet_gateway"` // ID; "" when none is attached
	LoadBalancers   []LoadBalancer `json:"load_balancers"`
	Zones           []Zone         `json:"zones"`
	Endpoints       []Endpoint     `json:"endpoints"`
	// Alarms are those that may be about it, and Minutes its requests of the last hour, the oldest first.
	Alarms  []Alarm  `json:"alarms"`
	Minutes []Minute `json:"minutes"`
}

// LoadBalancer is an Application Load Balancer.
type LoadBalancer struct {
	Name      string     `json:"name"`
	DNSName   string     `json:"dns_name"`
	State     string     `json:"state"`
	Listeners []Listener `json:"listeners"`
}

// Listener is a port of a load balancer.
type Listener struct {
	Port int    `json:"port"` // as AWS has it
	URL  string `json:"url"`  // for a client on this machine; "" until it is open
}

// Endpoint is a VPC's gateway endpoint.
type Endpoint struct {
	ID      string `json:"id"`
	Service string `json:"service"`
	State   string `json:"state"`
}

// Zone is an Availability Zone in which the VPC has a subnet.
type Zone struct {
	Name    string   `json:"name"`
	ID      string   `json:"id"`
	Subnets []Subnet `json:"subnets"` // public ones first
}

// Subnet is a subnet with the machines in it.
type Subnet struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	CIDR        string       `json:"cidr"`
	Public      bool         `json:"public"` // its route to the internet is an internet gateway
	Way         string       `json:"way"`    // ID of what its route to the internet leads to; "" without such a route
	Nodes       []Node       `json:"nodes"`
	NATGateways []NATGateway `json:"nat_gateways"`
	Instances   []Instance   `json:"instances"`
}

// Node is a load balancer's node in a subnet.
type Node struct {
	LoadBalancer string `json:"load_balancer"`
	PrivateIP    string `json:"private_ip"`
	State        string `json:"state"`   // the load balancer's
	InDNS        bool   `json:"in_dns"`  // clients are sent to it
	Blocked      string `json:"blocked"` // why clients don't reach it; "" when they do
	Connections  int    `json:"connections"`
	proxy.Counts
}

// NATGateway is a NAT gateway in a subnet.
type NATGateway struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	PublicIP string `json:"public_ip"`
}

// Instance is an instance in a subnet, with its registrations as a target.
type Instance struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Type      string   `json:"type"`
	PrivateIP string   `json:"private_ip"`
	State     string   `json:"state"`
	Targets   []Target `json:"targets"`
}

// Target is an instance's registration with a target group.
type Target struct {
	TargetGroup   string     `json:"target_group"` // name
	Port          int        `json:"port"`
	State         string     `json:"state"` // as DescribeTargetHealth names it
	Reason        string     `json:"reason"`
	Description   string     `json:"description"`
	DrainingUntil *time.Time `json:"draining_until"`
	Flows         []Flow     `json:"flows"`
}

// Flow is the traffic from a load balancer's node to a target.
type Flow struct {
	Zone     string `json:"zone"`    // of the node
	Subnet   string `json:"subnet"`  // of the node
	Blocked  string `json:"blocked"` // why the node doesn't reach the target; "" when it does
	InFlight int64  `json:"in_flight"`
	proxy.Counts
}

// Picture draws the platform of that name, or the first one where there is none. With
// the API calls it begins at number calls, or among the latest where that is negative, and with what happened at number
// events, or with all that is remembered.
func (p *Page) Picture(name string, calls, events int) (Picture, error) {
	picture := Picture{About: p.options.About(), Now: p.options.Clock.Now().UTC(), Platforms: []string{}, Calls: []Call{}}
	_, picture.NextCall = p.options.Calls(math.MaxInt)
	if calls < 0 || calls > picture.NextCall { // or the local cloud was started again, and counts from 0
		calls = max(0, picture.NextCall-firstCalls)
	}
	records, next := p.options.Calls(calls)
	picture.NextCall = next
	for _, c := range records {
		picture.Calls = append(picture.Calls, Call{Time: c.Time, Service: c.Service, Operation: c.Operation, Resource: c.Resource,
			Code: c.Code, Status: c.Status, Duration: float64(c.Duration) / float64(time.Millisecond)})
	}
	err := p.options.World.View("", func(tx *world.Tx) error {
		found := subjects(tx)
		for _, s := range found {
			picture.Platforms = append(picture.Platforms, s.name)
		}
		if len(found) == 0 {
			return nil
		}
		chosen := max(0, slices.Index(picture.Platforms, name))
		s := found[chosen]
		d := &drawing{page: p, tx: s.tx, vpc: s.vpc, stats: p.options.Plane.Stats()}
		picture.Platform = d.draw(s.name)
		return nil
	})
	vpc := ""
	if picture.Platform != nil {
		vpc = picture.Platform.VPC
	}
	picture.Happened, picture.Before, picture.NextEvent = p.history.since(vpc, events)
	return picture, err
}

// subject is a VPC that is worth a picture.
type subject struct {
	tx   *world.Tx
	vpc  *network.VPC
	name string
}

// subjects lists the VPCs that someone made, and default ones in which something runs,
// by name: the platform's, the VPC's own, or its ID. Names that several have get the
// region, and the ID, too.
func subjects(tx *world.Tx) (list []subject) {
	for _, region := range tx.Regions() {
		tx := tx.In(region)
		for _, v := range world.All[network.VPC](tx) {
			if v.Default && !world.Exists(tx, func(i *compute.Instance) bool { return i.VPCID == v.ID && i.State != compute.Terminated }) &&
				!world.Exists(tx, func(b *elbmodel.LoadBalancer) bool { return b.VPCID == v.ID }) {
				continue
			}
			list = append(list, subject{tx, v, cmp.Or(v.Tags[platformTag], v.Tags[nameTag], v.ID)})
		}
	}
	for _, longer := range []func(s *subject) string{
		func(s *subject) string { return s.name + " in " + s.tx.Region() },
		func(s *subject) string { return s.name + ", " + s.vpc.ID },
	} {
		seen := map[string]int{}
		for _, s := range list {
			seen[s.name]++
		}
		for i := range list {
			if seen[list[i].name] > 1 {
				list[i].name = longer(&list[i])
			}
		}
	}
	slices.SortStableFunc(list, func(a, b subject) int { return cmp.Compare(a.name, b.name) })
	return list
}

// drawing is a picture in the making.
type drawing struct {
	page  *Page
	tx    *world.Tx
	vpc   *network.VPC
	stats dataplane.Stats
	brief bool // without flows
}

func (d *drawing) draw(name string) *Platform {
	tx, v := d.tx, d.vpc
	out := &Platform{Name: name, Region: tx.Region(), VPC: v.ID, CIDR: v.CIDR.String(), LoadBalancers: []LoadBalancer{}, Zones: []Zone{}, Endpoints: []Endpoint{}}
	if gateway := network.AttachedInternetGateway(tx, v.ID); gateway != nil {
		out.InternetGateway = gateway.ID
	}
	balancers := world.Where(tx, func(b *elbmodel.LoadBalancer) bool { return b.VPCID == v.ID })
	for _, b := range balancers {
		out.LoadBalancers = append(out.LoadBalancers, d.loadBalancer(b))
	}
	out.Alarms = alarmsOf(tx, v.Tags[platformTag])
	if !d.brief {
		out.Minutes = d.minutes(balancers)
	}
	for _, e := range world.Where(tx, func(e *network.VPCEndpoint) bool { return e.VPCID == v.ID && e.State != "deleted" }) {
		out.Endpoints = append(out.Endpoints, Endpoint{e.ID, e.Service, e.State})
	}
	targets := d.targets(balancers)
	for _, s := range world.Where(tx, func(s *network.Subnet) bool { return s.VPCID == v.ID }) {
		subnet := d.subnet(s, balancers, targets)
		if v.Default && len(subnet.Nodes)+len(subnet.NATGateways)+len(subnet.Instances) == 0 {
			continue
		}
		i := slices.IndexFunc(out.Zones, func(z Zone) bool { return z.Name == s.Zone.Name })
		if i < 0 {
			i = len(out.Zones)
			out.Zones = append(out.Zones, Zone{Name: s.Zone.Name, ID: s.Zone.ID})
		}
		out.Zones[i].Subnets = append(out.Zones[i].Subnets, subnet)
	}
	slices.SortFunc(out.Zones, func(a, b Zone) int { return cmp.Compare(a.Name, b.Name) })
	for _, z := range out.Zones {
		slices.SortStableFunc(z.Subnets, func(a, b Subnet) int {
			switch {
			case a.Public == b.Public:
				return 0
			case a.Public:
				return -1
			}
			return 1
		})
	}
	return out
}

func (d *drawing) loadBalancer(b *elbmodel.LoadBalancer) LoadBalancer {
	out := LoadBalancer{Name: b.Name, DNSName: b.DNSName, State: b.State, Listeners: []Listener{}}
	for _, l := range elbmodel.ListenersOf(d.tx, b.ID) {
		listener := Listener{Port: l.Port}
		if address, ok := d.page.options.Plane.Address(b.ID, l.Port); ok {
			listener.URL = "http://" + address
		}
		out.Listeners = append(out.Listeners, listener)
	}
	return out
}

func (d *drawing) subnet(s *network.Subnet, balancers []*elbmodel.LoadBalancer, targets map[string][]Target) Subnet {
	out := Subnet{ID: s.ID, Name: s.Tags[nameTag], CIDR: s.CIDR.String(), Nodes: []Node{}, NATGateways: []NATGateway{}, Instances: []Instance{}}
	for _, r := range network.Routes(d.tx, network.RouteTableOf(d.tx, s)) {
		if r.Destination == "0.0.0.0/0" && !r.Blackhole {
			out.Way = cmp.Or(r.GatewayID, r.NATGatewayID, r.InstanceID, r.NetworkInterfaceID)
			out.Public = r.GatewayID != ""
		}
	}
	for _, b := range balancers {
		for _, n := range b.Nodes {
			if n.SubnetID == s.ID {
				out.Nodes = append(out.Nodes, d.node(b, n))
			}
		}
	}
	for _, g := range world.Where(d.tx, func(g *network.NATGateway) bool { return g.SubnetID == s.ID && g.State != "deleted" }) {
		nat := NATGateway{ID: g.ID, State: g.State}
		if g.PublicIP.IsValid() {
			nat.PublicIP = g.PublicIP.String()
		}
		out.NATGateways = append(out.NATGateways, nat)
	}
	for _, i := range world.Where(d.tx, func(i *compute.Instance) bool { return i.SubnetID == s.ID }) {
		if i.State == compute.Terminated && len(targets[i.ID]) == 0 {
			continue
		}
		instance := Instance{ID: i.ID, Name: i.Tags[nameTag], Type: i.Type, PrivateIP: i.PrivateIP.String(), State: string(i.State), Targets: targets[i.ID]}
		if instance.Targets == nil {
			instance.Targets = []Target{}
		}
		out.Instances = append(out.Instances, instance)
	}
	slices.SortStableFunc(out.Instances, func(a, b Instance) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (d *drawing) node(b *elbmodel.LoadBalancer, n elbmodel.Node) Node {
	out := Node{LoadBalancer: b.Name, PrivateIP: n.PrivateIP.String(), State: b.State}
	if running := d.running(b.ID, n.SubnetID); running != nil {
		out.InDNS, out.Connections, out.Counts = running.InDNS, running.Connections, running.Counts
	}
	i, ok := world.Get[network.NetworkInterface](d.tx, n.InterfaceID)
	if !ok {
		out.Blocked = "its network interface " + n.InterfaceID + " is gone"
		return out
	}
	for _, l := range elbmodel.ListenersOf(d.tx, b.ID) {
		if v := network.InternetToENI(d.tx, i, l.Port); !v.Allowed && out.Blocked == "" {
			out.Blocked = v.Why
		}
	}
	return out
}

// running finds the counters of a load balancer's node; nil while it has none.
func (d *drawing) running(loadBalancerARN, subnetID string) *dataplane.NodeStats {
	for _, b := range d.stats.LoadBalancers {
		for i := range b.Nodes {
			if b.ARN == loadBalancerARN && b.Nodes[i].SubnetID == subnetID {
				return &b.Nodes[i]
			}
		}
	}
	return nil
}
