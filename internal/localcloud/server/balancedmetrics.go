package server

import (
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/health"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// balanced is a target group that a load balancer sends requests to.
type balanced struct{ balancer, group string } // ARNs

func balancedGroups(tx *world.Tx) (all []balanced) {
	for _, b := range world.All[elbmodel.LoadBalancer](tx) {
		if b.State != "active" {
			continue
		}
		seen := map[string]bool{}
		for _, arn := range forwardedTo(loadBalancer(tx, b)) {
			if !seen[arn] {
				seen[arn] = true
				all = append(all, balanced{b.ID, arn})
			}
		}
	}
	return all
}

// The dimensions of load balancing.
func byBalancer(arn string) metrics.Dimension {
	_, name, _ := strings.Cut(arn, ":loadbalancer/")
	return metrics.Dimension{Name: "LoadBalancer", Value: name}
}

func byGroup(arn string) metrics.Dimension {
	return metrics.Dimension{Name: "TargetGroup", Value: arn[strings.LastIndex(arn, ":")+1:]}
}

func byZone(zone string) metrics.Dimension {
	return metrics.Dimension{Name: "AvailabilityZone", Value: zone}
}

func regionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) < 5 {
		return ""
	}
	return parts[3]
}

// loadBalancers notes the metrics of load balancers.
// Source: User Guide for Application Load Balancers, "CloudWatch metrics", with the dimensions of each metric and when it is reported.
// "Only when requests are flowing" goes for all but the counts of hosts, which are there with each registered target; RequestCount and the
// targets' codes, which are "reported if there are registered targets", are 0 in no minute without a request, for AWS's page says both.
func (m *meter) loadBalancers(end time.Time, measures dataplane.Measures, groups []balanced) {
	at := end.Add(-metrics.Interval)
	healthy := map[string]int{} // by group
	for _, g := range groups {
		healthy[g.group] = m.hosts(at, g)
	}
	perGroup := map[balanced]int64{}
	for _, n := range measures.Nodes {
		note := func(name, unit string, p metrics.Point, dimensions ...metrics.Dimension) {
			m.store.Add(metrics.Metric{Region: regionOf(n.LoadBalancerARN), Namespace: "AWS/ApplicationELB", Name: name, Dimensions: dimensions}, unit, at, p)
		}
		balancer, zone := byBalancer(n.LoadBalancerARN), byZone(n.Zone)
		whole := func(name, unit string, p metrics.Point) {
			note(name, unit, p, balancer)
			note(name, unit, p, balancer, zone)
		}
		for arn, measured := range n.Groups {
			if measured.Requests == 0 {
				continue
			}
			perGroup[balanced{n.LoadBalancerARN, arn}] += measured.Requests
			targets(measured, func(name, unit string, p metrics.Point) {
				whole(name, unit, p)
				note(name, unit, p, balancer, byGroup(arn))
				note(name, unit, p, balancer, zone, byGroup(arn))
			})
		}
		own(n.Own, whole)
		passage(n, whole)
	}
	for g, requests := range perGroup {
		if healthy[g.group] == 0 {
			continue
		}
		p := metrics.One(float64(requests) / float64(healthy[g.group]))
		for _, dimensions := range [][]metrics.Dimension{{byGroup(g.group)}, {byBalancer(g.balancer), byGroup(g.group)}} {
			m.store.Add(metrics.Metric{Region: regionOf(g.group), Namespace: "AWS/ApplicationELB", Name: "RequestCountPerTarget", Dimensions: dimensions}, "None", at, p)
		}
	}
}

// targets notes what a node sent to a group.
func targets(d proxy.Measured, note func(name, unit string, p metrics.Point)) {
	note("RequestCount", "Count", counted(d.Requests))
	for class := 2; class <= 5; class++ {
		note("HTTPCode_Target_"+string(rune('0'+class))+"XX_Count", "Count", counted(d.ByTarget[class]))
	}
	if d.Times.Count > 0 {
		note("TargetResponseTime", "Seconds", d.Times)
	}
	if d.Unconnected > 0 {
		note("TargetConnectionErrorCount", "Count", counted(d.Unconnected))
	}
}

// own notes what a node answered itself, where there was any.
func own(d proxy.Measured, note func(name, unit string, p metrics.Point)) {
	for class := 3; class <= 5; class++ {
		if n := d.Own[class]; n > 0 {
			note("HTTPCode_ELB_"+string(rune('0'+class))+"XX_Count", "Count", counted(n))
		}
	}
	for code, name := range map[int]string{500: "500", 502: "502", 503: "503", 504: "504"} {
		if n := d.Codes[code]; n > 0 {
			note("HTTPCode_ELB_"+name+"_Count", "Count", counted(n))
		}
	}
}

// passage notes connections and bytes, and what rules answered.
func passage(n dataplane.NodeMeasures, note func(name, unit string, p metrics.Point)) {
	for name, count := range map[string]int64{
		"NewConnectionCount": n.Own.Connected, "ActiveConnectionCount": n.Connections, "ClientTLSNegotiationErrorCount": n.Own.Unagreed,
		"HTTP_Fixed_Response_Count": n.Own.Fixed, "HTTP_Redirect_Count": n.Own.Redirected,
	} {
		if count > 0 {
			note(name, "Count", metrics.One(float64(count)))
		}
	}
	if n.Own.Bytes > 0 {
		note("ProcessedBytes", "Bytes", metrics.One(float64(n.Own.Bytes)))
	}
}

// counted is so many requests, answers or errors: each is a sample of 1, so that Sum alone says how many.
// Source: User Guide for Application Load Balancers, "CloudWatch metrics", of requests and codes: Minimum, Maximum and Average return 1.
func counted(n int64) metrics.Point {
	if n == 0 {
		return metrics.One(0)
	}
	return metrics.Times(1, float64(n))
}

// hosts notes how many targets of a group are healthy, and returns that. Those whose checks haven't decided, and those that
// leave, are neither.
func (m *meter) hosts(at time.Time, g balanced) int {
	all := [2]int{}
	zones := map[string]*[2]int{}
	targets := m.server.plane.Health(g.group)
	for _, t := range targets {
		if zones[t.Zone] == nil {
			zones[t.Zone] = &[2]int{}
		}
		switch t.State {
		case health.Healthy:
			all[0]++
			zones[t.Zone][0]++
		case health.Unhealthy:
			all[1]++
			zones[t.Zone][1]++
		}
	}
	if len(targets) == 0 {
		return 0
	}
	for i, name := range []string{"HealthyHostCount", "UnHealthyHostCount"} {
		metric := metrics.Metric{Region: regionOf(g.group), Namespace: "AWS/ApplicationELB", Name: name, Dimensions: []metrics.Dimension{byBalancer(g.balancer), byGroup(g.group)}}
		m.store.Add(metric, "Count", at, metrics.One(float64(all[i])))
		for zone, n := range zones {
			one := metric
			one.Dimensions = append(one.Dimensions[:2:2], byZone(zone))
			m.store.Add(one, "Count", at, metrics.One(float64(n[i])))
		}
	}
	return all[0]
}
