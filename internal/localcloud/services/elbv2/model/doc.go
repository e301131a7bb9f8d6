// Package model holds the objects of Elastic Load Balancing version 2 and
// AWS's rules about them: application load balancers, listeners, rules, target groups
// and targets. One file an object, with its struct, its create, modify and delete, and
// what it refuses. How calls look on the wire is package api's business; carrying
// the traffic is the data plane's, which reads these objects.
//
// It has more than 1,500 lines because the objects know each other both ways: a listener's
// rules name target groups, whose targets' health depends on the listener's load balancer.
package model

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Kinds are all kinds of object of this package. Their IDs are ARNs.
func Kinds() []world.AnyKind {
	return []world.AnyKind{loadBalancerKind(), targetGroupKind(), targetKind(), listenerKind(), ruleKind()}
}

// quota is one of the quotas of Application Load Balancers.
// Source: User Guide for Application Load Balancers, "Quotas", which links to each quota's
// code.
func quota(key, code, name string, limit int) world.Quota {
	return world.Quota{Key: key, Service: "elasticloadbalancing", ServiceName: "Elastic Load Balancing (ELB)", Code: code, Name: name, Default: limit}
}

// newARN makes the ARN of a new object: the resource, such as "targetgroup/web", and
// 16 hexadecimal digits.
func newARN(tx *world.Tx, resource string) string {
	return "arn:" + region.Partition(tx.Region()) + ":elasticloadbalancing:" + tx.Region() + ":" + world.AccountID + ":" + resource + "/" + tx.Hex(16)
}

// resourceOf is an ARN's part from the account on, such as "app/web/0123456789abcdef"
// of a load balancer's.
func resourceOf(arn, kind string) string {
	_, rest, _ := strings.Cut(arn, ":"+kind+"/")
	return rest
}

// checkARN refuses what isn't the ARN of an object of that kind.
// Source: public logs of ELBv2's refusals.
func checkARN(arn, kind, noun string) error {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 || parts[0] != "arn" || parts[2] != "elasticloadbalancing" || region.Partition(parts[1]) != parts[1] || resourceOf(arn, kind) == "" {
		return refuse.New("ValidationError", "'%s' is not a valid %s ARN", arn, noun)
	}
	return nil
}

func invalid(format string, args ...any) *refuse.Error {
	return refuse.New("ValidationError", format, args...)
}

// constraint is the refusal of a value that breaks a constraint of the service model.
func constraint(value any, parameter, format string, args ...any) *refuse.Error {
	return invalid("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: "+format, append([]any{value, parameter}, args...)...)
}

// between refuses a number outside of a range, in the words of the service model.
func between(value int, parameter string, low, high int) error {
	switch {
	case value < low:
		return constraint(value, parameter, "Member must have value greater than or equal to %d", low)
	case value > high:
		return constraint(value, parameter, "Member must have value less than or equal to %d", high)
	}
	return nil
}
