package dataplane

import (
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/health"
)

// view is a topology with the look-ups that are needed again and again.
type view struct {
	topology  Topology
	groups    map[string]*TargetGroup
	instances map[string]*Instance
	users     map[string][]*LoadBalancer // of each target group
}

func newView(t Topology) view {
	v := view{t, map[string]*TargetGroup{}, map[string]*Instance{}, map[string][]*LoadBalancer{}}
	for i := range t.TargetGroups {
		v.groups[t.TargetGroups[i].ARN] = &t.TargetGroups[i]
	}
	for i := range t.Instances {
		v.instances[t.Instances[i].ID] = &t.Instances[i]
	}
	for i := range t.LoadBalancers {
		for _, arn := range groupsOf(t.LoadBalancers[i]) {
			v.users[arn] = append(v.users[arn], &t.LoadBalancers[i])
		}
	}
	return v
}

func (v view) privateIP(instanceID string) string {
	if i := v.instances[instanceID]; i != nil {
		return i.PrivateIP
	}
	return ""
}

// unused says why a target gets neither traffic nor checks, if so.
func (v view) unused(group *TargetGroup, t Target) (health.Status, bool) {
	users := v.users[group.ARN]
	if len(users) == 0 {
		return health.NotInUse(), true
	}
	switch i := v.instances[t.InstanceID]; {
	case i == nil:
		return health.InvalidState("terminated"), true
	case (i.State == "stopped" || i.State == "terminated") && !i.Unnoticed:
		return health.InvalidState(i.State), true
	}
	for _, lb := range users {
		for _, n := range lb.Nodes {
			if n.Zone == t.Zone {
				return health.Status{}, false
			}
		}
	}
	return health.ZoneNotEnabled(), true
}

// Health is what DescribeTargetHealth tells of a group's targets, in their order.
//
// The nodes' views become one in this way: nodes that clients can't reach don't count, unless there are no others. A
// target that any node has not decided on is initial; one that any node takes for unhealthy is unhealthy.
func (p *Plane) Health(targetGroupARN string) []TargetHealth {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := newView(p.topology)
	group := v.groups[targetGroupARN]
	if group == nil {
		return nil
	}
	out := make([]TargetHealth, 0, len(group.Targets))
	for _, t := range group.Targets {
		h := TargetHealth{InstanceID: t.InstanceID, Port: t.Port, Zone: t.Zone, HealthCheckPort: healthPort(group, t)}
		if status, unused := v.unused(group, t); !t.DrainingSince.IsZero() {
			h.Status = health.DeregistrationInProgress()
		} else if unused {
			h.Status = status
		} else {
			h.Status = p.merge(v.users[targetGroupARN], targetKey{targetGroupARN, t.InstanceID, t.Port})
		}
		out = append(out, h)
	}
	return out
}

func (p *Plane) merge(users []*LoadBalancer, key targetKey) health.Status {
	var serving, others []health.Status
	for _, user := range users {
		lb := p.loadBalancers[user.ARN]
		if lb == nil {
			continue
		}
		for _, n := range *lb.order.Load() {
			n.mu.Lock()
			t := n.targets[key]
			n.mu.Unlock()
			switch {
			case t == nil:
			case n.spec.Load().reachable():
				serving = append(serving, t.checker.Status())
			default:
				others = append(others, t.checker.Status())
			}
		}
	}
	if len(serving) == 0 {
		serving = others
	}
	return worst(serving)
}

// worst prefers initial to unhealthy to healthy, and earlier nodes to later ones.
func worst(statuses []health.Status) health.Status {
	for _, state := range []health.State{health.Initial, health.Unhealthy, health.Healthy} {
		for _, s := range statuses {
			if s.State == state {
				return s
			}
		}
	}
	return health.RegistrationInProgress()
}

// healthChanged lets DNS follow the health of targets.
func (p *Plane) healthChanged() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, lb := range p.loadBalancers {
		lb.updateDNS()
	}
}
