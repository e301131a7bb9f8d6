package model

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// TrafficPort as a health check's port means the port on which the target gets its
// traffic.
const TrafficPort = "traffic-port"

// HealthCheck is how the targets of a group are checked.
type HealthCheck struct {
	Protocol           string // HTTP or HTTPS
	Port               string // TrafficPort or a number
	Path               string
	Interval           int // seconds
	Timeout            int // seconds
	HealthyThreshold   int
	UnhealthyThreshold int
	Matcher            string // status codes, such as "200" or "200,300-399"
}

// HealthCheckChange is what a call says about a health check; nil leaves a setting.
type HealthCheckChange struct {
	Enabled            *bool
	Protocol           *string
	Port               *string
	Path               *string
	Interval           *int // seconds
	Timeout            *int // seconds
	HealthyThreshold   *int
	UnhealthyThreshold *int
	Matcher            *string
}

// defaultHealthCheck is what a new target group gets where its maker says nothing.
// Source: User Guide for Application Load Balancers, "Health check settings".
func defaultHealthCheck() HealthCheck {
	return HealthCheck{Protocol: "HTTP", Port: TrafficPort, Path: "/", Interval: 30, Timeout: 5,
		HealthyThreshold: 5, UnhealthyThreshold: 2, Matcher: "200"}
}

// with applies a change and refuses what AWS refuses.
func (h HealthCheck) with(c HealthCheckChange) (HealthCheck, error) {
	if c.Enabled != nil && !*c.Enabled {
		return h, invalid("Health check enabled must be true for target groups with target type 'instance'")
	}
	for _, number := range []struct {
		value     *int
		into      *int
		parameter string
		low, high int
	}{
		{c.Interval, &h.Interval, "healthCheckIntervalSeconds", 5, 300},
		{c.Timeout, &h.Timeout, "healthCheckTimeoutSeconds", 2, 120},
		{c.HealthyThreshold, &h.HealthyThreshold, "healthyThresholdCount", 2, 10},
		{c.UnhealthyThreshold, &h.UnhealthyThreshold, "unhealthyThresholdCount", 2, 10},
	} {
		if number.value == nil {
			continue
		}
		if err := between(*number.value, number.parameter, number.low, number.high); err != nil {
			return h, err
		}
		*number.into = *number.value
	}
	if h.Timeout >= h.Interval {
		return h, invalid("Health check interval must be greater than the timeout.")
	}
	for _, text := range []struct{ value, into *string }{{c.Protocol, &h.Protocol}, {c.Port, &h.Port}, {c.Path, &h.Path}, {c.Matcher, &h.Matcher}} {
		if text.value != nil {
			*text.into = *text.value
		}
	}
	return h, h.check()
}

var pathCharacters = regexp.MustCompile(`^/[\x21-\x7e]*$`)

func (h HealthCheck) check() error {
	switch h.Protocol {
	case "HTTP", "HTTPS":
	case "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE":
		return invalid("Health check protocol '%s' is not supported for target groups with protocol HTTP or HTTPS", h.Protocol)
	default:
		return constraint(h.Protocol, "healthCheckProtocol", "Member must satisfy enum value set: [HTTPS, TCP, TLS, QUIC, TCP_QUIC, TCP_UDP, GENEVE, HTTP, UDP]")
	}
	if h.Port != TrafficPort {
		if n, err := strconv.Atoi(h.Port); err != nil || n < 1 || n > 65535 {
			return invalid("Health check port '%s' must be '%s' or a number from 1 to 65535", h.Port, TrafficPort)
		}
	}
	if len(h.Path) < 1 || len(h.Path) > 1024 {
		return constraint(h.Path, "healthCheckPath", "Member must have length between 1 and 1024")
	}
	if !pathCharacters.MatchString(h.Path) {
		return invalid("Health check path '%s' must begin with a '/' character and hold no spaces", h.Path)
	}
	return checkMatcher(h.Matcher)
}

// checkMatcher refuses lists of status codes that AWS refuses.
// Source: API reference of Matcher: values or ranges from 200 to 499.
func checkMatcher(matcher string) error {
	for part := range strings.SplitSeq(matcher, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		low, err := strconv.Atoi(from)
		high, errHigh := strconv.Atoi(to)
		if err = cmp.Or(err, errHigh); err != nil || len(from) != 3 || len(to) != 3 || low > high {
			return invalid("Health check matcher HTTP code '%s' is not valid", matcher)
		}
		if low < 200 || high > 499 {
			return invalid("Health check matcher HTTP code '%s' must be within '200-499' inclusive", matcher)
		}
	}
	return nil
}
