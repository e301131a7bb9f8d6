// Package health decides whether a load balancer node takes a target for healthy: the settings of a target group, the
// state machine over the results of single checks, and the loop that makes those checks over HTTP.
//
// Which targets are checked at all, and how the views of several nodes become
// one answer, is the business of package dataplane.
package health

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// State is a target's state as DescribeTargetHealth names it.
type State string

// The states of a target.
const (
	Initial   State = "initial"
	Healthy   State = "healthy"
	Unhealthy State = "unhealthy"
	Unused    State = "unused"
	Draining  State = "draining"
)

// The reason codes of elasticloadbalancing's TargetHealth type.
const (
	ReasonRegistrationInProgress   = "Elb.RegistrationInProgress"
	ReasonInitialHealthChecking    = "Elb.InitialHealthChecking"
	ReasonTimeout                  = "Target.Timeout"
	ReasonFailedHealthChecks       = "Target.FailedHealthChecks"
	ReasonResponseCodeMismatch     = "Target.ResponseCodeMismatch"
	ReasonNotInUse                 = "Target.NotInUse"
	ReasonInvalidState             = "Target.InvalidState"
	ReasonDeregistrationInProgress = "Target.DeregistrationInProgress"
)

// Status is a state with its reason code and its description, both empty for a healthy target.
type Status struct {
	State       State
	Reason      string
	Description string
}

// The statuses that don't come from checks, with AWS's descriptions.

// RegistrationInProgress is the status before the first check has started.
func RegistrationInProgress() Status {
	return Status{Initial, ReasonRegistrationInProgress, "Target registration is in progress"}
}

// InitialHealthChecking is the status from the first check to the first verdict.
func InitialHealthChecking() Status {
	return Status{Initial, ReasonInitialHealthChecking, "Initial health checks in progress"}
}

// NotInUse is the status while no listener sends the group any traffic.
func NotInUse() Status {
	return Status{Unused, ReasonNotInUse, "Target group is not configured to receive traffic from the load balancer"}
}

// ZoneNotEnabled is the status of a target in a zone without a node.
func ZoneNotEnabled() Status {
	return Status{Unused, ReasonNotInUse, "Target is in an Availability Zone that is not enabled for the load balancer"}
}

// InvalidState is the status of a target whose instance is stopped or terminated.
func InvalidState(instanceState string) Status {
	return Status{Unused, ReasonInvalidState, "Target is in the " + instanceState + " state"}
}

// DeregistrationInProgress is the status from deregistration to the end of the delay.
func DeregistrationInProgress() Status {
	return Status{Draining, ReasonDeregistrationInProgress, "Target deregistration is in progress"}
}

// Outcome is what came of one check.
type Outcome int

// The outcomes of one check.
const (
	Passed   Outcome = iota
	TimedOut         // silence: no connection, or no answer, within the timeout
	Failed           // connection refused or reset, or an answer that isn't HTTP
	Mismatch         // an answer whose status code the matcher doesn't allow
)

// Result is the outcome of one check, with the status code of a Mismatch.
type Result struct {
	Outcome Outcome
	Code    int
}

// Machine follows one target as one node sees it. A new target needs a single pass; one that has been unhealthy needs
// the full healthy threshold (docs: "Health checks for Application Load Balancer target groups").
type Machine struct {
	healthyThreshold, unhealthyThreshold int

	status         Status
	passes, misses int   // consecutive
	codes          []int // of the consecutive mismatches
}

// NewMachine returns the machine of a target that was just registered.
func NewMachine(healthyThreshold, unhealthyThreshold int) *Machine {
	return &Machine{
		healthyThreshold:   max(healthyThreshold, 1),
		unhealthyThreshold: max(unhealthyThreshold, 1),
		status:             RegistrationInProgress(),
	}
}

// Status is what the node says of the target now.
func (m *Machine) Status() Status { return m.status }

// Begin notes that the first check has started.
func (m *Machine) Begin() {
	if m.status.Reason == ReasonRegistrationInProgress {
		m.status = InitialHealthChecking()
	}
}

// SetThresholds applies a target group's new thresholds to the checks to come.
func (m *Machine) SetThresholds(healthy, unhealthy int) {
	m.healthyThreshold, m.unhealthyThreshold = max(healthy, 1), max(unhealthy, 1)
}

// Observe takes in the result of one check and reports whether the state changed.
func (m *Machine) Observe(r Result) bool {
	m.Begin()
	before := m.status.State
	if r.Outcome == Passed {
		m.passes, m.misses, m.codes = m.passes+1, 0, m.codes[:0]
		if before == Initial || before == Unhealthy && m.passes >= m.healthyThreshold {
			m.status = Status{State: Healthy}
		}
		return m.status.State != before
	}
	m.passes, m.misses = 0, m.misses+1
	if r.Outcome == Mismatch {
		if !slices.Contains(m.codes, r.Code) {
			m.codes = append(m.codes, r.Code)
		}
	} else {
		m.codes = m.codes[:0]
	}
	if before == Unhealthy || m.misses >= m.unhealthyThreshold {
		m.status = m.unhealthy(r.Outcome)
	}
	return m.status.State != before
}

func (m *Machine) unhealthy(o Outcome) Status {
	switch o {
	case TimedOut:
		return Status{Unhealthy, ReasonTimeout, "Request timed out"}
	case Mismatch:
		codes := make([]string, len(m.codes))
		for i, c := range m.codes {
			codes[i] = strconv.Itoa(c)
		}
		return Status{Unhealthy, ReasonResponseCodeMismatch,
			fmt.Sprintf("Health checks failed with these codes: [%s]", strings.Join(codes, ", "))}
	default:
		return Status{Unhealthy, ReasonFailedHealthChecks, "Health checks failed"}
	}
}
