package diagram

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/resource"
)

// Seen is what is there of a platform. The zero value: nobody looked.
type Seen struct {
	// Health is blueprint's word; "" where nobody looked.
	Health  string
	URL     string
	Objects []SeenObject
	Targets []loadbalancing.Target
	// Members are the instances of its Auto Scaling group.
	Members []Member
}

// SeenObject is what is there of one object, which the configuration may not
// want.
type SeenObject struct {
	Key    resource.Key
	ID     string
	Status resource.Status
	// Drift is how it differs from the configuration.
	Drift []string
	// Surplus says that the configuration doesn't want it.
	Surplus bool
	// Zone is where a surplus instance is.
	Zone string
	// Address is a public one.
	Address string
	// Says is what it is set to by others than the configuration.
	Says string
}

// New is the drawing of a graph, with what was seen of it.
func New(cfg config.Config, graph *resource.Graph, seen Seen) Platform {
	b := &builder{
		Platform: Platform{
			Name: cfg.Name, Target: string(cfg.Target), Region: cfg.Region, URL: seen.URL, Health: seen.Health,
		},
		seen:    map[resource.Key]SeenObject{},
		targets: map[string]loadbalancing.Target{},
		subnets: map[resource.Key]place{},
		nats:    map[resource.Key]int{},
	}
	for _, object := range seen.Objects {
		if !object.Surplus {
			b.seen[object.Key] = object
		}
	}
	for _, target := range seen.Targets {
		b.targets[target.Instance] = target
	}
	nodes := graph.Nodes()
	for _, node := range nodes {
		b.add(node)
	}
	for _, node := range nodes {
		b.join(node)
	}
	for i, member := range seen.Members {
		b.member(i, member)
	}
	b.Total = len(nodes)
	if !b.Planned() {
		b.differences(nodes, seen.Objects)
	}
	return b.Platform
}

// builder puts nodes in their places.
type builder struct {
	Platform
	seen    map[resource.Key]SeenObject
	targets map[string]loadbalancing.Target // by instance ID
	subnets map[resource.Key]place
	nats    map[resource.Key]int // the zone of each NAT gateway
}

// place is where a subnet is.
type place struct {
	zone   int
	public bool
}

func (b *builder) subnet(key resource.Key) *Subnet {
	at, ok := b.subnets[key]
	switch {
	case !ok:
		return &Subnet{}
	case at.public:
		return &b.Zones[at.zone].Public
	default:
		return &b.Zones[at.zone].Private
	}
}

// zone is the place of a zone's lane, which is made where there is none.
func (b *builder) zone(name string) int {
	i := slices.IndexFunc(b.Zones, func(z Zone) bool { return z.Name == name })
	if i < 0 {
		i = len(b.Zones)
		b.Zones = append(b.Zones, Zone{Name: name, Out: -1})
	}
	return i
}

func (b *builder) object(key resource.Key, detail ...string) Object {
	seen := b.seen[key]
	return Object{Key: key, ID: seen.ID, Detail: detail, State: b.state(key)}
}

// add gives a node its place. A graph's nodes come after what they are built on,
// so the place that it is in is there already.
func (b *builder) add(node *resource.Node) {
	object := b.object(node.Key)
	switch spec := node.Spec.(type) {
	case network.VPC:
		b.VPC, b.CIDR = object, spec.CIDR.String()
	case network.InternetGateway:
		b.Gateway = object
	case network.Subnet:
		zone := b.zone(spec.Zone)
		b.subnets[node.Key] = place{zone, spec.Public}
		*b.subnet(node.Key) = Subnet{Object: object, CIDR: spec.CIDR.String()}
	case network.NATGateway:
		zone := b.subnets[spec.Subnet.Key()].zone
		b.nats[node.Key] = zone
		if address := b.seen[spec.Address.Key()].Address; address != "" {
			object.Detail = append(object.Detail, address)
		}
		b.Zones[zone].NAT = &object
	case network.Endpoint:
		object.Detail = []string{spec.Service}
		b.Endpoint = &object
	case network.SecurityGroup:
		b.Groups = append(b.Groups, Group{Object: object})
	case network.Rules:
		for i := range b.Groups {
			if b.Groups[i].Key == spec.Group.Key() {
				object.Detail = append(rulesInWords("in", "from", spec.Ingress), rulesInWords("out", "to", spec.Egress)...)
				b.Groups[i].Rules = object
			}
		}
	case compute.InstanceProfile, compute.Role:
		b.Identity = append(b.Identity, object)
	case compute.Instance:
		object.Detail = []string{spec.Type}
		zone := &b.Zones[b.subnets[spec.Subnet.Key()].zone]
		zone.Instances = append(zone.Instances, object)
	case autoscaling.LaunchTemplate:
		object.Detail = []string{spec.Type}
		b.Scaling = append(b.Scaling, object)
	case autoscaling.Group:
		b.scaled(object, spec)
	case autoscaling.Policy:
		object.Detail = []string{spec.String()}
		b.Scaling = append(b.Scaling, object)
	case loadbalancing.LoadBalancer:
		b.Balancer = object
	case loadbalancing.Listener:
		object.Detail = []string{fmt.Sprintf("%s %d", spec.Protocol, spec.Port)}
		if spec.TargetGroup.IsZero() { // it leads to the one that serves
			b.Listener.Detail = append(b.Listener.Detail, object.Detail[0]+" redirects")
			b.Listener.State = worse(b.Listener.State, object.State, "listener "+object.Key.Name)
			return
		}
		b.Listener = object
	case loadbalancing.TargetGroup:
		object.Detail = []string{fmt.Sprintf("GET %s every %s", spec.HealthCheck.Path, spec.HealthCheck.Interval)}
		b.TargetGroup = object
	case network.ElasticIP, network.RouteTable, loadbalancing.Registration: // told with what they belong to
	default:
		b.Others = append(b.Others, object)
	}
}

// join tells of a node that has no place of its own where it belongs.
func (b *builder) join(node *resource.Node) {
	switch spec := node.Spec.(type) {
	case network.NATGateway:
		nat := b.Zones[b.nats[node.Key]].NAT
		nat.State = worse(nat.State, b.state(spec.Address.Key()), "Elastic IP")
	case network.RouteTable:
		for _, subnet := range spec.Subnets {
			b.subnet(subnet.Key()).Table = b.object(node.Key, b.routes(spec, subnet.Key())...)
		}
	case network.Endpoint:
		for _, table := range spec.RouteTables {
			for i := range b.Zones {
				if private := &b.Zones[i].Private; private.Table.Key == table.Key() {
					private.Table.Detail = append(private.Table.Detail, "S3 → endpoint "+node.Key.Name)
				}
			}
		}
	case loadbalancing.Registration:
		for z := range b.Zones {
			for i := range b.Zones[z].Instances {
				if instance := &b.Zones[z].Instances[i]; instance.Key == spec.Instance.Key() {
					b.serving(instance, node.Key)
				}
			}
		}
	}
}

// routes are a table's routes in words. It notes by which NAT gateway a private
// subnet's traffic leaves.
func (b *builder) routes(table network.RouteTable, subnet resource.Key) []string {
	var words []string
	for _, route := range table.Routes {
		to := "internet gateway"
		if !route.NAT.IsZero() {
			to = "NAT gateway " + route.NAT.Key().Name
			b.Zones[b.subnets[subnet].zone].Out = b.nats[route.NAT.Key()]
		}
		words = append(words, fmt.Sprintf("%s → %s", route.Destination, to))
	}
	return words
}

func rulesInWords(direction, preposition string, rules []network.Rule) []string {
	var words []string
	for _, rule := range rules {
		peer := rule.PrefixList
		switch {
		case rule.CIDR == netip.PrefixFrom(netip.IPv4Unspecified(), 0):
			peer = "anywhere"
		case rule.CIDR.IsValid():
			peer = rule.CIDR.String()
		case !rule.Group.IsZero():
			peer = "group " + rule.Group.Key().Name
		}
		ports := fmt.Sprint(rule.FromPort)
		if rule.ToPort != rule.FromPort {
			ports += fmt.Sprintf("–%d", rule.ToPort)
		}
		words = append(words, fmt.Sprintf("%s: %s %s %s %s", direction, rule.Protocol, ports, preposition, peer))
	}
	return words
}

// state is how an object is by itself.
func (b *builder) state(key resource.Key) State {
	if b.Planned() {
		return State{}
	}
	seen, ok := b.seen[key]
	if !ok {
		return State{Mark: Missing, Word: "not there"}
	}
	return stateOf(seen)
}

// surplusWord is said of what is there and not wanted.
const surplusWord = "not in the configuration"

func stateOf(seen SeenObject) State {
	note := seen.Status.Reason
	if note == string(seen.Status.Phase) {
		note = "" // AWS's word for the phase is ours
	}
	switch {
	case seen.Status.Phase == resource.Absent:
		return State{Mark: Missing, Word: "not there"}
	case seen.Status.Phase == resource.Failed:
		return State{Mark: Bad, Word: string(resource.Failed), Note: note}
	case seen.Surplus:
		return State{Mark: Bad, Word: surplusWord, Note: note}
	case seen.Status.Phase != resource.Ready:
		return State{Mark: Waiting, Word: string(seen.Status.Phase), Note: note}
	case len(seen.Drift) > 0:
		return State{Mark: Bad, Word: "drifted", Note: note}
	default:
		return State{Mark: Good}
	}
}

// serving adds to an instance how it serves: it may be as configured and yet not
// answer, or answer and yet have drifted.
func (b *builder) serving(instance *Object, registration resource.Key) {
	own := instance.State
	if own.Mark == Planned || own.Mark == Missing || own.Word == string(resource.Failed) {
		return
	}
	target, ok := b.targets[instance.ID]
	switch {
	case !ok && own.Mark != Waiting:
		instance.State = State{Mark: Bad, Word: "not registered"}
		return
	case !ok:
		return
	}
	served := targetState(target)
	instance.Serves = served.Mark == Good
	if own.Mark == Good {
		own = b.state(registration)
	}
	if instance.Serves && own.Mark != Good {
		served = State{Mark: own.Mark, Word: target.State + ", " + own.Word, Note: own.Note}
	}
	instance.State = served
}

// targetState is how the load balancer sees an instance, in AWS's words.
func targetState(target loadbalancing.Target) State {
	state := State{Mark: Bad, Word: target.State, Note: target.Description}
	switch target.State {
	case healthHealthy:
		state.Mark = Good
	case "initial", "draining":
		state.Mark = Waiting
	}
	return state
}

// worse is the worse of two states; the second is that of a part with a name.
func worse(state, part State, name string) State {
	if part.Mark > state.Mark {
		part.Word = name + " " + part.Word
		if part.Mark == Missing {
			part.Mark = Bad // the part isn't there; the whole is
		}
		return part
	}
	return state
}

// differences lists what isn't as it should be, in the graph's order, then what
// is too much.
func (b *builder) differences(nodes []*resource.Node, seen []SeenObject) {
	for _, node := range nodes {
		object := b.object(node.Key)
		if object.State.Mark == Good {
			continue
		}
		drift := b.seen[node.Key].Drift
		if object.State.Mark == Missing {
			drift = nil // of which all that can be said is that it is not there
		}
		b.Wrong = append(b.Wrong, Difference{object, slices.Concat(inWords(object.State), drift)})
	}
	for _, object := range seen {
		if !object.Surplus || object.Status.Phase == resource.Gone {
			continue
		}
		b.Total++
		extra := Object{Key: object.Key, ID: object.ID, State: stateOf(object)}
		b.Wrong = append(b.Wrong, Difference{extra, inWords(extra.State)})
		if object.Zone != "" {
			if target, ok := b.targets[object.ID]; ok {
				extra.Serves = target.State == healthHealthy
				extra.Detail = append(extra.Detail, "target: "+target.State)
			}
			zone := b.zone(object.Zone)
			b.Zones[zone].Instances = append(b.Zones[zone].Instances, extra)
		}
	}
}

// inWords is a state as a reason, but for a drift, which has reasons of its own.
func inWords(state State) []string {
	if state.Word == "drifted" {
		return nil
	}
	return []string{strings.TrimSuffix(state.Word+": "+state.Note, ": ")}
}
