// Package dataplane carries the local cloud's traffic: a listener on loopback for each load balancer listener, a
// proxy and health checks for each load balancer node, and a guest for each instance.
//
// It is told what there is as a Topology and makes it so. It doesn't know the world that the topology was derived
// from, and decides nothing about routes or rules: who reaches whom comes as a Verdict. The request path is in
// package proxy, the verdict on a target in package health.
//
// It has more than 1,500 lines because load balancers, targets and instances of one plane change together, under one lock.
package dataplane

import (
	"crypto/tls"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/health"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/rules"
)

// Topology is all that is to be there. It is a plain value that isn't changed after it was given to Apply.
type Topology struct {
	LoadBalancers []LoadBalancer
	TargetGroups  []TargetGroup
	Instances     []Instance
	// Reach says what becomes of packets from a node to an instance's port. It is
	// called during Apply only. Nil: all is allowed.
	Reach func(from Node, instanceID string, port int) Verdict
	// Certificate returns a certificate with its key by its ARN. It is called during Apply only.
	Certificate func(arn string) (*tls.Certificate, error)
	// Log takes the records of load balancers with Logs. It is called by many at once.
	Log func(loadBalancerARN string, node Node, r *proxy.Record)
}

// Verdict is what routes, network ACLs and security groups together decide.
type Verdict struct {
	// Allowed: new connections get through. Otherwise their packets are dropped.
	Allowed bool
	// Established: connections that exist already go on although new ones are
	// dropped, as after a security group's rule was removed (tracked flows).
	Established bool
	Why         string // for people, if not Allowed
}

// LoadBalancer is an Application Load Balancer.
type LoadBalancer struct {
	ARN, Name  string
	Active     bool // listeners open only then
	Nodes      []Node
	Attributes proxy.Attributes
	// CrossZone is what target groups without a setting of their own use. For an
	// Application Load Balancer it is always on.
	CrossZone bool
	Logs      bool // each request is recorded
	Listeners []Listener
}

// Node is a load balancer's node in one subnet.
type Node struct {
	Zone, SubnetID, InterfaceID, PrivateIP string
	// ClientReach is whether packets from the internet arrive at the node and answers
	// find their way back, by the listener's port. A port that isn't there is dropped.
	ClientReach map[int]Verdict
}

// reachable reports whether clients reach the node at one of its ports at least.
func (n Node) reachable() bool {
	for _, v := range n.ClientReach {
		if v.Allowed {
			return true
		}
	}
	return false
}

// Listener is a listener with its rules in order of priority.
type Listener struct {
	ARN  string
	Port int
	TLS  *TLS // nil: HTTP
	// TLSHeaders are those that tell targets what was negotiated.
	TLSHeaders proxy.TLSHeaders
	Default    Action
	Rules      []Rule
}

// Rule is a listener rule.
type Rule struct {
	Priority   int
	Conditions []rules.Condition
	Action     Action
}

// Action has exactly one of its fields set.
type Action struct {
	Forward  []WeightedTargetGroup
	Redirect *proxy.Redirect
	Fixed    *proxy.FixedResponse
}

// WeightedTargetGroup is a target group in a forward action.
type WeightedTargetGroup struct {
	ARN    string
	Weight int
}

// TargetGroup is a target group of instances.
type TargetGroup struct {
	ARN                 string
	Protocol            string // HTTP (the default) or HTTPS
	HealthCheck         health.Settings
	DeregistrationDelay time.Duration
	Algorithm           string // round_robin (the default) or least_outstanding_requests
	CrossZone           string // true, false; else the load balancer's setting
	Targets             []Target
}

// Target is a registered or a draining target.
type Target struct {
	InstanceID    string
	Port          int
	Zone          string
	DrainingSince time.Time // zero: registered
}

// Instance is an EC2 instance.
type Instance struct {
	ID, Zone, Region, PrivateIP, Hostname, ImageID, Type string
	State                                                string // AWS's name: pending, running, …
	// Unnoticed says that load balancers don't know yet that the instance was stopped or
	// terminated: for them it runs.
	Unnoticed bool
	UserData  []byte
	Egress    func() (ok bool, reason string)
	BootDelay time.Duration
	Hangs     bool // its system never comes up
	// ShutdownDelay is the least time from the order to shut down to silence.
	ShutdownDelay time.Duration
	Reboots       int // grows with every RebootInstances
}

// TargetHealth is one target's entry in DescribeTargetHealth.
type TargetHealth struct {
	InstanceID      string
	Port            int
	Zone            string
	HealthCheckPort int
	health.Status
}
