package faults

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Problem is one thing that is wrong with what was asked for.
type Problem struct {
	// Path says where, such as "rules[0].operations[1]".
	Path string
	// Line and Column say where in a file, from 1; 0 where that isn't known.
	Line, Column int
	// Message says what is wrong, Allowed what would be right.
	Message, Allowed string
}

// Error is what is wrong with what was asked for. Source names where it was: a file.
type Error struct {
	Source   string
	Problems []Problem
}

// Error returns one line for each problem: source:line:column: path: message.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		var line strings.Builder
		line.WriteString(e.Source)
		if p.Line > 0 {
			fmt.Fprintf(&line, ":%d:%d", p.Line, p.Column)
		}
		if p.Path != "" {
			line.WriteString(": " + p.Path)
		}
		line.WriteString(": " + p.Message)
		if p.Allowed != "" {
			line.WriteString("; allowed: " + p.Allowed)
		}
		lines[i] = line.String()
	}
	return strings.Join(lines, "\n")
}

// Check says what is wrong with the configuration, given all services that there are. All
// is well when there are no problems.
func (c Config) Check(services []service.Service) []Problem {
	k := checker{services: services, operations: service.Operations(services, service.Env{})}
	for _, d := range []struct {
		path  string
		value Duration
	}{{"describe_delay", c.DescribeDelay}, {"reference_delay", c.ReferenceDelay}, {"change_delay", c.ChangeDelay}, {"iam_propagation", c.IAMPropagation}, {"round_trip", c.RoundTrip}} {
		if d.value < 0 {
			k.problem(d.path, "can't be negative", "a duration such as 3s")
		}
	}
	k.share("throttle_rate", c.ThrottleRate)
	k.share("error_rate", c.ErrorRate)
	k.share("reset_rate", c.ResetRate)
	k.share("lost_reply_rate", c.LostReplyRate)
	for i, r := range c.Rules {
		k.rule(fmt.Sprintf("rules[%d]", i), r)
	}
	for _, s := range services {
		for _, action := range s.Actions {
			k.operations = append(k.operations, wire.Operation{Service: s.Name, Name: action})
		}
	}
	k.patterns("deny", c.Deny)
	k.patterns("allow", c.Allow)
	for i, p := range c.NoCapacity {
		k.place(fmt.Sprintf("no_capacity[%d]", i), p)
	}
	for i, p := range c.NotOffered {
		path := fmt.Sprintf("not_offered[%d]", i)
		k.place(path, p)
		if p.InstanceType == "" {
			k.problem(path, "lacks instance_type", "both zone and instance_type")
		}
	}
	for i, zone := range c.NoPackages {
		k.place(fmt.Sprintf("no_packages[%d]", i), Place{Zone: zone})
	}
	k.ids("no_boot", c.NoBoot, "image", "ami-")
	k.ids("impaired_instances", c.ImpairedInstances, "instance", "i-")
	k.ids("impaired_systems", c.ImpairedSystems, "instance", "i-")
	for i, f := range c.Failures {
		k.failure(fmt.Sprintf("failures[%d]", i), f)
	}
	for _, key := range quotaKeys(services) {
		if c.Quotas[key] < 0 {
			k.problem("quotas."+key, "can't be negative", "a number from 1")
		}
	}
	return k.problems
}

type checker struct {
	services   []service.Service
	operations []wire.Operation
	problems   []Problem
}

func (k *checker) problem(path, message, allowed string) {
	k.problems = append(k.problems, Problem{Path: path, Message: message, Allowed: allowed})
}

func (k *checker) ids(path string, ids []string, noun, prefix string) {
	for i, id := range ids {
		if !strings.HasPrefix(id, prefix) {
			k.problem(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%q is no %s", id, noun), fmt.Sprintf("the ID of an %s such as %s0123456789abcdef0", noun, prefix))
		}
	}
}

func (k *checker) share(path string, value float64) {
	if !(value >= 0 && value <= 1) { // nor NaN
		k.problem(path, fmt.Sprintf("%v is no share of the calls", value), "a number from 0 to 1")
	}
}

var codeShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.]*$`)

func (k *checker) rule(path string, r Rule) {
	k.patterns(path+".operations", r.Operations)
	if !slices.Contains(Faults(), r.Fault) {
		message := fmt.Sprintf("there is no fault %q", r.Fault)
		if r.Fault == "" {
			message = "is missing"
		}
		var names []string
		for _, f := range Faults() {
			names = append(names, string(f))
		}
		k.problem(path+".fault", message, strings.Join(names, ", "))
	}
	if r.Fault == Refuse {
		if !codeShape.MatchString(r.Code) {
			k.problem(path+".code", fmt.Sprintf("%q is no error code", r.Code), "a code such as InsufficientInstanceCapacity")
		}
		if r.Status != 0 && (r.Status < 400 || r.Status > 599) {
			k.problem(path+".status", fmt.Sprintf("%d is no status of an error", r.Status), "a number from 400 to 599")
		}
	} else if r.Code != "" || r.Message != "" || r.Status != 0 {
		k.problem(path, "code, message and status are for the fault refuse alone", "")
	}
	k.share(path+".rate", r.Rate)
	if r.Nth < 0 {
		k.problem(path+".nth", "can't be negative", "a number from 1")
	}
	if r.Times < 0 {
		k.problem(path+".times", "can't be negative", "a number from 1")
	}
}

func (k *checker) patterns(path string, patterns []string) {
	for i, p := range patterns {
		if slices.ContainsFunc(k.operations, func(o wire.Operation) bool { return matches(p, o.Service, o.Name) }) {
			continue
		}
		k.problem(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("no operation that is simulated is called %q", p), k.like(p))
	}
}

// like says what a pattern could have meant: the operations that have most in common
// with it.
func (k *checker) like(pattern string) string {
	_, name, ok := strings.Cut(pattern, ":")
	if !ok {
		name = pattern
	}
	var near []string
	for _, o := range k.operations {
		if similar(strings.ToLower(o.Name), strings.ToLower(name)) {
			near = append(near, o.Service+":"+o.Name)
		}
	}
	slices.Sort(near)
	const most = 5
	if len(near) > most {
		near = near[:most]
	}
	if len(near) == 0 {
		near = []string{"ec2:CreateVpc", "iam:CreateRole"}
	}
	return "names of simulated operations such as " + strings.Join(near, ", ") + ", with or without the service, and * for any letters"
}

// similar reports whether two names begin or end alike.
func similar(a, b string) bool {
	const enough = 9 // letters; more than the verb
	from := 0
	for from < min(len(a), len(b)) && a[from] == b[from] {
		from++
	}
	end := 0
	for end < min(len(a), len(b)) && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return from >= enough || end >= enough
}

func (k *checker) place(path string, p Place) {
	i := slices.IndexFunc(k.services, func(s service.Service) bool { return s.Places != nil })
	if i < 0 {
		k.problem(path, "no service has places", "")
		return
	}
	places := k.services[i].Places
	var zones []string
	if len(p.Zone) > 1 {
		zones = places.Zones(p.Zone[:len(p.Zone)-1])
	}
	switch {
	case len(zones) == 0:
		k.problem(path+".zone", fmt.Sprintf("%q is no Availability Zone", p.Zone), "a zone such as us-east-1a")
	case !slices.Contains(zones, p.Zone):
		k.problem(path+".zone", fmt.Sprintf("the region has no zone %q", p.Zone), strings.Join(zones, ", "))
	}
	if types := places.InstanceTypes(); p.InstanceType != "" && !slices.Contains(types, p.InstanceType) {
		k.problem(path+".instance_type", fmt.Sprintf("there is no instance type %q", p.InstanceType), strings.Join(types, ", "))
	}
}
