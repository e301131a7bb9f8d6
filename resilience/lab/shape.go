package lab

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Shape is a platform's configuration, as far as it varies. Zero fields stand for the defaults of [Shape.whole].
type Shape struct {
	Zones, Instances int
	// Egress is nat-per-zone, nat-single or none.
	Egress string
	// Page is the text of the page; "" is the built-in one. Another page is another user data, so other instances.
	Page string
	// CheckEvery is the health check's interval.
	CheckEvery time.Duration
	// Tags are the user's.
	Tags map[string]string
	// Domain is served over HTTPS; "" is plain HTTP.
	Domain string
	// Max is how many instances an Auto Scaling group may have that keeps one a zone at least, or, where that is the number of
	// instances, always as many; 0 is no group.
	Max int
	// Logs says that the load balancer's access log is kept.
	Logs bool
	// Monitored says that somebody is told of alarms.
	Monitored bool
}

func (s Shape) whole() Shape {
	if s.Zones == 0 {
		s.Zones = 2
	}
	if s.Instances == 0 {
		s.Instances = 2
	}
	if s.Max > 0 {
		s.Instances = max(s.Instances, s.Zones)
		s.Max = max(s.Max, s.Instances)
	}
	if s.Egress == "" {
		s.Egress = "nat-per-zone"
	}
	if s.CheckEvery == 0 {
		s.CheckEvery = 5 * time.Second
	}
	return s
}

// scales reports whether load changes the number of instances.
func (s Shape) scales() bool { return s.Max > 0 && s.Max != s.Instances }

// configuration is the file of a site's configuration, in its working directory.
const configuration = "platform.yaml"

// Configure writes the shape's platform.yaml, and its page.
func (s *Site) Configure(shape Shape) error {
	shape = shape.whole()
	var y strings.Builder
	fmt.Fprintf(&y, "name: %s\n", Platform)
	fmt.Fprintf(&y, "network: {zones: %d, egress: %s}\n", shape.Zones, shape.Egress)
	fmt.Fprintf(&y, "web:\n  instances: %d\n", shape.Instances)
	switch {
	case shape.Max == 0:
	case shape.scales():
		fmt.Fprintf(&y, "  auto_scaling: {min: %d, max: %d, requests_per_target: 100000}\n", shape.Zones, shape.Max)
	default:
		fmt.Fprintf(&y, "  auto_scaling: {min: %d, max: %d}\n", shape.Max, shape.Max)
	}
	if shape.Page != "" {
		fmt.Fprint(&y, "  page: page.html\n")
		if err := os.WriteFile(filepath.Join(s.Work(), "page.html"), []byte(shape.Page), 0o600); err != nil {
			return err
		}
	}
	fmt.Fprintf(&y, "load_balancer:\n  deregistration_delay: 1s\n  health_check: {interval: %s}\n", shape.CheckEvery)
	if shape.Domain != "" {
		fmt.Fprintf(&y, "  https: {domain: %s, hosted_zone: example.localhost}\n", shape.Domain)
	}
	if shape.Logs {
		fmt.Fprint(&y, "logs: {access: 30d}\n")
	}
	if shape.Monitored {
		fmt.Fprint(&y, "monitoring: {notify: [ops@example.com]}\n")
	}
	fmt.Fprintf(&y, "local: {latency: %s}\n", s.latency)
	if len(shape.Tags) > 0 {
		fmt.Fprint(&y, "tags:\n")
		for _, key := range slices.Sorted(maps.Keys(shape.Tags)) {
			fmt.Fprintf(&y, "  %s: %q\n", key, shape.Tags[key])
		}
	}
	return os.WriteFile(filepath.Join(s.Work(), configuration), []byte(y.String()), 0o600)
}

// Census is how many objects of each kind a platform of the shape consists of. It is written down here by hand, so that
// a fault of the blueprint shows.
func (s Shape) Census() map[string]int {
	s = s.whole()
	gateways := map[string]int{"nat-per-zone": s.Zones, "nat-single": 1, "none": 0}[s.Egress]
	census := map[string]int{
		"vpc": 1, "internet gateway": 1, "subnet": 2 * s.Zones, "route table": 2 * s.Zones,
		"Elastic IP": gateways, "NAT gateway": gateways, "VPC endpoint": 1,
		"security group": 2, "security group rule": 4,
		"instance": s.Instances, "volume": s.Instances,
		// One of each instance, each NAT gateway, and each zone of the load balancer.
		"network interface": s.Instances + gateways + s.Zones,
		"load balancer":     1, "listener": 1, "target group": 1, "target": s.Instances,
		"role": 1, "instance profile": 1,
	}
	if s.Domain != "" {
		// Another listener, whose port is open, and the records that prove the domain and lead it to the load balancer.
		census["listener"]++
		census["security group rule"]++
		census["certificate"], census["DNS record"] = 1, 2
	}
	if s.Max > 0 {
		census["launch template"], census["Auto Scaling group"] = 1, 1
	}
	if s.scales() {
		// The policy's two alarms are AWS's own.
		census["scaling policy"], census["alarm"] = 1, 2
	}
	if s.Logs {
		census["bucket"] = 1
	}
	if s.Monitored {
		// Of each zone, its healthy targets; of all, what is unhealthy, missing, failing twice, slow, rejected; of each NAT gateway, its
		// ports; of up to ten instances, checks and credits.
		tens := (s.Instances + 9) / 10
		census["alarm"] += s.Zones + 6 + gateways + 2*tens
		census["topic"], census["subscription"], census["dashboard"], census["KMS key"], census["KMS alias"] = 1, 1, 1, 1, 1
	}
	maps.DeleteFunc(census, func(_ string, n int) bool { return n == 0 })
	return census
}
