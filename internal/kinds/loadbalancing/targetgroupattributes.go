package loadbalancing

import (
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// The attributes of a target group that a configuration sets.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
const (
	attributeDeregistrationDelay = "deregistration_delay.timeout_seconds"
	attributeAlgorithm           = "load_balancing.algorithm.type"
)

// inherited is the value of an attribute that is as the load balancer has it. An
// application load balancer sends requests to every zone, always.
const inherited = "use_load_balancer_configuration"

// off is how the thresholds of target_group_health are written that count for nothing.
const off = "off"

// targetGroupAttributesOf are the attributes that a group should have.
func targetGroupAttributesOf(spec TargetGroup) []setting {
	algorithm := spec.Algorithm
	if algorithm == "" {
		algorithm = "round_robin"
	}
	return slices.Concat([]setting{
		{name: attributeDeregistrationDelay, value: seconds(spec.DeregistrationDelay)},
		{name: attributeAlgorithm, value: algorithm},
	}, spreadingAttributes())
}

// spreadingAttributes decide, beside the algorithm, which targets get requests, and when
// none of them does. A group has them as AWS makes it.
func spreadingAttributes() []setting {
	asMade := func(name, value string) setting { return setting{name: name, value: value, initial: value} }
	crossZone := asMade("load_balancing.cross_zone.enabled", inherited)
	crossZone.stricter = []string{"true"} // which is the same
	return []setting{
		crossZone,
		asMade("load_balancing.algorithm.anomaly_mitigation", off),
		asMade("slow_start.duration_seconds", "0"),
		asMade("stickiness.enabled", "false"),
		asMade("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
		asMade("target_group_health.dns_failover.minimum_healthy_targets.percentage", off),
		asMade("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
		asMade("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", off),
	}
}

// targetGroupFields declares what is compared of a target group.
func targetGroupFields() []resource.Field {
	const fixed = "AWS can't change it: another group takes its place"
	return slices.Concat([]resource.Field{
		resource.Identity("TargetGroupArn", "TargetGroupName", "LoadBalancerArns", "Tags"),
		{Name: "vpc", Of: []string{"VpcId"}, How: resource.Repaired, Why: fixed},
		{Name: "port", Of: []string{"Port"}, How: resource.Repaired, Why: fixed},
		{Name: "protocol", Of: []string{"Protocol"}, How: resource.Repaired, Why: fixed},
		{Name: "protocol version, target type, target control port", Of: []string{"ProtocolVersion", "TargetType", "IpAddressType", "TargetControlPort"}, How: resource.Ignored, Why: "nobody can change them"},
		{Name: "health check *", Of: []string{"HealthCheckEnabled", "HealthCheckProtocol", "HealthCheckPort", "HealthCheckPath", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"}, How: resource.Repaired, Why: "who is healthy gets requests"},
		{Name: healthHealthy, Of: []string{"HealthyThresholdCount"}, How: resource.Repaired, Why: "who is healthy gets requests"},
		{Name: healthUnhealthy, Of: []string{"UnhealthyThresholdCount"}, How: resource.Repaired, Why: "who is healthy gets requests"},
		{Name: healthMatcher, Of: []string{"Matcher"}, How: resource.Repaired, Why: "who is healthy gets requests"},
		{Name: "attributes", Of: []string{"Attributes"}, How: resource.Repaired, Why: "one by one, as follows"},
		{Name: "stickiness type, durations and cookie", Of: []string{"stickiness.type", "stickiness.lb_cookie.duration_seconds", "stickiness.app_cookie.cookie_name", "stickiness.app_cookie.duration_seconds"}, How: resource.Ignored, Why: "while `stickiness.enabled` is false they mean nothing"},
	}, fieldsOf(targetGroupAttributesOf(TargetGroup{}), resource.Repaired, "it decides which targets get requests"))
}
