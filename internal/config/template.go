package config

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed template.yaml
var template string

// Template returns the platform.yaml that `platformctl init` writes: every key with its default and a word on what it is for.
func Template() string { return template }

// TemplateFor returns the template with a configuration's values for the keys that `platformctl init` asks for.
func TemplateFor(c Config) string {
	lines := strings.Split(template, "\n")
	keys := templateKeys()
	zones := fmt.Sprint(c.Network.Zones.Count)
	if len(c.Network.Zones.Names) > 0 {
		zones = "[" + strings.Join(c.Network.Zones.Names, ", ") + "]"
	}
	name := c.Name
	if name[0] <= '9' || slices.Contains([]string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}, name) {
		name = `"` + name + `"` // or some reader of YAML takes it for something else than a text
	}
	for key, value := range map[string]string{
		"name": name, "target": string(c.Target), "region": c.Region,
		"network.zones": zones, "network.egress": string(c.Network.Egress), "web.instances": fmt.Sprint(c.Web.Instances),
		"web.auto_scaling.min": fmt.Sprint(c.Web.AutoScaling.Min), "web.auto_scaling.max": fmt.Sprint(c.Web.AutoScaling.Max),
		"web.auto_scaling.cpu":       fmt.Sprint(c.Web.AutoScaling.CPU),
		"monitoring.notify":          listOf(c.Monitoring.Notify),
		"load_balancer.https.domain": orEmpty(c.LoadBalancer.HTTPS.Domain), "load_balancer.https.hosted_zone": orEmpty(c.LoadBalancer.HTTPS.HostedZone),
	} {
		line := &lines[keys[key].line]
		before, _, _ := strings.Cut(*line, ": ")
		*line = before + ": " + value
	}
	return strings.Join(lines, "\n")
}

// orEmpty is a name as YAML has it.
func orEmpty(name string) string {
	if name == "" {
		return `""`
	}
	return name
}

// templateKey is where the template has a key or a section.
type templateKey struct {
	line    int    // counted from 0
	comment string // what is said right above it
}

// templateKeys finds all keys and sections of the template. A section is indented by two spaces more than the one it is in.
func templateKeys() map[string]templateKey {
	keys := map[string]templateKey{}
	var path, comment []string
	for i, line := range strings.Split(template, "\n") {
		text := strings.TrimLeft(line, " ")
		if rest, ok := strings.CutPrefix(text, "#"); ok {
			comment = append(comment, strings.TrimPrefix(rest, " "))
			continue
		}
		if name, _, ok := strings.Cut(text, ":"); ok {
			path = append(path[:(len(line)-len(text))/2], name)
			keys[strings.Join(path, ".")] = templateKey{i, strings.Join(comment, "\n")}
		}
		comment = nil
	}
	return keys
}

// listOf is a list as YAML has it.
func listOf(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.Quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
