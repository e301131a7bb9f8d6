package config

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestKeys_AreThoseOfConfiguration(t *testing.T) {
	var want, got []string
	for _, f := range fields() {
		want = append(want, f.key)
	}
	for _, k := range keys() {
		got = append(got, k.name)
	}
	if !slices.Equal(want, got) {
		t.Errorf("want %q, got %q", want, got)
	}
}

func TestChanged_SaysWhatAPersonChanged(t *testing.T) {
	page := func(path, content string) func(*Config) {
		return func(c *Config) { c.Web.Page, c.Web.PageContent = path, content }
	}
	for want, set := range map[string]func(*Config){
		"": func(*Config) {},
		"network.cidr: 10.0.0.0/16 → 10.1.0.0/16":           func(c *Config) { c.Network.CIDR = netip.MustParsePrefix("10.1.0.0/16") },
		"network.zones: 2 → [us-east-1a, us-east-1c]":       func(c *Config) { c.Network.Zones = Zones{2, []string{"us-east-1a", "us-east-1c"}} },
		"web.instance_type: t3.micro → t3.small":            func(c *Config) { c.Web.InstanceType = "t3.small" },
		`web.image: "" → latest`:                            func(c *Config) { c.Web.Image = "latest" },
		"web.page: index.html changed (+2 −1 lines)":        page("index.html", "a\nB\nc\nd\n"),
		"web.page: index.html → new.html (+1 −0 lines)":     page("new.html", "a\nb\nc\nd\n"),
		"web.page: index.html → the built-in page":          page("", ""),
		"load_balancer.idle_timeout: 60s → 90s":             func(c *Config) { c.LoadBalancer.IdleTimeout = 90 * time.Second },
		`load_balancer.https.domain: "" → shop.example.com`: func(c *Config) { c.LoadBalancer.HTTPS.Domain = "shop.example.com" },
		"load_balancer.https.alternative_names: [] → [a.example.com, *.b.example.com]": func(c *Config) {
			c.LoadBalancer.HTTPS.AlternativeNames = []string{"a.example.com", "*.b.example.com"}
		},
		"web.auto_scaling.max: 0 → 6":                   func(c *Config) { c.Web.AutoScaling.Max = 6 },
		"drill.availability: 99 → 99.9":                 func(c *Config) { c.Drill.Availability = 99.9 },
		"drill.scenarios: none → process=82.5, zone=79": func(c *Config) { c.Drill.Scenarios = map[string]float64{"zone": 79, "process": 82.5} },
		"tags: new=1 added, old=1 removed, team=a → b":  func(c *Config) { c.Tags = map[string]string{"team": "b", "new": "1"} },
	} {
		before := Default()
		before.Tags = map[string]string{"team": "a", "old": "1"}
		page("index.html", "a\nb\nc\n")(&before)
		after := before
		set(&after)
		var texts []string
		for _, change := range Changed(before, after) {
			texts = append(texts, change.Text)
			if !reflect.DeepEqual(change.With, after) {
				t.Errorf("%s: with it alone it isn't the second configuration: %+v", change.Key, change.With)
			}
		}
		if got := strings.Join(texts, "; "); got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}

// The state keeps a configuration as JSON.
func TestConfig_ComesBackFromJSON(t *testing.T) {
	want := Default()
	want.Network.Zones, want.Tags = Zones{2, []string{"us-east-1a", "us-east-1b"}}, map[string]string{"team": "a"}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := Default()
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(want, got) {
		t.Errorf("%v: want %+v, got %+v", err, want, got)
	}
}
