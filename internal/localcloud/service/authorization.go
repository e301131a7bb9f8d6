package service

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Permission is an action on a resource that a call needs the permission for.
type Permission struct {
	Service, Action string
	Resource        string         // ARN, or "*"
	Context         policy.Context // condition keys that AWS has for that action on that resource
}

// String is the permission's action as policies have it, such as "ec2:CreateVpc".
func (p Permission) String() string { return p.Service + ":" + p.Action }

// Resource is one that an action is on.
type Resource struct {
	ARN     string
	Context policy.Context
}

// Ask is one action that an operation asks the permission for, on each of some resources.
type Ask struct {
	// Service and Action are those of the action; empty: the operation's own.
	Service, Action string
	// On lists the resources as they are before the call is carried out. Nil: the action is on
	// whatever there is, which is "*" in policies. It needs no permission for no resource.
	On func(tx *world.Tx, c *wire.Call) []Resource
}

// Asks are what operations ask for, by name. Every operation has an entry; one that is empty needs no
// permission.
type Asks map[string][]Ask

// Asking puts together what an operation asks for.
func Asking(asks ...[]Ask) []Ask { return slices.Concat(asks...) }

// Anything is an operation's own action on whatever there is.
func Anything() []Ask { return []Ask{{}} }

// Besides are actions of a service that an operation asks for beside its own, on whatever there is.
func Besides(service string, actions ...string) (asks []Ask) {
	for _, action := range actions {
		asks = append(asks, Ask{Service: service, Action: action})
	}
	return asks
}

// PermissionsFor lists what a call needs the permission for, in the order in which they are looked at. A call that
// names nothing, or an association that isn't there, needs none: it is refused for that later.
func (s Service) PermissionsFor(tx *world.Tx, c *wire.Call) (all []Permission) {
	asks, simulated := s.Asks[c.Operation]
	if !simulated {
		asks = Anything()
	}
	for _, ask := range asks {
		p := Permission{Service: ask.Service, Action: ask.Action}
		if p.Action == "" {
			p.Service, p.Action = c.Service, c.Operation
		}
		on := []Resource{{ARN: "*"}}
		if ask.On != nil {
			on = ask.On(tx, c)
		}
		for _, r := range on {
			p.Resource, p.Context = r.ARN, r.Context
			all = append(all, p)
		}
	}
	return all
}

// PassRole is the permission to pass a role to EC2.
// Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
func PassRole(on func(tx *world.Tx, c *wire.Call) (arns []string)) []Ask {
	return []Ask{{"iam", "PassRole", func(tx *world.Tx, c *wire.Call) (all []Resource) {
		for _, arn := range on(tx, c) {
			all = append(all, Resource{arn, policy.Context{"iam:PassedToService": {"ec2.amazonaws.com"}}})
		}
		return all
	}}}
}

// TagKeys are the condition keys of tags: those of a request, or of a resource under a prefix such as
// "ec2:ResourceTag/". None for no tags.
func TagKeys(tags world.Tags, prefixes ...string) policy.Context {
	context := policy.Context{}
	for key, value := range tags {
		for _, prefix := range prefixes {
			context[prefix+key] = []string{value}
		}
	}
	return context
}

// The condition keys of tags that all services have.
const (
	RequestTag  = "aws:RequestTag/"
	ResourceTag = "aws:ResourceTag/"
)

// RequestedTags are the condition keys of the tags that a call gives.
func RequestedTags(tags world.Tags) policy.Context {
	context := TagKeys(tags, RequestTag)
	if len(tags) > 0 {
		context["aws:TagKeys"] = slices.Sorted(maps.Keys(tags))
	}
	return context
}

// Merged are condition keys put together.
func Merged(contexts ...policy.Context) policy.Context {
	all := policy.Context{}
	for _, c := range contexts {
		maps.Copy(all, c)
	}
	return all
}

// TagsIn are the tags that a call gives: the elements of a list, with a key and a value each.
func TagsIn(list []wire.Part) world.Tags {
	tags := world.Tags{}
	for _, t := range list {
		tags[t.Value("Key")] = t.Value("Value")
	}
	return tags
}
