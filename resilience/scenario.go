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
	}
}

// mode is when the process is ended.
type mode string

// written is at the writes of the state; the others are at API calls.
const written mode = "written"

func modes() []mode { return []mode{mode(lab.Unsent), mode(lab.Acted), mode(lab.Replied), written} }

// consistency is whether, and how, AWS shows at once what it has made or changed.
type consistency string

func consistencies() []consistency { return []consistency{"off", "on", "late"} }

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
	mode        mode
	consistency consistency
	moment      // for written, at is the number of the event
	delay       time.Duration
}

// changing reports whether a call may change anything. The others matter too, because of what is under way beside them.
func changing(c lab.Call) bool {
	for _, reading := range []string{"Describe", "Get", "List", "Simulate", "Decode"} {
		if strings.HasPrefix(c.Operation, reading) {
			return false
		}
	}
	return true
}

// moment is the number of a call.
type moment struct {
	at        int
	operation string
}

// every is every call, by its number.
func every(calls []lab.Call) []moment {
	var all []moment
	for _, c := range calls {
		all = append(all, moment{at: c.N})
	}
	return all
}

// changes are the calls that may change anything, by their number among those of their operation: which one comes when
// differs from run to run, but how many come of each does not.
func changes(calls []lab.Call) []moment {
	var all []moment
	count := map[string]int{}
	for _, c := range calls {
		if changing(c) {
			count[c.Operation]++
			all = append(all, moment{count[c.Operation], c.Operation})
		}
	}
	return all
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
