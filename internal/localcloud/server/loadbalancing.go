package server

import (
	"cmp"
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/health"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/rules"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// addLoadBalancing adds a region's load balancers and target groups to the topology.
func addLoadBalancing(tx *world.Tx, t *dataplane.Topology, reach reachability) {
	groups := map[string]dataplane.TargetGroup{}
	for _, g := range world.All[elbmodel.TargetGroup](tx) {
		groups[g.ID] = targetGroup(tx, g)
		t.TargetGroups = append(t.TargetGroups, groups[g.ID])
	}
	for _, b := range world.All[elbmodel.LoadBalancer](tx) {
		balancer := loadBalancer(tx, b)
		t.LoadBalancers = append(t.LoadBalancers, balancer)
		for _, arn := range forwardedTo(balancer) {
			for _, node := range balancer.Nodes {
				for _, target := range groups[arn].Targets {
					reach.note(tx, node, target.InstanceID, target.Port)
					reach.note(tx, node, target.InstanceID, cmp.Or(groups[arn].HealthCheck.Port, target.Port))
				}
			}
		}
	}
}

func targetGroup(tx *world.Tx, g *elbmodel.TargetGroup) dataplane.TargetGroup {
	check := g.HealthCheck
	port, _ := strconv.Atoi(check.Port) // 0, the target's own, for traffic-port
	out := dataplane.TargetGroup{
		ARN: g.ID, Protocol: g.Protocol, DeregistrationDelay: g.DeregistrationDelay(), Algorithm: g.Algorithm(), CrossZone: strconv.FormatBool(g.CrossZone()),
		HealthCheck: health.Settings{Protocol: check.Protocol, Port: port, Path: check.Path, Matcher: check.Matcher,
			Interval: time.Duration(check.Interval) * time.Second, Timeout: time.Duration(check.Timeout) * time.Second,
			HealthyThreshold: check.HealthyThreshold, UnhealthyThreshold: check.UnhealthyThreshold},
	}
	for _, t := range elbmodel.TargetsOf(tx, g.ID) {
		target := dataplane.Target{InstanceID: t.InstanceID, Port: t.Port}
		if t.Draining() {
			target.DrainingSince = t.DrainingSince
		}
		if i, ok := world.Get[compute.Instance](tx, t.InstanceID); ok {
			target.Zone = i.Zone
		}
		out.Targets = append(out.Targets, target)
	}
	return out
}

func loadBalancer(tx *world.Tx, b *elbmodel.LoadBalancer) dataplane.LoadBalancer {
	out := dataplane.LoadBalancer{
		ARN: b.ID, Name: b.Name, Active: b.State == "active", CrossZone: true,
		Attributes: proxy.Attributes{IdleTimeout: b.IdleTimeout(), ClientKeepAlive: b.ClientKeepAlive(), DropInvalidHeaders: b.DropInvalidHeaders(),
			Desync: b.DesyncMode(), XForwardedFor: b.ForwardedForMode(), XForwardedForPort: b.ForwardedForPort(), DNSName: b.DNSName},
	}
	_, out.Logs = b.AccessLogs()
	for _, l := range elbmodel.ListenersOf(tx, b.ID) {
		out.Listeners = append(out.Listeners, listener(tx, b, l))
	}
	for _, n := range b.Nodes {
		out.Nodes = append(out.Nodes, dataplane.Node{Zone: n.Zone, SubnetID: n.SubnetID, InterfaceID: n.InterfaceID, PrivateIP: n.PrivateIP.String(),
			ClientReach: clientReach(tx, n, out.Listeners)})
	}
	return out
}

// clientReach says at which of a node's listeners, by port, clients reach it.
func clientReach(tx *world.Tx, n elbmodel.Node, listeners []dataplane.Listener) map[int]dataplane.Verdict {
	reach := map[int]dataplane.Verdict{}
	i, ok := world.Get[network.NetworkInterface](tx, n.InterfaceID)
	for _, l := range listeners {
		if !ok {
			reach[l.Port] = dataplane.Verdict{Why: "its network interface " + n.InterfaceID + " is gone"}
			continue
		}
		reach[l.Port] = verdict(network.InternetToENI(tx, i, l.Port), func() network.Verdict { return network.InternetToENI(tx, tracked(i), l.Port) })
	}
	return reach
}

// forwardedTo lists the ARNs of the target groups that a load balancer's listeners name.
func forwardedTo(b dataplane.LoadBalancer) (arns []string) {
	for _, l := range b.Listeners {
		for _, g := range l.Default.Forward {
			arns = append(arns, g.ARN)
		}
		for _, r := range l.Rules {
			for _, g := range r.Action.Forward {
				arns = append(arns, g.ARN)
			}
		}
	}
	return arns
}

func listener(tx *world.Tx, b *elbmodel.LoadBalancer, l *elbmodel.Listener) dataplane.Listener {
	out := dataplane.Listener{ARN: l.ID, Port: l.Port}
	if l.Protocol == "HTTPS" {
		out.TLS = &dataplane.TLS{Policy: l.SSLPolicy, Certificate: l.Certificates[0], SNI: l.Certificates[1:], HTTP2: b.HTTP2()}
		if b.TellsTLS() {
			out.TLSHeaders.Version, out.TLSHeaders.Suite = l.TLSHeaders()
		}
	}
	for _, r := range elbmodel.RulesOf(tx, l.ID) {
		if r.Default() {
			out.Default = action(r.Actions)
			continue
		}
		rule := dataplane.Rule{Priority: r.Priority, Action: action(r.Actions)}
		for _, c := range r.Conditions {
			condition := rules.Condition{Field: c.Field, HeaderName: c.HeaderName, Values: c.Values}
			for _, p := range c.Pairs {
				condition.Values = append(condition.Values, cmp.Or(p.Key, "*")+"="+p.Value)
			}
			rule.Conditions = append(rule.Conditions, condition)
		}
		out.Rules = append(out.Rules, rule)
	}
	return out
}

// action translates a rule's actions, of which there is one.
func action(actions []elbmodel.Action) (out dataplane.Action) {
	for _, a := range actions {
		switch {
		case a.Forward != nil:
			for _, g := range a.Forward.TargetGroups {
				out.Forward = append(out.Forward, dataplane.WeightedTargetGroup(g))
			}
		case a.Redirect != nil:
			code, _ := strconv.Atoi(a.Redirect.StatusCode[len("HTTP_"):]) // HTTP_301 or HTTP_302, checked when it was made
			out.Redirect = &proxy.Redirect{Protocol: a.Redirect.Protocol, Host: a.Redirect.Host, Port: a.Redirect.Port,
				Path: a.Redirect.Path, Query: a.Redirect.Query, StatusCode: code}
		case a.Fixed != nil:
			code, _ := strconv.Atoi(a.Fixed.StatusCode) // three digits, checked when it was made
			out.Fixed = &proxy.FixedResponse{StatusCode: code, ContentType: cmp.Or(a.Fixed.ContentType, "text/plain"), Body: a.Fixed.Body}
		}
	}
	return out
}
