package config

import (
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// KeyChange is a key whose value two configurations don't share.
type KeyChange struct {
	Key string
	// Text says what a person changed, such as "web.instances: 2 → 4".
	Text string
	// With is the first configuration with the second one's value of this key alone.
	With Config
}

// Changed are the keys that two configurations of a platform differ in, in the order of the keys.
func Changed(before, after Config) []KeyChange {
	var changes []KeyChange
	for _, k := range keys() {
		if text := k.differ(before, after); text != "" {
			with := before
			k.take(&with, after)
			changes = append(changes, KeyChange{Key: k.name, Text: k.name + ": " + text, With: with})
		}
	}
	return changes
}

// key is how configurations are compared by one of their keys.
type key struct {
	name string
	// differ says from what to what it changed; "" where it didn't.
	differ func(before, after Config) string
	take   func(to *Config, from Config)
}

// keyOf is a key whose value is in one field.
func keyOf[T any](name string, of func(*Config) *T) key {
	return key{
		name: name,
		differ: func(before, after Config) string {
			return changeText(valueText(*of(&before)), valueText(*of(&after)))
		},
		take: func(to *Config, from Config) { *of(to) = *of(&from) },
	}
}

func changeText(before, after string) string {
	if before == after {
		return ""
	}
	return quoteEmpty(before) + " → " + quoteEmpty(after)
}

// valueText is a value as configurations have it.
func valueText(value any) string {
	if d, ok := value.(time.Duration); ok {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return fmt.Sprint(value)
}

func quoteEmpty(value string) string {
	if value == "" {
		return `""`
	}
	return value
}

func keys() []key {
	return []key{
		keyOf("name", func(c *Config) *string { return &c.Name }),
		keyOf("target", func(c *Config) *Target { return &c.Target }),
		keyOf("region", func(c *Config) *string { return &c.Region }),
		keyOf("protect", func(c *Config) *bool { return &c.Protect }),
		keyOf("network.cidr", func(c *Config) *netip.Prefix { return &c.Network.CIDR }),
		{
			"network.zones",
			func(before, after Config) string {
				return changeText(before.Network.Zones.String(), after.Network.Zones.String())
			},
			func(to *Config, from Config) { to.Network.Zones = from.Network.Zones },
		},
		keyOf("network.egress", func(c *Config) *Egress { return &c.Network.Egress }),
		keyOf("web.instances", func(c *Config) *int { return &c.Web.Instances }),
		keyOf("web.instance_type", func(c *Config) *string { return &c.Web.InstanceType }),
		keyOf("web.image", func(c *Config) *string { return &c.Web.Image }),
		{"web.page", pageChange, func(to *Config, from Config) {
			to.Web.Page, to.Web.PageContent = from.Web.Page, from.Web.PageContent
		}},
		keyOf(sectionAutoScaling+"min", func(c *Config) *int { return &c.Web.AutoScaling.Min }),
		keyOf(sectionAutoScaling+"max", func(c *Config) *int { return &c.Web.AutoScaling.Max }),
		keyOf(sectionAutoScaling+"cpu", func(c *Config) *int { return &c.Web.AutoScaling.CPU }),
		keyOf(sectionAutoScaling+"requests_per_target", func(c *Config) *int { return &c.Web.AutoScaling.RequestsPerTarget }),
		keyOf(sectionAutoScaling+"static_stability", func(c *Config) *bool { return &c.Web.AutoScaling.StaticStability }),
		keyOf("load_balancer.idle_timeout", func(c *Config) *time.Duration { return &c.LoadBalancer.IdleTimeout }),
		keyOf("load_balancer.deregistration_delay", func(c *Config) *time.Duration { return &c.LoadBalancer.DeregistrationDelay }),
		keyOf("load_balancer.health_check.path", func(c *Config) *string { return &c.LoadBalancer.HealthCheck.Path }),
		keyOf("load_balancer.health_check.interval", func(c *Config) *time.Duration { return &c.LoadBalancer.HealthCheck.Interval }),
		keyOf("load_balancer.health_check.timeout", func(c *Config) *time.Duration { return &c.LoadBalancer.HealthCheck.Timeout }),
		keyOf("load_balancer.health_check.healthy", func(c *Config) *int { return &c.LoadBalancer.HealthCheck.Healthy }),
		keyOf("load_balancer.health_check.unhealthy", func(c *Config) *int { return &c.LoadBalancer.HealthCheck.Unhealthy }),
		keyOf("load_balancer.https.domain", func(c *Config) *string { return &c.LoadBalancer.HTTPS.Domain }),
		{"load_balancer.https.alternative_names", namesChange, func(to *Config, from Config) {
			to.LoadBalancer.HTTPS.AlternativeNames = from.LoadBalancer.HTTPS.AlternativeNames
		}},
		keyOf("load_balancer.https.hosted_zone", func(c *Config) *string { return &c.LoadBalancer.HTTPS.HostedZone }),
		keyOf("load_balancer.https.certificate", func(c *Config) *string { return &c.LoadBalancer.HTTPS.Certificate }),
		keyOf("load_balancer.https.policy", func(c *Config) *string { return &c.LoadBalancer.HTTPS.Policy }),
		{notifyKey, notifyChange, func(to *Config, from Config) { to.Monitoring.Notify = from.Monitoring.Notify }},
		keyOf(sectionMonitoring+"dashboard", func(c *Config) *bool { return &c.Monitoring.Dashboard }),
		keyOf(sectionMonitoring+"thresholds.errors", func(c *Config) *Percent { return &c.Monitoring.Thresholds.Errors }),
		{sectionMonitoring + "thresholds.latency", func(before, after Config) string {
			return changeText(before.Monitoring.Thresholds.Latency.String(), after.Monitoring.Thresholds.Latency.String())
		}, func(to *Config, from Config) { to.Monitoring.Thresholds.Latency = from.Monitoring.Thresholds.Latency }},
		keyOf("logs.access", func(c *Config) *Days { return &c.Logs.Access }),
		keyOf("drill.availability", func(c *Config) *float64 { return &c.Drill.Availability }),
		{"drill.scenarios", objectivesChange, func(to *Config, from Config) { to.Drill.Scenarios = from.Drill.Scenarios }},
		{"tags", tagsChange, func(to *Config, from Config) { to.Tags = from.Tags }},
		keyOf("local.latency", func(c *Config) *string { return &c.Local.Latency }),
	}
}

// String is the number, or the names where the user chose them.
func (z Zones) String() string {
	if z.Names == nil {
		return fmt.Sprint(z.Count)
	}
	return "[" + strings.Join(z.Names, ", ") + "]"
}

// pageChange says which page is served now, and how many of its lines are others.
func pageChange(before, after Config) string {
	if before.Web.PageContent == after.Web.PageContent {
		return ""
	}
	title := func(web Web) string {
		if web.Page == "" {
			return "the built-in page"
		}
		return filepath.Base(web.Page)
	}
	text := title(before.Web) + " → " + title(after.Web)
	if before.Web.Page == after.Web.Page {
		text = title(after.Web) + " changed"
	}
	if before.Web.Page == "" || after.Web.Page == "" {
		return text // the built-in page is a program's, not a person's
	}
	added, removed := changedLines(before.Web.PageContent, after.Web.PageContent)
	return fmt.Sprintf("%s (+%d −%d lines)", text, added, removed)
}

// changedLines are how many lines were added and removed: the fewest that make the one text of the other.
func changedLines(before, after string) (added, removed int) {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	// common is, of b's first lines, how many are in order among the lines of a so far.
	common := make([]int, len(b)+1)
	for _, line := range a {
		diagonal := 0
		for j := range b {
			above := common[j+1]
			if line == b[j] {
				common[j+1] = diagonal + 1
			} else {
				common[j+1] = max(above, common[j])
			}
			diagonal = above
		}
	}
	same := common[len(b)]
	return len(b) - same, len(a) - same
}

// tagsChange names the tags that differ.
func tagsChange(before, after Config) string {
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(union(before.Tags, after.Tags))) {
		had, hadIt := before.Tags[name]
		has, hasIt := after.Tags[name]
		switch {
		case !hadIt:
			changes = append(changes, name+"="+has+" added")
		case !hasIt:
			changes = append(changes, name+"="+had+" removed")
		case had != has:
			changes = append(changes, name+"="+had+" → "+has)
		}
	}
	return strings.Join(changes, ", ")
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}
