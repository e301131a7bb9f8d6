package faults

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Failure makes objects fail after the call that asked for them has succeeded: a NAT
// gateway or a load balancer becomes "failed", an instance is terminated instead of
// running.
type Failure struct {
	Object Failing `json:"object"`
	// Zone is the Availability Zone of the objects; "" means all.
	Zone string `json:"zone,omitempty"`
	// Nth is the first of those objects that fails, from 1; 0 means 1.
	Nth int `json:"nth,omitzero"`
	// Times is how many fail at most; 0 means all.
	Times int `json:"times,omitzero"`
	// Code and Message are what the object says of it: the failure of a NAT gateway, the
	// state reason of an instance or, without a code, that of a load balancer.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Failing is a kind of object that can fail.
type Failing string

// The kinds of object that can fail.
const (
	NATGateway   Failing = "nat-gateway"
	LoadBalancer Failing = "load-balancer"
	Instance     Failing = "instance"
)

// failing are all kinds that can fail, each with the code and message by default.
// Source: Amazon VPC User Guide, "Troubleshoot NAT gateways"; Amazon EC2 API Reference,
// "StateReason". What load balancers say is our own.
func failing() []Failure {
	return []Failure{
		{Object: NATGateway, Code: "InternalError", Message: "Network interface could not be created for this NAT gateway. Please try again."},
		{Object: LoadBalancer, Message: "The load balancer could not be set up"},
		{Object: Instance, Code: "Server.InternalError", Message: "Server.InternalError: Internal error on launch"},
	}
}

func (f Failure) world() world.Failure {
	w := world.Failure{Kind: strings.ReplaceAll(string(f.Object), "-", ""), Zone: f.Zone, Nth: f.Nth, Times: f.Times, Code: f.Code, Message: f.Message}
	for _, known := range failing() {
		if known.Object == f.Object {
			if w.Code == "" {
				w.Message = cmp.Or(w.Message, known.Message)
			}
			w.Code = cmp.Or(w.Code, known.Code)
		}
	}
	w.Message = cmp.Or(w.Message, w.Code)
	return w
}

func (k *checker) failure(path string, f Failure) {
	var names []string
	for _, known := range failing() {
		names = append(names, string(known.Object))
	}
	if !slices.Contains(names, string(f.Object)) {
		message := fmt.Sprintf("there is no failing %q", f.Object)
		if f.Object == "" {
			message = "is missing"
		}
		k.problem(path+".object", message, strings.Join(names, ", "))
	}
	switch {
	case f.Zone != "" && f.Object == LoadBalancer:
		k.problem(path+".zone", "a load balancer is in no single zone", "no zone")
	case f.Zone != "":
		k.place(path, Place{Zone: f.Zone})
	}
	if f.Code != "" && !codeShape.MatchString(f.Code) {
		k.problem(path+".code", fmt.Sprintf("%q is no error code", f.Code), "a code such as Server.InsufficientInstanceCapacity")
	}
	if f.Nth < 0 {
		k.problem(path+".nth", "can't be negative", "a number from 1")
	}
	if f.Times < 0 {
		k.problem(path+".times", "can't be negative", "a number from 1")
	}
}
