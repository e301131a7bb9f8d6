package runbook_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/provision"
)

// items are what a platform of the default configuration costs, but for its way out.
func items(t *testing.T, egress config.Egress) []prices.Item {
	t.Helper()
	return itemsOf(t, func(c *config.Config) { c.Network.Egress = egress })
}

// itemsOf are what a platform costs that differs from the default configuration.
func itemsOf(t *testing.T, change func(*config.Config)) []prices.Item {
	t.Helper()
	cfg := config.Default()
	change(&cfg)
	graph, err := blueprint.Build(cfg, blueprint.Facts{Zones: []blueprint.Zone{{Letter: "a", Slot: 0}, {Letter: "b", Slot: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	return provision.ItemsOf(graph)
}

// costs is the README's table: what the default platform consists of, in the region of most prices.
func costs(t *testing.T) string {
	const region = "us-east-1"
	list := prices.Published()
	price := func(name prices.Name) string {
		p, ok := list.Price(region, name)
		if !ok {
			t.Fatalf("the list has no price of %s in %s", name, region)
		}
		return p.Exact()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "The default platform in %s, %d hours a month, by the prices that AWS published (as of %s):\n\n",
		region, prices.HoursPerMonth, list.Date(region, items(t, config.EgressNATPerZone)...))
	fmt.Fprint(&b, "| What | How many | Each | A month |\n|---|---|---|---|\n")
	lines := list.Lines(items(t, config.EgressNATPerZone), region)
	slices.SortStableFunc(lines, func(a, b prices.Line) int { return cmp.Compare(b.Month, a.Month) })
	for _, line := range lines {
		fmt.Fprintf(&b, "| %s | %d | %s %s | %s |\n", line.Name.Title(), line.Count, price(line.Name), line.Name.Per(), line.Month)
	}
	fmt.Fprintf(&b, "| **Together** | | | **%s** |\n\n", list.Month(items(t, config.EgressNATPerZone), region).Amount)
	at := func(instances int) prices.Amount {
		return list.Month(itemsOf(t, func(c *config.Config) {
			c.Web.Instances, c.Web.AutoScaling = instances, config.AutoScaling{Min: 2, Max: 6, CPU: 50, StaticStability: true}
		}), region).Amount
	}
	fmt.Fprintf(&b, "With `auto_scaling: {min: 2, max: 6, cpu: 50}` it is %s with 2 instances, and %s with 6. The group is free; with\n"+
		"`cpu` each instance has seven metrics, at %s %s each, and the policy two alarms, at %s.\n\n", at(2), at(6), price(prices.Metric), prices.Metric.Per(), price(prices.Alarm))
	fmt.Fprintf(&b, "Traffic comes on top: %s %s for each load balancer capacity unit, %s for each GB through a NAT\ngateway, and data to the internet and between zones.\n",
		price(prices.LoadBalancerTraffic), prices.LoadBalancerTraffic.Per(), price(prices.NATGatewayTraffic))
	return b.String()
}

// costsByRegion is the table in operations.md.
func costsByRegion(t *testing.T) string {
	list := prices.Published()
	ways := []config.Egress{config.EgressNATPerZone, config.EgressNATSingle, config.EgressNone}
	var b strings.Builder
	b.WriteString("| Region | `" + string(ways[0]) + "` | `" + string(ways[1]) + "` | `" + string(ways[2]) + "` | Prices of |\n|---|---|---|---|---|\n")
	for _, region := range list.Regions() {
		fmt.Fprintf(&b, "| %s |", region)
		for _, egress := range ways {
			fmt.Fprintf(&b, " %s |", list.Month(items(t, egress), region).Amount)
		}
		fmt.Fprintf(&b, " %s |\n", list.Date(region, items(t, ways[0])...))
	}
	return b.String()
}

// The documents hold what the list of prices says.
func TestDocumentsAreCurrent_Costs(t *testing.T) {
	for file, want := range map[string]string{"../README.md": costs(t), "operations.md": costsByRegion(t)} {
		const begins, ends = "<!-- costs: begin (make docs) -->\n", "<!-- costs: end -->\n"
		path := filepath.Join(documents, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, begin := strings.Cut(string(text), begins)
		is, after, end := strings.Cut(rest, ends)
		if !begin || !end {
			t.Fatalf("%s lacks the comments around its costs", file)
		}
		if *update {
			if err := os.WriteFile(path, []byte(before+begins+want+ends+after), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if is != want {
			t.Errorf("%s doesn't have the costs by the list of prices: make docs", file)
		}
	}
}
