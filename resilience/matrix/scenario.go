package matrix

import (
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/resilience/kills"
	"github.com/platformctl/platformctl/resilience/lab"
)

// scenario is what the process is at when it is ended.
type scenario struct {
	name    string
	from    *lab.Shape // what is up before; nil: nothing
	during  *lab.Shape // what was to be up when the command was ended; nil: as to
	to      lab.Shape  // what is to be up
	command string     // that is ended
	then    string     // that is run after it, the same but where somebody changes their mind
}

func scenarios() []scenario {
	grown := lab.Shape{
		Zones: 3, Instances: 3, Page: "<h1>another page</h1>\n", CheckEvery: 10 * time.Second,
		Tags: map[string]string{"team": "web"},
	}
	scaled := lab.Shape{Max: 4}
	return []scenario{
		{name: "up", command: "up", then: "up"},
		// Every instance is replaced, because the page is in its user data; a zone comes with all that is in it; the health
		// check and the tags of everything change.
		{name: "grow", from: &lab.Shape{}, to: grown, command: "up", then: "up"},
		// A zone goes with all that is in it; the NAT gateways and their addresses go, and an endpoint comes.
		{name: "shrink", from: &lab.Shape{Zones: 3, Instances: 3}, to: lab.Shape{Egress: "none"}, command: "up", then: "up"},
		// Nothing but another page: the instances are replaced, one zone after the other. And a third page while that goes on.
		{name: "roll", from: &lab.Shape{}, to: lab.Shape{Page: "<h1>another page</h1>\n"}, command: "up", then: "up"},
		{
			name: "roll-roll", from: &lab.Shape{}, during: &lab.Shape{Page: "<h1>another page</h1>\n"},
			to: lab.Shape{Page: "<h1>a third page</h1>\n"}, command: "up", then: "up",
		},
		{name: "down", from: &lab.Shape{}, command: "down", then: "down"},
		{name: "up-down", command: "up", then: "down"},
		{name: "down-up", from: &lab.Shape{}, command: "down", then: "up"},
		{name: "up-grow", during: &lab.Shape{}, to: grown, command: "up", then: "up"},
		// A domain comes, with certificate, records, another listener and a redirect; another takes its place; it goes.
		{name: "https-on", from: &lab.Shape{}, to: lab.Shape{Domain: "shop.example.localhost"}, command: "up", then: "up"},
		{name: "domain-change", from: &lab.Shape{Domain: "shop.example.localhost"}, to: lab.Shape{Domain: "mall.example.localhost"}, command: "up", then: "up"},
		// An Auto Scaling group has the instances: it comes, alone and in place of a fixed number; it replaces its instances; a fixed
		// number takes its place; all goes.
		{name: "scaled-up", to: scaled, command: "up", then: "up"},
		{name: "fixed-to-scaled", from: &lab.Shape{}, to: scaled, command: "up", then: "up"},
		{name: "scaled-roll", from: &scaled, to: lab.Shape{Max: scaled.Max, Page: "<h1>another page</h1>\n"}, command: "up", then: "up"},
		{name: "scaled-to-fixed", from: &scaled, command: "up", then: "up"},
		{name: "scaled-down", from: &scaled, command: "down", then: "down"},
		// The access log is switched on, with a bucket; off again; and taken down with all.
		{name: "logs-on", from: &lab.Shape{}, to: lab.Shape{Logs: true}, command: "up", then: "up"},
		{name: "logs-off", from: &lab.Shape{Logs: true}, command: "up", then: "up"},
		{name: "logs-down", from: &lab.Shape{Logs: true}, command: "down", then: "down"},
		// Somebody is told of alarms; of a platform that grows; and no longer. All is taken down, but the key, which AWS keeps for days.
		{name: "monitored-up", from: &lab.Shape{}, to: lab.Shape{Monitored: true}, command: "up", then: "up"},
		{name: "monitored-grow", from: &lab.Shape{Monitored: true}, to: lab.Shape{Zones: 3, Instances: 3, Monitored: true}, command: "up", then: "up"},
		{name: "monitored-off", from: &lab.Shape{Monitored: true}, command: "up", then: "up"},
		{name: "monitored-down", from: &lab.Shape{Monitored: true}, command: "down", then: "down"},
		{name: "https-off", from: &lab.Shape{Domain: "shop.example.localhost"}, command: "up", then: "up"},
	}
}

// consistency is whether, and how, AWS shows at once what it has made or changed.
type consistency string

// faults are the local cloud's, where what is new is unseen for some time.
func (c consistency) faults(unseen time.Duration, seed int64) faults.Config {
	long := faults.Duration(unseen)
	switch c {
	case "on":
		return faults.Config{DescribeDelay: long, IAMPropagation: long}
	case "late":
		return faults.Config{Seed: seed, DescribeDelay: long, ReferenceDelay: long, ChangeDelay: long, IAMPropagation: long, VaryDelays: true}
	default:
		return faults.Config{}
	}
}

// point is one moment of one scenario.
type point struct {
	scenario    scenario
	consistency consistency
	kills.Point
}

// Reproduction is the command that runs this point alone. Calls that are under way at once come in any order, so it may
// have to be run more than once.
func (p point) Reproduction() string {
	return fmt.Sprintf("go run ./resilience matrix -scenario %s -consistency %s %s", p.scenario.name, p.consistency, p.Arguments())
}
