// Package service says what an AWS service is to the local cloud: one value, a [Service],
// over which the server, the faults, the quotas, the delays, the inventory and the
// documents iterate.
//
// Here belongs the form of that value and what a service gets from around it ([Env]). The
// values stand in services/<service>, and their list in package services.
package service

import (
	"github.com/platformctl/platformctl/internal/localcloud/authority"
	"github.com/platformctl/platformctl/internal/localcloud/blobs"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Service is one AWS service. Nil and empty fields mean that it has none of that.
type Service struct {
	wire.Service
	Title string // for documents, such as "Elastic Load Balancing v2"
	// Kinds are those of its objects, with their delays, failures and quotas.
	Kinds []world.AnyKind
	// Prepare makes what the account has from the start, once.
	Prepare func(tx *world.Tx)
	// Operations are those that are simulated. With the zero Env they can be listed, not
	// called.
	Operations func(Env) []wire.Operation
	// UnsimulatedFilters names the filters that AWS has and an operation refuses.
	UnsimulatedFilters func(operation string) []string
	// Throttle says what a call takes out of which token buckets: nil, [PerOperation].
	Throttle func(*wire.Call) []Draw
	// Asks are what each operation needs the permission for.
	Asks Asks
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
	// Decide says what the caller's policies, and the faults, say of a request.
	Decide func(policy.Request) policy.Verdict
	// DecodeMessage decodes the encoded message of a refusal for lack of a permission. It
	// returns false for what isn't one.
	DecodeMessage func(encoded string) (document string, ok bool)
	// Certificates keeps the certificates of ACM, with their keys.
	Certificates *authority.Authority
	// Metrics are what was measured.
	Metrics *metrics.Store
	// Blobs keeps the contents of S3's objects.
	Blobs *blobs.Store
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

// UserName is the name of the one user that every caller is, and UserID its unique ID.
const (
	UserName = world.UserName
	UserID   = world.UserID
)

// UserARN is the ARN of that user.
func UserARN() string { return "arn:aws:iam::" + world.AccountID + ":user/" + UserName }
