package monitoring

import (
	"encoding/json"
	"strings"

	"github.com/platformctl/platformctl/internal/resource"
)

// The parts of a dashboard's body that are used.
// Source: CloudWatch API Reference, "Dashboard Body Structure and Syntax".
type (
	body struct {
		Start   string   `json:"start"`
		Widgets []widget `json:"widgets"`
	}
	widget struct {
		Type       string     `json:"type"`
		X          int        `json:"x"`
		Y          int        `json:"y"`
		Width      int        `json:"width"`
		Height     int        `json:"height"`
		Properties properties `json:"properties"`
	}
	properties struct {
		Markdown string `json:"markdown,omitempty"`
		Title    string `json:"title,omitempty"`
		Region   string `json:"region,omitempty"`
		View     string `json:"view,omitempty"`
		Stacked  bool   `json:"stacked,omitempty"`
		Period   int    `json:"period,omitempty"` // seconds
		Metrics  []any  `json:"metrics,omitempty"`
		YAxis    *axes  `json:"yAxis,omitempty"`
	}
	axes struct {
		Left axis `json:"left"`
	}
	axis struct {
		Min       int    `json:"min"`
		Label     string `json:"label,omitempty"`
		ShowUnits bool   `json:"showUnits"`
	}
	look struct {
		Color string `json:"color,omitempty"`
		Label string `json:"label,omitempty"`
		Stat  string `json:"stat,omitempty"`
	}
)

// The size of a graph: two stand side by side.
const (
	columns = 24
	wide    = columns / 2
	high    = 6
)

const (
	balancers = "AWS/ApplicationELB"
	red       = "#d62728"
	orange    = "#ff7f0e"
	green     = "#2ca02c"
)

// bodyOf draws a dashboard. The same objects give the same text.
func bodyOf(d Dashboard, ids resource.IDs) string {
	alb, target := after(ids.Of(d.LoadBalancer), ":loadbalancer/"), targetGroup(ids.Of(d.TargetGroup))
	balancer := func(metric string, l look) []any { return []any{balancers, metric, "LoadBalancer", alb, l} }
	var zones, ways []any
	for _, zone := range d.Zones {
		in := []any{"TargetGroup", target, "LoadBalancer", alb, "AvailabilityZone", zone}
		zones = append(zones, append(append([]any{balancers, "HealthyHostCount"}, in...), look{Stat: "Minimum", Label: zone + " healthy"}),
			append(append([]any{balancers, "UnHealthyHostCount"}, in...), look{Stat: "Maximum", Label: zone + " unhealthy"}))
	}
	for _, nat := range d.NATGateways {
		id := ids.Of(nat.Ref)
		ways = append(ways, []any{"AWS/NATGateway", "ActiveConnectionCount", "NatGatewayId", id, look{Stat: "Maximum", Label: nat.Name + " connections"}},
			[]any{"AWS/NATGateway", "ErrorPortAllocation", "NatGatewayId", id, look{Stat: "Sum", Label: nat.Name + " without a port"}},
			[]any{"AWS/NATGateway", "PacketsDropCount", "NatGatewayId", id, look{Stat: "Sum", Label: nat.Name + " packets dropped"}})
	}
	b := body{Start: "-PT3H", Widgets: []widget{{Type: "text", Width: columns, Height: 2, Properties: properties{
		Markdown: "## " + d.Platform + "\n" + d.Region + ", made by platformctl: `platformctl status` tells how it is. Bands are failover drills."}}}}
	add := func(title, unit string, stacked bool, metrics []any) {
		if len(metrics) == 0 {
			return
		}
		n := len(b.Widgets) - 1
		b.Widgets = append(b.Widgets, widget{Type: "metric", X: n % 2 * wide, Y: 2 + n/2*high, Width: wide, Height: high, Properties: properties{
			Title: title, Region: d.Region, View: "timeSeries", Stacked: stacked, Period: 60, Metrics: metrics, YAxis: &axes{axis{Label: unit}}}})
	}
	add("Requests", "a minute", false, []any{balancer("RequestCount", look{Stat: "Sum", Label: "requests"})})
	add("Errors", "a minute", true, []any{balancer("HTTPCode_ELB_5XX_Count", look{Stat: "Sum", Label: "5xx of the load balancer", Color: red}),
		balancer("HTTPCode_Target_5XX_Count", look{Stat: "Sum", Label: "5xx of targets", Color: orange}), balancer("RejectedConnectionCount", look{Stat: "Sum", Label: "rejected connections"})})
	add("Response time", "seconds", false, []any{balancer("TargetResponseTime", look{Stat: "p50", Label: "half within", Color: green}),
		balancer("TargetResponseTime", look{Stat: "p95", Label: "95% within", Color: orange}), balancer("TargetResponseTime", look{Stat: "p99", Label: "99% within", Color: red})})
	add("Targets by zone", "targets", false, zones)
	add("Instances' CPU", "percent", false, instances(d, ids))
	add("Ways out", "", false, ways)
	text, _ := json.Marshal(b) // of texts and numbers alone
	return string(text)
}

// instances are the metrics of a group, or of each instance: a graph has room for 500.
func instances(d Dashboard, ids resource.IDs) (metrics []any) {
	if d.scales() {
		group := ids.Of(d.Group)
		return []any{[]any{"AWS/EC2", "CPUUtilization", "AutoScalingGroupName", group, look{Stat: "Average", Label: "mean"}},
			[]any{"AWS/EC2", "CPUUtilization", "AutoScalingGroupName", group, look{Stat: "Maximum", Label: "highest"}},
			[]any{"AWS/AutoScaling", "GroupInServiceInstances", "AutoScalingGroupName", group, look{Stat: "Minimum", Label: "in service"}}}
	}
	for _, instance := range d.Instances {
		metrics = append(metrics, []any{"AWS/EC2", "CPUUtilization", "InstanceId", ids.Of(instance.Ref), look{Stat: "Average", Label: instance.Name}})
	}
	return metrics
}

// after is what follows a separator; all, where it isn't there.
func after(text, separator string) string {
	if _, rest, found := strings.Cut(text, separator); found {
		return rest
	}
	return text
}

// targetGroup is how metrics name a target group: the end of its ARN.
func targetGroup(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
