// Package blueprint says what a platform consists of: Build turns a
// configuration into the graph of its objects, and reads from top to bottom as
// the architecture does. Discover asks AWS for the few facts that Build needs.
// How any one object is made belongs to its own package.
package blueprint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/dns"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/kinds/logging"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/resource"
)

// HTTPPort is where users reach the load balancer, and it the instances.
const HTTPPort = 80

// HTTPSPort is where users reach the load balancer that serves a domain, and the instances what they need of AWS.
const HTTPSPort = 443

// sessionManagerPolicy lets the SSM agent of the instances register, so that a
// shell needs no SSH.
const sessionManagerPolicy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"

// anywhere is every IPv4 address.
func anywhere() netip.Prefix { return netip.PrefixFrom(netip.IPv4Unspecified(), 0) }

// Facts are what Build must know beside the configuration.
type Facts struct {
	Zones []Zone
	// ImageID is the machine image for new instances. Empty as long as nobody
	// asked, which is only right for a plan that is not applied.
	ImageID string
	// EndsHTTPS says that the platform has a listener for HTTPS that the configuration doesn't want any more.
	EndsHTTPS bool
}

// Kinds are all kinds that a platform can consist of, each after those that it
// can be built on.
func Kinds() []resource.Handler {
	return slices.Concat(network.Kinds(), compute.Kinds(), autoscaling.TemplateKinds(), dns.Kinds(), logging.Kinds(), loadbalancing.Kinds(), autoscaling.Kinds(), dns.RecordKinds(), monitoring.Kinds())
}

// Build is the platform that the configuration describes. It is pure.
func Build(cfg config.Config, facts Facts) (*resource.Graph, error) {
	g := &resource.Graph{}

	vpc := resource.Add(g, network.VPCKind(), "main", network.VPC{CIDR: cfg.Network.CIDR})
	gateway := resource.Add(g, network.InternetGatewayKind(), "main", network.InternetGateway{VPC: vpc})

	subnets := addSubnets(g, cfg, facts.Zones, vpc)
	public := addPublicRoutes(g, vpc, gateway, subnets)
	wayOut := addEgress(g, cfg, vpc, gateway, public, subnets)
	groups := addSecurityGroups(g, cfg, facts, vpc)
	certificate := addCertificate(g, cfg)
	topic := addMonitoring(g, cfg)
	bucket := addBucket(g, cfg)

	profile := addIdentity(g, cfg)
	userData, err := UserData(cfg)
	if err != nil {
		return nil, err
	}
	web := web{facts.ImageID, userData, profile, groups, subnets, wayOut}
	var instances []zoneInstance
	if !cfg.Web.AutoScaling.On() {
		instances = addInstances(g, cfg, web)
	}
	if !cfg.Logs.On() {
		bucket = resource.Ref{} // the site's alone, of which the load balancer knows nothing
	}
	alb, targets := addLoadBalancer(g, cfg, vpc, gateway, public, subnets, groups, bucket)
	serves := addListeners(g, cfg, alb, targets, certificate)
	if facts.EndsHTTPS {
		// Port 443 is closed only when nobody is sent there any more.
		addALBRules(g, cfg, groups, serves)
	}
	serving := addTargets(g, targets, serves, instances)
	if cfg.Web.AutoScaling.On() {
		serving = []resource.Ref{addGroup(g, cfg, web, alb, targets, serves)}
	}
	addAddresses(g, cfg, alb, append(serving, serves))
	addAlarms(g, cfg, watched{alb: alb, targets: targets, certificate: certificate, zones: ServingZones(cfg, facts.Zones), topic: topic, serving: append(serving, serves)})
	return g, g.Err()
}

// zoneSubnets are the two subnets of one zone.
type zoneSubnets struct {
	zone    Zone
	public  resource.Ref
	private resource.Ref
}

// publicPrefix begins the names of public subnets.
const publicPrefix = "public-"

// IsPublicSubnet says whether a key is that of a subnet in which the load
// balancer stands.
func IsPublicSubnet(key resource.Key) bool {
	return key.Kind == network.SubnetKind().Name && strings.HasPrefix(key.Name, publicPrefix)
}

func addSubnets(g *resource.Graph, cfg config.Config, zones []Zone, vpc resource.Ref) []zoneSubnets {
	var all []zoneSubnets
	for _, zone := range zones {
		all = append(all, zoneSubnets{
			zone: zone,
			public: resource.Add(g, network.SubnetKind(), publicPrefix+zone.Letter, network.Subnet{
				VPC: vpc, Zone: zone.Name, CIDR: cfg.Network.PublicSubnet(zone.Slot), Public: true,
			}),
			private: resource.Add(g, network.SubnetKind(), "private-"+zone.Letter, network.Subnet{
				VPC: vpc, Zone: zone.Name, CIDR: cfg.Network.PrivateSubnet(zone.Slot),
			}),
		})
	}
	return all
}

// addPublicRoutes leads each public subnet to the internet gateway. Each has a
// table of its own, though they say the same, so that a zone can leave: its
// route goes only after the load balancer has left the zone.
func addPublicRoutes(g *resource.Graph, vpc, gateway resource.Ref, subnets []zoneSubnets) []resource.Ref {
	tables := make([]resource.Ref, len(subnets))
	for i, s := range subnets {
		tables[i] = resource.Add(g, network.RouteTableKind(), "public-"+s.zone.Letter, network.RouteTable{
			VPC:     vpc,
			Routes:  []network.Route{{Destination: anywhere(), Gateway: gateway}},
			Subnets: []resource.Ref{s.public},
		})
	}
	return tables
}

// addEgress gives each zone's private subnet its way out, and returns for each
// zone what must be ready before an instance there can install anything.
func addEgress(g *resource.Graph, cfg config.Config, vpc, gateway resource.Ref, public []resource.Ref, subnets []zoneSubnets) []resource.Ref {
	nats := make([]resource.Ref, len(subnets))
	for i, s := range subnets {
		switch {
		case cfg.Network.Egress == config.EgressNATPerZone, cfg.Network.Egress == config.EgressNATSingle && i == 0:
			address := resource.Add(g, network.ElasticIPKind(), "nat-"+s.zone.Letter, network.ElasticIP{})
			// AWS makes a NAT gateway only where the way to the internet is
			// there already.
			nats[i] = resource.Add(g, network.NATGatewayKind(), s.zone.Letter,
				network.NATGateway{Subnet: s.public, Address: address}, gateway, public[i])
		case cfg.Network.Egress == config.EgressNATSingle:
			nats[i] = nats[0]
		}
	}
	tables := make([]resource.Ref, len(subnets))
	for i, s := range subnets {
		table := network.RouteTable{VPC: vpc, Subnets: []resource.Ref{s.private}}
		if !nats[i].IsZero() {
			table.Routes = []network.Route{{Destination: anywhere(), NAT: nats[i]}}
		}
		tables[i] = resource.Add(g, network.RouteTableKind(), "private-"+s.zone.Letter, table)
	}
	// Amazon Linux's package repositories are in S3: with this endpoint, which
	// costs nothing, Nginx can be installed without any other way out, and
	// where there are NAT gateways nothing is paid for what S3 sends. No
	// instance boots before it is there: its coming breaks connections to S3.
	endpoint := resource.Add(g, network.VPCEndpointKind(), "s3", network.Endpoint{
		VPC: vpc, Service: "com.amazonaws." + cfg.Region + ".s3", RouteTables: tables,
	})
	ways := make([]resource.Ref, len(subnets))
	for i := range ways {
		ways[i] = endpoint
	}
	return ways
}

// groups are the security groups, and the rules that must be in force before
// traffic can pass.
type groups struct {
	alb, web           resource.Ref
	albRules, webRules resource.Ref
}

// addSecurityGroups lets the internet reach the load balancer alone, and the
// load balancer alone reach the instances.
func addSecurityGroups(g *resource.Graph, cfg config.Config, facts Facts, vpc resource.Ref) groups {
	alb := resource.Add(g, network.SecurityGroupKind(), "alb", network.SecurityGroup{
		VPC: vpc, Description: "Load balancer of the platform " + cfg.Name,
	})
	web := resource.Add(g, network.SecurityGroupKind(), "web", network.SecurityGroup{
		VPC: vpc, Description: "Web instances of the platform " + cfg.Name,
	})
	all := groups{alb: alb, web: web}
	if !facts.EndsHTTPS {
		all.albRules = addALBRules(g, cfg, all)
	}

	fromALB := tcp(HTTPPort)
	fromALB.Group, fromALB.Description = alb, "Requests and health checks from the load balancer"
	toHTTPS := tcp(HTTPSPort)
	toHTTPS.CIDR, toHTTPS.Description = anywhere(), "Package repositories and Systems Manager"
	all.webRules = resource.Add(g, network.SecurityGroupRulesKind(), "web", network.Rules{
		Group: web, Ingress: []network.Rule{fromALB}, Egress: []network.Rule{toHTTPS},
	})
	return all
}

func tcp(port int32) network.Rule {
	return network.Rule{Protocol: "tcp", FromPort: port, ToPort: port}
}

// addALBRules lets the internet in where the load balancer listens.
func addALBRules(g *resource.Graph, cfg config.Config, groups groups, after ...resource.Ref) resource.Ref {
	fromAnywhere := tcp(HTTPPort)
	fromAnywhere.CIDR, fromAnywhere.Description = anywhere(), "HTTP from the internet"
	ingress := []network.Rule{fromAnywhere}
	if cfg.LoadBalancer.HTTPS.On() {
		tls := tcp(HTTPSPort)
		tls.CIDR, tls.Description = anywhere(), "HTTPS from the internet"
		ingress = append(ingress, tls)
	}
	toWeb := tcp(HTTPPort)
	toWeb.Group, toWeb.Description = groups.web, "Requests and health checks to the instances"
	return resource.Add(g, network.SecurityGroupRulesKind(), "alb", network.Rules{
		Group: groups.alb, Ingress: ingress, Egress: []network.Rule{toWeb},
	}, after...)
}

// zoneInstance is an instance, the name that it goes by, and its zone's.
type zoneInstance struct {
	name string
	zone string
	ref  resource.Ref
}

// web is what the web instances are made of, however many there are.
type web struct {
	image    string
	userData []byte
	profile  resource.Ref
	groups   groups
	subnets  []zoneSubnets
	// wayOut is for each zone what must be ready before an instance there can install anything.
	wayOut []resource.Ref
}

// addIdentity lets the instances call AWS, and returns their instance profile.
func addIdentity(g *resource.Graph, cfg config.Config) resource.Ref {
	role := resource.Add(g, compute.RoleKind(), "web", compute.Role{
		TrustedService: "ec2.amazonaws.com",
		Policies:       []string{sessionManagerPolicy},
		Description:    "Session Manager access for the web instances of the platform " + cfg.Name,
	})
	return resource.Add(g, compute.InstanceProfileKind(), "web", compute.InstanceProfile{Role: role})
}

// addInstances spreads the instances evenly over the zones. They are named by
// zone, so that a change of either number moves as few as can be.
func addInstances(g *resource.Graph, cfg config.Config, web web) []zoneInstance {
	var instances []zoneInstance
	for i, s := range web.subnets {
		for n := range instancesInZone(cfg.Web.Instances, len(web.subnets), i) {
			name := fmt.Sprintf("web-%s-%d", s.zone.Letter, n+1)
			ref := resource.Add(g, compute.InstanceKind(), name, compute.Instance{
				ImageID:  web.image,
				Follow:   cfg.Web.Image != "",
				Type:     cfg.Web.InstanceType,
				Subnet:   s.private,
				Groups:   []resource.Ref{web.groups.web},
				Profile:  web.profile,
				UserData: web.userData,
			}, web.wayOut[i], web.groups.webRules)
			g.InBatch(s.zone.Name, ref)
			instances = append(instances, zoneInstance{name, s.zone.Name, ref})
		}
	}
	return instances
}

// instancesInZone is the share of the i-th of several zones.
func instancesInZone(instances, zones, i int) int {
	share := instances / zones
	if i < instances%zones {
		share++
	}
	return share
}

// ServingZones are the names of the zones that have an instance. Of an Auto Scaling group that may have fewer instances than there
// are zones, nobody knows which those are: none.
func ServingZones(cfg config.Config, zones []Zone) []string {
	instances := cfg.Web.Instances
	if group := cfg.Web.AutoScaling; group.On() {
		instances = group.Min
		if instances < len(zones) {
			return nil
		}
	}
	var names []string
	for i, zone := range zones {
		if instancesInZone(instances, len(zones), i) > 0 {
			names = append(names, zone.Name)
		}
	}
	return names
}

func addLoadBalancer(g *resource.Graph, cfg config.Config, vpc, gateway resource.Ref, public []resource.Ref, subnets []zoneSubnets, groups groups, logs resource.Ref) (alb, targets resource.Ref) {
	lb := cfg.LoadBalancer
	targets = resource.Add(g, loadbalancing.TargetGroupKind(), "web", loadbalancing.TargetGroup{
		VPC:  vpc,
		Port: HTTPPort,
		HealthCheck: loadbalancing.HealthCheck{
			Path:      lb.HealthCheck.Path,
			Interval:  lb.HealthCheck.Interval,
			Timeout:   lb.HealthCheck.Timeout,
			Healthy:   int32(lb.HealthCheck.Healthy),   //nolint:gosec // the configuration allows 2 to 10
			Unhealthy: int32(lb.HealthCheck.Unhealthy), //nolint:gosec // the configuration allows 2 to 10
			Matcher:   "200",
		},
		DeregistrationDelay: lb.DeregistrationDelay,
	})
	balancer := loadbalancing.LoadBalancer{Logs: logs, Groups: []resource.Ref{groups.alb}, IdleTimeout: lb.IdleTimeout, Protect: cfg.Protect}
	for _, s := range subnets {
		balancer.Subnets = append(balancer.Subnets, s.public)
	}
	alb = resource.Add(g, loadbalancing.LoadBalancerKind(), "alb", balancer,
		append([]resource.Ref{gateway, groups.albRules}, public...)...)
	return alb, targets
}

// addTargets registers the instances behind the listener that serves.
func addTargets(g *resource.Graph, targets, serves resource.Ref, instances []zoneInstance) []resource.Ref {
	var registered []resource.Ref
	for _, instance := range instances {
		// A target is checked, and so can become healthy, only once a listener
		// leads to its group.
		target := resource.Add(g, loadbalancing.RegistrationKind(), instance.name, loadbalancing.Registration{
			TargetGroup: targets, Instance: instance.ref, Port: HTTPPort,
		}, serves)
		// One zone's instances are replaced, and serve, before the next one's.
		g.InBatch(instance.zone, target)
		registered = append(registered, target)
	}
	return registered
}
