package model

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Attributes of target groups that the model or the data plane acts on.
const (
	deregistrationDelay = "deregistration_delay.timeout_seconds"
	algorithm           = "load_balancing.algorithm.type"
	crossZone           = "load_balancing.cross_zone.enabled"
	healthyCount        = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count"
	healthyPercentage   = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage"
)

// targetGroupAttributes are the attributes of a group of instances behind an
// application load balancer. Source: API reference of TargetGroupAttribute. What the
// data plane can't do (stickiness, slow start, weighted random) is refused by name.
func targetGroupAttributes() attributeRules {
	off := oneOf("off")
	return attributeRules{"Target group", map[string]attributeRule{
		deregistrationDelay: {"300", number(0, 3600), nil},
		algorithm:           {"round_robin", oneOf("round_robin", "least_outstanding_requests", "weighted_random"), oneOf("round_robin", "least_outstanding_requests")},
		"load_balancing.algorithm.anomaly_mitigation": {"off", oneOf("on", "off"), off},
		crossZone:                                {"use_load_balancer_configuration", oneOf("true", "false", "use_load_balancer_configuration"), nil},
		"slow_start.duration_seconds":            {"0", either(number(30, 900), oneOf("0")), oneOf("0")},
		"stickiness.enabled":                     {"false", boolean, oneOf("false")},
		"stickiness.type":                        {"lb_cookie", oneOf("lb_cookie", "app_cookie"), nil},
		"stickiness.lb_cookie.duration_seconds":  {"86400", number(1, 604800), nil},
		"stickiness.app_cookie.cookie_name":      {"", cookieName, nil},
		"stickiness.app_cookie.duration_seconds": {"86400", number(1, 604800), nil},
		"target_group_health.dns_failover.minimum_healthy_targets.count":      {"1", either(off, number(1, 1000)), oneOf("1")},
		"target_group_health.dns_failover.minimum_healthy_targets.percentage": {"off", either(off, number(1, 100)), off},
		healthyCount:      {"1", number(1, 1000), oneOf("1")},
		healthyPercentage: {"off", either(off, number(1, 100)), off},
	}}
}

// AllAttributes lists all attributes of the target group.
func (g *TargetGroup) AllAttributes() []Attribute { return targetGroupAttributes().all(g.Attributes) }

// SetTargetGroupAttributes changes attributes of a target group.
func SetTargetGroupAttributes(tx *world.Tx, arn string, changes []Attribute) error {
	g, err := FindTargetGroup(tx, arn)
	if err != nil {
		return err
	}
	merged, err := targetGroupAttributes().merge(g.Attributes, changes)
	if err != nil {
		return err
	}
	world.Edit(tx, arn, func(g *TargetGroup) { g.Attributes = merged })
	return nil
}

func (g *TargetGroup) attribute(key string) string {
	return targetGroupAttributes().value(g.Attributes, key)
}

// DeregistrationDelay is how long a target drains.
func (g *TargetGroup) DeregistrationDelay() time.Duration {
	return seconds(g.attribute(deregistrationDelay))
}

// Algorithm is round_robin or least_outstanding_requests.
func (g *TargetGroup) Algorithm() string { return g.attribute(algorithm) }

// CrossZone says whether nodes send requests to targets of other zones. An application
// load balancer's own setting, which a group may inherit, is always on.
func (g *TargetGroup) CrossZone() bool { return g.attribute(crossZone) != "false" }
