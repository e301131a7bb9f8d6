package blueprint_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
	"github.com/platformctl/platformctl/internal/testenv"
)

// alarmsOf are a platform's alarms by their names, in the order in which they are made.
func alarmsOf(t *testing.T, change func(*config.Config)) (names []string, alarms map[string]monitoring.Alarm) {
	t.Helper()
	cfg := config.Default()
	cfg.Monitoring.Notify = []string{"ops@example.com"}
	change(&cfg)
	graph, err := blueprint.Build(cfg, blueprint.Facts{Zones: []blueprint.Zone{{Name: "us-east-1a", Letter: "a"}, {Name: "us-east-1b", Letter: "b", Slot: 1}}, ImageID: "ami-0123456789abcdef0"})
	if err != nil {
		t.Fatal(err)
	}
	alarms = map[string]monitoring.Alarm{}
	for _, node := range graph.Nodes() {
		if alarm, is := node.Spec.(monitoring.Alarm); is {
			names, alarms[node.Key.Name] = append(names, node.Key.Name), alarm
		}
	}
	return names, alarms
}

func TestAlarms_OfEachPlatform(t *testing.T) {
	if names, _ := alarmsOf(t, func(c *config.Config) { c.Monitoring.Notify = nil }); len(names) > 0 {
		t.Errorf("nobody is told of %v", names)
	}
	for name, test := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"default": {func(*config.Config) {}, "no-healthy-target-us-east-1a no-healthy-target-us-east-1b unhealthy-targets missing-targets target-errors load-balancer-errors latency rejected-connections " +
			"nat-gateway-ports-a nat-gateway-ports-b status-checks-1 cpu-credits-1"},
		"no NAT gateway, no burstable type": {func(c *config.Config) { c.Network.Egress, c.Web.InstanceType = config.EgressNone, "m7i.large" },
			"no-healthy-target-us-east-1a no-healthy-target-us-east-1b unhealthy-targets missing-targets target-errors load-balancer-errors latency rejected-connections status-checks-1"},
		"13 instances over one NAT gateway": {func(c *config.Config) { c.Network.Egress, c.Web.Instances = config.EgressNATSingle, 13 },
			"no-healthy-target-us-east-1a no-healthy-target-us-east-1b unhealthy-targets missing-targets target-errors load-balancer-errors latency rejected-connections " +
				"nat-gateway-ports-a status-checks-1 status-checks-2 cpu-credits-1 cpu-credits-2"},
		"a group that may leave a zone empty, HTTPS": {func(c *config.Config) {
			c.Network.Egress, c.Web.AutoScaling, c.LoadBalancer.HTTPS = config.EgressNone, config.AutoScaling{Min: 1, Max: 4, CPU: 40}, https("shop.example.localhost")
		}, "no-healthy-target unhealthy-targets target-errors load-balancer-errors latency rejected-connections status-checks cpu-credits group-below-desired certificate-days"},
	} {
		t.Run(name, func(t *testing.T) {
			if names, _ := alarmsOf(t, test.change); strings.Join(names, " ") != test.want {
				t.Errorf("got  %s\nwant %s", strings.Join(names, " "), test.want)
			}
		})
	}
}

// TestAlarms_OneErrorAloneRaisesNone holds the arithmetic of the floor below which shares of errors are silent.
func TestAlarms_OneErrorAloneRaisesNone(t *testing.T) {
	for errors, floor := range map[config.Percent]int{1: 101, 0.5: 201, 5: 21, 100: 2, 3: 35} {
		_, alarms := alarmsOf(t, func(c *config.Config) { c.Monitoring.Thresholds.Errors = errors })
		alarm := alarms[blueprint.AlarmTargetErrors]
		if want := fmt.Sprintf("IF(FILL(requests, 0) >= %d, 100 * FILL(errors, 0) / (FILL(requests, 0)), 0)", floor); alarm.Expression != want || alarm.Threshold != float64(errors) {
			t.Errorf("%v: %s above %v, want %s", errors, alarm.Expression, alarm.Threshold, want)
		}
		if share := 100 / float64(floor); share > float64(errors) {
			t.Errorf("%v: one error of %d is %.3f percent", errors, floor, share)
		}
	}
}

const (
	alarmsBegin = "<!-- alarms: begin -->\n"
	alarmsEnd   = "<!-- alarms: end -->\n"
)

// TestDocuments_HaveTheAlarms compares the table in docs/monitoring.md with the alarms.
func TestDocuments_HaveTheAlarms(t *testing.T) {
	const path = "../../docs/monitoring.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), alarmsBegin)
	was, after, ends := strings.Cut(rest, alarmsEnd)
	if !begins || !ends {
		t.Fatalf("%s lacks the comments around the table", path)
	}
	is := alarmTable(t)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(before+alarmsBegin+is+alarmsEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := testenv.Diff(is, was); diff != "" {
		t.Errorf("docs/monitoring.md isn't what is made: make docs (-made +written):\n%s", diff)
	}
}

// alarmTable has each alarm of a platform with Auto Scaling and HTTPS once.
func alarmTable(t *testing.T) string {
	t.Helper()
	names, alarms := alarmsOf(t, func(c *config.Config) {
		c.Web.AutoScaling, c.LoadBalancer.HTTPS = config.AutoScaling{Min: 2, Max: 4, CPU: 40}, https("shop.example.localhost")
	})
	var table strings.Builder
	table.WriteString("|Alarm|Rings|Without data|\n|---|---|---|\n")
	seen := map[string]bool{}
	for _, name := range names {
		alarm := alarms[name]
		family := strings.TrimSuffix(strings.TrimSuffix(name, "-a"), "-b")
		if zone := strings.Index(name, "-us-east-1"); zone > 0 {
			family = name[:zone]
		}
		if seen[family] {
			continue
		}
		seen[family] = true
		operator := "below"
		if alarm.Above {
			operator = "above"
		}
		minutes := int(alarm.Period / time.Minute)
		when := fmt.Sprintf("%s of `%s` %s %v", alarm.Metrics[0].Statistic, alarm.Metrics[0].Name, operator, alarm.Threshold)
		switch {
		case strings.Contains(alarm.Expression, "FILL(zone"):
			when += " in the zone, or no data of it beside others'"
		case strings.HasPrefix(alarm.Expression, "IF"):
			when = fmt.Sprintf("`%s` above %v%% of `RequestCount`", alarm.Metrics[len(alarm.Metrics)-1].Name, alarm.Threshold)
		case alarm.Expression != "":
			when = fmt.Sprintf("`%s` − `%s` %s %v", alarm.Metrics[0].Name, alarm.Metrics[1].Name, operator, alarm.Threshold)
		}
		when += fmt.Sprintf(", %d of %d times %s", alarm.Breaching, alarm.Periods, map[int]string{1: "a minute", 5: "five minutes", 60: "an hour"}[minutes])
		missing := map[monitoring.Missing]string{monitoring.MissingFine: "is fine", monitoring.MissingIgnore: "stays as it was", monitoring.MissingTold: "is told"}[alarm.Missing]
		fmt.Fprintf(&table, "|`%s`|%s|%s|\n", family, when, missing)
	}
	return table.String()
}
