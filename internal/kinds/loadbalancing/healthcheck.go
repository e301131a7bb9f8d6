package loadbalancing

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// HealthCheck is how a load balancer finds out whether a target is well: a GET
// over HTTP to the port that the target is registered with.
type HealthCheck struct {
	Path string
	// Interval is 5 to 300 s; Timeout is 2 to 120 s and less than the
	// interval. Both in whole seconds.
	Interval, Timeout time.Duration
	// Healthy and Unhealthy are how many checks in a row change the verdict: 2
	// to 10.
	Healthy, Unhealthy int32
	// Matcher lists the status codes that are well; empty is "200".
	Matcher string
}

// trafficPort has the health check use the port that the traffic uses.
const trafficPort = "traffic-port"

// The settings of a health check, as plans show them.
const (
	healthProtocol  = "health check protocol"
	healthPort      = "health check port"
	healthPath      = "health check path"
	healthInterval  = "health check interval"
	healthTimeout   = "health check timeout"
	healthHealthy   = "healthy threshold"
	healthUnhealthy = "unhealthy threshold"
	healthMatcher   = "healthy codes"
)

func matcher(check HealthCheck) string {
	if check.Matcher == "" {
		return "200"
	}
	return check.Matcher
}

func healthSettings(check HealthCheck) []setting {
	return []setting{
		{name: healthProtocol, value: string(types.ProtocolEnumHttp)},
		{name: healthPort, value: trafficPort},
		{name: healthPath, value: check.Path},
		{name: healthInterval, value: seconds(check.Interval) + "s"},
		{name: healthTimeout, value: seconds(check.Timeout) + "s"},
		{name: healthHealthy, value: strconv.Itoa(int(check.Healthy))},
		{name: healthUnhealthy, value: strconv.Itoa(int(check.Unhealthy))},
		{name: healthMatcher, value: matcher(check)},
	}
}

func liveHealthSettings(live types.TargetGroup) map[string]string {
	number := func(n *int32) string { return strconv.Itoa(int(aws.ToInt32(n))) }
	codes := ""
	if live.Matcher != nil {
		codes = aws.ToString(live.Matcher.HttpCode)
	}
	return map[string]string{
		healthProtocol:  string(live.HealthCheckProtocol),
		healthPort:      aws.ToString(live.HealthCheckPort),
		healthPath:      aws.ToString(live.HealthCheckPath),
		healthInterval:  number(live.HealthCheckIntervalSeconds) + "s",
		healthTimeout:   number(live.HealthCheckTimeoutSeconds) + "s",
		healthHealthy:   number(live.HealthyThresholdCount),
		healthUnhealthy: number(live.UnhealthyThresholdCount),
		healthMatcher:   codes,
	}
}
