package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/resilience/lab"
)

// scenario is what the process is at when it is ended.
type scenario struct {
	name    string
	from    *lab.Shape // what is up before; nil: nothing
	to      lab.Shape
	command string
}

func scenarios() []scenario {
	grown := lab.Shape{
		Zones: 3, Instances: 3, Page: "<h1>another page</h1>\n", CheckEvery: 10 * time.Second,
		Tags: map[string]string{"team": "web"},
	}
	return []scenario{
		{name: "up", command: "up"},
		// Every instance is replaced, because the page is in its user data; a zone comes with all that is in it; the health
		// check and the tags of everything change.
		{name: "grow", from: &lab.Shape{}, to: grown, command: "up"},
		// A zone goes with all that is in it; the NAT gateways and their addresses go, and an endpoint comes.
		{name: "shrink", from: &lab.Shape{Zones: 3, Instances: 3}, to: lab.Shape{Egress: "none"}, command: "up"},
		{name: "down", from: &lab.Shape{}, command: "down"},
	}
}

// mode is when the process is ended.
type mode string

// written is at the writes of the state; the others are at API calls.
const written mode = "written"

func modes() []mode { return []mode{mode(lab.Unsent), mode(lab.Acted), mode(lab.Replied), written} }

// consistency is whether AWS shows at once what it has made.
type consistency string

func consistencies() []consistency { return []consistency{"off", "on"} }

// unseen is how long a new object is hidden with eventual consistency on, and a new role from EC2.
const unseen = 2 * time.Second

func (c consistency) faults() faults.Config {
	if c == "off" {
		return faults.Config{}
	}
	return faults.Config{DescribeDelay: faults.Duration(unseen), IAMPropagation: faults.Duration(unseen)}
}

// point is one moment of one scenario.
type point struct {
	scenario    scenario
	mode        mode
	consistency consistency
	at          int
	operation   string // counts the calls of this one alone; "" counts all
	delay       time.Duration
}

// delays are those from a reply to the end. A reply is read within 0.1 ms or so; the state is on disk some
// milliseconds later.
func delays() []time.Duration {
	return []time.Duration{0, 200 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond}
}

// delayAt varies the delay from point to point.
func delayAt(at int) time.Duration { return delays()[at%len(delays())] }

// reproduction is the command that runs this point alone. Calls that are under way at once come in any order, so it may
// have to be run more than once.
func (p point) reproduction() string {
	text := fmt.Sprintf("go run ./resilience matrix -scenario %s -consistency %s -mode %s -at %d", p.scenario.name, p.consistency, p.mode, p.at)
	if p.operation != "" {
		text += " -operation " + p.operation
	}
	if p.mode == mode(lab.Replied) {
		text += fmt.Sprintf(" -delay %s", p.delay)
	}
	return text
}

// choose reads a list such as "up,down"; "all" is everything.
func choose[T any](list string, all []T, name func(T) string) ([]T, error) {
	if list == "all" {
		return all, nil
	}
	var chosen []T
	for _, wanted := range strings.Split(list, ",") {
		i := slices.IndexFunc(all, func(one T) bool { return name(one) == wanted })
		if i < 0 {
			var names []string
			for _, one := range all {
				names = append(names, name(one))
			}
			return nil, fmt.Errorf("there is no %q; there are %s", wanted, strings.Join(names, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
