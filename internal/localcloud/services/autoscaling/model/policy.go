package model

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	cloudwatch "github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// The metrics that Auto Scaling knows how to track by itself.
const (
	AverageCPU        = "ASGAverageCPUUtilization"
	RequestsPerTarget = "ALBRequestCountPerTarget"
)

// Tracking is what a target tracking policy keeps at its target: a metric that is known, or one of the user's own.
type Tracking struct {
	Predefined, Label string // the label names a load balancer and a target group
	Namespace, Metric string
	Dimensions        []metrics.Dimension
	Statistic, Unit   string
	Target            float64
	DisableScaleIn    bool
}

// Policy is a target tracking policy of a group.
type Policy struct {
	world.Object // ID: the group's name and its own
	Group, Name  string
	ARN          string
	Tracking
	Warmup  *int // seconds, in place of the group's
	Enabled bool
	// High and Low are the names of its alarms; Low is "" where it doesn't scale in.
	High, Low string
}

func policyKind() world.AnyKind {
	return world.Kind[Policy, *Policy]{
		Traits: world.Traits{Noun: "scaling policy"},
		Name:   "scaling-policy", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return Invalid("PolicyName %s not found", ids[0]) },
		Parent:   func(p *Policy) string { return p.Group },
	}
}

// PoliciesOf are a group's policies.
func PoliciesOf(tx *world.Tx, group string) []*Policy { return world.Of[Policy](tx, group) }

// FindPolicy finds a policy by its ARN, or by its name and its group's.
func FindPolicy(tx *world.Tx, group, name string) (*Policy, error) {
	if strings.HasPrefix(name, "arn:") {
		for _, p := range world.Where(tx, func(p *Policy) bool { return p.ARN == name && (group == "" || p.Group == group) }) {
			return p, nil
		}
	} else if group == "" {
		return nil, Invalid("AutoScalingGroupName is required where the policy isn't named by its ARN")
	}
	return world.Find[Policy](tx, group+"/"+name)
}

// PutPolicy gives a group a policy, or a policy another target; its alarms follow.
func PutPolicy(tx *world.Tx, group, name string, t Tracking, warmup *int, enabled bool) (*Policy, error) {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return nil, err
	}
	if err := t.check(tx, g); err != nil {
		return nil, err
	}
	id := group + "/" + name
	p, there := world.Get[Policy](tx, id)
	if !there {
		p = &Policy{Object: tx.NamedObject(id, nil), Group: group, Name: name, ARN: newARN(tx, "scalingPolicy", "autoScalingGroupName/"+group+":policyName/"+name),
			High: alarmName(tx, group, "High")}
		world.Add(tx, p)
	}
	low := p.Low
	switch {
	case t.DisableScaleIn:
		cloudwatch.Delete(tx, low)
		low = ""
	case low == "":
		low = alarmName(tx, group, "Low")
	}
	world.Edit(tx, id, func(p *Policy) { p.Tracking, p.Warmup, p.Enabled, p.Low = t, warmup, enabled, low })
	p, _ = world.Get[Policy](tx, id)
	return p, p.putAlarms(tx)
}

func alarmName(tx *world.Tx, group, which string) string {
	return "TargetTracking-" + group + "-Alarm" + which + "-" + tx.UUID()
}

// check refuses a metric that isn't there to be tracked.
func (t *Tracking) check(tx *world.Tx, g *Group) error {
	switch {
	case t.Target <= 0:
		return Invalid("TargetValue must be greater than 0")
	case t.Predefined == RequestsPerTarget && t.Label == "":
		return Invalid("ResourceLabel is required when PredefinedMetricType is %s.", RequestsPerTarget)
	case t.Predefined == AverageCPU && t.Label != "":
		return Invalid("ResourceLabel is not supported when PredefinedMetricType is %s.", AverageCPU)
	case t.Predefined != RequestsPerTarget:
		return nil
	}
	balancer, targets, ok := splitLabel(t.Label)
	if !ok {
		return Invalid("Invalid resource label: %s. It must have the format app/<load-balancer-name>/<load-balancer-id>/targetgroup/<target-group-name>/<target-group-id>.", t.Label)
	}
	attached := false
	for _, arn := range g.TargetGroups {
		attached = attached || strings.HasSuffix(arn, ":"+targets)
	}
	if !attached {
		return Invalid("The target group %s is not attached to the Auto Scaling group %s", targets, g.ID)
	}
	for _, b := range world.All[elbmodel.LoadBalancer](tx) {
		if strings.HasSuffix(b.ID, ":loadbalancer/"+balancer) && routes(tx, b.ID, ":"+targets) {
			return nil
		}
	}
	return Invalid("The load balancer does not route traffic to the target group")
}

// splitLabel reads a resource label: the load balancer and the target group as dimensions of metrics have them.
func splitLabel(label string) (balancer, targets string, ok bool) {
	balancer, rest, ok := strings.Cut(label, "/targetgroup/")
	return balancer, "targetgroup/" + rest, ok && strings.HasPrefix(balancer, "app/") && strings.Count(balancer, "/") == 2 && strings.Count(rest, "/") == 1
}

// routes reports whether a load balancer sends requests to the target group whose ARN ends so.
func routes(tx *world.Tx, balancer, targets string) bool {
	for _, l := range elbmodel.ListenersOf(tx, balancer) {
		for _, r := range elbmodel.RulesOf(tx, l.ID) {
			for _, a := range r.Actions {
				if a.Forward == nil {
					continue
				}
				for _, g := range a.Forward.TargetGroups {
					if strings.HasSuffix(g.ARN, targets) {
						return true
					}
				}
			}
		}
	}
	return false
}

// metric is what the policy's alarms watch, and by which statistic.
func (p *Policy) metric(region string) (m metrics.Metric, statistic string) {
	m.Region = region
	switch p.Predefined {
	case AverageCPU:
		m.Namespace, m.Name = "AWS/EC2", "CPUUtilization"
		m.Dimensions = []metrics.Dimension{{Name: "AutoScalingGroupName", Value: p.Group}}
		return m, metrics.Average
	case RequestsPerTarget:
		balancer, targets, _ := splitLabel(p.Label)
		m.Namespace, m.Name = "AWS/ApplicationELB", "RequestCountPerTarget"
		m.Dimensions = []metrics.Dimension{{Name: "LoadBalancer", Value: balancer}, {Name: "TargetGroup", Value: targets}}
		return m, metrics.Sum
	}
	m.Namespace, m.Name, m.Dimensions = p.Namespace, p.Metric, p.Dimensions
	return m, p.Statistic
}

// The alarms of target tracking. Source: what AWS makes of such policies, as public reports show it.
const (
	highMinutes = 3
	lowMinutes  = 15
	lowShare    = 0.7 // of the target
)

func (p *Policy) putAlarms(tx *world.Tx) error {
	m, statistic := p.metric(tx.Region())
	s := cloudwatch.Settings{Description: "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + p.ARN + ".", ActionsEnabled: true, AlarmActions: []string{p.ARN},
		Namespace: m.Namespace, Metric: m.Name, Dimensions: m.Dimensions, Statistic: statistic, Unit: p.Unit, Period: 60,
		Periods: highMinutes, Threshold: p.Target, Comparison: "GreaterThanThreshold"}
	if err := cloudwatch.Put(tx, p.High, s, nil); err != nil || p.Low == "" {
		return err
	}
	s.Periods, s.Threshold, s.Comparison = lowMinutes, p.Target*lowShare, "LessThanThreshold"
	return cloudwatch.Put(tx, p.Low, s, nil)
}

// DeletePolicy deletes a policy with its alarms.
func DeletePolicy(tx *world.Tx, group, name string) error {
	p, err := FindPolicy(tx, group, name)
	if err != nil {
		return err
	}
	cloudwatch.Delete(tx, p.High, p.Low)
	world.Delete[Policy](tx, p.ID)
	return nil
}

// forgetPolicies deletes the policies of a group that is gone.
func forgetPolicies(tx *world.Tx, group string) {
	for _, p := range PoliciesOf(tx, group) {
		cloudwatch.Delete(tx, p.High, p.Low)
		world.Delete[Policy](tx, p.ID)
	}
}
