package faults

import (
	"fmt"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Config is all that can be asked for. The zero value is a cloud without faults. The
// tags are the names in the file, as JSON or YAML.
type Config struct {
	// Seed decides which calls rates hit.
	Seed int64 `json:"seed,omitzero"`
	// DescribeDelay is how long calls that read don't see a new object, ReferenceDelay how
	// long calls that change something don't know one that they name, and ChangeDelay how
	// long calls that read see an object as it was before a change, or before its end.
	DescribeDelay  Duration `json:"describe_delay,omitzero"`
	ReferenceDelay Duration `json:"reference_delay,omitzero"`
	ChangeDelay    Duration `json:"change_delay,omitzero"`
	// VaryDelays gives every object, on each of the servers that answer calls, delays of
	// its own between none and those, by the seed.
	VaryDelays bool `json:"vary_delays,omitzero"`
	// IAMPropagation is how long EC2 doesn't know a new role or instance profile.
	IAMPropagation Duration `json:"iam_propagation,omitzero"`
	// RoundTrip is how long a request and its answer are on their way, half of it each.
	// Connections cost nothing more, so AWS takes longer for a client that opens many.
	RoundTrip Duration `json:"round_trip,omitzero"`
	// Throttle limits calls by AWS's token buckets.
	Throttle bool `json:"throttle,omitzero"`
	// ThrottleRate, ErrorRate, ResetRate and LostReplyRate are the shares of all calls,
	// from 0 to 1, that are throttled, answered by a server error, never arrive, and are
	// done without an answer.
	ThrottleRate  float64 `json:"throttle_rate,omitzero"`
	ErrorRate     float64 `json:"error_rate,omitzero"`
	ResetRate     float64 `json:"reset_rate,omitzero"`
	LostReplyRate float64 `json:"lost_reply_rate,omitzero"`
	// Rules inject faults into calls of certain operations.
	Rules []Rule `json:"rules,omitempty"`
	// Deny lists actions that the caller lacks the permission for, as patterns such as
	// "ec2:CreateNatGateway", "iam:Create*" or "iam:PassRole".
	Deny []string `json:"deny,omitempty"`
	// Allow lists the only actions that the caller has the permission for; none means
	// all actions. What Deny means stays denied.
	Allow []string `json:"allow,omitempty"`
	// NoCapacity lists where no instance can be started, NotOffered which types a zone
	// doesn't have at all.
	NoCapacity []Place `json:"no_capacity,omitempty"`
	NotOffered []Place `json:"not_offered,omitempty"`
	// NoPackages lists the zones whose instances reach no package repository.
	NoPackages []string `json:"no_packages,omitempty"`
	// NoBoot lists the images whose instances never boot: they run, and answer nobody.
	NoBoot []string `json:"no_boot,omitempty"`
	// ImpairedInstances and ImpairedSystems list the instances whose own status check fails, and that of the machine
	// under them. What runs inside goes on.
	ImpairedInstances []string `json:"impaired_instances,omitempty"`
	ImpairedSystems   []string `json:"impaired_systems,omitempty"`
	// Failures make objects fail after the call that asked for them has succeeded.
	Failures []Failure `json:"failures,omitempty"`
	// Quotas are the account's that aren't AWS's defaults.
	Quotas world.Quotas `json:"quotas,omitempty"`
}

// Rule injects a fault into calls of certain operations. Of several rules that hit a
// call, and take hold at the same place on its way, the first decides.
type Rule struct {
	// Operations are patterns such as "CreateVpc", "ec2:CreateVpc" or "Describe*". None
	// means all operations.
	Operations []string `json:"operations,omitempty"`
	Fault      Fault    `json:"fault"`
	// Code, Message and Status are those of a refusal, for fault "refuse". Status is 400
	// by default.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Status  int    `json:"status,omitzero"`
	// Rate is the share of the calls that are hit, from 0 to 1; 0 means all.
	Rate float64 `json:"rate,omitzero"`
	// Nth is the first of the calls that can be hit, counting those that come as far as
	// the fault, from 1; 0 means 1. With Nth
	// and without Times that one alone is hit.
	Nth int `json:"nth,omitzero"`
	// Times is how many calls are hit at most; 0 means all, but see Nth.
	Times int `json:"times,omitzero"`
}

// Fault is what a rule injects.
type Fault string

// The faults that rules inject.
const (
	Throttle  Fault = "throttle"   // the service's throttling refusal
	ErrorFive Fault = "error"      // a server error, InternalError or ServiceUnavailable
	Reset     Fault = "reset"      // the connection is reset before the call is done
	LostReply Fault = "lost-reply" // the call is done and the answer doesn't arrive
	Denied    Fault = "deny"       // the caller lacks the permission
	Refuse    Fault = "refuse"     // the refusal that the rule names
)

// Faults lists all that rules can inject.
func Faults() []Fault { return []Fault{Throttle, ErrorFive, Reset, LostReply, Denied, Refuse} }

// Place is an instance type in a zone.
type Place struct {
	Zone string `json:"zone"`
	// InstanceType is a type such as "t3.micro"; "" means all, for lack of capacity.
	InstanceType string `json:"instance_type,omitempty"`
}

// ParsePlace reads what String writes.
func ParsePlace(text string) Place {
	if instanceType, zone, ok := strings.Cut(text, "@"); ok {
		return Place{Zone: zone, InstanceType: instanceType}
	}
	return Place{Zone: text}
}

// String is the place as world.Switches has it.
func (p Place) String() string {
	if p.InstanceType == "" {
		return p.Zone
	}
	return p.InstanceType + "@" + p.Zone
}

// Duration is a time.Duration that is written such as "3s".
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration; allowed: a duration such as 3s or 500ms", text)
	}
	*d = Duration(parsed)
	return nil
}

// Switches is the part of the faults that the world makes.
func (c Config) Switches(services []service.Service) world.Switches {
	s := world.Switches{NoPackages: c.NoPackages, NoBoot: c.NoBoot, ImpairedInstances: c.ImpairedInstances, ImpairedSystems: c.ImpairedSystems, IAMPropagation: time.Duration(c.IAMPropagation), Staleness: world.Staleness{
		Describe: time.Duration(c.DescribeDelay), Reference: time.Duration(c.ReferenceDelay), Change: time.Duration(c.ChangeDelay),
		Vary: c.VaryDelays, Seed: c.Seed}}
	if s.Staleness == (world.Staleness{Vary: c.VaryDelays, Seed: c.Seed}) {
		s.Staleness = world.Staleness{}
	}
	for _, p := range c.NoCapacity {
		s.NoCapacity = append(s.NoCapacity, p.String())
	}
	for _, p := range c.NotOffered {
		s.NotOffered = append(s.NotOffered, p.String())
	}
	for _, f := range c.Failures {
		s.Failures = append(s.Failures, f.world(services))
	}
	return s
}
