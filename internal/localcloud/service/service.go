// Package service says what an AWS service is to the local cloud: one value, a [Service],
// over which the server, the faults, the quotas, the delays, the inventory and the
// documents iterate.
//
// Here belongs the form of that value and what a service gets from around it ([Env]). The
// values stand in services/<service>, and their list in package services.
package service

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Service is one AWS service. Nil and empty fields mean that it has none of that.
type Service struct {
	wire.Service
	Title string // for documents, such as "Elastic Load Balancing v2"
	// Kinds are those of its objects, with their delays, failures and quotas.
	Kinds []world.AnyKind
	// Operations are those that are simulated. With the zero Env they can be listed, not
	// called.
	Operations func(Env) []wire.Operation
	// UnsimulatedFilters names the filters that AWS has and an operation refuses.
	UnsimulatedFilters func(operation string) []string
	// Throttle says what a call takes out of which token buckets: nil, [PerOperation].
	Throttle func(*wire.Call) []Draw
	// Permissions lists the permissions that a call needs: nil, that of its operation.
	Permissions func(*wire.Call) []Permission
	// Actions are permissions that aren't named like an operation that is simulated.
	Actions []string
	// Refusals are those of calls that get no further than the service's front.
	Refusals Refusals
	// Places are where faults can make instances fail.
	Places *Places
	// Deviations are where it is known to differ from AWS's, or may.
	Deviations []wire.Deviation
}

// Env is what operations get from around their service. What its functions answer comes
// from the data plane and the faults; they are asked while the world is locked for
// reading, so none of them may wait for the world.
type Env struct {
	World *world.World
	// Console is what an instance has written to its console.
	Console func(instanceID string) string
	// Health is what the health checks say about the targets of a group.
	Health func(targetGroupARN string) []TargetHealth
	// Decide says whether the caller may carry out an action, in the words of IAM's policy
	// simulator.
	Decide func(service, action string) string
	// DecodeMessage decodes the encoded message of a refusal for lack of a permission. It
	// returns false for what isn't one.
	DecodeMessage func(encoded string) (document string, ok bool)
}

// TargetHealth is what the health checks say about one target.
type TargetHealth struct {
	InstanceID                 string
	Port                       int
	State, Reason, Description string
}

// Places are the Availability Zones and the instance types that they offer.
type Places struct {
	// Zones lists a region's zones by name; none where there is no such region.
	Zones func(region string) []string
	// InstanceTypes lists the types by name.
	InstanceTypes func() []string
}

// Permission is an action on a resource that a call needs the permission for.
type Permission struct{ Service, Action, Resource string }

// String is the permission's action as policies have it, such as "ec2:CreateVpc".
func (p Permission) String() string { return p.Service + ":" + p.Action }

// OperationOf is the permission to call the operation itself, on whatever resource.
func OperationOf(c *wire.Call) Permission { return Permission{c.Service, c.Operation, "*"} }

// WithTags are the permissions of a call, and that of an action that gives tags where the
// call has a parameter of that name.
func WithTags(c *wire.Call, parameter, action string) []Permission {
	all := []Permission{OperationOf(c)}
	if c.Has(parameter) && action != c.Operation {
		all = append(all, Permission{c.Service, action, "*"})
	}
	return all
}

// PassRole is the permission to pass a role, or all, to a service.
// Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
func PassRole(name string) Permission {
	return Permission{"iam", "PassRole", "arn:aws:iam::" + world.AccountID + ":role/" + name}
}

// Find returns the service of a signing name.
func Find(all []Service, name string) (Service, bool) {
	for _, s := range all {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}

// Kinds are those of all services.
func Kinds(all []Service) (kinds []world.AnyKind) {
	for _, s := range all {
		kinds = append(kinds, s.Kinds...)
	}
	return kinds
}

// Operations are those of all services.
func Operations(all []Service, e Env) (operations []wire.Operation) {
	for _, s := range all {
		operations = append(operations, s.Operations(e)...)
	}
	return operations
}

// UserARN is the ARN of the one user that every caller is.
func UserARN() string { return "arn:aws:iam::" + world.AccountID + ":user/local" }
